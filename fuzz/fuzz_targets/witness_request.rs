//! What a witness and a log send each other.
#![no_main]

use amana_ledger::{AddCheckpoint, encode_cosignatures, parse_cosignatures};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    if let Ok(request) = AddCheckpoint::parse(bytes) {
        assert_eq!(request.to_string().as_bytes(), bytes);
    }
    if let Ok(lines) = parse_cosignatures(bytes) {
        assert_eq!(encode_cosignatures(&lines).as_bytes(), bytes);
    }
});
