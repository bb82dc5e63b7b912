//! An envelope: any bytes are refused, and any content opens again.
#![no_main]

use amana_seal::envelope::{EnvelopeKey, open, seal, sealed_size};
use libfuzzer_sys::fuzz_target;
use zeroize::Zeroizing;

fuzz_target!(|bytes: &[u8]| {
    let key = EnvelopeKey::from_bytes(Zeroizing::new([5; 32]));
    assert!(open(&key, b"", bytes).is_err());
    let sealed = seal(&key, bytes, bytes).expect("a small content");
    assert_eq!(Some(sealed.len()), sealed_size(bytes.len()));
    assert_eq!(&**open(&key, bytes, &sealed).expect("our own"), bytes);
});
