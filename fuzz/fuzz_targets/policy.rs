//! A trust policy, and the quorum of everybody and of nobody.
#![no_main]

use amana_ledger::Policy;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    if let Ok(policy) = Policy::parse(bytes) {
        assert!(policy.quorum_met(&|_| true));
        assert_eq!(policy.quorum_met(&|_| false), !policy.has_quorum());
    }
});
