//! How long visitors may keep a file, where the site doesn't say it.

/// A year, the longest that RFC 2616 §14.21 wanted, and what everybody writes.
const FOR_EVER: &str = "public, max-age=31536000, immutable";
/// Kept, but asked about each time; with an ETag that is one short answer.
const ASK_AGAIN: &str = "no-cache";

/// The header `cache-control` of an answer with the file of that address, where no signed header says another.
#[must_use]
pub fn lasting(status: u16, address: &str) -> &'static str {
    match status == 200 && is_fingerprinted(address) {
        true => FOR_EVER,
        false => ASK_AGAIN,
    }
}

/// Whether the name tells the content, as build tools write it: `app.3f9a2c71.js`, `index-BxH3k9Zq.css`. A page is none: people
/// come back to its address.
fn is_fingerprinted(address: &str) -> bool {
    let path = address.split('?').next().unwrap_or_default();
    let name = path.rsplit('/').next().unwrap_or_default();
    let mut parts = name.rsplit('.');
    let ending = parts.next().unwrap_or_default();
    if matches!(ending, "html" | "htm" | "xml" | "json" | "txt" | "pdf") {
        return false;
    }
    parts.flat_map(|part| part.split(['-', '_'])).any(|part| {
        let has = |of: fn(&u8) -> bool| part.bytes().any(|byte| of(&byte));
        let is_all = |of: fn(&u8) -> bool| part.bytes().all(|byte| of(&byte));
        // A date has no letters, a word no digits.
        let is_hex = is_all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(byte));
        let mixed = has(u8::is_ascii_digit) && has(|byte| byte.is_ascii_alphabetic());
        let is_dense = part.len() == 8
            && is_all(u8::is_ascii_alphanumeric)
            && has(u8::is_ascii_lowercase)
            && has(u8::is_ascii_uppercase)
            && matches!(
                ending,
                "js" | "mjs" | "css" | "map" | "woff" | "woff2" | "svg" | "png" | "webp"
            );
        mixed && ((part.len() >= 8 && is_hex) || is_dense)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_names_that_tell_the_content_last_for_ever() {
        for name in [
            "/app.3f9a2c71.js",
            "/assets/index-BxH3k9Zq.css",
            "/static/media/logo.0123456789abcdef0123.png",
            "/_next/chunk-deadbee1.js",
        ] {
            assert!(is_fingerprinted(name), "{name}");
        }
        for name in [
            "/",
            "/app.js",
            "/report-20240101.png",
            "/style.css?ver=3f9a2c71",
            "/page.3f9a2c71.html",
            "/rapport-3f9a2c71.pdf",
            "/Budget2024Final.png",
            "/3f9a2c71/app.js",
            "/deadbeef.js",
        ] {
            assert!(!is_fingerprinted(name), "{name}");
        }
    }
}
