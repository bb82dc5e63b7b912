//! A message of SFTP, as whoever signed in sends it.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|message: &[u8]| {
    let understood = amana_folders::is_request(message);
    // What is cut is not taken for a whole; names may be long, numbers may not.
    assert!(!understood || message.len() >= 5);
});
