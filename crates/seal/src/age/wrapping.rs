//! A file key under a wrap key: ChaCha20-Poly1305, without associated data.

use aws_lc_rs::aead::{Aad, LessSafeKey, Nonce};
use zeroize::Zeroizing;

use super::header::{FileKey, WRAPPED_KEY_BYTES};

/// The body of a stanza: encrypted file key ‖ tag.
///
/// `key` wraps this one file key, so that its nonce may be fixed.
pub(super) fn wrap(
    key: &LessSafeKey,
    nonce: [u8; 12],
    file_key: &FileKey,
) -> [u8; WRAPPED_KEY_BYTES] {
    let mut body = [0; WRAPPED_KEY_BYTES];
    let (sealed, tag) = body.split_at_mut(file_key.0.len());
    sealed.copy_from_slice(file_key.0.as_slice());
    let made = key
        .seal_in_place_separate_tag(Nonce::assume_unique_for_key(nonce), Aad::empty(), sealed)
        .expect("16 bytes are within the cipher's bounds");
    tag.copy_from_slice(made.as_ref());
    body
}

/// The file key in `body`, or `None` if it was wrapped under another key.
pub(super) fn unwrap(
    key: &LessSafeKey,
    nonce: [u8; 12],
    body: [u8; WRAPPED_KEY_BYTES],
) -> Option<FileKey> {
    let mut body = Zeroizing::new(body);
    let opened = key
        .open_in_place(
            Nonce::assume_unique_for_key(nonce),
            Aad::empty(),
            body.as_mut_slice(),
        )
        .ok()?;
    let mut file_key = Zeroizing::new([0; 16]);
    file_key.copy_from_slice(opened);
    Some(FileKey(file_key))
}
