//! A signed keyring, which has one spelling, and a bundle around one.
#![no_main]

use amana_seal::keyring::{Bundle, SignedKeyring};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    if let Ok(signed) = SignedKeyring::parse(bytes) {
        assert_eq!(signed.text().as_bytes(), bytes);
    }
    if let Ok(bundle) = Bundle::parse(bytes) {
        assert!(Bundle::parse(bundle.to_json().as_bytes()).is_ok());
    }
});
