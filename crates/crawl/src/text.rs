//! Absolute addresses in any text, however it writes them: `https://host/…`, `//host/…`, `https:\/\/host\/…` as JSON does,
//! `https%3A%2F%2Fhost%2F…` as queries do, and with character references as HTML and XML do.
//!
//! This needs no knowledge of the text's language, so that it finds them in scripts, feeds, attributes and comments alike.

use std::ops::Range;

use crate::charset::Charset;

/// How texts write `/`, longer forms first.
const SLASHES: [&str; 10] = [
    r"\\\/", r"\u002F", r"\u002f", r"\/", "%2F", "%2f", "&#x2F;", "&#x2f;", "&#47;", "/",
];
/// How they write `:`.
const COLONS: [&str; 7] = [r"\u003A", r"\u003a", "%3A", "%3a", "&#x3A;", "&#58;", ":"];
/// An address's text at most.
const MAX_REST: usize = 4096;

/// An absolute address in a text.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Mention {
    /// From its scheme, or its slashes where it has none, to behind its host and port.
    pub range: Range<usize>,
    /// Which of the authorities it names.
    pub authority: usize,
    /// How the text writes `/` there.
    pub slash: &'static str,
    /// How it writes `:`; nothing where the address begins with `//`.
    pub colon: Option<&'static str>,
    /// What follows the host, as the text writes it.
    pub rest: Range<usize>,
}

/// Every absolute address whose host and port are one of `authorities`.
#[must_use]
pub fn mentions(text: &[u8], authorities: &[String]) -> Vec<Mention> {
    let mut found = Vec::new();
    let names: Vec<(usize, String)> = authorities
        .iter()
        .enumerate()
        .flat_map(|(at, name)| {
            let escaped = name.contains(':').then(|| (at, name.replace(':', "%3A")));
            std::iter::once((at, name.clone())).chain(escaped)
        })
        .collect();
    for (authority, name) in names {
        let mut from = 0;
        while let Some(at) = position(text, name.as_bytes(), from) {
            from = at + name.len();
            found.extend(mention(text, at..from, authority));
        }
    }
    found.sort_by_key(|mention| mention.range.start);
    found
}

fn mention(text: &[u8], host: Range<usize>, authority: usize) -> Option<Mention> {
    if goes_on(&text[host.end..]) {
        return None;
    }
    let head = &text[..host.start];
    let slash = SLASHES.into_iter().find(|slash| {
        head.strip_suffix(slash.as_bytes())
            .is_some_and(|head| head.ends_with(slash.as_bytes()))
    })?;
    let slashes = host.start - 2 * slash.len();
    let (start, colon) = match scheme(&head[..slashes]) {
        Some((start, colon)) => (start, Some(colon)),
        // `ftp://host` isn't ours, and `a//host` is a path.
        None if head[..slashes].last().is_some_and(|before| {
            before.is_ascii_alphanumeric() || matches!(before, b':' | b'/' | b'.' | b'-')
        }) =>
        {
            return None;
        }
        None => (slashes, None),
    };
    let rest = &text[host.end..];
    let length = rest_length(rest, slash);
    Some(Mention {
        range: start..host.end,
        authority,
        slash,
        colon,
        rest: host.end..host.end + length,
    })
}

/// Whether the name found is but the beginning of another one.
fn goes_on(rest: &[u8]) -> bool {
    let second = rest.get(1).copied().unwrap_or(b' ');
    match rest.first() {
        Some(byte) if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'@') => true,
        Some(b'.') => second.is_ascii_alphanumeric(),
        Some(b':') => second.is_ascii_digit(),
        Some(b'%') => rest.starts_with(b"%3A") && rest.get(3).is_some_and(u8::is_ascii_digit),
        _ => false,
    }
}

/// `http` or `https` and its colon, at the end of that text.
fn scheme(head: &[u8]) -> Option<(usize, &'static str)> {
    let colon = COLONS
        .into_iter()
        .find(|colon| head.ends_with(colon.as_bytes()))?;
    let head = &head[..head.len() - colon.len()];
    ["https", "http"].into_iter().find_map(|scheme| {
        let start = head.len().checked_sub(scheme.len())?;
        head[start..]
            .eq_ignore_ascii_case(scheme.as_bytes())
            .then_some((start, colon))
    })
}

