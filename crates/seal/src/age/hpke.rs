//! The key schedule of HPKE in base mode (RFC 9180 §5.1), with X-Wing, HKDF-SHA256 and ChaCha20-Poly1305.

use aws_lc_rs::{aead, hkdf, hmac};

/// `"HPKE" ‖ KEM 0x647a ‖ KDF 0x0001 ‖ AEAD 0x0003`.
const SUITE: &[u8; 10] = b"HPKE\x64\x7a\x00\x01\x00\x03";
const VERSION: &[u8] = b"HPKE-v1";
const NONCE_BYTES: usize = 12;

/// The key and the first nonce that follow from `shared`, the KEM's shared secret. Each key seals one message, so that
/// no other nonce is ever used.
pub(super) fn context(shared: &[u8], info: &[u8]) -> (aead::LessSafeKey, [u8; NONCE_BYTES]) {
    // The mode, then the hashes of the empty PSK's name and of `info`: nothing of this is secret.
    let mut schedule = [0; 65];
    schedule[1..33].copy_from_slice(labeled_extract(b"psk_id_hash", b"").as_ref());
    schedule[33..].copy_from_slice(labeled_extract(b"info_hash", info).as_ref());

    let labeled = [VERSION, SUITE, b"secret".as_slice()].concat();
    let secret = hkdf::Salt::new(hkdf::HKDF_SHA256, shared).extract(&labeled);

    let expected = "both lengths are within HKDF's bounds";
    let labels = [&[0, 32], VERSION, SUITE, b"key".as_slice(), &schedule];
    let key = secret
        .expand(&labels, &aead::CHACHA20_POLY1305)
        .expect(expected);
    let labels = [
        &[0, 12],
        VERSION,
        SUITE,
        b"base_nonce".as_slice(),
        &schedule,
    ];
    let mut nonce = [0; NONCE_BYTES];
    secret
        .expand(&labels, NonceLength)
        .and_then(|okm| okm.fill(&mut nonce))
        .expect(expected);
    (aead::LessSafeKey::new(key.into()), nonce)
}

/// `LabeledExtract` with an empty salt.
fn labeled_extract(label: &[u8], ikm: &[u8]) -> hmac::Tag {
    let mut extract = hmac::Context::with_key(&hmac::Key::new(hmac::HMAC_SHA256, &[]));
    for part in [VERSION, SUITE, label, ikm] {
        extract.update(part);
    }
    extract.sign()
}

struct NonceLength;

impl hkdf::KeyType for NonceLength {
    fn len(&self) -> usize {
        NONCE_BYTES
    }
}
