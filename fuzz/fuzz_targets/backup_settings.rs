//! Settings of a PHP file.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let _ = amana_backups::php::Settings::read(bytes);
});
