//! What an application answers by FastCGI, records and the head within them.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let whole = amana_sites::serve::is_fastcgi_answer(bytes);
    // What is wrong stays wrong, however much more of it comes.
    if whole {
        for end in [bytes.len() / 2, bytes.len().saturating_sub(1)] {
            assert!(amana_sites::serve::is_fastcgi_answer(&bytes[..end]));
        }
    }
});
