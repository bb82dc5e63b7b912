//! An archive of a backup.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let mut members = amana_backups::tar::Members::new(bytes);
    while let Ok(Some(_)) = members.next_member() {}
});
