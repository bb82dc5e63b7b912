//! Envelopes: what an act says, sealed, with its length hidden in a class.
//!
//! # Shape
//! `24-byte random nonce ‖ ciphertext ‖ 16-byte tag`, XChaCha20-Poly1305. Its plaintext is
//! `length (4 bytes, big-endian) ‖ content ‖ zeros`, as long as the smallest *class* that holds it.
//!
//! # Classes
//! 256, 512, 1,024 and 2,048 bytes; from 4 KiB on, eight steps to each doubling (4,096, 4,608, 5,120 … 7,680, 8,192,
//! 9,216 …), so that at most 12 % is padding. Metadata of an ordinary object falls in the first two or three classes,
//! which tell nothing of the length of its name.

use chacha20poly1305::aead::{AeadInPlace as _, KeyInit as _};
use chacha20poly1305::{Tag, XChaCha20Poly1305, XNonce};
use zeroize::Zeroizing;

use crate::signing::fill_random;
use crate::{Error, Format, Result};

/// The largest content of an envelope, with its length: a class, in which the parts of the largest multipart upload fit.
pub const MAX_PADDED_BYTES: usize = 7 * 1024 * 1024;
/// What sealing adds to the padded content.
pub const OVERHEAD_BYTES: usize = NONCE_BYTES + TAG_BYTES;

const NONCE_BYTES: usize = 24;
const TAG_BYTES: usize = 16;
const LENGTH_BYTES: usize = 4;
const SMALLEST_CLASS: usize = 256;
/// From here on a doubling has [`STEPS`] classes.
const STEPPED_FROM: usize = 4096;
const STEPS: usize = 8;

/// The key that an epoch's envelopes are sealed under. Wiped when dropped.
pub struct EnvelopeKey(Zeroizing<[u8; 32]>);

impl EnvelopeKey {
    /// The key of these bytes.
    #[must_use]
    pub fn from_bytes(bytes: Zeroizing<[u8; 32]>) -> Self {
        Self(bytes)
    }

    fn cipher(&self) -> XChaCha20Poly1305 {
        XChaCha20Poly1305::new(self.0.as_slice().into())
    }
}

/// Seals `plain`; `aad` is authenticated with it and must be given again to open it.
///
/// # Errors
/// [`Error::TooLarge`] beyond [`MAX_PADDED_BYTES`]; [`Error::Randomness`].
pub fn seal(key: &EnvelopeKey, aad: &[u8], plain: &[u8]) -> Result<Vec<u8>> {
    let length = u32::try_from(plain.len()).map_err(|_| too_large())?;
    let padded = padded_size(plain.len()).ok_or_else(too_large)?;
    let mut sealed = vec![0; NONCE_BYTES + padded + TAG_BYTES];
    let (nonce, rest) = sealed.split_at_mut(NONCE_BYTES);
    let (content, tag) = rest.split_at_mut(padded);
    fill_random(nonce)?;
    content[..LENGTH_BYTES].copy_from_slice(&length.to_be_bytes());
    content[LENGTH_BYTES..LENGTH_BYTES + plain.len()].copy_from_slice(plain);
    let made = key
        .cipher()
        .encrypt_in_place_detached(XNonce::from_slice(nonce), aad, content)
        .expect("an envelope is within the cipher's bounds");
    tag.copy_from_slice(&made);
    Ok(sealed)
}

/// Opens an envelope that was sealed with the same `aad`.
///
/// # Errors
/// [`Error::TooLarge`]; [`Error::Malformed`] for a size that is of no class, or padding that isn't as [`seal`] makes
/// it; [`Error::Altered`] if the envelope or `aad` was altered, or the key is another.
pub fn open(key: &EnvelopeKey, aad: &[u8], sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>> {
    let malformed = |why| Format::Envelope.malformed(why);
    let padded = sealed
        .len()
        .checked_sub(OVERHEAD_BYTES)
        .ok_or(malformed("it is cut short"))?;
    if padded > MAX_PADDED_BYTES {
        return Err(too_large());
    }
    if class_of(padded) != padded {
        return Err(malformed("its size is of no class"));
    }
    let (nonce, rest) = sealed.split_at(NONCE_BYTES);
    let (content, tag) = rest.split_at(padded);
    let mut plain = Zeroizing::new(content.to_vec());
    key.cipher()
        .decrypt_in_place_detached(
            XNonce::from_slice(nonce),
            aad,
            &mut plain,
            Tag::from_slice(tag),
        )
        .map_err(|_| Error::Altered {
            format: Format::Envelope,
        })?;
    let length = unpadded(&plain).ok_or(malformed("its padding is not that of its length"))?;
    plain.copy_within(LENGTH_BYTES..LENGTH_BYTES + length, 0);
    plain.truncate(length);
    Ok(plain)
}

/// The size of the envelope that [`seal`] makes of `plain_bytes`; `None` beyond the maximum.
#[must_use]
pub fn sealed_size(plain_bytes: usize) -> Option<usize> {
    padded_size(plain_bytes).map(|padded| padded + OVERHEAD_BYTES)
}

fn padded_size(plain_bytes: usize) -> Option<usize> {
    let needed = plain_bytes.checked_add(LENGTH_BYTES)?;
    (needed <= MAX_PADDED_BYTES).then(|| class_of(needed))
}

/// The smallest class that holds `size` bytes.
fn class_of(size: usize) -> usize {
    if size <= STEPPED_FROM {
        return size.next_power_of_two().max(SMALLEST_CLASS);
    }
    let step = (1 << size.ilog2()) / STEPS;
    size.next_multiple_of(step)
}

/// The length of the content, if everything after it is zeros and no smaller class would have held it.
fn unpadded(plain: &[u8]) -> Option<usize> {
    let (length, rest) = plain.split_first_chunk::<LENGTH_BYTES>()?;
    let length = usize::try_from(u32::from_be_bytes(*length)).ok()?;
    let padding = rest.get(length..)?;
    let as_sealed =
        padded_size(length) == Some(plain.len()) && padding.iter().all(|byte| *byte == 0);
    as_sealed.then_some(length)
}

fn too_large() -> Error {
    Error::TooLarge {
        format: Format::Envelope,
        max: MAX_PADDED_BYTES,
    }
}
