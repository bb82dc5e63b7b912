//! An entry bundle.
#![no_main]

use amana_ledger::{encode_bundle, parse_bundle};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    if let Ok(entries) = parse_bundle(bytes) {
        assert_eq!(encode_bundle(entries).expect("parsed"), bytes);
    }
});
