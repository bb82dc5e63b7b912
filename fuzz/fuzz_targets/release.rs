//! A release, which has one spelling, and the rebuilders who sign it.
#![no_main]

use amana_ledger::{Rebuilders, Release};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    if let Ok(text) = std::str::from_utf8(bytes)
        && let Ok(release) = text.parse::<Release>()
    {
        assert_eq!(release.to_string(), text);
    }
    if let Ok(rebuilders) = Rebuilders::parse(bytes) {
        assert!(!rebuilders.all().is_empty());
    }
});
