//! What a site answers to: a path, and a query where the answer depends on it.

use std::fmt;
use std::fmt::Write as _;

use crate::{Error, Result};

/// The longest address, in bytes, once normalised.
pub const MAX_ADDRESS_BYTES: usize = 4096;

/// A path, or a path with a query, in one spelling (RFC 3986 §6.2.2): unreserved characters stand for themselves, all that
/// can't stand in an address is percent-encoded with capital digits, the path begins with `/` and has no dot segments. An empty
/// query is none.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Address {
    text: String,
    path_bytes: usize,
}

impl Address {
    /// The address that a request's target, or a line of a file, means.
    ///
    /// # Errors
    /// [`Error::Address`] when it doesn't begin with `/`, has dot segments, control characters or a fragment, or is too long.
    pub fn parse(target: &str) -> Result<Self> {
        let wrong = |why| Error::Address {
            address: target.chars().take(200).collect(),
            why,
        };
        if !target.starts_with('/') {
            return Err(wrong("it doesn't begin with /"));
        }
        if target.len() > 3 * MAX_ADDRESS_BYTES {
            return Err(wrong("it is too long"));
        }
        let (path, query) = match target.split_once('?') {
            Some((path, query)) => (path, query),
            None => (target, ""),
        };
        let mut text = String::with_capacity(target.len());
        normalise(path, in_path, &mut text).map_err(wrong)?;
        if text
            .split('/')
            .any(|segment| segment == "." || segment == "..")
        {
            return Err(wrong("it has . or .. between slashes"));
        }
        let path_bytes = text.len();
        if !query.is_empty() {
            text.push('?');
            normalise(query, in_query, &mut text).map_err(wrong)?;
        }
        if text.len() > MAX_ADDRESS_BYTES {
            return Err(wrong("it is too long"));
        }
        Ok(Self { text, path_bytes })
    }

    /// The address of a file of a folder: each name of its path stands as it is, `%` and `?` included.
    ///
    /// # Errors
    /// [`Error::Address`] as [`Address::parse`].
    pub fn of_file(names: &[&str]) -> Result<Self> {
        let mut target = String::new();
        for name in names {
            target.push('/');
            for byte in name.bytes() {
                match byte {
                    b'%' | b'?' | b'#' | b'/' => push_encoded(byte, &mut target),
                    byte if byte.is_ascii() => target.push(char::from(byte)),
                    byte => push_encoded(byte, &mut target),
                }
            }
        }
        Self::parse(&target)
    }

    /// The whole of it.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The path.
    #[must_use]
    pub fn path(&self) -> &str {
        &self.text[..self.path_bytes]
    }

    /// The query, without its question mark.
    #[must_use]
    pub fn query(&self) -> Option<&str> {
        self.text.get(self.path_bytes + 1..)
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

fn normalise(text: &str, stands: fn(u8) -> bool, into: &mut String) -> Result<(), &'static str> {
    let bytes = text.as_bytes();
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        let (meant, width) = match (byte, encoded(bytes, at)) {
            (b'%', Some(meant)) => (meant, 3),
            _ => (byte, 1),
        };
        if meant < 0x20 || meant == 0x7f {
            return Err("it has control characters");
        }
        if meant == b'#' && width == 1 {
            return Err("it has a fragment");
        }
        let verbatim = if width == 3 {
            is_unreserved(meant)
        } else {
            stands(meant)
        };
        if verbatim {
            into.push(char::from(meant));
        } else {
            push_encoded(meant, into);
        }
        at += width;
    }
    Ok(())
}

/// The byte that `%XX` at this place means.
fn encoded(bytes: &[u8], at: usize) -> Option<u8> {
    let digit = |at: usize| char::from(*bytes.get(at)?).to_digit(16);
    u8::try_from(digit(at + 1)? * 16 + digit(at + 2)?).ok()
}

fn push_encoded(byte: u8, into: &mut String) {
    // Writing to a string can't fail.
    let _ = write!(into, "%{byte:02X}");
}

fn is_unreserved(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-._~".contains(&byte)
}

fn in_path(byte: u8) -> bool {
    is_unreserved(byte) || b"!$&'()*+,;=:@/".contains(&byte)
}

fn in_query(byte: u8) -> bool {
    in_path(byte) || byte == b'?'
}

/// The pairs of a query, in order; a name without `=` has an empty value.
pub(crate) fn pairs(query: &str) -> impl Iterator<Item = (&str, &str)> {
    query
        .split('&')
        .filter(|pair| !pair.is_empty())
        .map(|pair| pair.split_once('=').unwrap_or((pair, "")))
}
