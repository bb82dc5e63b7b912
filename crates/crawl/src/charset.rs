//! The encoding of a text, found as browsers find it (WHATWG HTML §13.2.3, CSS Syntax §3.2), and addresses in it: their paths are
//! sent in UTF-8 whatever the page is written in, their queries in the page's own encoding (WHATWG URL §5.1).

use std::borrow::Cow;

use encoding_rs::{Encoding, UTF_8, UTF_16BE, UTF_16LE, WINDOWS_1252};
use url::Url;

use crate::html::{Tag, tags};

/// Of a page, where it may name its encoding.
const PRESCAN_BYTES: usize = 1024;

/// An encoding.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Charset(&'static Encoding);

impl Charset {
    /// What pages are written in that say so rightly.
    pub const UTF_8: Self = Self(UTF_8);

    /// The encoding of a text that came with that type: what its byte order mark says, then its type, then itself, as pages and
    /// sheets do; what says nothing and isn't UTF-8 is windows-1252.
    #[must_use]
    pub fn of(content_type: &str, content: &[u8]) -> Self {
        let marked = Encoding::for_bom(content).map(|(encoding, _)| encoding);
        let said = marked
            .or_else(|| in_type(content_type))
            .or_else(|| in_sheet(content))
            .or_else(|| in_page(content_type, content));
        Self(said.unwrap_or_else(|| {
            let is_utf8 = std::str::from_utf8(content).is_ok();
            if is_utf8 { UTF_8 } else { WINDOWS_1252 }
        }))
    }

    /// The text that bytes in this encoding are, without a byte order mark.
    #[must_use]
    pub fn text(self, bytes: &[u8]) -> Cow<'_, str> {
        self.0.decode_with_bom_removal(bytes).0
    }

    /// The address that a text in this encoding means, seen from another one.
    #[must_use]
    pub fn join(self, start: &Url, address: &str) -> Option<Url> {
        // Of UTF-16, nothing but UTF-8 is sent.
        let sent = self.0.output_encoding();
        let joined = Url::options()
            .base_url(Some(start))
            .encoding_override(Some(&|text| sent.encode(text).0))
            .parse(address.trim());
        joined.ok()
    }
}

fn in_type(content_type: &str) -> Option<&'static Encoding> {
    let lower = content_type.to_ascii_lowercase();
    let (_, label) = lower.split_once("charset=")?;
    let label = label.split(';').next().unwrap_or_default();
    Encoding::for_label(label.trim().trim_matches(['"', '\'']).as_bytes())
}

/// `@charset "…";`, which stands first or means nothing.
fn in_sheet(content: &[u8]) -> Option<&'static Encoding> {
    let rest = content.strip_prefix(b"@charset \"")?;
    let end = rest.iter().take(40).position(|byte| *byte == b'"')?;
    readable(Encoding::for_label(&rest[..end])?)
}

/// `<meta charset=…>`, `<meta http-equiv=content-type content="…; charset=…">`, or what an XML declaration says.
fn in_page(content_type: &str, content: &[u8]) -> Option<&'static Encoding> {
    let begin = &content[..content.len().min(PRESCAN_BYTES)];
    if let Some(rest) = begin.strip_prefix(b"<?xml") {
        let end = rest.iter().position(|byte| *byte == b'>')?;
        let text = String::from_utf8_lossy(&rest[..end]).into_owned();
        let (_, label) = text.split_once("encoding=")?;
        let label = label.trim_start_matches(['"', '\'']);
        let label = label.split(['"', '\'']).next().unwrap_or_default();
        return readable(Encoding::for_label(label.as_bytes())?);
    }
    if !content_type.to_ascii_lowercase().contains("html") {
        return None;
    }
    let found = tags(begin).iter().find_map(in_meta)?;
    readable(found)
}

fn in_meta(tag: &Tag) -> Option<&'static Encoding> {
    if tag.name != "meta" || tag.is_end {
        return None;
    }
    match (tag.value("charset"), tag.value("content")) {
        (Some(label), _) => Encoding::for_label(label.as_bytes()),
        (None, Some(content)) if tag.value("http-equiv").is_some() => in_type(content),
        _ => None,
    }
}

/// What could be read so far isn't UTF-16, whatever it says of itself.
fn readable(said: &'static Encoding) -> Option<&'static Encoding> {
    let is_wide = said == UTF_16LE || said == UTF_16BE;
    Some(if is_wide { UTF_8 } else { said })
}
