//! Addresses of content: keys are any text, so that each is encoded (RFC 3986 §2.1).

use std::fmt::Write as _;

/// A path with its query; a pair without a value is left out.
pub(crate) fn link(path: &str, pairs: &[(&str, Option<&str>)]) -> String {
    let mut link = path.to_owned();
    let mut before = '?';
    for (name, value) in pairs {
        let Some(value) = value else { continue };
        link.push(before);
        link.push_str(name);
        link.push('=');
        encode(&mut link, value);
        before = '&';
    }
    link
}

/// Encodes all but what is unreserved.
pub(crate) fn encode(to: &mut String, text: &str) {
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            to.push(char::from(byte));
        } else {
            // Writing to a string doesn't fail.
            let _ = write!(to, "%{byte:02X}");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::link;

    #[test]
    fn a_key_of_any_characters_stays_one_value() {
        let key = "été/a&b=c#d?\"<\r\n%";
        let made = link(
            "/x",
            &[("key", Some(key)), ("version", None), ("n", Some("1"))],
        );
        assert_eq!(
            made,
            "/x?key=%C3%A9t%C3%A9%2Fa%26b%3Dc%23d%3F%22%3C%0D%0A%25&n=1"
        );
    }
}
