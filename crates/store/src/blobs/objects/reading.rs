//! Reading chunks from an object store: from the cache if they are there, else by ranges that grow while the reader goes
//! straight on.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use amana_ledger::Hash;
use bytes::Bytes;
use sha2::{Digest as _, Sha256};

use super::Objects;
use super::removal::Pin;
use crate::blobs::{BlobId, CHUNK_BYTES};
use crate::store::lock_state;
use crate::{Error, Result};

/// Chunks that are fetched at a time at most: 4 MiB, which is what a reader holds.
const MAX_AHEAD: u64 = 16;

/// One reader's view of a blob. While it lives the blob stays, whoever frees it in this process.
pub(in crate::blobs) struct Window {
    objects: Arc<Objects>,
    id: BlobId,
    size_bytes: u64,
    /// Whether the cache may answer: whoever looks for damage wants the store's own bytes.
    is_cached: bool,
    state: Mutex<State>,
    _pin: Pin,
}

#[derive(Default)]
struct State {
    held: VecDeque<(u64, Bytes)>,
    /// The chunk after the last one that was asked for.
    next: u64,
    /// How many are fetched at a time.
    ahead: u64,
}

impl Window {
    pub(in crate::blobs) fn open(
        objects: Arc<Objects>,
        id: BlobId,
        size_bytes: u64,
        is_cached: bool,
    ) -> Self {
        Self {
            _pin: objects.removals.pin(id),
            objects,
            id,
            size_bytes,
            is_cached,
            state: Mutex::default(),
        }
    }

    /// Where it is, for a person.
    pub(in crate::blobs) fn shown(&self) -> String {
        self.objects.shown(self.id)
    }

    /// Chunk `index`, as `digests` want it.
    ///
    /// # Errors
    /// [`Error::Missing`], [`Error::Away`], [`Error::Damaged`] for another length; wrong bytes are returned as they
    /// are, after a second look.
    pub(in crate::blobs) fn chunk(&self, index: u64, digests: &[Hash]) -> Result<Bytes> {
        let is_right = |at: u64, chunk: &Bytes| {
            let digest = usize::try_from(at).ok().and_then(|at| digests.get(at));
            digest
                .is_some_and(|digest| <[u8; 32]>::from(Sha256::digest(chunk)) == *digest.as_bytes())
        };
        let mut state = lock_state(&self.state);
        let goes_on = state.next == index;
        state.next = index + 1;
        while let Some((at, chunk)) = state.held.pop_front() {
            if at == index {
                return Ok(chunk);
            }
        }
        if let Some(chunk) = self.cached(index) {
            if is_right(index, &chunk) {
                return Ok(chunk);
            }
            tracing::warn!(blob = %self.id, index, "a chunk in the read cache is damaged; it is fetched again");
            self.cache(|cache| cache.let_go(self.id, index));
        }
        state.ahead = match goes_on {
            true => (state.ahead * 2).clamp(1, MAX_AHEAD),
            false => 1,
        };
        let count = state.ahead.min(digests.len() as u64 - index);
        let mut chunks = VecDeque::from(self.fetch(index, count)?);
        for (at, chunk) in (index..).zip(&chunks) {
            if is_right(at, chunk) {
                self.cache(|cache| cache.keep(self.id, at, chunk));
            }
        }
        let first = chunks.pop_front().unwrap_or_default();
        state.held = (index + 1..).zip(chunks).collect();
        if is_right(index, &first) {
            return Ok(first);
        }
        // It may have been damaged on its way.
        state.held.clear();
        Ok(self.fetch(index, 1)?.pop().unwrap_or_default())
    }

    fn fetch(&self, index: u64, count: u64) -> Result<Vec<Bytes>> {
        let from = index * CHUNK_BYTES as u64;
        let until = (from + count * CHUNK_BYTES as u64).min(self.size_bytes);
        let piece = self.objects.piece(self.id, from..until, self.size_bytes)?;
        let piece = piece.ok_or_else(|| missing(self.id, &self.shown()))?;
        if piece.blob_bytes != self.size_bytes {
            return Err(wrong_length(
                self.id,
                &self.shown(),
                piece.blob_bytes,
                self.size_bytes,
            ));
        }
        let mut rest = piece.bytes;
        let mut chunks = Vec::new();
        while !rest.is_empty() {
            chunks.push(rest.split_to(rest.len().min(CHUNK_BYTES)));
        }
        Ok(chunks)
    }

    fn cached(&self, index: u64) -> Option<Bytes> {
        let cache = self.objects.cache.as_ref().filter(|_| self.is_cached)?;
        cache.read(self.id, index)
    }

    fn cache(&self, use_it: impl FnOnce(&super::Cache)) {
        if let Some(cache) = self.objects.cache.as_ref().filter(|_| self.is_cached) {
            use_it(cache);
        }
    }
}

/// A blob that isn't where it should be.
pub(in crate::blobs) fn missing(id: BlobId, place: &str) -> Error {
    Error::Missing {
        what: format!("blob {id} ({place})"),
    }
}

/// A blob of another length than the ledger says.
pub(in crate::blobs) fn wrong_length(
    id: BlobId,
    place: &str,
    found_bytes: u64,
    size_bytes: u64,
) -> Error {
    Error::Damaged {
        what: format!("blob {id} ({place})"),
        why: format!("it has {found_bytes} bytes, the ledger says {size_bytes}"),
    }
}
