//! The blobs of a restored folder, one after the other until all are there.

use std::io::{self, Read as _};
use std::ops::ControlFlow;

use amana_ledger::Hash;
use sha2::{Digest as _, Sha256};

use super::place::stream_failed;
use super::read::Mirror;
use super::write::Pace;
use crate::blobs::{CHUNK_BYTES, parse_chunks};
use crate::{BlobId, Blobs, Error, Reader, Result, Store};

/// How a folder's blobs are coming along.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct Fetched {
    /// Blobs that came.
    pub blobs: u64,
    /// Their bytes.
    pub bytes: u64,
    /// Blobs that the mirror hasn't got, or has damaged.
    pub missing: Vec<String>,
}

/// Why a blob didn't come, by what that means for the others.
enum Failed {
    /// The mirror hasn't got it, or has damaged it: the others may be whole.
    Blob(Error),
    /// It broke off on its way: the place may be away, or can't read this one.
    Way(Error),
    /// Nothing can come now: this folder's disk, its rows, a stop.
    All(Error),
}

impl Failed {
    fn of(error: Error) -> Self {
        match error {
            Error::Missing { .. } | Error::Damaged { .. } => Self::Blob(error),
            Error::Place { .. } => Self::Way(error),
            _ => Self::All(error),
        }
    }
}

/// Fetches every blob that the rows name and the folder hasn't got. Each is verified, synced and named before the next, so
/// that it goes on where it was cut off; one that can't be had is named, and the others come. Blocking.
///
/// # Errors
/// [`Error::Place`] when the place doesn't answer, [`Error::Full`] when the disk's reserve would be touched,
/// [`Error::File`], a failure of the rows.
pub fn fetch_blobs(store: &Store, mirror: &Mirror, pace: &Pace) -> Result<Fetched> {
    let mut fetched = Fetched::default();
    let absent = store.read(|rows| absent_blobs(rows, store.blobs()))?;
    let mut left: Vec<BlobId> = absent.into_iter().map(|(blob, _)| blob).collect();
    // What broke off is asked for once more, after the others.
    for is_last in [false, true] {
        let mut broken = Vec::new();
        for blob in left {
            match fetch(store, mirror, blob, pace) {
                Ok(None) => {}
                Ok(Some(bytes)) => {
                    fetched.blobs += 1;
                    fetched.bytes += bytes;
                }
                Err(Failed::Blob(error)) => fetched.missing.push(error.to_string()),
                Err(Failed::Way(error)) => {
                    mirror.answers()?;
                    match is_last {
                        true => fetched.missing.push(error.to_string()),
                        false => broken.push(blob),
                    }
                }
                Err(Failed::All(error)) => return Err(error),
            }
        }
        left = broken;
    }
    Ok(fetched)
}

/// The blobs that the rows name and the folder hasn't got, each with how many bytes it has at most: by whole
/// chunks, of which the last may be shorter.
///
/// # Errors
/// A failure of the rows.
pub fn absent_blobs(rows: &Reader<'_>, blobs: &Blobs) -> Result<Vec<(BlobId, u64)>> {
    let mut absent = Vec::new();
    let sql = "SELECT blob, LENGTH(digests) / 32 FROM blob_chunks ORDER BY blob";
    rows.each(sql, &[], |row| {
        let id = row.blob(0)?.try_into().map(BlobId::from_bytes);
        let id = match id {
            Ok(id) if blobs.size_bytes(id)?.is_none() => Some(id),
            _ => None,
        };
        let at_most_bytes = row.int(1)?.cast_unsigned() * CHUNK_BYTES as u64;
        absent.extend(id.map(|id| (id, at_most_bytes)));
        Ok(ControlFlow::Continue(()))
    })?;
    Ok(absent)
}

/// Fetches one blob, unless a read brought it meanwhile, or it was freed; says how many bytes it has.
fn fetch(
    store: &Store,
    mirror: &Mirror,
    blob: BlobId,
    pace: &Pace,
) -> std::result::Result<Option<u64>, Failed> {
    store.alone_on(blob, || {
        let sql = "SELECT digests FROM blob_chunks WHERE blob = $1";
        let chunks = store.read(|rows| {
            rows.one(sql, &[blob.as_bytes().as_slice().into()], |row| {
                Ok(parse_chunks(row.blob(0)?))
            })
        });
        let Some(chunks) = chunks.map_err(Failed::All)? else {
            return Ok(None);
        };
        let there = store.blobs().size_bytes(blob).map_err(Failed::All)?;
        if there.is_some() {
            return Ok(None);
        }
        let bytes = bring(store, mirror, blob, &chunks, pace)?;
        match store.unless_freed(blob) {
            Ok(()) => Ok(Some(bytes)),
            Err(Error::Missing { .. }) => Ok(None),
            Err(error) => Err(Failed::All(error)),
        }
    })
}

/// Writes a blob's file; its bytes are held against the digests in the rows, and these against the ledger whenever it is
/// read.
fn bring(
    store: &Store,
    mirror: &Mirror,
    blob: BlobId,
    chunks: &[Hash],
    pace: &Pace,
) -> std::result::Result<u64, Failed> {
    let what = || format!("blob {blob} in {}", mirror.describe());
    store.room_for_content().map_err(Failed::All)?;
    let stream = mirror.blob(blob).map_err(Failed::of)?;
    let mut stream = stream.ok_or_else(|| Failed::Blob(Error::Missing { what: what() }))?;
    // Gone again when it isn't whole.
    let mut file = store.blobs().create_beside(blob).map_err(Failed::All)?;
    let mut bytes = 0;
    for digest in chunks {
        let failed = |error: &io::Error| stream_failed(mirror, blob, error);
        pace(CHUNK_BYTES).map_err(|error| Failed::All(failed(&error)))?;
        let mut chunk = Vec::with_capacity(CHUNK_BYTES);
        let read = (&mut stream)
            .take(CHUNK_BYTES as u64)
            .read_to_end(&mut chunk);
        read.map_err(|error| match error.kind() {
            // An age file that doesn't open: the place answers, and these are other bytes than were put.
            io::ErrorKind::InvalidData => Failed::Blob(Error::Damaged {
                what: what(),
                why: error.to_string(),
            }),
            _ => Failed::Way(failed(&error)),
        })?;
        if <[u8; 32]>::from(Sha256::digest(&chunk)) != *digest.as_bytes() {
            return Err(Failed::Blob(Error::Damaged {
                what: what(),
                why: format!(
                    "bytes from {bytes} on don't have the digest that the ledger commits to"
                ),
            }));
        }
        file.write(&chunk).map_err(Failed::All)?;
        bytes += chunk.len() as u64;
    }
    let replaced = file.replace(store.now_ms(), false, |info| info.chunks == chunks);
    match replaced.map_err(Failed::All)? {
        Some(_) => Ok(bytes),
        None => Err(Failed::Blob(Error::Damaged {
            what: what(),
            why: "its chunks are not those of the rows".into(),
        })),
    }
}
