//! A file that is looked through before it is published: pages, keys, archives.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    for name in ["page.html", "file"] {
        let found = amana_crawl::scan::look(&mut std::io::Cursor::new(bytes), name, &|_| false);
        found.expect("bytes in memory are read");
    }
});
