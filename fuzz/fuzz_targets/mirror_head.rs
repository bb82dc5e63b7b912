//! A mirror's head.
#![no_main]

use amana_store::mirror::Head;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    if let Ok(head) = Head::parse(bytes) {
        let written = head.to_json();
        let again = Head::parse(&written).expect("what was read is written");
        assert_eq!(again.to_json(), written);
        for ledger in &head.ledgers {
            assert!(ledger.checkpoint().is_ok());
            let _ = ledger.signatures();
        }
    }
});
