//! Forms that bring a file (RFC 7578), read as they come: fields in memory, the file piece by piece.
//!
//! It takes what browsers send, and no more: a boundary, parts with a `Content-Disposition`, no nested ones. Every part of it
//! has a bound, and what doesn't fit is one error.

use axum::body::BodyDataStream;
use bytes::{Buf as _, Bytes, BytesMut};
use futures::StreamExt;
use http::{HeaderMap, header};

use crate::{Error, Result};

/// The headers of one part, in bytes.
const MAX_HEADER_BYTES: usize = 8 * 1024;
/// A field that is no file, in bytes.
const MAX_FIELD_BYTES: usize = 8 * 1024;
/// RFC 2046 §5.1.1.
const MAX_BOUNDARY_BYTES: usize = 70;

/// A form on its way in.
pub(crate) struct Multipart<S> {
    body: S,
    /// `\r\n--boundary`: what ends each part.
    delimiter: Vec<u8>,
    buffer: BytesMut,
    state: State,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    /// Within a part's content.
    Content,
    /// After a delimiter.
    Between,
    /// After the last delimiter.
    Over,
}

/// What a part says of itself.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Part {
    /// The field's name.
    pub(crate) name: String,
    /// The file's name, if it is one.
    pub(crate) file: Option<String>,
    /// What the browser takes the file for.
    pub(crate) content_type: Option<String>,
}

/// Where bytes come from.
pub(crate) trait Source {
    /// The next bytes; nothing at the end.
    async fn next(&mut self) -> Result<Option<Bytes>>;
}

impl Source for BodyDataStream {
    async fn next(&mut self) -> Result<Option<Bytes>> {
        let next = super::upload::in_time(StreamExt::next(self)).await?;
        next.transpose().map_err(|_| Error::Cut)
    }
}

impl<S: Source> Multipart<S> {
    /// The form of a request with those headers.
    pub(crate) fn of(headers: &HeaderMap, body: S) -> Result<Self> {
        let kind = headers.get(header::CONTENT_TYPE);
        let kind = kind.and_then(|kind| kind.to_str().ok()).unwrap_or_default();
        let boundary = kind
            .strip_prefix("multipart/form-data;")
            .and_then(|rest| rest.trim().strip_prefix("boundary="))
            .map(|boundary| boundary.trim_matches('"'));
        let boundary = boundary
            .filter(|boundary| (1..=MAX_BOUNDARY_BYTES).contains(&boundary.len()))
            .ok_or(Error::Form)?;
        Ok(Self {
            body,
            delimiter: format!("\r\n--{boundary}").into_bytes(),
            // The first delimiter has no line before it.
            buffer: BytesMut::from(&b"\r\n"[..]),
            state: State::Content,
        })
    }

    /// The next part; what is left of the one before is passed over.
    pub(crate) async fn part(&mut self) -> Result<Option<Part>> {
        while self.chunk().await?.is_some() {}
        if self.state == State::Over {
            return Ok(None);
        }
        while self.buffer.len() < 2 {
            self.more().await?;
        }
        if self.buffer.starts_with(b"--") {
            self.state = State::Over;
            return Ok(None);
        }
        if !self.buffer.starts_with(b"\r\n") {
            return Err(Error::Form);
        }
        let end = loop {
            // From the line's end on, so that a part without headers is one as well.
            if let Some(end) = find(&self.buffer, b"\r\n\r\n") {
                break end;
            }
            if self.buffer.len() > MAX_HEADER_BYTES {
                return Err(Error::Form);
            }
            self.more().await?;
        };
        let headers = self.buffer.split_to(end + 4);
        self.state = State::Content;
        let headers = std::str::from_utf8(&headers).map_err(|_| Error::Form)?;
        parse(headers).map(Some)
    }

    /// More of the part's content; nothing at its end.
    pub(crate) async fn chunk(&mut self) -> Result<Option<Bytes>> {
        if self.state != State::Content {
            return Ok(None);
        }
        loop {
            if let Some(at) = find(&self.buffer, &self.delimiter) {
                let content = self.buffer.split_to(at).freeze();
                if content.is_empty() {
                    self.buffer.advance(self.delimiter.len());
                    self.state = State::Between;
                    return Ok(None);
                }
                return Ok(Some(content));
            }
            // What is left may be the beginning of a delimiter.
            let sure = (self.buffer.len() + 1).saturating_sub(self.delimiter.len());
            if sure > 0 {
                return Ok(Some(self.buffer.split_to(sure).freeze()));
            }
            self.more().await?;
        }
    }

    /// The content of a field that is no file.
    pub(crate) async fn text(&mut self) -> Result<String> {
        let mut whole = Vec::new();
        while let Some(chunk) = self.chunk().await? {
            whole.extend_from_slice(&chunk);
            if whole.len() > MAX_FIELD_BYTES {
                return Err(Error::Form);
            }
        }
        String::from_utf8(whole).map_err(|_| Error::Form)
    }

    /// A form that ends before its last delimiter was cut off.
    async fn more(&mut self) -> Result<()> {
        let next = self.body.next().await?.ok_or(Error::Cut)?;
        self.buffer.extend_from_slice(&next);
        Ok(())
    }
}

