//! Reads that heal: what is found damaged or missing is fetched whole from the copies, verified, put in its place, and
//! read on.
//!
//! What always holds: not a byte is used before it was held against the ledger's digests; whoever reads the same
//! content meanwhile waits for one fetch; a fetch that fails leaves everything as it was; and what no copy has is the
//! error that it would be without copies.

use std::io::Read;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex};

use amana_ledger::Hash;
use bytes::Bytes;
use sha2::{Digest as _, Sha256};

use crate::blobs::{BlobInfo, BlobReader, CHUNK_BYTES};
use crate::content::{read_chunks, read_inline, replace_chunks, replace_inline};
use crate::copies::{Copies, Repair, Wanted, Was, blob_key};
use crate::store::lock_state;
use crate::{BlobId, EntryId, Error, Reader, Result, Source, Store, parity};

/// What of a blob is there: the digests of its chunks, and its file.
struct Own {
    chunks: Option<Arc<[Hash]>>,
    /// Nothing when all of it is whole.
    wrong: Option<(Was, String)>,
}

/// Reads a blob, each chunk verified before any of its bytes is returned, and heals it on the way.
pub struct ContentReader {
    store: Arc<Store>,
    wanted: Wanted,
    own: Mutex<Option<Arc<BlobReader>>>,
}

impl ContentReader {
    /// How many chunks it has.
    #[must_use]
    pub fn chunk_count(&self) -> u64 {
        self.wanted.size_bytes.div_ceil(CHUNK_BYTES as u64)
    }

    /// Chunk `index`: the bytes from `index * CHUNK_BYTES`. Blocking, and for long when the whole blob must be fetched.
    ///
    /// # Errors
    /// [`Error::Damaged`], [`Error::Missing`] when no copy has it either, [`Error::File`].
    pub fn chunk(&self, index: u64) -> Result<Bytes> {
        self.store.shared.asked.fetch_add(1, Ordering::Relaxed);
        let own = lock_state(&self.own).clone();
        let found = match own {
            Some(own) => own.chunk(index),
            None => self.reopen().and_then(|own| own.chunk(index)),
        };
        match found {
            Err(error) if error.is_damage() => {
                let Some(_turn) = self.store.shared.places.turn() else {
                    return Err(error);
                };
                match self.store.heal(&self.wanted) {
                    Ok(()) => self.reopen()?.chunk(index),
                    Err(_) => Err(error),
                }
            }
            found => found,
        }
    }

    fn reopen(&self) -> Result<Arc<BlobReader>> {
        let open = |rows: &Reader<'_>| self.store.own_reader(rows, &self.wanted);
        let own = Arc::new(self.store.read(open)?);
        *lock_state(&self.own) = Some(own.clone());
        Ok(own)
    }
}

impl Store {
    /// Where content is fetched from that is damaged or missing here, in the order in which they are asked.
    pub fn set_copies(&self, places: Vec<Arc<dyn Copies>>) {
        self.shared.places.set(places);
    }

    /// Takes the repairs that wait: whoever takes them records them.
    #[must_use]
    pub fn take_repairs(&self) -> Vec<Repair> {
        self.shared.places.take_repairs()
    }

    /// Waits for repairs, and takes them.
    pub async fn repairs(&self) -> Vec<Repair> {
        loop {
            let notice = self.shared.places.repaired.notified();
            let repairs = self.shared.places.take_repairs();
            if !repairs.is_empty() {
                return repairs;
            }
            notice.await;
        }
    }

    /// Opens a blob for reading. What is wrong with it shows when its chunks are read. Blocking.
    #[must_use]
    pub fn reader(self: &Arc<Self>, rows: &Reader<'_>, wanted: Wanted) -> ContentReader {
        // Opened now if it can be: a file that is open is read to its end, whoever deletes it meanwhile.
        let own = self.own_reader(rows, &wanted).ok().map(Arc::new);
        ContentReader {
            store: self.clone(),
            wanted,
            own: Mutex::new(own),
        }
    }

    /// Small content, verified. Blocking, and for long when it must be fetched.
    ///
    /// # Errors
    /// [`Error::Damaged`], [`Error::Missing`] when no copy has it either, or a failure of the rows.
    pub fn small(&self, wanted: &Wanted) -> Result<Bytes> {
        match self.read(|rows| read_inline(rows, wanted.entry, &wanted.sha256)) {
            Err(error) if error.is_damage() => match self.shared.places.turn() {
                Some(_turn) => self.heal_small(wanted, wanted.entry, error),
                None => Err(error),
            },
            found => found,
        }
    }

