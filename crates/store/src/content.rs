//! Content of acts: small in rows, large in blobs; either is named by a [`Source`], and verified when it is read.

use std::fmt;

use amana_ledger::Hash;
use bytes::Bytes;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::blobs::{self, BlobId, BlobInfo};
use crate::{EntryId, Error, Reader, Result, Writer};

/// Content of at most this many bytes is kept in rows, in the group's own transaction: one sync serves many.
pub const MAX_INLINE_BYTES: usize = 32 * 1024;

/// Content that comes with an act.
pub enum Content {
    /// Kept in the rows under the act's own entry.
    Inline(Bytes),
    /// Already durable in a file; its chunk digests go in the rows.
    Blob(BlobInfo),
}

/// Where content lies.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Source {
    /// In the rows, under the entry at this index of the same ledger.
    Entry(u64),
    /// In a blob.
    Blob(BlobId),
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Entry(index) => write!(f, "the content of entry {index}"),
            Self::Blob(id) => write!(f, "blob {id}"),
        }
    }
}

impl Source {
    /// The name under which rows speak of it: 8 bytes of an entry id, or 16 of a blob's.
    fn name(self, ledger: crate::LedgerId) -> Vec<u8> {
        match self {
            Self::Entry(index) => EntryId::new(ledger, index)
                .map_or_else(Vec::new, |id| id.as_i64().to_be_bytes().to_vec()),
            Self::Blob(id) => id.as_bytes().to_vec(),
        }
    }
}

/// Notes that one more holder uses `source`: content is freed when its last holder releases it.
///
/// # Errors
/// A failure of the rows.
pub fn share(rows: &Writer<'_>, ledger: crate::LedgerId, source: Source) -> Result<()> {
    rows.execute(
        "INSERT INTO shared (source, holders) VALUES ($1, 2)
         ON CONFLICT (source) DO UPDATE SET holders = shared.holders + 1",
        &[source.name(ledger).as_slice().into()],
    )?;
    Ok(())
}

/// Notes that a holder of `source` is gone; the last one frees it, in the same transaction for rows and after the
/// commit for blobs.
///
/// # Errors
/// A failure of the rows.
pub fn release(rows: &Writer<'_>, ledger: crate::LedgerId, source: Source) -> Result<()> {
    let name = source.name(ledger);
    let name = name.as_slice();
    let left = rows.one(
        "SELECT holders FROM shared WHERE source = $1",
        &[name.into()],
        |row| row.int(0),
    )?;
    match left {
        Some(holders) if holders > 2 => {
            rows.execute(
                "UPDATE shared SET holders = holders - 1 WHERE source = $1",
                &[name.into()],
            )?;
        }
        Some(_) => {
            rows.execute("DELETE FROM shared WHERE source = $1", &[name.into()])?;
        }
        None => rows.free(ledger, source),
    }
    Ok(())
}

/// Reads and verifies content kept in rows.
///
/// # Errors
/// [`Error::Missing`], [`Error::Damaged`], or a failure of the rows.
pub fn read_inline(rows: &Reader<'_>, entry: EntryId, sha256: &[u8; 32]) -> Result<Bytes> {
    let what = || format!("the content of entry {entry}");
    let data = rows
        .one(
            "SELECT data FROM contents WHERE id = $1",
            &[entry.into()],
            |row| Ok(Bytes::copy_from_slice(row.blob(0)?)),
        )?
        .ok_or_else(|| Error::Missing { what: what() })?;
    if <[u8; 32]>::from(Sha256::digest(&data)) != *sha256 {
        return Err(Error::Damaged {
            what: what(),
            why: "its SHA-256 is not the one in the ledger".into(),
        });
    }
    Ok(data)
}

/// Reads and verifies the chunk digests of a blob.
///
/// # Errors
/// [`Error::Missing`], [`Error::Damaged`], or a failure of the rows.
pub fn read_chunks(rows: &Reader<'_>, blob: BlobId, chunks_root: &Hash) -> Result<Vec<Hash>> {
    let what = || format!("the chunk list of blob {blob}");
    let list = rows
        .one(
            "SELECT digests FROM blob_chunks WHERE blob = $1",
            &[blob.as_bytes().as_slice().into()],
            |row| Ok(blobs::parse_chunks(row.blob(0)?)),
        )?
        .ok_or_else(|| Error::Missing { what: what() })?;
    if blobs::chunks_root(&list) != *chunks_root {
        return Err(Error::Damaged {
            what: what(),
            why: "its root is not the one in the ledger".into(),
        });
    }
    Ok(list)
}

pub(crate) fn keep(rows: &Writer<'_>, entry: EntryId, content: &Content) -> Result<()> {
    match content {
        Content::Inline(data) => {
            rows.execute(
                "INSERT INTO contents (id, data) VALUES ($1, $2)",
                &[entry.into(), data.as_ref().into()],
            )?;
        }
        Content::Blob(blob) => {
            let digests: Vec<u8> = blob
                .chunks
                .iter()
                .flat_map(|chunk| *chunk.as_bytes())
                .collect();
            rows.execute(
                "INSERT INTO blob_chunks (blob, size, digests) VALUES ($1, $2, $3)",
                &[
                    blob.id.as_bytes().as_slice().into(),
                    i64::try_from(blob.size_bytes).unwrap_or(i64::MAX).into(),
                    digests.as_slice().into(),
                ],
            )?;
        }
    }
    Ok(())
}

/// Frees content that lost its last holder; returns the blobs whose files go once the group is durable.
pub(crate) fn drop_freed(rows: &Writer<'_>) -> Result<Vec<BlobId>> {
    let mut files = Vec::new();
    for (ledger, source) in rows.take_freed() {
        match source {
            Source::Entry(index) => {
                if let Some(id) = EntryId::new(ledger, index) {
                    rows.execute("DELETE FROM contents WHERE id = $1", &[id.into()])?;
                }
            }
            Source::Blob(blob) => {
                rows.execute(
                    "DELETE FROM blob_chunks WHERE blob = $1",
                    &[blob.as_bytes().as_slice().into()],
                )?;
                files.push(blob);
            }
        }
    }
    Ok(files)
}
