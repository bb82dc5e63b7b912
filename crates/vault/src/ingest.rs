//! Taking content in: hashed while it comes, small content in memory, large content in a blob.
//!
//! Bytes gather into batches; for each batch the file and its SHA-256 are one piece of blocking work, MD5 and the other
//! checksums another, so that two cores share the hashing. No thread waits for a slow client.

use std::collections::BTreeMap;

use amana_store::content::MAX_INLINE_BYTES;
use amana_store::{BlobInfo, BlobWriter, Blobs, Content};
use bytes::{Bytes, BytesMut};
use sha2::{Digest as _, Sha256};
use tokio::task::{JoinHandle, spawn_blocking};

use crate::model::{ChecksumAlgorithm, Digests, Extent};
use crate::{Error, Result, Vault, ended};

/// Bytes that gather before the disk gets them; as many again may be on their way to it.
const BATCH_BYTES: usize = 1024 * 1024;

/// How content is taken in.
#[derive(Clone, Debug)]
pub struct IngestOptions {
    /// Checksums to compute beside MD5 and SHA-256.
    pub algorithms: Vec<ChecksumAlgorithm>,
    /// The most that is taken.
    pub max_bytes: u64,
}

/// Content on its way in. Dropped, it leaves nothing.
pub struct Ingest {
    blobs: Blobs,
    max_bytes: u64,
    size_bytes: u64,
    gathered: BytesMut,
    digests: Hashing,
    blob: Option<JoinHandle<Result<BlobWriter>>>,
}

/// Where the digests are: here, or with a batch.
enum Hashing {
    Here(Box<Digests>),
    Away(JoinHandle<Box<Digests>>),
}

/// Content that is in, with its digests; dropped without being committed, it leaves nothing.
pub struct Ingested {
    /// Its length.
    pub size_bytes: u64,
    /// MD5.
    pub md5: [u8; 16],
    /// SHA-256.
    pub sha256: [u8; 32],
    /// The checksums that were asked for, big-endian.
    pub checksums: BTreeMap<ChecksumAlgorithm, Vec<u8>>,
    content: Kept,
}

enum Kept {
    Inline(Bytes),
    Blob(NewBlob),
}

/// A durable blob that no act names yet.
struct NewBlob {
    blobs: Blobs,
    info: Option<BlobInfo>,
}

impl Drop for NewBlob {
    fn drop(&mut self) {
        if let Some(info) = self.info.take()
            && let Err(error) = self.blobs.remove(info.id)
        {
            tracing::warn!(blob = %info.id, %error, "an unused blob stays until the next start");
        }
    }
}

impl Vault {
    /// Begins to take content in.
    ///
    /// # Errors
    /// [`Error::Full`], before any of it is read.
    pub fn ingest(&self, options: IngestOptions) -> Result<Ingest> {
        self.store.room_for_content()?;
        Ok(Ingest {
            blobs: self.store.blobs().clone(),
            max_bytes: options.max_bytes,
            size_bytes: 0,
            gathered: BytesMut::new(),
            digests: Hashing::Here(Box::new(Digests::new(&options.algorithms))),
            blob: None,
        })
    }
}

impl Ingest {
    /// Takes more; at most about 2 MiB wait for the disk.
    ///
    /// # Errors
    /// [`Error::EntityTooLarge`], [`Error::Full`], a failure of the file.
    pub async fn write(&mut self, bytes: Bytes) -> Result<()> {
        self.size_bytes = self.size_bytes.saturating_add(bytes.len() as u64);
        if self.size_bytes > self.max_bytes {
            return Err(Error::EntityTooLarge {
                max_bytes: self.max_bytes,
            });
        }
        let mut rest = &bytes[..];
        while !rest.is_empty() {
            let room = BATCH_BYTES - self.gathered.len();
            let (now, later) = rest.split_at(room.min(rest.len()));
            self.gathered.extend_from_slice(now);
            rest = later;
            if self.gathered.len() == BATCH_BYTES {
                let batch = self.gathered.split().freeze();
                self.hash_away(batch.clone()).await?;
                let writer = self.writer().await?;
                self.blob = Some(spawn_blocking(move || {
                    let mut writer = writer()?;
                    writer.write(&batch)?;
                    Ok(writer)
                }));
            }
        }
        Ok(())
    }