    /// Makes content whole that is damaged or missing; does nothing to what is whole. Blocking.
    ///
    /// # Errors
    /// The damage, when no copy is whole; or a failure on the way. Everything is then as it was.
    pub fn heal(&self, wanted: &Wanted) -> Result<()> {
        match wanted.source {
            Source::Entry(_) => {
                match self.read(|rows| read_inline(rows, wanted.entry, &wanted.sha256)) {
                    Err(error) if error.is_damage() => {
                        self.heal_small(wanted, wanted.entry, error).map(drop)
                    }
                    found => found.map(drop),
                }
            }
            Source::Blob(blob) => self.alone_on(blob, || self.heal_blob(wanted, blob)),
        }
    }

    /// Does work on a blob's file beside no other such work.
    pub(crate) fn alone_on<T>(&self, blob: BlobId, work: impl FnOnce() -> T) -> T {
        self.shared.places.one_at_a_time(blob_key(blob), work)
    }

    /// Makes the parity of a whole blob, if parity is kept and this blob's is missing or damaged.
    /// Blocking.
    ///
    /// # Errors
    /// When the blob isn't whole or isn't there, or the disk fails.
    pub fn complete_parity(&self, wanted: &Wanted) -> Result<bool> {
        let Some(fraction) = self.shared.parity.fraction() else {
            return Ok(false);
        };
        let Source::Blob(id) = wanted.source else {
            return Ok(false);
        };
        let (_, root) = blob_of(wanted)?;
        if parity::verify(self.blobs(), id, wanted.size_bytes, &root) == parity::Verdict::Whole {
            return Ok(false);
        }
        let chunks = self.read(|rows| read_chunks(rows, id, &root))?;
        let blob = parity::Brought {
            id,
            size_bytes: wanted.size_bytes,
            chunks,
        };
        self.shared.make_parity(&blob, fraction)?;
        Ok(true)
    }

    /// Whether the folder's own copy is whole, by reading all of it; otherwise what is wrong. `between` runs before each
    /// chunk. Blocking.
    ///
    /// # Errors
    /// When it can't be told: a failure of the rows or of the disk.
    pub fn is_whole(&self, wanted: &Wanted, between: &dyn Fn()) -> Result<Option<(Was, String)>> {
        match wanted.source {
            Source::Entry(_) => {
                let found = self.read(|rows| read_inline(rows, wanted.entry, &wanted.sha256));
                judged(found.map(drop))
            }
            Source::Blob(_) => Ok(self.own(wanted, between)?.wrong),
        }
    }

    fn own_reader(&self, rows: &Reader<'_>, wanted: &Wanted) -> Result<BlobReader> {
        let (blob, root) = blob_of(wanted)?;
        let chunks = read_chunks(rows, blob, &root)?;
        self.blobs()
            .cached_reader(blob, wanted.size_bytes, chunks.into())
    }

    fn own(&self, wanted: &Wanted, between: &dyn Fn()) -> Result<Own> {
        let (blob, root) = blob_of(wanted)?;
        let chunks: Arc<[Hash]> = match self.read(|rows| read_chunks(rows, blob, &root)) {
            Ok(chunks) => chunks.into(),
            Err(error) => {
                let wrong = judged(Err(error))?;
                return Ok(Own {
                    chunks: None,
                    wrong,
                });
            }
        };
        let read = || -> Result<()> {
            let reader = self
                .blobs()
                .reader(blob, wanted.size_bytes, chunks.clone())?;
            (0..reader.chunk_count()).try_for_each(|index| {
                between();
                reader.chunk(index).map(drop)
            })
        };
        let wrong = judged(read())?;
        Ok(Own {
            chunks: Some(chunks),
            wrong,
        })
    }

