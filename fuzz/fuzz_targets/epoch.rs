//! An epoch's text.
#![no_main]

use amana_ledger::EpochLeaf;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let Ok(text) = std::str::from_utf8(bytes) else {
        return;
    };
    if let Ok(epoch) = text.parse::<EpochLeaf>() {
        assert_eq!(epoch.to_string(), text);
    }
});