/// How much of the text belongs to the address.
fn rest_length(rest: &[u8], slash: &str) -> usize {
    let is_escaped = slash.starts_with('%');
    let mut at = 0;
    while at < rest.len().min(MAX_REST) {
        let byte = rest[at];
        let tail = &rest[at..];
        let ends = match byte {
            b'"' | b'\'' | b'`' | b'<' | b'>' | b'(' | b')' | b'{' | b'}' | b'|' | b'^' => true,
            byte if byte.is_ascii_whitespace() || byte.is_ascii_control() => true,
            // A quote within an attribute, or a character that no address has.
            b'&' => {
                is_escaped
                    || [
                        &b"&quot;"[..],
                        b"&#34;",
                        b"&#039;",
                        b"&#39;",
                        b"&lt;",
                        b"&gt;",
                    ]
                    .iter()
                    .any(|reference| tail.starts_with(reference))
            }
            b'\\' => {
                !tail.starts_with(b"\\/")
                    && !tail.starts_with(b"\\u00")
                    && !tail.starts_with(br"\\\/")
            }
            b'%' => is_escaped && (tail.starts_with(b"%22") || tail.starts_with(b"%20")),
            _ => false,
        };
        if ends {
            break;
        }
        at += if tail.starts_with(br"\\\/") {
            4
        } else if byte == b'\\' {
            2
        } else {
            1
        };
    }
    at.min(rest.len())
}

impl Mention {
    /// The path and the query that it names, escapes of its text resolved; it may be empty.
    #[must_use]
    pub fn path(&self, text: &[u8], charset: Charset) -> String {
        let rest = charset.text(&text[self.rest.clone()]);
        let rest = match self.slash.starts_with('%') {
            true => percent_decoded(&rest),
            false => rest
                .replace(r"\\\/", "/")
                .replace(r"\/", "/")
                .replace(r"\u002F", "/")
                .replace(r"\u002f", "/")
                .replace(r"\u0026", "&"),
        };
        let rest = references_resolved(&rest);
        // A full stop or a comma behind it ends the sentence.
        rest.trim_end_matches(['.', ',', ';', ':', '!', '\\'])
            .to_owned()
    }
}

/// The character references that addresses have in HTML and XML.
#[must_use]
pub fn references_resolved(text: &str) -> String {
    const AMPERSANDS: [&str; 5] = ["&amp;", "&#038;", "&#38;", "&#x26;", "&#x2F;"];
    if !text.contains('&') {
        return text.to_owned();
    }
    let mut plain = text.replace("&#47;", "/").replace(AMPERSANDS[4], "/");
    for reference in &AMPERSANDS[..4] {
        plain = plain.replace(reference, "&");
    }
    plain
}

/// Percent-encoding resolved; what isn't UTF-8 then is replaced.
pub(crate) fn percent_decoded(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut plain = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        let code = text.get(at + 1..at + 3);
        let code = code.and_then(|digits| u8::from_str_radix(digits, 16).ok());
        match (bytes[at], code) {
            (b'%', Some(code)) => {
                plain.push(code);
                at += 3;
            }
            (byte, _) => {
                plain.push(byte);
                at += 1;
            }
        }
    }
    String::from_utf8_lossy(&plain).into_owned()
}

/// Where `name` begins, at `from` or behind it, in whichever case.
fn position(text: &[u8], name: &[u8], from: usize) -> Option<usize> {
    let first = name.first()?;
    let (lower, upper) = (first.to_ascii_lowercase(), first.to_ascii_uppercase());
    let last = text.len().checked_sub(name.len())?;
    (from..=last).find(|at| {
        (text[*at] == lower || text[*at] == upper)
            && text[*at..*at + name.len()].eq_ignore_ascii_case(name)
    })
}
