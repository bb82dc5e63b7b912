//! A site's manifest, which has one spelling.
#![no_main]

use amana_sites::Manifest;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    if let Ok(manifest) = Manifest::parse(bytes) {
        assert_eq!(manifest.to_bytes(), bytes);
    }
});
