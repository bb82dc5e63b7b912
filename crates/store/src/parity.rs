//! Parity beside blobs, for a site with one disk: damage up to a stated fraction of a blob repairs itself.
//!
//! `blobs/parity/<2 hex>/<32 hex>` holds Reed-Solomon shards over the blob's chunks (docs/formats/parity.md). The chunks'
//! digests in the rows say which of them are bad, and the file's own digests say which shards are: so every whole shard
//! makes up for one bad chunk, wherever that is. The file is no view and no promise: it is made after the deposit, made
//! again by the scrub, and removed with its blob.

mod columns;
mod file;
mod keep;

use std::fmt;
use std::str::FromStr;

use amana_ledger::Hash;

use crate::blobs::CHUNK_BYTES;
use crate::{BlobId, Blobs, Result};

pub(crate) use file::{Verdict, verify};
pub(crate) use keep::{Brought, Keeper};

/// Folder of parity files beside the shelves of blobs.
pub(crate) const PARITY: &str = "parity";
/// Recovery shards that a blob has at most: the codec's bound, at any number of chunks that a blob has.
const MAX_SHARDS: u64 = 32_768;

/// How much of a blob may be damaged: a percentage from 1 to 100.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Fraction(u8);

impl Fraction {
    /// Recovery shards for so many chunks: at least one.
    #[must_use]
    pub fn shards(self, chunks: u64) -> u64 {
        (chunks * u64::from(self.0)).div_ceil(100).max(1)
    }
}

impl FromStr for Fraction {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let percent = text.strip_suffix('%').and_then(|n| n.trim().parse().ok());
        percent
            .filter(|percent| (1..=100).contains(percent))
            .map(Self)
            .ok_or_else(|| {
                format!("{text:?} must be a percentage from 1% to 100%, such as \"10%\"")
            })
    }
}

impl fmt::Display for Fraction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}%", self.0)
    }
}

/// How a blob is cut into shards. All have one length: the last chunk is padded with zero bytes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Shape {
    size_bytes: u64,
    shard_bytes: usize,
    originals: usize,
    recovery: usize,
}

impl Shape {
    /// Of a blob under a fraction; nothing where the codec can't, which no blob of ours reaches.
    fn of(size_bytes: u64, fraction: Fraction) -> Option<Self> {
        let chunks = size_bytes.div_ceil(CHUNK_BYTES as u64);
        let recovery = fraction.shards(chunks);
        Self::cut(size_bytes, recovery)
    }

    fn cut(size_bytes: u64, recovery: u64) -> Option<Self> {
        let chunks = size_bytes.div_ceil(CHUNK_BYTES as u64);
        if chunks == 0 || recovery == 0 || chunks > MAX_SHARDS || recovery > MAX_SHARDS {
            return None;
        }
        // The codec works on even lengths; a blob of one chunk needs no more than its own.
        let longest = size_bytes.min(CHUNK_BYTES as u64).next_multiple_of(2);
        Some(Self {
            size_bytes,
            shard_bytes: usize::try_from(longest).ok()?,
            originals: usize::try_from(chunks).ok()?,
            recovery: usize::try_from(recovery).ok()?,
        })
    }

    /// How much of a chunk is bytes of the blob.
    fn chunk_bytes(&self, index: usize) -> usize {
        let left = self.size_bytes - (index * CHUNK_BYTES) as u64;
        usize::try_from(left)
            .unwrap_or(CHUNK_BYTES)
            .min(CHUNK_BYTES)
    }
}

/// Makes the parity of a whole blob; durable on return. Blocking.
///
/// # Errors
/// [`crate::Error::File`], [`crate::Error::Damaged`] when the blob isn't whole.
pub(crate) fn make(
    blobs: &Blobs,
    id: BlobId,
    size_bytes: u64,
    chunks: &[Hash],
    fraction: Fraction,
) -> Result<()> {
    let Some(shape) = Shape::of(size_bytes, fraction) else {
        return Ok(());
    };
    file::write(blobs, id, &shape, chunks)
}

/// Makes a damaged blob whole from its parity; `false` when there is too much damage, and then nothing is changed.
/// Blocking.
///
/// # Errors
/// [`crate::Error::File`].
pub(crate) fn repair(
    blobs: &Blobs,
    id: BlobId,
    size_bytes: u64,
    chunks: &[Hash],
    now_ms: i64,
) -> Result<bool> {
    file::repair(blobs, id, size_bytes, chunks, now_ms)
}