    /// Beside no other work on this blob.
    fn heal_blob(&self, wanted: &Wanted, blob: BlobId) -> Result<()> {
        let now_ms = self.now_ms();
        let own = self.own(wanted, &|| {})?;
        let Some((was, why)) = own.wrong else {
            return Ok(());
        };
        let repaired = |from: String| {
            self.shared.places.note_repair(Repair {
                wanted: *wanted,
                was,
                why: why.clone(),
                from,
                at_ms: now_ms,
            });
        };
        if own.chunks.is_none() && self.relist(wanted, blob)? {
            repaired("its own bytes".to_owned());
            return Ok(());
        }
        let size_bytes = wanted.size_bytes;
        let by_parity = |chunks| parity::repair(self.blobs(), blob, size_bytes, chunks, now_ms);
        match own.chunks.as_deref().map(by_parity) {
            Some(Ok(true)) => {
                repaired("its parity".to_owned());
                return self.unless_freed(blob);
            }
            Some(Err(error)) => tracing::warn!(%blob, %error, "its parity could not be used"),
            _ => {}
        }
        if !self.shared.places.failed_lately(wanted, now_ms) {
            for place in self.shared.places.all() {
                match self.fetch(wanted, blob, own.chunks.as_deref(), place.as_ref()) {
                    Ok(true) => {
                        repaired(place.name());
                        return Ok(());
                    }
                    Ok(false) => {}
                    Err(error) => {
                        tracing::warn!(%blob, place = place.name(), %error, "a copy could not be used");
                    }
                }
            }
            self.shared.places.note_failure(wanted, now_ms);
        }
        Err(match was {
            Was::Damaged => Error::Damaged {
                what: format!("blob {blob}"),
                why,
            },
            Was::Missing => Error::Missing {
                what: format!("blob {blob}"),
            },
        })
    }

    /// Makes the list of chunk digests again from the blob's own file, if that is what the ledger says.
    fn relist(&self, wanted: &Wanted, blob: BlobId) -> Result<bool> {
        let Some(chunks) = self.blobs().digests(blob, wanted.size_bytes)? else {
            return Ok(false);
        };
        if Some(crate::blobs::chunks_root(&chunks)) != wanted.chunks_root {
            return Ok(false);
        }
        self.keep_chunks(wanted, blob, &chunks)?;
        Ok(true)
    }

    /// Fetches a blob from one place; `false` when it isn't there, or isn't whole there.
    fn fetch(
        &self,
        wanted: &Wanted,
        blob: BlobId,
        chunks: Option<&[Hash]>,
        place: &dyn Copies,
    ) -> Result<bool> {
        match place.open(wanted)? {
            Some(mut copy) => self.receive(wanted, blob, chunks, &place.name(), &mut *copy),
            None => Ok(false),
        }
    }

    /// Puts a blob that comes as a stream in its place; `false` when it isn't whole.
    pub(crate) fn receive(
        &self,
        wanted: &Wanted,
        blob: BlobId,
        chunks: Option<&[Hash]>,
        name: &str,
        mut copy: &mut dyn Read,
    ) -> Result<bool> {
        self.room_for_content()?;
        let mut writer = self.blobs().create_beside(blob)?;
        let mut left = wanted.size_bytes;
        for index in 0.. {
            let Some(chunk) = next_chunk(&mut copy, name.as_ref())? else {
                break;
            };
            let expected = chunks.and_then(|chunks| chunks.get(index));
            let right = expected.is_none_or(|expected| {
                <[u8; 32]>::from(Sha256::digest(&chunk)) == *expected.as_bytes()
            });
            // Neither more than was announced nor a wrong chunk is written out to its end.
            if chunk.len() as u64 > left || !right {
                return Ok(false);
            }
            left -= chunk.len() as u64;
            writer.write(&chunk)?;
        }
        let is_right = |info: &BlobInfo| {
            info.size_bytes == wanted.size_bytes
                && info.sha256 == wanted.sha256
                && Some(info.chunks_root) == wanted.chunks_root
        };
        let Some(info) = writer.replace(self.now_ms(), true, is_right)? else {
            return Ok(false);
        };
        if chunks.is_none() {
            self.keep_chunks(wanted, blob, &info.chunks)?;
        }
        self.unless_freed(blob)?;
        Ok(true)
    }

    /// A blob that was freed while it was fetched has no row any more: its file goes again.
    pub(crate) fn unless_freed(&self, blob: BlobId) -> Result<()> {
        let sql = "SELECT 1 FROM blob_chunks WHERE blob = $1";
        let name = blob.as_bytes().as_slice();
        let named = self.read(|rows| rows.one(sql, &[name.into()], |_| Ok(())))?;
        if named.is_none() {
            self.blobs().remove(blob)?;
            return Err(Error::Missing {
                what: format!("blob {blob}"),
            });
        }
        Ok(())
    }

