//! What a site's publishers sign, which has one spelling.
#![no_main]

use amana_sites::Statement;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    if let Ok(statement) = text.parse::<Statement>() {
        assert_eq!(statement.to_string(), text);
    }
});
