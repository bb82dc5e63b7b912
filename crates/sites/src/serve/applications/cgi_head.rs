//! The head of an answer by CGI (RFC 3875 §6): headers, of which `Status` is the status.

use bytes::Bytes;
use http::header::{CONTENT_LENGTH, LOCATION};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};

/// The longest head, in bytes, and the most headers.
const MAX_HEAD_BYTES: usize = 64 * 1024;
const MAX_HEADERS: usize = 200;

/// A head.
#[derive(PartialEq, Eq, Debug)]
pub(super) struct CgiHead {
    pub(super) status: StatusCode,
    pub(super) headers: HeaderMap,
}

/// A head whose end hasn't come yet.
#[derive(Default)]
pub(super) struct Gathering(Vec<u8>);

impl Gathering {
    /// Takes a part of the answer; once the head is whole, gives it, and what came after it.
    ///
    /// # Errors
    /// For what is no head.
    pub(super) fn take(&mut self, part: &Bytes) -> Result<Option<(CgiHead, Bytes)>, &'static str> {
        let known = self.0.len();
        self.0.extend_from_slice(part);
        let Some(end) = end_of_head(&self.0, known.saturating_sub(2)) else {
            return match self.0.len() > MAX_HEAD_BYTES {
                true => Err("the head of its answer is too long"),
                false => Ok(None),
            };
        };
        if end > MAX_HEAD_BYTES {
            return Err("the head of its answer is too long");
        }
        let head = parse(&self.0[..end])?;
        Ok(Some((head, part.slice(end - known..))))
    }
}

/// Where the body begins: after an empty line, which ends with LF or CR LF as the others do.
fn end_of_head(bytes: &[u8], from: usize) -> Option<usize> {
    (from..bytes.len()).find_map(|at| match bytes[at..] {
        [b'\n', b'\n', ..] => Some(at + 2),
        [b'\n', b'\r', b'\n', ..] => Some(at + 3),
        _ => None,
    })
}

fn parse(head: &[u8]) -> Result<CgiHead, &'static str> {
    let mut headers = HeaderMap::new();
    let mut status = None;
    for line in head.split(|byte| *byte == b'\n') {
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        if line.is_empty() {
            continue;
        }
        let colon = line.iter().position(|byte| *byte == b':');
        let (name, value) = line.split_at(colon.ok_or("a line of its head has no colon")?);
        let name = HeaderName::from_bytes(name).map_err(|_| "a header of its has no good name")?;
        let value = HeaderValue::from_bytes(value[1..].trim_ascii())
            .map_err(|_| "a header of its has a character that none may have")?;
        if name == "status" {
            if status.replace(status_of(&value)?).is_some() {
                return Err("it says two statuses");
            }
            continue;
        }
        if name == CONTENT_LENGTH && (!is_number(&value) || headers.contains_key(&name)) {
            return Err("the length that it says is none, or two");
        }
        if headers.len() >= MAX_HEADERS {
            return Err("it says too many headers");
        }
        headers.append(name, value);
    }
    if headers.is_empty() {
        return Err("its answer has no headers");
    }
    let usual = match headers.contains_key(LOCATION) {
        true => StatusCode::FOUND,
        false => StatusCode::OK,
    };
    Ok(CgiHead {
        status: status.unwrap_or(usual),
        headers,
    })
}

/// Three digits, and perhaps a reason after a space.
fn status_of(value: &HeaderValue) -> Result<StatusCode, &'static str> {
    let (digits, rest) = value.as_bytes().split_at_checked(3).unwrap_or_default();
    let status = StatusCode::from_bytes(digits).ok();
    status
        .filter(|status| (200..600).contains(&status.as_u16()))
        .filter(|_| rest.is_empty() || rest.starts_with(b" "))
        .ok_or("the status that it says is none")
}

fn is_number(value: &HeaderValue) -> bool {
    let digits = value.as_bytes();
    (1..=18).contains(&digits.len()) && digits.iter().all(u8::is_ascii_digit)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn taken(parts: &[&[u8]]) -> Result<Option<(CgiHead, Vec<u8>)>, &'static str> {
        let mut gathering = Gathering::default();
        let mut found: Option<(CgiHead, Vec<u8>)> = None;
        for part in parts {
            let part = Bytes::copy_from_slice(part);
            match &mut found {
                Some((_, body)) => body.extend_from_slice(&part),
                None => {
                    found = gathering
                        .take(&part)?
                        .map(|(head, rest)| (head, rest.to_vec()))
                }
            }
        }
        Ok(found)
    }

    #[test]
    fn a_head_is_the_same_however_it_is_cut() {
        for end in ["\n", "\r\n"] {
            let text = format!(
                "Status: 201 Made{end}X-A: 1{end}Set-Cookie: a{end}set-cookie: b{end}{end}\n\nbody\n\n"
            );
            let whole = taken(&[text.as_bytes()]).unwrap().unwrap();
            assert_eq!(whole.0.status, StatusCode::CREATED);
            assert_eq!(whole.0.headers.get_all("set-cookie").iter().count(), 2);
            assert_eq!(whole.0.headers.get("status"), None);
            assert_eq!(whole.1, b"\n\nbody\n\n");
            for at in 0..=text.len() {
                let (one, other) = text.as_bytes().split_at(at);
                assert_eq!(taken(&[one, other]).unwrap().unwrap(), whole, "cut at {at}");
            }
            let single: Vec<&[u8]> = text.as_bytes().chunks(1).collect();
            assert_eq!(taken(&single).unwrap().unwrap(), whole);
        }
    }

    #[test]
    fn a_place_without_a_status_sends_on() {
        let (head, _) = taken(&[b"Location: /x\n\n"]).unwrap().unwrap();
        assert_eq!(head.status, StatusCode::FOUND);
        let (head, _) = taken(&[b"Content-Type: text/plain\n\n"]).unwrap().unwrap();
        assert_eq!(head.status, StatusCode::OK);
        assert_eq!(taken(&[b"Content-Type: text/plain\n"]).unwrap(), None);
    }

    #[test]
    fn what_is_no_head_is_refused() {
        for wrong in [
            "\n\n",
            "no colon\n\n",
            "A b: x\n\n",
            ": x\n\n",
            "X: a\n continued\n\n",
            "X: \u{1}\n\n",
            "X: a\rb\n\n",
            "Status: 20\n\n",
            "Status: 100\nX: a\n\n",
            "Status: 2000\nX: a\n\n",
            "Status: 600\nX: a\n\n",
            "Status: 200\nStatus: 201\nX: a\n\n",
            "Content-Length: -1\n\n",
            "Content-Length: 1\nContent-Length: 1\n\n",
            "Content-Length: 99999999999999999999\n\n",
        ] {
            assert!(taken(&[wrong.as_bytes()]).is_err(), "{wrong:?}");
        }
        let long = format!("X: {}\n\n", "x".repeat(MAX_HEAD_BYTES));
        assert!(taken(&[long.as_bytes()]).is_err());
        let single: Vec<&[u8]> = long.as_bytes().chunks(1024).collect();
        assert!(taken(&single).is_err());
        let many = "X: a\n".repeat(MAX_HEADERS + 1) + "\n";
        assert!(taken(&[many.as_bytes()]).is_err());
    }
}