    fn keep_chunks(&self, wanted: &Wanted, blob: BlobId, chunks: &[Hash]) -> Result<()> {
        let (entry, source, chunks) = (wanted.entry, wanted.source, chunks.to_vec());
        let shared = self.shared.clone();
        self.alone_blocking(move |group| {
            group.transact_evidence(|rows| {
                let held = shared.catalog.is_held(rows, entry, source)?;
                replace_chunks(rows, blob, &chunks, held)
            })
        })
    }

    /// One thread at a time for each entry.
    fn heal_small(&self, wanted: &Wanted, entry: EntryId, error: Error) -> Result<Bytes> {
        let places = &self.shared.places;
        places.one_at_a_time(wanted.key(), || self.fetch_small(wanted, entry, error))
    }

    fn fetch_small(&self, wanted: &Wanted, entry: EntryId, error: Error) -> Result<Bytes> {
        let own = |rows: &Reader<'_>| read_inline(rows, entry, &wanted.sha256);
        if let Ok(bytes) = self.read(own) {
            return Ok(bytes);
        }
        let now_ms = self.now_ms();
        let places = &self.shared.places;
        if places.failed_lately(wanted, now_ms) {
            return Err(error);
        }
        for place in places.all() {
            let bytes = match small_copy(wanted, place.as_ref()) {
                Ok(Some(bytes)) => bytes,
                Ok(None) => continue,
                Err(error) => {
                    tracing::warn!(%entry, place = place.name(), %error, "a copy could not be used");
                    continue;
                }
            };
            match self.keep_small(wanted, entry, &bytes) {
                Ok(false) => {}
                Ok(true) => places.note_repair(Repair {
                    wanted: *wanted,
                    was: was(&error),
                    why: error.to_string(),
                    from: place.name(),
                    at_ms: now_ms,
                }),
                // What was asked for is at hand, and verified: it is given all the same.
                Err(error) => tracing::warn!(%entry, %error, "healed content could not be kept"),
            }
            return Ok(bytes);
        }
        places.note_failure(wanted, now_ms);
        Err(error)
    }

    fn keep_small(&self, wanted: &Wanted, entry: EntryId, bytes: &Bytes) -> Result<bool> {
        let (source, bytes, shared) = (wanted.source, bytes.clone(), self.shared.clone());
        self.alone_blocking(move |group| {
            group.transact_evidence(|rows| {
                let held = shared.catalog.is_held(rows, entry, source)?;
                replace_inline(rows, entry, &bytes, held)
            })
        })
    }
}

fn blob_of(wanted: &Wanted) -> Result<(BlobId, Hash)> {
    match (wanted.source, wanted.chunks_root) {
        (Source::Blob(blob), Some(root)) => Ok((blob, root)),
        (source, _) => Err(Error::Damaged {
            what: source.to_string(),
            why: "the ledger holds no digest of its chunks".into(),
        }),
    }
}

/// Damage as a finding; other failures stay failures.
fn judged(found: Result<()>) -> Result<Option<(Was, String)>> {
    match found {
        Ok(()) => Ok(None),
        Err(error) if error.is_damage() => Ok(Some((was(&error), error.to_string()))),
        Err(error) => Err(error),
    }
}

fn was(error: &Error) -> Was {
    match error {
        Error::Missing { .. } => Was::Missing,
        _ => Was::Damaged,
    }
}

/// The next chunk of a stream; shorter only at its end.
fn next_chunk(from: &mut dyn Read, path: &std::path::Path) -> Result<Option<Vec<u8>>> {
    let mut chunk = Vec::with_capacity(CHUNK_BYTES);
    let mut limited = from.take(CHUNK_BYTES as u64);
    limited
        .read_to_end(&mut chunk)
        .map_err(Error::file("read", path))?;
    Ok((!chunk.is_empty()).then_some(chunk))
}

/// Small content from one place, verified; nothing when it isn't there, or isn't whole there.
fn small_copy(wanted: &Wanted, place: &dyn Copies) -> Result<Option<Bytes>> {
    let Some(copy) = place.open(wanted)? else {
        return Ok(None);
    };
    let mut bytes = Vec::new();
    copy.take(wanted.size_bytes + 1)
        .read_to_end(&mut bytes)
        .map_err(Error::file("read", place.name().as_ref()))?;
    let right = <[u8; 32]>::from(Sha256::digest(&bytes)) == wanted.sha256;
    Ok(right.then(|| bytes.into()))
}
