//! A provider's token and its keys, from whoever answers in its place: nothing that isn't signed is anybody.
#![no_main]

use amana_access::{IdToken, KeySet};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let _ = KeySet::parse(bytes);
    if let Ok(text) = std::str::from_utf8(bytes)
        && IdToken::parse(text).is_ok()
    {
        // Three parts of base64url, neither more nor less.
        assert_eq!(text.split('.').count(), 3);
        assert!(IdToken::parse(&format!("{text}.")).is_err());
        assert!(IdToken::parse(&format!(".{text}")).is_err());
    }
});