    /// Ends it: on return, content too large for rows is durable in its blob.
    ///
    /// # Errors
    /// [`Error::Full`], a failure of the file.
    pub async fn finish(mut self) -> Result<Ingested> {
        let last = self.gathered.split().freeze();
        if self.blob.is_none() && last.len() <= MAX_INLINE_BYTES {
            let mut digests = self.digests().await?;
            digests.update(&last);
            let sha256 = Sha256::digest(&last).into();
            return Ok(Ingested::new(
                self.size_bytes,
                *digests,
                sha256,
                Kept::Inline(last),
            ));
        }
        self.hash_away(last.clone()).await?;
        let writer = self.writer().await?;
        let info = crate::apart(move || {
            let mut writer = writer()?;
            writer.write(&last)?;
            Ok(writer.finish()?)
        })
        .await?;
        let sha256 = info.sha256;
        let kept = Kept::Blob(NewBlob {
            blobs: self.blobs.clone(),
            info: Some(info),
        });
        let digests = self.digests().await?;
        Ok(Ingested::new(self.size_bytes, *digests, sha256, kept))
    }

    /// What gives the blob's writer, where blocking is allowed: the one that the batch before is done with, or a new one.
    async fn writer(&mut self) -> Result<impl FnOnce() -> Result<BlobWriter> + Send + 'static> {
        let written = match self.blob.take() {
            Some(task) => Some(task.await.map_err(ended)??),
            None => None,
        };
        let blobs = self.blobs.clone();
        Ok(move || match written {
            Some(writer) => Ok(writer),
            None => Ok(blobs.create()?),
        })
    }

    /// The digests, once the batch before is hashed.
    async fn digests(&mut self) -> Result<Box<Digests>> {
        let digests = std::mem::replace(
            &mut self.digests,
            Hashing::Here(Box::new(Digests::new(&[]))),
        );
        match digests {
            Hashing::Here(digests) => Ok(digests),
            Hashing::Away(task) => task.await.map_err(ended),
        }
    }

    async fn hash_away(&mut self, batch: Bytes) -> Result<()> {
        let mut digests = self.digests().await?;
        self.digests = Hashing::Away(spawn_blocking(move || {
            digests.update(&batch);
            digests
        }));
        Ok(())
    }
}

impl Ingested {
    fn new(size_bytes: u64, digests: Digests, sha256: [u8; 32], content: Kept) -> Self {
        let (md5, checksums) = digests.finish(sha256);
        Self {
            size_bytes,
            md5,
            sha256,
            checksums,
            content,
        }
    }

    /// Writes small content to a blob as well: where the content of a part lies.
    pub(crate) async fn into_blob(self, blobs: &Blobs) -> Result<Self> {
        let Kept::Inline(bytes) = self.content else {
            return Ok(self);
        };
        let new = blobs.clone();
        let info = crate::apart(move || {
            let mut writer = new.create()?;
            writer.write(&bytes)?;
            Ok(writer.finish()?)
        })
        .await?;
        let content = Kept::Blob(NewBlob {
            blobs: blobs.clone(),
            info: Some(info),
        });
        Ok(Self { content, ..self })
    }

    /// The content for an act, and how the act speaks of it. From here on a blob is the act's.
    pub(crate) fn into_parts(self) -> (Extent, Content) {
        let mut extent = Extent {
            blob: None,
            size_bytes: self.size_bytes,
            sha256: self.sha256,
            chunks_root: None,
            part: None,
            checksum: None,
            sealed: None,
        };
        let content = match self.content {
            Kept::Inline(bytes) => Content::Inline(bytes),
            Kept::Blob(mut new) => match new.info.take() {
                Some(info) => {
                    extent.blob = Some(info.id);
                    extent.chunks_root = Some(info.chunks_root);
                    Content::Blob(info)
                }
                None => Content::Inline(Bytes::new()),
            },
        };
        (extent, content)
    }
}
