//! Envelopes: their classes, and that nothing in them can be altered.

use std::path::Path;

use amana_seal::Error;
use amana_seal::envelope::{
    EnvelopeKey, MAX_PADDED_BYTES, OVERHEAD_BYTES, open, seal, sealed_size,
};
use proptest::prelude::*;
use zeroize::Zeroizing;

fn key(byte: u8) -> EnvelopeKey {
    EnvelopeKey::from_bytes(Zeroizing::new([byte; 32]))
}

/// Made by another program from docs/formats/sealed.md: key 32 bytes `05`, nonce the bytes 0 to 23.
#[test]
fn vectors_come_to_what_they_expect() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../vectors/envelopes");
    let read = |name: &str| std::fs::read(folder.join(format!("{name}.envelope"))).unwrap();
    let opened = |name: &str| open(&key(5), b"amana.sealed/v1\n", &read(name));
    assert_eq!(*opened("object-put").unwrap(), br#"{"kind":"object.put"}"#);
    // Each of these is authentic: only its shape is wrong.
    for name in ["class", "size", "length", "padding"] {
        let error = opened(&format!("malformed-{name}")).unwrap_err();
        assert!(matches!(error, Error::Malformed { .. }), "{name}: {error}");
    }
}

#[test]
fn what_is_sealed_opens() {
    for size in [
        0,
        1,
        251,
        252,
        253,
        4092,
        4093,
        70_000,
        MAX_PADDED_BYTES - 4,
    ] {
        let plain = vec![7; size];
        let sealed = seal(&key(1), b"statement", &plain).unwrap();
        assert_eq!(Some(sealed.len()), sealed_size(size));
        assert_eq!(*open(&key(1), b"statement", &sealed).unwrap(), plain);
    }
    let error = seal(&key(1), b"", &vec![0; MAX_PADDED_BYTES - 3]).unwrap_err();
    assert!(matches!(error, Error::TooLarge { .. }));
}

#[test]
fn another_key_another_statement_or_an_altered_byte_is_noticed() {
    let sealed = seal(&key(1), b"statement", b"content").unwrap();
    assert!(open(&key(2), b"statement", &sealed).is_err());
    assert!(open(&key(1), b"other", &sealed).is_err());
    for position in 0..sealed.len() {
        let mut altered = sealed.clone();
        altered[position] ^= 0x80;
        assert!(open(&key(1), b"statement", &altered).is_err(), "{position}");
        assert!(
            open(&key(1), b"statement", &sealed[..position]).is_err(),
            "{position}"
        );
    }
}

#[test]
fn the_same_content_never_looks_the_same() {
    let once = seal(&key(1), b"", b"content").unwrap();
    assert_ne!(once, seal(&key(1), b"", b"content").unwrap());
}

#[test]
fn classes_are_few_and_waste_little() {
    let class = |size: usize| sealed_size(size - 4).unwrap() - OVERHEAD_BYTES;
    for (size, expected) in [
        (4, 256),
        (256, 256),
        (257, 512),
        (2049, 4096),
        (4096, 4096),
        (4097, 4608),
        (8192, 8192),
        (8193, 9216),
        (1 << 20, 1 << 20),
        (MAX_PADDED_BYTES, MAX_PADDED_BYTES),
    ] {
        assert_eq!(class(size), expected, "{size}");
    }
    for size in (4096..1 << 20).step_by(61) {
        let padded = class(size);
        assert!(padded >= size && class(padded) == padded);
        assert!((padded - size) * 100 <= 12 * padded, "{size} in {padded}");
    }
}

proptest! {
    #[test]
    fn any_content_opens_again(plain in prop::collection::vec(any::<u8>(), 0..9000), aad in any::<[u8; 4]>()) {
        let sealed = seal(&key(1), &aad, &plain).unwrap();
        prop_assert_eq!(&*open(&key(1), &aad, &sealed).unwrap(), &plain);
    }

    #[test]
    fn any_bytes_are_refused(bytes in prop::collection::vec(any::<u8>(), 0..2000)) {
        prop_assert!(open(&key(1), b"", &bytes).is_err());
        let mut of_a_class = bytes;
        of_a_class.resize(256 + OVERHEAD_BYTES, 0);
        prop_assert!(open(&key(1), b"", &of_a_class).is_err());
    }
}
