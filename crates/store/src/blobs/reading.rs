//! Reading a blob: by chunks, each verified before any of its bytes is returned.

use std::fs::File;
use std::os::unix::fs::FileExt as _;
use std::path::PathBuf;
use std::sync::Arc;

use amana_ledger::Hash;
use bytes::Bytes;
use sha2::{Digest, Sha256};

use super::{BlobId, Blobs, CHUNK_BYTES};
use crate::{Error, Result};

impl Blobs {
    /// Opens a blob for reading; `chunks` was read by [`crate::content::read_chunks`]. Blocking.
    ///
    /// # Errors
    /// [`Error::Missing`], [`Error::Damaged`] when its length is wrong, [`Error::File`].
    pub fn reader(&self, id: BlobId, size_bytes: u64, chunks: Arc<[Hash]>) -> Result<BlobReader> {
        let path = self.path(id);
        let file = match File::open(&path) {
            Ok(file) => file,
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => {
                return Err(Error::Missing {
                    what: format!("blob {id} ({})", path.display()),
                });
            }
            Err(e) => return Err(Error::file("open", &path)(e)),
        };
        let found = file.metadata().map_err(Error::file("stat", &path))?.len();
        if found != size_bytes || size_bytes.div_ceil(CHUNK_BYTES as u64) != chunks.len() as u64 {
            return Err(Error::Damaged {
                what: format!("blob {id} ({})", path.display()),
                why: format!("it has {found} bytes, the ledger says {size_bytes}"),
            });
        }
        Ok(BlobReader {
            id,
            path,
            file,
            size_bytes,
            chunks,
        })
    }
}

/// Reads a blob, each chunk verified before any of its bytes is returned.
pub struct BlobReader {
    id: BlobId,
    path: PathBuf,
    file: File,
    size_bytes: u64,
    chunks: Arc<[Hash]>,
}

impl BlobReader {
    /// How many chunks it has.
    #[must_use]
    pub fn chunk_count(&self) -> u64 {
        self.chunks.len() as u64
    }

    /// Chunk `index`: the bytes from `index * CHUNK_BYTES`. Blocking.
    ///
    /// # Errors
    /// [`Error::Damaged`] when its digest is wrong, [`Error::File`].
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
        let mut data = vec![0; length];
        self.file
            .read_exact_at(&mut data, from)
            .map_err(Error::file("read", &self.path))?;
        if <[u8; 32]>::from(Sha256::digest(&data)) != *digest.as_bytes() {
            return Err(Error::Damaged {
                what: format!("blob {} ({})", self.id, self.path.display()),
                why: format!(
                    "bytes {from} to {} don't have the digest that the ledger commits to",
                    from + length as u64
                ),
            });
        }
        Ok(data.into())
    }
}
