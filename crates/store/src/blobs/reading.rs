//! Reading a blob: by chunks, each verified before any of its bytes is returned.

use std::fs::File;
use std::os::unix::fs::FileExt as _;
use std::path::PathBuf;
use std::sync::Arc;

use amana_ledger::Hash;
use bytes::Bytes;
use sha2::{Digest, Sha256};

use super::objects::{Window, missing, wrong_length};
use super::{BlobId, Blobs, CHUNK_BYTES};
use crate::{Error, Result};

impl Blobs {
    /// Opens a blob for reading; `chunks` was read by [`crate::content::read_chunks`]. It is the blob's own bytes that are
    /// read, never the cache: for whoever looks for damage. Blocking.
    ///
    /// # Errors
    /// [`Error::Missing`], [`Error::Damaged`] when its length is wrong, [`Error::File`], [`Error::Away`].
    pub fn reader(&self, id: BlobId, size_bytes: u64, chunks: Arc<[Hash]>) -> Result<BlobReader> {
        let Some(objects) = &self.objects else {
            return self.file_reader(id, size_bytes, chunks);
        };
        let shown = objects.shown(id);
        let found = objects.size_bytes(id)?;
        let found = found.ok_or_else(|| missing(id, &shown))?;
        check_length(id, &shown, found, size_bytes, &chunks)?;
        let window = Window::open(objects.clone(), id, size_bytes, false);
        Ok(BlobReader::new(
            id,
            From::Objects(window),
            size_bytes,
            chunks,
        ))
    }

    /// As [`Blobs::reader`], for whoever wants the content: what the read cache has of it needn't be fetched. Where blobs
    /// are in an object store, what is wrong shows when chunks are read.
    ///
    /// # Errors
    /// As [`Blobs::reader`].
    pub fn cached_reader(
        &self,
        id: BlobId,
        size_bytes: u64,
        chunks: Arc<[Hash]>,
    ) -> Result<BlobReader> {
        let Some(objects) = &self.objects else {
            return self.file_reader(id, size_bytes, chunks);
        };
        check_length(id, &objects.shown(id), size_bytes, size_bytes, &chunks)?;
        let window = Window::open(objects.clone(), id, size_bytes, true);
        Ok(BlobReader::new(
            id,
            From::Objects(window),
            size_bytes,
            chunks,
        ))
    }

    fn file_reader(&self, id: BlobId, size_bytes: u64, chunks: Arc<[Hash]>) -> Result<BlobReader> {
        let path = self.path(id);
        let shown = path.display().to_string();
        let file = match File::open(&path) {
            Ok(file) => file,
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Err(missing(id, &shown)),
            Err(e) => return Err(Error::file("open", &path)(e)),
        };
        let found = file.metadata().map_err(Error::file("stat", &path))?.len();
        check_length(id, &shown, found, size_bytes, &chunks)?;
        Ok(BlobReader::new(
            id,
            From::File { path, file },
            size_bytes,
            chunks,
        ))
    }
}

impl Blobs {
    /// The digests of a blob's chunks as its bytes are now; nothing when it isn't there, or has another length. Blocking.
    ///
    /// # Errors
    /// [`Error::File`], [`Error::Away`].
    pub(crate) fn digests(&self, id: BlobId, size_bytes: u64) -> Result<Option<Vec<Hash>>> {
        let count = size_bytes.div_ceil(CHUNK_BYTES as u64);
        let length = |index: u64| (size_bytes - index * CHUNK_BYTES as u64).min(CHUNK_BYTES as u64);
        let digest = |chunk: &[u8]| Hash::from_bytes(Sha256::digest(chunk).into());
        let mut digests = Vec::new();
        if let Some(objects) = &self.objects {
            for index in 0..count {
                let from = index * CHUNK_BYTES as u64;
                let piece = objects.piece(id, from..from + length(index), size_bytes)?;
                match piece.filter(|piece| piece.blob_bytes == size_bytes) {
                    Some(piece) => digests.push(digest(&piece.bytes)),
                    None => return Ok(None),
                }
            }
            return Ok(Some(digests));
        }
        let path = self.path(id);
        let Ok(file) = File::open(&path) else {
            return Ok(None);
        };
        if file.metadata().map_err(Error::file("stat", &path))?.len() != size_bytes {
            return Ok(None);
        }
        let mut chunk = vec![0; CHUNK_BYTES];
        for index in 0..count {
            let chunk = &mut chunk[..usize::try_from(length(index)).unwrap_or(CHUNK_BYTES)];
            file.read_exact_at(chunk, index * CHUNK_BYTES as u64)
                .map_err(Error::file("read", &path))?;
            digests.push(digest(chunk));
        }
        Ok(Some(digests))
    }
}

fn check_length(
    id: BlobId,
    place: &str,
    found_bytes: u64,
    size_bytes: u64,
    chunks: &[Hash],
) -> Result<()> {
    if found_bytes != size_bytes || size_bytes.div_ceil(CHUNK_BYTES as u64) != chunks.len() as u64 {
        return Err(wrong_length(id, place, found_bytes, size_bytes));
    }
    Ok(())
}

/// Reads a blob, each chunk verified before any of its bytes is returned.
pub struct BlobReader {
    id: BlobId,
    from: From,
    size_bytes: u64,
    chunks: Arc<[Hash]>,
}

/// Where its bytes are.
enum From {
    File { path: PathBuf, file: File },
    Objects(Window),
}

impl BlobReader {
    fn new(id: BlobId, from: From, size_bytes: u64, chunks: Arc<[Hash]>) -> Self {
        Self {
            id,
            from,
            size_bytes,
            chunks,
        }
    }

    /// How many chunks it has.
    #[must_use]
    pub fn chunk_count(&self) -> u64 {
        self.chunks.len() as u64
    }

    /// Chunk `index`: the bytes from `index * CHUNK_BYTES`. Blocking.
    ///
    /// # Errors
    /// [`Error::Damaged`] when its digest is wrong, [`Error::Missing`], [`Error::File`], [`Error::Away`].
    pub fn chunk(&self, index: u64) -> Result<Bytes> {
        let from = index * CHUNK_BYTES as u64;
        let digest = usize::try_from(index)
            .ok()
            .and_then(|index| self.chunks.get(index));
        let Some(digest) = digest else {
            return Err(Error::TooLarge {
                what: "a chunk's number",
                max: self.chunk_count(),
            });
        };
        let length = usize::try_from(self.size_bytes - from)
            .unwrap_or(usize::MAX)
            .min(CHUNK_BYTES);
        let data: Bytes = match &self.from {
            From::File { path, file } => {
                let mut data = vec![0; length];
                file.read_exact_at(&mut data, from)
                    .map_err(Error::file("read", path))?;
                data.into()
            }
            From::Objects(window) => window.chunk(index, &self.chunks)?,
        };
        if <[u8; 32]>::from(Sha256::digest(&data)) != *digest.as_bytes() {
            let place = match &self.from {
                From::File { path, .. } => path.display().to_string(),
                From::Objects(window) => window.shown(),
            };
            return Err(Error::Damaged {
                what: format!("blob {} ({place})", self.id),
                why: format!(
                    "bytes {from} to {} don't have the digest that the ledger commits to",
                    from + length as u64
                ),
            });
        }
        Ok(data)
    }
}
