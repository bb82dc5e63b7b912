//! The prologue of an age file: where it ends, and what it says.
#![no_main]

use std::sync::LazyLock;

use amana_seal::age::{
    Identity, MAX_HEADER_BYTES, NONCE_BYTES, Opener, X25519Identity, prologue_size,
};
use libfuzzer_sys::fuzz_target;
use zeroize::Zeroizing;

static IDENTITIES: LazyLock<[Identity; 1]> =
    LazyLock::new(|| [X25519Identity::from_secret(Zeroizing::new([3; 32])).into()]);

fuzz_target!(|bytes: &[u8]| {
    let Ok(Some(size)) = prologue_size(bytes) else {
        // What has no end that is found has no end that is read.
        assert!(Opener::new(bytes, &*IDENTITIES).is_err());
        return;
    };
    assert!(size <= MAX_HEADER_BYTES + NONCE_BYTES);
    // The end doesn't depend on what follows it.
    if let Some(prologue) = bytes.get(..size) {
        assert_eq!(prologue_size(prologue), Ok(Some(size)));
        let _ = Opener::new(prologue, &*IDENTITIES);
    }
});
