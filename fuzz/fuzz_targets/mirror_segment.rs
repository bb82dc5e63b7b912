//! A mirror's segment, under the name that its first entry and its count give; it has one spelling.
#![no_main]

use amana_store::LedgerId;
use amana_store::mirror::{Segment, SegmentName};
use libfuzzer_sys::fuzz_target;
use sha2::{Digest as _, Sha256};

fuzz_target!(|bytes: &[u8]| {
    // Few bytes end in a digest of what stands before them, so that most are given one.
    let digest: [u8; 32] = Sha256::digest(bytes).into();
    let ended = [bytes, b"Z", &32_u32.to_be_bytes(), &digest].concat();
    for (bytes, until) in [(bytes, 3), (&ended, 1), (&ended, 2), (&ended, 3)] {
        let name = SegmentName {
            ledger: LedgerId(1),
            from: 0,
            until,
        };
        if let Ok(segment) = Segment::decode(name, bytes) {
            assert_eq!(segment.entries.len() as u64, until);
            let again = Segment::decode(name, &segment.encode()).expect("what was read is written");
            assert_eq!(again.encode(), segment.encode());
        }
    }
});
