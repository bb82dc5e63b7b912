//! Giving a piece of ciphertext back, verified chunk by chunk.

use std::ops::Range;
use std::sync::Arc;

use amana_access::Caller;
use amana_seal::statement::PieceId;
use amana_store::blobs::CHUNK_BYTES;
use amana_store::{EntryId, Reader};
use bytes::Bytes;
use futures::stream::{self, BoxStream, StreamExt as _};

use super::act::SealedBody;
use super::refusal::SealedRefusal;
use super::views;
use crate::acts::recorded;
use crate::error::is_damage;
use crate::model::Extent;
use crate::read::open_blob;
use crate::{Error, Result, Vault, apart};

/// Chunks of 256 KiB that are read ahead of whoever takes them.
const AHEAD: usize = 2;

/// A piece of ciphertext that a bucket holds.
#[derive(Clone, Debug)]
pub struct SealedPieceInfo {
    /// Its name.
    pub piece: PieceId,
    /// Its length.
    pub size_bytes: u64,
    /// SHA-256 of it, as its statement says.
    pub sha256: [u8; 32],
    /// The entry that brought it.
    pub entry: EntryId,
    extent: Extent,
}

impl Vault {
    /// A piece that a bucket of the caller's institution holds.
    ///
    /// # Errors
    /// [`Error::Sealed`] when no bucket holds it, [`Error::Damaged`].
    pub fn sealed_piece(&self, caller: &Caller, piece: PieceId) -> Result<SealedPieceInfo> {
        self.store
            .read(|rows| find(rows, caller, piece))
            .map_err(|error| error.naming(|| named(piece)))
    }

    /// The bytes of `range`, verified. On return the first chunk is, so that damage there is an error here and not in the
    /// stream.
    ///
    /// # Errors
    /// [`Error::InvalidRange`], [`Error::Damaged`]; [`Error::Sealed`] when the piece was released since it was looked up.
    pub async fn read_sealed(
        &self,
        caller: &Caller,
        found: &SealedPieceInfo,
        range: Range<u64>,
    ) -> Result<BoxStream<'static, Result<Bytes>>> {
        if range.start > range.end || range.end > found.size_bytes {
            return Err(Error::InvalidRange {
                from: range.start,
                until: range.end,
                size_bytes: found.size_bytes,
            });
        }
        let lost = |error: Error| match error {
            Error::Store(error) if is_damage(&error) => {
                // Content that isn't there is damage, unless the piece is gone by now as well.
                match self.store.read(|rows| find(rows, caller, found.piece)) {
                    Err(Error::Sealed(gone)) => Error::Sealed(gone),
                    _ => Error::from(error).naming(|| named(found.piece)),
                }
            }
            other => other,
        };
        if found.extent.blob.is_none() {
            let store = self.store.centre()?.clone();
            let wanted = found.extent.wanted(found.entry);
            let small = apart(move || Ok(store.small(&wanted)?)).await;
            let bytes = small.map_err(lost)?;
            let bytes = bytes.slice(place(range.start)..place(range.end));
            return Ok(stream::iter((!bytes.is_empty()).then_some(Ok(bytes))).boxed());
        }
        let mut chunks = self.chunks(found, range);
        let first = chunks.next().await.transpose().map_err(lost)?;
        let piece = found.piece;
        let chunks = chunks.map(move |chunk| chunk.map_err(|error| error.naming(|| named(piece))));
        Ok(stream::iter(first.map(Ok)).chain(chunks).boxed())
    }

    fn chunks(
        &self,
        found: &SealedPieceInfo,
        range: Range<u64>,
    ) -> BoxStream<'static, Result<Bytes>> {
        let chunk_bytes = CHUNK_BYTES as u64;
        let numbers = range.start / chunk_bytes..range.end.div_ceil(chunk_bytes);
        if range.is_empty() {
            return stream::empty().boxed();
        }
        let (store, extent, entry) = (self.store.clone(), found.extent.clone(), found.entry);
        let opened = apart(move || {
            let store = store.centre()?;
            let reader = store.read(|rows| open_blob(store, rows, entry, &extent))?;
            Ok(Arc::new(reader))
        });
        let each = stream::once(opened).flat_map(move |opened| match opened {
            Err(error) => stream::once(async { Err(error) }).boxed(),
            Ok(reader) => {
                let range = range.clone();
                let read = move |number: u64| {
                    let (reader, range) = (reader.clone(), range.clone());
                    apart(move || {
                        let begin = number * chunk_bytes;
                        let chunk = reader.chunk(number)?;
                        let from = range.start.max(begin) - begin;
                        let until = range.end.min(begin + chunk_bytes) - begin;
                        Ok(chunk.slice(place(from)..place(until)))
                    })
                };
                stream::iter(numbers.clone())
                    .map(read)
                    .buffered(AHEAD)
                    .boxed()
            }
        });
        each.boxed()
    }
}

fn place(offset: u64) -> usize {
    usize::try_from(offset).unwrap_or(usize::MAX)
}

fn named(piece: PieceId) -> String {
    format!("the sealed piece {piece}")
}

fn find(rows: &Reader<'_>, caller: &Caller, piece: PieceId) -> Result<SealedPieceInfo> {
    let row = views::piece(rows, caller.ledger, piece)?
        .filter(|row| row.live)
        .ok_or(SealedRefusal::NoSuchPiece { piece })?;
    let extent = extent(rows, row.entry)?;
    Ok(SealedPieceInfo {
        piece,
        size_bytes: extent.size_bytes,
        sha256: extent.sha256,
        entry: row.entry,
        extent,
    })
}

/// Where the ciphertext of an entry lies, as its body says.
pub(super) fn extent(rows: &Reader<'_>, entry: EntryId) -> amana_store::Result<Extent> {
    let body: SealedBody = recorded::body(rows, entry)?;
    body.extent.ok_or_else(|| amana_store::Error::Damaged {
        what: format!("the body of entry {entry}"),
        why: "it names no ciphertext, and a row says that it brought some".into(),
    })
}
