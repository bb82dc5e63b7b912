//! The candidates of `srcset` (WHATWG HTML §4.8.4.2.1).

use std::ops::Range;

/// Where each candidate's address stands in the attribute.
#[must_use]
pub fn addresses(text: &str) -> Vec<Range<usize>> {
    let bytes = text.as_bytes();
    let mut found = Vec::new();
    let mut at = 0;
    while at < bytes.len() {
        while at < bytes.len() && (bytes[at].is_ascii_whitespace() || bytes[at] == b',') {
            at += 1;
        }
        let start = at;
        while at < bytes.len() && !bytes[at].is_ascii_whitespace() {
            at += 1;
        }
        // Commas at its end separate it from the next; commas within are its own.
        let mut end = at;
        while end > start && bytes[end - 1] == b',' {
            end -= 1;
        }
        if end > start {
            found.push(start..end);
        }
        if end < at {
            continue;
        }
        // The descriptor, up to a comma that isn't in parentheses.
        let mut depth = 0_u32;
        while at < bytes.len() && (depth > 0 || bytes[at] != b',') {
            match bytes[at] {
                b'(' => depth += 1,
                b')' => depth = depth.saturating_sub(1),
                _ => {}
            }
            at += 1;
        }
    }
    found
}
