//! What people wrote: checked at the edge, kept in the bodies of acts alone, and read from there. So it may be erased at any
//! time without any row becoming another.

use amana_store::{Entry, EntryId, LedgerId, Reader, entries};
use serde::de::DeserializeOwned;

use crate::{Error, Result};

/// Text that a person wrote, of at most so many characters, without control characters but ends of lines and tabs. Ends
/// of lines are one character, whatever the browser sent.
///
/// # Errors
/// [`Error::Invalid`], also for text that is empty.
pub(crate) fn written(what: &'static str, text: &str, max_chars: usize) -> Result<String> {
    let text = text.replace("\r\n", "\n");
    let text = text.trim();
    let why = match text.chars().count() {
        0 => "must not be empty",
        chars if chars > max_chars => "is too long",
        _ if text.chars().any(is_control) => "must not have control characters",
        _ => return Ok(text.to_owned()),
    };
    Err(Error::Invalid { what, why })
}

/// As [`written`], of one line.
pub(crate) fn one_line(what: &'static str, text: &str, max_chars: usize) -> Result<String> {
    match text.trim().contains(['\n', '\r', '\t']) {
        true => Err(Error::Invalid {
            what,
            why: "must be one line",
        }),
        false => written(what, text, max_chars),
    }
}

fn is_control(letter: char) -> bool {
    letter.is_control() && letter != '\n' && letter != '\t'
}

/// What the act of that number said; nothing once it was erased.
pub(crate) fn said<T: DeserializeOwned>(
    rows: &Reader<'_>,
    ledger: LedgerId,
    number: u64,
) -> amana_store::Result<Option<T>> {
    let Some(id) = EntryId::new(ledger, number) else {
        return Ok(None);
    };
    let entry: Option<Entry> = entries::entry(rows, id)?;
    let Some((_, body)) = entry.and_then(|entry| entry.body) else {
        return Ok(None);
    };
    let decoded = serde_json::from_slice(&body);
    decoded
        .map(Some)
        .map_err(|source| amana_store::Error::Decode {
            what: format!("entry {id}"),
            source,
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_kept_as_it_was_meant_or_refused() {
        let kept = written("the text", " a\r\nb\n", 3);
        assert_eq!(kept.ok().as_deref(), Some("a\nb"));
        for refused in ["", " \r\n ", "abcd", "a\u{0}", "a\u{1b}"] {
            assert!(written("the text", refused, 3).is_err(), "{refused:?}");
        }
        assert!(written("the text", "é€한", 3).is_ok());
        assert!(one_line("the subject", "a\nb", 9).is_err());
        assert!(one_line("the subject", " a b ", 9).is_ok());
    }
}
