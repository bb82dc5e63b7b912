//! DER as text (RFC 7468), as far as rustls has no words for it: it reads PEM, and doesn't write it.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use zeroize::Zeroizing;

const LINE: usize = 64;

/// Lines of 64 digits between two that name what it is.
pub(crate) fn encode(label: &str, der: &[u8]) -> Zeroizing<String> {
    let digits = Zeroizing::new(STANDARD.encode(der));
    let mut text = Zeroizing::new(String::with_capacity(
        digits.len() + digits.len() / LINE + 80,
    ));
    text.push_str(&format!("-----BEGIN {label}-----\n"));
    let mut rest = digits.as_str();
    while !rest.is_empty() {
        let (line, after) = rest.split_at(rest.len().min(LINE));
        text.push_str(line);
        text.push('\n');
        rest = after;
    }
    text.push_str(&format!("-----END {label}-----\n"));
    text
}
