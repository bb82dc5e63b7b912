//! The few spellings that all text formats here share: numbers, base64 and lines, each with one canonical form.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// A decimal without sign and without leading zeroes, as every C2SP format writes its numbers.
pub(crate) fn decimal(digits: &str) -> Option<u64> {
    let canonical = digits == "0" || !digits.starts_with('0');
    let plain = !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit());
    if canonical && plain {
        digits.parse().ok()
    } else {
        None
    }
}

/// Standard base64 with padding (RFC 4648 §4).
pub(crate) fn to_base64(bytes: &[u8]) -> String {
    STANDARD.encode(bytes)
}

/// Strict standard base64: padding needed, spare bits zero, so that each value has one spelling.
pub(crate) fn from_base64(text: &str) -> Option<Vec<u8>> {
    STANDARD.decode(text).ok()
}

/// Exactly 32 bytes in base64.
pub(crate) fn base64_32(text: &str) -> Option<[u8; 32]> {
    // 44 characters; checked first so that a long line is refused without decoding it.
    if text.len() != 44 {
        return None;
    }
    from_base64(text)?.try_into().ok()
}

/// Takes the next line off `rest`, without its newline. A last line that lacks its newline isn't a line.
pub(crate) fn take_line<'a>(rest: &mut &'a str) -> Option<&'a str> {
    let (line, after) = rest.split_once('\n')?;
    *rest = after;
    Some(line)
}

/// The value of a `key value` line.
pub(crate) fn field<'a>(rest: &mut &'a str, key: &str) -> Option<&'a str> {
    let mut after = *rest;
    let value = take_line(&mut after)?
        .strip_prefix(key)?
        .strip_prefix(' ')?;
    *rest = after;
    Some(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_has_one_spelling() {
        assert_eq!(decimal("0"), Some(0));
        assert_eq!(decimal("18446744073709551615"), Some(u64::MAX));
        for bad in [
            "",
            "00",
            "01",
            "+1",
            "-1",
            " 1",
            "1 ",
            "1_0",
            "18446744073709551616",
            "١",
        ] {
            assert_eq!(decimal(bad), None, "{bad:?}");
        }
    }

    #[test]
    fn a_line_ends_in_a_newline() {
        let mut rest = "a\n\nb";
        assert_eq!(take_line(&mut rest), Some("a"));
        assert_eq!(take_line(&mut rest), Some(""));
        assert_eq!(take_line(&mut rest), None);
        assert_eq!(rest, "b");
    }
}
