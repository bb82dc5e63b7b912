//! A signed statement, which has one spelling.
#![no_main]

use amana_seal::statement::SignedStatement;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    if let Ok(signed) = SignedStatement::parse(bytes) {
        assert_eq!(signed.bytes(), bytes);
        assert!(bytes.starts_with(signed.statement().text().as_bytes()));
        assert!(bytes.starts_with(signed.statement().aad().as_bytes()));
    }
});
