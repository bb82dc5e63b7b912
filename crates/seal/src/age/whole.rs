//! Whole files in memory, and the arithmetic of their sizes.

use zeroize::Zeroizing;

use super::{CHUNK_BYTES, Identity, Opener, Recipient, Sealer, TAG_BYTES, prologue_size};
use crate::{Format, Result};

const SEALED_CHUNK_BYTES: usize = CHUNK_BYTES + TAG_BYTES;

/// How many bytes a file has that seals `plain_bytes` behind a prologue (header ‖ nonce) of `prologue_bytes`.
#[must_use]
pub fn sealed_size(prologue_bytes: u64, plain_bytes: u64) -> u64 {
    let chunks = plain_bytes.div_ceil(CHUNK_BYTES as u64).max(1);
    prologue_bytes
        .saturating_add(plain_bytes)
        .saturating_add(chunks.saturating_mul(TAG_BYTES as u64))
}

/// How many bytes of plaintext a file of `sealed_bytes` holds behind a prologue (header ‖ nonce) of `prologue_bytes`;
/// `None` if no file has that size.
#[must_use]
pub fn plain_size(prologue_bytes: u64, sealed_bytes: u64) -> Option<u64> {
    let payload = sealed_bytes.checked_sub(prologue_bytes)?;
    let chunks = payload.div_ceil(SEALED_CHUNK_BYTES as u64);
    let plain = payload.checked_sub(chunks.max(1) * TAG_BYTES as u64)?;
    (sealed_size(prologue_bytes, plain) == sealed_bytes).then_some(plain)
}

/// Seals `plain` to `recipients`: one whole age file.
///
/// # Errors
/// As [`Sealer::new`].
pub fn seal_all(recipients: &[Recipient], plain: &[u8]) -> Result<Vec<u8>> {
    seal_with(Sealer::new(recipients)?, plain)
}

/// Opens one whole age file.
///
/// # Errors
/// As [`prologue_size`], [`Opener::new`] and [`Opener::open_chunk`].
pub fn open_all(identities: &[Identity], sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>> {
    open_with(sealed, |prologue| Opener::new(prologue, identities))
}

pub(super) fn seal_with(mut sealer: Sealer, plain: &[u8]) -> Result<Vec<u8>> {
    let chunks = plain.len().div_ceil(CHUNK_BYTES).max(1);
    let mut sealed = Vec::with_capacity(sealer.prologue().len() + plain.len() + chunks * TAG_BYTES);
    sealed.extend_from_slice(sealer.prologue());
    let mut rest = plain;
    loop {
        let (chunk, after) = rest.split_at(rest.len().min(CHUNK_BYTES));
        sealer.append_chunk(chunk, after.is_empty(), &mut sealed)?;
        if after.is_empty() {
            return Ok(sealed);
        }
        rest = after;
    }
}

pub(super) fn open_with(
    sealed: &[u8],
    opener: impl FnOnce(&[u8]) -> Result<Opener>,
) -> Result<Zeroizing<Vec<u8>>> {
    let cut = || Format::AgeFile.malformed("it is cut short");
    let prologue_bytes = prologue_size(sealed)?.ok_or_else(cut)?;
    let (prologue, mut rest) = sealed.split_at_checked(prologue_bytes).ok_or_else(cut)?;
    let opener = opener(prologue)?;
    // Room from the start: a vector that grows leaves plaintext behind.
    let mut plain = Zeroizing::new(Vec::with_capacity(rest.len()));
    for number in 0.. {
        let (chunk, after) = rest.split_at(rest.len().min(SEALED_CHUNK_BYTES));
        opener.append_chunk(number, after.is_empty(), chunk, &mut plain)?;
        if after.is_empty() {
            break;
        }
        rest = after;
    }
    Ok(plain)
}
