//! What a name server answers.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let _ = amana_crawl::dns::answer(bytes, 1);
});
