//! Taking content in: hashed while it comes, small content in memory, large content in a blob. At a gateway it is sealed
//! on the way, and is a piece.
//!
//! Bytes gather into batches; for each batch the file and its SHA-256 are one piece of blocking work, MD5 and the other
//! checksums another, so that two cores share the hashing. No thread waits for a slow client.

use std::collections::BTreeMap;
use std::sync::Arc;

use amana_store::content::MAX_INLINE_BYTES;
use amana_store::{BlobInfo, BlobWriter, Blobs, Content};
use bytes::{Bytes, BytesMut};
use sha2::{Digest as _, Sha256};
use tokio::task::{JoinHandle, spawn_blocking};

use crate::backing::{Backing, Fresh};
use crate::model::{ChecksumAlgorithm, Digests, Extent};
use crate::remote::{NewPiece, PieceSink, Remote};
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
    max_bytes: u64,
    size_bytes: u64,
    gathered: BytesMut,
    sums: Hashing,
    to: To,
}

/// Where batches go.
enum To {
    Blob {
        blobs: Blobs,
        writing: Option<JoinHandle<Result<BlobWriter>>>,
    },
    Piece {
        remote: Arc<dyn Remote>,
        sink: Box<dyn PieceSink>,
    },
}

/// Where the digests are: here, or with a batch.
enum Hashing {
    Here(Box<Sums>),
    Away(JoinHandle<Box<Sums>>),
}

/// The digests of the plain bytes; a blob's writer computes its SHA-256 by itself.
struct Sums {
    digests: Digests,
    sha256: Option<Sha256>,
}

impl Sums {
    fn update(&mut self, bytes: &[u8]) {
        self.digests.update(bytes);
        if let Some(sha256) = &mut self.sha256 {
            sha256.update(bytes);
        }
    }
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
    Piece(SealedContent),
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

/// A finished piece that no act brings yet.
struct SealedContent {
    remote: Arc<dyn Remote>,
    piece: Option<NewPiece>,
}

impl Drop for SealedContent {
    fn drop(&mut self) {
        if let Some(piece) = self.piece.take() {
            self.remote.forget(piece.id);
        }
    }
}

impl Vault {
    /// Begins to take content in, for an object or a part in `bucket`.
    ///
    /// # Errors
    /// [`Error::Full`], [`Error::Unreachable`], before any of it is read.
    pub fn ingest(&self, bucket: &str, options: IngestOptions) -> Result<Ingest> {
        let (to, sha256) = match &self.store {
            Backing::Centre(store) => {
                store.room_for_content()?;
                let blobs = store.blobs().clone();
                let writing = None;
                (To::Blob { blobs, writing }, None)
            }
            Backing::Home(home) => {
                let (remote, sink) = (home.remote.clone(), home.remote.ingest(bucket)?);
                (To::Piece { remote, sink }, Some(Sha256::new()))
            }
        };
        let digests = Digests::new(&options.algorithms);
        Ok(Ingest {
            max_bytes: options.max_bytes,
            size_bytes: 0,
            gathered: BytesMut::new(),
            sums: Hashing::Here(Box::new(Sums { digests, sha256 })),
            to,
        })
    }
}

impl Ingest {
    /// Takes more; at most about 2 MiB wait for the disk or the line.
    ///
    /// # Errors
    /// [`Error::EntityTooLarge`], [`Error::Full`], [`Error::Unreachable`], a failure of the file.
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
                match &mut self.to {
                    To::Piece { sink, .. } => sink.write(batch).await?,
                    To::Blob { blobs, writing } => {
                        let writer = writer(blobs, writing).await?;
                        *writing = Some(spawn_blocking(move || {
                            let mut writer = writer()?;
                            writer.write(&batch)?;
                            Ok(writer)
                        }));
                    }
                }
            }
        }
        Ok(())
    }

    /// Ends it: on return, content too large for rows is durable in its blob, and content of a gateway in its piece.
    ///
    /// # Errors
    /// [`Error::Full`], [`Error::Unreachable`], a failure of the file.
    pub async fn finish(mut self) -> Result<Ingested> {
        let last = self.gathered.split().freeze();
        let (blobs, mut writing) = match self.to {
            To::Blob { blobs, writing } => (blobs, writing),
            To::Piece { remote, mut sink } => {
                let mut sums = here(self.sums).await?;
                sums.update(&last);
                if !last.is_empty() {
                    sink.write(last).await?;
                }
                let piece = Some(sink.finish().await?);
                let sha256 = sums.sha256.take().unwrap_or_default().finalize().into();
                let kept = Kept::Piece(SealedContent { remote, piece });
                return Ok(Ingested::new(self.size_bytes, *sums, sha256, kept));
            }
        };
        if writing.is_none() && last.len() <= MAX_INLINE_BYTES {
            let mut sums = here(self.sums).await?;
            sums.update(&last);
            let sha256 = Sha256::digest(&last).into();
            return Ok(Ingested::new(
                self.size_bytes,
                *sums,
                sha256,
                Kept::Inline(last),
            ));
        }
        let sums = away(here(self.sums).await?, last.clone());
        let writer = writer(&blobs, &mut writing).await?;
        let info = crate::apart(move || {
            let mut writer = writer()?;
            writer.write(&last)?;
            Ok(writer.finish()?)
        })
        .await?;
        let sha256 = info.sha256;
        let info = Some(info);
        let kept = Kept::Blob(NewBlob { blobs, info });
        let sums = here(sums).await?;
        Ok(Ingested::new(self.size_bytes, *sums, sha256, kept))
    }

    async fn hash_away(&mut self, batch: Bytes) -> Result<()> {
        let digests = Digests::new(&[]);
        let empty = Hashing::Here(Box::new(Sums {
            digests,
            sha256: None,
        }));
        let sums = here(std::mem::replace(&mut self.sums, empty)).await?;
        self.sums = away(sums, batch);
        Ok(())
    }
}

