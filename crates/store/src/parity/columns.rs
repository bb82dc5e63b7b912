//! The codec, column by column: each byte pair of the shards is coded by itself, so that a blob of any length is coded
//! within a bounded memory, a band of columns at a time.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt as _;
use std::path::Path;

use reed_solomon_simd::{ReedSolomonDecoder, ReedSolomonEncoder};

use super::Shape;
use crate::blobs::CHUNK_BYTES;
use crate::{Error, Result};

/// Memory for the shards of one band, about.
const BAND_BYTES: usize = 32 * 1024 * 1024;
/// The codec is quick on multiples of this.
const ALIGN_BYTES: usize = 64;

/// The shards that are whole, and where their bytes are.
pub(super) struct Whole<'f> {
    /// The blob's file, and which of its chunks are whole.
    pub(super) blob: Option<(&'f File, &'f [bool])>,
    /// The parity file, where its shards begin, and which of them are whole.
    pub(super) parity: (&'f File, u64, &'f [bool]),
}

/// The bands of columns: where each begins, and how wide it is.
fn bands(shape: &Shape) -> impl Iterator<Item = (usize, usize)> + use<> {
    let count = (shape.originals + shape.recovery).next_power_of_two();
    let wide = (BAND_BYTES / count / ALIGN_BYTES).max(1) * ALIGN_BYTES;
    let length = shape.shard_bytes;
    (0..length)
        .step_by(wide)
        .map(move |from| (from, wide.min(length - from)))
}

/// Writes the recovery shards of a blob into a parity file, from `begin` on.
pub(super) fn encode(shape: &Shape, blob: &File, parity: &File, begin: u64) -> Result<()> {
    for (from, wide) in bands(shape) {
        let mut encoder = ReedSolomonEncoder::new(shape.originals, shape.recovery, wide)
            .map_err(|error| codec(&error))?;
        let mut column = vec![0; wide];
        for index in 0..shape.originals {
            read_column(shape, blob, index, from, &mut column)?;
            encoder
                .add_original_shard(&column)
                .map_err(|error| codec(&error))?;
        }
        let encoded = encoder.encode().map_err(|error| codec(&error))?;
        for (index, column) in encoded.recovery_iter().enumerate() {
            let at = begin + (index * shape.shard_bytes + from) as u64;
            parity
                .write_all_at(column, at)
                .map_err(Error::file("write", Path::new("a parity file")))?;
        }
    }
    Ok(())
}

/// Writes the chunks `bad` of a blob, one after the other and padded, into `restored`. There are enough whole shards.
pub(super) fn decode(
    shape: &Shape,
    whole: &Whole<'_>,
    bad: &[usize],
    restored: &File,
) -> Result<()> {
    for (from, wide) in bands(shape) {
        let mut decoder = ReedSolomonDecoder::new(shape.originals, shape.recovery, wide)
            .map_err(|error| codec(&error))?;
        let mut column = vec![0; wide];
        if let Some((blob, good)) = whole.blob {
            for index in (0..shape.originals).filter(|index| good[*index]) {
                read_column(shape, blob, index, from, &mut column)?;
                decoder
                    .add_original_shard(index, &column)
                    .map_err(|error| codec(&error))?;
            }
        }
        let (parity, begin, good) = whole.parity;
        // No more than are needed: each costs a read.
        let usable = (0..shape.recovery).filter(|index| good[*index]);
        for index in usable.take(bad.len()) {
            let at = begin + (index * shape.shard_bytes + from) as u64;
            parity
                .read_exact_at(&mut column, at)
                .map_err(Error::file("read", Path::new("a parity file")))?;
            decoder
                .add_recovery_shard(index, &column)
                .map_err(|error| codec(&error))?;
        }
        let decoded = decoder.decode().map_err(|error| codec(&error))?;
        for (place, index) in bad.iter().enumerate() {
            let Some(column) = decoded.restored_original(*index) else {
                return Err(codec(&"a chunk did not come back"));
            };
            let at = (place * shape.shard_bytes + from) as u64;
            restored
                .write_all_at(column, at)
                .map_err(Error::file("write", Path::new("a restored chunk")))?;
        }
    }
    Ok(())
}

/// A band of one chunk, padded with zero bytes beyond its end.
fn read_column(
    shape: &Shape,
    blob: &File,
    index: usize,
    from: usize,
    column: &mut [u8],
) -> Result<()> {
    let there = shape
        .chunk_bytes(index)
        .saturating_sub(from)
        .min(column.len());
    column[there..].fill(0);
    let at = (index * CHUNK_BYTES + from) as u64;
    blob.read_exact_at(&mut column[..there], at)
        .map_err(Error::file("read", Path::new("a blob")))
}

fn codec(why: &dyn std::fmt::Display) -> Error {
    Error::File {
        op: "code",
        path: "a parity file".into(),
        source: io::Error::other(why.to_string()),
    }
}
