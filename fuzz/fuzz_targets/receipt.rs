//! A receipt, judged under a policy of no quorum and no log, which refuses all.
#![no_main]

use amana_ledger::{Policy, Receipt};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    if let Ok(receipt) = Receipt::parse(bytes) {
        assert_eq!(receipt.to_string().as_bytes(), bytes);
        let policy = Policy::parse(b"quorum none\n").expect("the shortest policy");
        assert!(receipt.verify(&policy).is_err());
    }
});