/// What gives the blob's writer, where blocking is allowed: the one that the batch before is done with, or a new one.
async fn writer(
    blobs: &Blobs,
    writing: &mut Option<JoinHandle<Result<BlobWriter>>>,
) -> Result<impl FnOnce() -> Result<BlobWriter> + Send + 'static + use<>> {
    let written = match writing.take() {
        Some(task) => Some(task.await.map_err(ended)??),
        None => None,
    };
    let blobs = blobs.clone();
    Ok(move || match written {
        Some(writer) => Ok(writer),
        None => Ok(blobs.create()?),
    })
}

/// The digests, once the batch before is hashed.
async fn here(sums: Hashing) -> Result<Box<Sums>> {
    match sums {
        Hashing::Here(sums) => Ok(sums),
        Hashing::Away(task) => task.await.map_err(ended),
    }
}

fn away(mut sums: Box<Sums>, batch: Bytes) -> Hashing {
    Hashing::Away(spawn_blocking(move || {
        sums.update(&batch);
        sums
    }))
}

impl Ingested {
    fn new(size_bytes: u64, sums: Sums, sha256: [u8; 32], content: Kept) -> Self {
        let (md5, checksums) = sums.digests.finish(sha256);
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

    /// How an act speaks of the content, what it brings in the rows, and what beside them. From here on all of it is the
    /// act's.
    pub(crate) fn into_parts(self) -> (Extent, Option<Content>, Fresh) {
        let mut extent = Extent {
            blob: None,
            size_bytes: self.size_bytes,
            sha256: self.sha256,
            chunks_root: None,
            part: None,
            checksum: None,
            sealed: None,
        };
        match self.content {
            Kept::Inline(bytes) => (extent, Some(Content::Inline(bytes)), Fresh::Nothing),
            Kept::Blob(mut new) => {
                let Some(info) = new.info.take() else {
                    return (extent, None, Fresh::Nothing);
                };
                extent.blob = Some(info.id);
                extent.chunks_root = Some(info.chunks_root);
                let fresh = Fresh::Blob(info.id);
                (extent, Some(Content::Blob(info)), fresh)
            }
            Kept::Piece(mut new) => {
                let Some(piece) = new.piece.take() else {
                    return (extent, None, Fresh::Nothing);
                };
                extent.blob = Some(piece.id);
                extent.sealed = Some(piece.sealed.clone());
                (extent, None, Fresh::Piece(piece))
            }
        }
    }
}
