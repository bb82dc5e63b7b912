//! The few spellings that all text formats here share: numbers, hex, base64 and labelled lines, each with one form.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::error::{Error, Format, Result};

/// The largest number of any of our texts: rows keep 64-bit signed integers.
pub(crate) const MAX_NUMBER: u64 = i64::MAX.unsigned_abs();

/// A decimal without sign and without leading zeroes, at most [`MAX_NUMBER`].
pub(crate) fn decimal(digits: &str) -> Option<u64> {
    let canonical = digits == "0" || !digits.starts_with('0');
    let plain = !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit());
    let number = digits.parse().ok()?;
    (canonical && plain && number <= MAX_NUMBER).then_some(number)
}

/// Exactly `N` bytes as lower-case hex.
pub(crate) fn hex_bytes<const N: usize>(text: &str) -> Option<[u8; N]> {
    if text.bytes().any(|b| b.is_ascii_uppercase()) {
        return None;
    }
    let mut bytes = [0; N];
    hex::decode_to_slice(text, &mut bytes).ok()?;
    Some(bytes)
}

/// Standard base64 with padding (RFC 4648 §4).
pub(crate) fn to_base64(bytes: &[u8]) -> String {
    STANDARD.encode(bytes)
}

/// Strict standard base64: padding needed, spare bits zero, so that each value has one spelling.
pub(crate) fn from_base64(text: &str) -> Option<Vec<u8>> {
    STANDARD.decode(text).ok()
}

/// Exactly `N` bytes in base64.
pub(crate) fn base64_bytes<const N: usize>(text: &str) -> Option<[u8; N]> {
    // Checked first so that a long line is refused without decoding it.
    if text.len() != N.div_ceil(3) * 4 {
        return None;
    }
    from_base64(text)?.try_into().ok()
}

/// Whether a word can stand in a space-separated line: printable ASCII without a space, 1 to `max` bytes.
pub(crate) fn is_word(text: &str, max: usize) -> bool {
    (1..=max).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_graphic())
}

/// A name that people gave: 1 to `max` bytes of text on one line, no control characters, no space at either end.
pub(crate) fn is_name(text: &str, max: usize) -> bool {
    (1..=max).contains(&text.len())
        && text.trim() == text
        && !text
            .chars()
            .any(|c| c.is_control() || (c != ' ' && c.is_whitespace()))
}

/// Reads the labelled lines of a text from the top, in the one order that its format has.
pub(crate) struct Lines<'a> {
    format: Format,
    rest: &'a str,
}

impl<'a> Lines<'a> {
    pub(crate) fn new(format: Format, text: &'a str) -> Self {
        Self { format, rest: text }
    }

    /// What has not been read yet.
    pub(crate) fn rest(&self) -> &'a str {
        self.rest
    }

    /// The next line without its newline. A last line that lacks its newline isn't a line.
    pub(crate) fn line(&mut self, why: &'static str) -> Result<&'a str> {
        let (line, after) = self
            .rest
            .split_once('\n')
            .ok_or_else(|| self.format.malformed(why))?;
        self.rest = after;
        Ok(line)
    }

    /// Takes one line that must read exactly so.
    pub(crate) fn exactly(&mut self, line: &str, why: &'static str) -> Result<()> {
        if self.line(why)? == line {
            Ok(())
        } else {
            Err(self.format.malformed(why))
        }
    }

    /// The value of the next line, which must be `label value`.
    pub(crate) fn field(&mut self, label: &str, why: &'static str) -> Result<&'a str> {
        self.field_if(label)
            .ok_or_else(|| self.format.malformed(why))
    }

    /// The value of the next line if that is `label value`.
    pub(crate) fn field_if(&mut self, label: &str) -> Option<&'a str> {
        let (line, after) = self.rest.split_once('\n')?;
        let value = line.strip_prefix(label)?.strip_prefix(' ')?;
        self.rest = after;
        Some(value)
    }

    /// The values of all lines `label value` that follow, at most `max`.
    pub(crate) fn fields(&mut self, label: &str, max: usize) -> Result<Vec<&'a str>> {
        let mut values = Vec::new();
        while let Some(value) = self.field_if(label) {
            if values.len() == max {
                return Err(Error::TooLarge {
                    format: self.format,
                    max,
                });
            }
            values.push(value);
        }
        Ok(values)
    }
}

/// Splits a line into exactly `N` fields at single spaces.
pub(crate) fn split<const N: usize>(line: &str) -> Option<[&str; N]> {
    let mut fields = [""; N];
    let mut parts = line.split(' ');
    for field in &mut fields {
        *field = parts.next().filter(|part| !part.is_empty())?;
    }
    parts.next().is_none().then_some(fields)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_has_one_spelling_and_fits_a_row() {
        assert_eq!(decimal("0"), Some(0));
        assert_eq!(decimal("9223372036854775807"), Some(MAX_NUMBER));
        for bad in [
            "",
            "00",
            "01",
            "+1",
            "-1",
            " 1",
            "1 ",
            "9223372036854775808",
        ] {
            assert_eq!(decimal(bad), None, "{bad:?}");
        }
    }

    #[test]
    fn a_line_has_exactly_its_fields() {
        assert_eq!(split::<2>("a b"), Some(["a", "b"]));
        for bad in ["a", "a  b", "a b ", " a b", "a b c", ""] {
            assert_eq!(split::<2>(bad), None, "{bad:?}");
        }
    }

    #[test]
    fn hex_and_base64_have_one_spelling() {
        assert_eq!(hex_bytes::<2>("00ff"), Some([0, 255]));
        assert_eq!(hex_bytes::<2>("00FF"), None);
        assert_eq!(hex_bytes::<2>("00f"), None);
        assert_eq!(base64_bytes::<1>("AA=="), Some([0]));
        assert_eq!(base64_bytes::<1>("AB=="), None);
        assert_eq!(base64_bytes::<1>("AA"), None);
    }
}
