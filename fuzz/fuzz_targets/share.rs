//! A share as somebody types it, a plan of custodians, and six words.
#![no_main]

use amana_seal::shares::{Gathering, GroupPlan, Share};
use amana_seal::words::SixWords;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|typed: &str| {
    if let Ok(share) = Share::parse(typed) {
        let again = Share::parse(&share.mnemonic()).expect("its own words");
        assert_eq!(*again.mnemonic(), *share.mnemonic());
        let mut gathering = Gathering::new();
        gathering.add(share).expect("the first share");
        let _ = gathering.progress().to_string();
    }
    if let Ok(plan) = typed.parse::<GroupPlan>() {
        assert_eq!(
            plan.to_string().parse::<GroupPlan>().expect("its own text"),
            plan
        );
    }
    if let Ok(words) = typed.parse::<SixWords>() {
        assert_eq!(
            words.to_string().parse::<SixWords>().expect("its own text"),
            words
        );
    }
});
