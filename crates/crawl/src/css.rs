//! References in a style sheet: `url(…)`, and the strings of `@import` (CSS Syntax Module Level 3 §4.3).

use std::ops::Range;

/// A reference, and where it stands.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Found {
    /// The address, escapes resolved.
    pub value: String,
    /// As it stands in the sheet, without quotes and parentheses.
    pub range: Range<usize>,
}

/// Every reference of a sheet, or of a `style` attribute.
#[must_use]
pub fn references(sheet: &[u8]) -> Vec<Found> {
    let mut found = Vec::new();
    let mut at = 0;
    // Whether the next string is what `@import` names.
    let mut importing = false;
    while at < sheet.len() {
        let rest = &sheet[at..];
        if rest.starts_with(b"/*") {
            at += find(rest, b"*/").map_or(rest.len(), |end| end + 2);
        } else if starts_with_word(rest, b"@import") {
            importing = true;
            at += b"@import".len();
        } else if starts_with_word(rest, b"url(") {
            let range = inside(sheet, at + b"url(".len());
            // Beyond what ends it, too: a quote there begins nothing.
            at = range.end + 1;
            importing = false;
            push(sheet, range, &mut found);
        } else if matches!(rest[0], b'"' | b'\'') {
            let range = string(sheet, at);
            at = range.end + 1;
            if std::mem::take(&mut importing) {
                push(sheet, range, &mut found);
            }
        } else {
            importing &= !matches!(rest[0], b';' | b'{' | b'}');
            at += 1;
        }
    }
    found
}

fn push(sheet: &[u8], range: Range<usize>, found: &mut Vec<Found>) {
    let value = unescaped(&String::from_utf8_lossy(&sheet[range.clone()]));
    if !value.is_empty() {
        found.push(Found { value, range });
    }
}

/// Whether it begins so, in whichever case.
fn starts_with_word(rest: &[u8], word: &[u8]) -> bool {
    rest.get(..word.len())
        .is_some_and(|head| head.eq_ignore_ascii_case(word))
}

/// What is between the parentheses of `url(`, without quotes.
fn inside(sheet: &[u8], from: usize) -> Range<usize> {
    let blanks = |byte: &u8| byte.is_ascii_whitespace();
    let rest = &sheet[from..];
    let start = from + rest.iter().take_while(|byte| blanks(byte)).count();
    if matches!(sheet.get(start), Some(b'"' | b'\'')) {
        return string(sheet, start);
    }
    let mut at = start;
    while at < sheet.len() && sheet[at] != b')' && !blanks(&sheet[at]) {
        at += if sheet[at] == b'\\' {
            escape_length(&sheet[at..])
        } else {
            1
        };
    }
    start..at.min(sheet.len())
}

/// Bytes of the escape at the beginning, the blank that ends one of digits included.
fn escape_length(rest: &[u8]) -> usize {
    let digits = rest[1..]
        .iter()
        .take(6)
        .take_while(|byte| byte.is_ascii_hexdigit())
        .count();
    match digits {
        0 => 2,
        digits => {
            1 + digits + usize::from(rest.get(1 + digits).is_some_and(u8::is_ascii_whitespace))
        }
    }
}

/// What is between the quote at `from` and the one that ends it.
fn string(sheet: &[u8], from: usize) -> Range<usize> {
    let quote = sheet[from];
    let mut at = from + 1;
    while at < sheet.len() && sheet[at] != quote {
        at += if sheet[at] == b'\\' { 2 } else { 1 };
    }
    from + 1..at.min(sheet.len())
}

/// Escapes resolved: `\` and up to six digits with one blank behind, or `\` and any other character.
fn unescaped(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut letters = text.chars().peekable();
    while let Some(letter) = letters.next() {
        if letter != '\\' {
            plain.push(letter);
            continue;
        }
        let mut digits = String::new();
        while digits.len() < 6
            && let Some(digit) = letters.next_if(char::is_ascii_hexdigit)
        {
            digits.push(digit);
        }
        if digits.is_empty() {
            plain.extend(letters.next().filter(|next| *next != '\n'));
            continue;
        }
        letters.next_if(|next| next.is_ascii_whitespace());
        let code = u32::from_str_radix(&digits, 16).ok();
        plain.push(code.and_then(char::from_u32).unwrap_or('\u{fffd}'));
    }
    plain
}

/// Where `wanted` begins.
pub(crate) fn find(text: &[u8], wanted: &[u8]) -> Option<usize> {
    text.windows(wanted.len()).position(|at| at == wanted)
}