/// Where `wanted` begins.
fn find(bytes: &[u8], wanted: &[u8]) -> Option<usize> {
    let first = wanted.first()?;
    let mut from = 0;
    while let Some(at) = bytes[from..].iter().position(|byte| byte == first) {
        let at = from + at;
        if bytes[at..].starts_with(wanted) {
            return Some(at);
        }
        from = at + 1;
    }
    None
}

/// A part's headers.
fn parse(headers: &str) -> Result<Part> {
    let value = |name: &str| {
        let mut lines = headers
            .split("\r\n")
            .filter_map(|line| line.split_once(':'));
        let found = lines.find(|(found, _)| found.trim().eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.trim())
    };
    let disposition = value("content-disposition").ok_or(Error::Form)?;
    let fields = disposition.strip_prefix("form-data").ok_or(Error::Form)?;
    Ok(Part {
        name: quoted(fields, "; name=\"").ok_or(Error::Form)?,
        file: quoted(fields, "; filename=\""),
        content_type: value("content-type").map(str::to_owned),
    })
}

/// A quoted value, with what browsers write in place of quotes and line ends (WHATWG HTML, "multipart form data").
fn quoted(fields: &str, before: &str) -> Option<String> {
    let (_, value) = fields.split_once(before)?;
    let (value, _) = value.split_once('"')?;
    Some(
        value
            .replace("%22", "\"")
            .replace("%0D", "\r")
            .replace("%0A", "\n"),
    )
}

#[cfg(test)]
mod tests {
    use std::collections::VecDeque;

    use bytes::Bytes;
    use http::{HeaderMap, header};

    use super::{Multipart, Part, Source};
    use crate::Result;

    struct Pieces(VecDeque<Bytes>);

    impl Source for Pieces {
        async fn next(&mut self) -> Result<Option<Bytes>> {
            Ok(self.0.pop_front())
        }
    }

    const FORM: &[u8] = b"--xYz\r\nContent-Disposition: form-data; name=\"token\"\r\n\r\nT\r\n\
        --xYz\r\ncontent-disposition: form-data; name=\"file\"; filename=\"a%22b\xc3\xa9.txt\"\r\n\
        Content-Type: text/plain\r\n\r\none\r\n--xY\r\r\n--\r\ntwo\r\n--xYz\r\n\
        Content-Disposition: form-data; name=\"empty\"; filename=\"\"\r\n\r\n\r\n--xYz--\r\n";

    async fn read(form: &[u8], piece: usize) -> Result<Vec<(Part, Vec<u8>)>> {
        let pieces = form.chunks(piece).map(Bytes::copy_from_slice).collect();
        let mut headers = HeaderMap::new();
        let kind = header::HeaderValue::from_static("multipart/form-data; boundary=xYz");
        headers.insert(header::CONTENT_TYPE, kind);
        let mut form = Multipart::of(&headers, Pieces(pieces))?;
        let mut parts = Vec::new();
        while let Some(part) = form.part().await? {
            let mut content = Vec::new();
            while let Some(chunk) = form.chunk().await? {
                content.extend_from_slice(&chunk);
            }
            parts.push((part, content));
        }
        Ok(parts)
    }

    #[tokio::test]
    async fn however_it_comes_it_is_the_same_form() -> Result<()> {
        let part = |name: &str, file: Option<&str>, kind: Option<&str>| Part {
            name: name.to_owned(),
            file: file.map(str::to_owned),
            content_type: kind.map(str::to_owned),
        };
        let expected = [
            (part("token", None, None), b"T".to_vec()),
            (
                part("file", Some("a\"bé.txt"), Some("text/plain")),
                b"one\r\n--xY\r\r\n--\r\ntwo".to_vec(),
            ),
            (part("empty", Some(""), None), Vec::new()),
        ];
        for piece in 1..=FORM.len() {
            assert_eq!(read(FORM, piece).await?, expected, "{piece}");
        }
        Ok(())
    }

    #[tokio::test]
    async fn one_that_is_cut_anywhere_is_refused() {
        for end in 0..FORM.len() - 2 {
            let cut = read(&FORM[..end], 7).await;
            assert!(cut.is_err(), "{end}: {cut:?}");
        }
    }

    #[tokio::test]
    async fn what_no_browser_sends_is_refused() {
        let endless = [FORM.to_vec(), vec![b'-'; 10]].concat();
        assert!(
            read(&endless, 100).await.is_ok(),
            "what follows the end is nothing"
        );
        for form in [
            &b"--xYz\r\nX: y\r\n\r\n\r\n--xYz--"[..],
            b"--xYz\r\nContent-Disposition: attachment; name=\"a\"\r\n\r\n\r\n--xYz--",
            b"--xYz\r\nContent-Disposition: form-data; name=a\r\n\r\n\r\n--xYz--",
            b"--xYzContent-Disposition: form-data; name=\"a\"\r\n\r\n\r\n--xYz--",
            b"--other--",
        ] {
            assert!(read(form, 9).await.is_err(), "{form:?}");
        }
        let long = [b"--xYz\r\n".to_vec(), vec![b'x'; 10_000]].concat();
        assert!(read(&long, 1000).await.is_err());
    }
}
