//! Writing a blob: hashed on the way, whole and durable under its name at the end, or not there.

use std::fs::{self, File};
use std::io::Write as _;
use std::path::{Path, PathBuf};

use amana_ledger::Hash;
use sha2::{Digest, Sha256};

use super::objects::Upload;
use super::{BlobId, BlobInfo, Blobs, CHUNK_BYTES, chunks_root};
use crate::{Error, Result, crash, folders};

/// A blob being written. Dropped before [`BlobWriter::finish`], it leaves nothing.
pub struct BlobWriter {
    pub(super) blobs: Blobs,
    pub(super) id: BlobId,
    pub(super) to: To,
    size_bytes: u64,
    whole: Sha256,
    chunk: Sha256,
    in_chunk: usize,
    chunks: Vec<Hash>,
}

/// Where its bytes go.
pub(super) enum To {
    /// A file under `blobs/tmp`, which gets its name at the end.
    File(Temporary),
    /// An object store.
    Objects(Box<Upload>),
}

/// A file that goes when it was given no name.
pub(super) struct Temporary {
    pub(super) path: PathBuf,
    pub(super) file: File,
    pub(super) is_named: bool,
}

impl Drop for Temporary {
    fn drop(&mut self) {
        if !self.is_named {
            // A file that stays is swept when the store opens.
            let _ = fs::remove_file(&self.path);
        }
    }
}

impl Blobs {
    pub(super) fn begin(&self, id: BlobId, op: &'static str) -> Result<BlobWriter> {
        let tmp = self.root.join("tmp");
        let to = match &self.objects {
            Some(objects) => To::Objects(Box::new(Upload::begin(objects.clone(), id, &tmp))),
            None => {
                let path = tmp.join(id.to_string());
                let file = self.faults.write(op, || {
                    File::options()
                        .write(true)
                        .create_new(true)
                        .open(&path)
                        .map_err(Error::file("create", &path))
                })?;
                To::File(Temporary {
                    path,
                    file,
                    is_named: false,
                })
            }
        };
        crash::point("blob.created");
        Ok(BlobWriter {
            blobs: self.clone(),
            id,
            to,
            size_bytes: 0,
            whole: Sha256::new(),
            chunk: Sha256::new(),
            in_chunk: 0,
            chunks: Vec::new(),
        })
    }
}

impl BlobWriter {
    /// Appends bytes. Blocking.
    ///
    /// # Errors
    /// [`Error::File`], [`Error::Away`].
    pub fn write(&mut self, bytes: &[u8]) -> Result<()> {
        let faults = &self.blobs.faults;
        match &mut self.to {
            To::File(Temporary { path, file, .. }) => faults.write("file.write", || {
                file.write_all(bytes).map_err(Error::file("write", path))
            })?,
            To::Objects(upload) => faults.write("object.write", || upload.write(bytes))?,
        }
        self.whole.update(bytes);
        self.size_bytes += bytes.len() as u64;
        let mut rest = bytes;
        while !rest.is_empty() {
            let (now, later) = rest.split_at(rest.len().min(CHUNK_BYTES - self.in_chunk));
            self.chunk.update(now);
            self.in_chunk += now.len();
            if self.in_chunk == CHUNK_BYTES {
                self.end_chunk();
            }
            rest = later;
        }
        Ok(())
    }

    fn end_chunk(&mut self) {
        self.chunks
            .push(Hash::from_bytes(self.chunk.finalize_reset().into()));
        self.in_chunk = 0;
    }

    /// What was written, and its digests.
    pub(super) fn digested(&mut self) -> BlobInfo {
        if self.in_chunk > 0 {
            self.end_chunk();
        }
        let chunks = std::mem::take(&mut self.chunks);
        BlobInfo {
            id: self.id,
            size_bytes: self.size_bytes,
            sha256: self.whole.finalize_reset().into(),
            chunks_root: chunks_root(&chunks),
            chunks,
        }
    }

    /// Makes the blob durable: on return its bytes and its name are on disk, or in the object store. Blocking.
    ///
    /// # Errors
    /// [`Error::File`], [`Error::Away`]; nothing is left then, or a blob that is set aside when the store opens, or
    /// swept.
    pub fn finish(mut self) -> Result<BlobInfo> {
        let info = self.digested();
        let faults = self.blobs.faults.clone();
        crash::point("blob.written");
        let mut temporary = match self.to {
            To::File(temporary) => temporary,
            To::Objects(upload) => {
                faults.write("object.finish", || upload.finish())?;
                crash::point("blob.durable");
                return Ok(info);
            }
        };
        let Temporary {
            path: tmp, file, ..
        } = &temporary;
        let synced = faults.write("file.sync", || {
            file.sync_data().map_err(Error::file("sync", tmp))
        });
        self.blobs.must_be_durable(synced)?;
        crash::point("blob.synced");
        let path = self.blobs.path(self.id);
        let shelf = path.parent().unwrap_or(Path::new(""));
        faults.write("file.rename", || {
            fs::rename(tmp, &path).map_err(Error::file("rename", tmp))
        })?;
        temporary.is_named = true;
        crash::point("blob.renamed");
        let synced = faults.write("dir.sync", || folders::sync(shelf));
        self.blobs.must_be_durable(synced)?;
        crash::point("blob.durable");
        Ok(info)
    }
}
