//! A stored frontier, which must also go on growing.
#![no_main]

use amana_ledger::Frontier;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    if let Ok(mut frontier) = Frontier::from_bytes(bytes) {
        assert_eq!(frontier.to_bytes(), bytes);
        let size = frontier.size();
        frontier.push(frontier.root());
        assert_eq!(frontier.size(), size + 1);
    }
});
