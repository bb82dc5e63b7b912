//! A signed checkpoint, whose text is parsed on its own as well.
#![no_main]

use amana_ledger::{Checkpoint, Note};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let Ok(note) = Note::parse(bytes) else { return };
    if let Ok(checkpoint) = Checkpoint::parse(&note.text) {
        assert_eq!(checkpoint.body(), note.text);
    }
});
