//! A registry row's text.
#![no_main]

use amana_ledger::RegistryRow;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let Ok(text) = std::str::from_utf8(bytes) else {
        return;
    };
    if let Ok(row) = text.parse::<RegistryRow>() {
        assert_eq!(row.to_string(), text);
    }
});
