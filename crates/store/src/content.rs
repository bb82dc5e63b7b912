//! Content of acts: small in rows, large in blobs; either is named by a [`Source`], and verified when it is read.

use std::fmt;

use amana_ledger::Hash;
use bytes::Bytes;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::blobs::{self, BlobId, BlobInfo};
use crate::{EntryId, Error, LedgerId, Reader, Result, Writer};

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

/// Frees content that has lost its last holder: in the same transaction for rows, after the commit for blobs. Who holds
/// what is a view of the service that holds it.
pub fn release(rows: &Writer<'_>, ledger: LedgerId, source: Source) {
    rows.free(ledger, source);
}

/// Reads and verifies content kept in rows.
///
/// # Errors
/// [`Error::Missing`], [`Error::Damaged`], or a failure of the rows.
pub fn read_inline(rows: &Reader<'_>, entry: EntryId, sha256: &[u8; 32]) -> Result<Bytes> {
    let data = rows.one(
        "SELECT data FROM contents WHERE id = $1",
        &[entry.into()],
        |row| Ok(Bytes::copy_from_slice(row.blob(0)?)),
    )?;
    verified(data, entry, sha256)
}

/// Content of a row that was read as part of more, if it is what was deposited.
///
/// # Errors
/// [`Error::Missing`], [`Error::Damaged`].
pub fn verified(data: Option<Bytes>, entry: EntryId, sha256: &[u8; 32]) -> Result<Bytes> {
    let what = || format!("the content of entry {entry}");
    let data = data.ok_or_else(|| Error::Missing { what: what() })?;
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
                "INSERT INTO blob_chunks (blob, digests) VALUES ($1, $2)",
                &[
                    blob.id.as_bytes().as_slice().into(),
                    digests.as_slice().into(),
                ],
            )?;
        }
    }
    Ok(())
}

/// Puts whole bytes in the place of damaged ones; where there are none any more, only if something still holds them;
/// says whether it did.
pub(crate) fn replace_inline(
    rows: &Writer<'_>,
    entry: EntryId,
    data: &[u8],
    held: bool,
) -> Result<bool> {
    let values = [data.into(), entry.into()];
    let mut kept = rows.execute_counted("UPDATE contents SET data = $1 WHERE id = $2", &values)?;
    if kept == 0 && held {
        kept = rows.execute_counted("INSERT INTO contents (data, id) VALUES ($1, $2)", &values)?;
    }
    Ok(kept > 0)
}

/// As [`replace_inline`], of the digests of a blob's chunks.
pub(crate) fn replace_chunks(
    rows: &Writer<'_>,
    blob: BlobId,
    chunks: &[Hash],
    held: bool,
) -> Result<()> {
    let digests: Vec<u8> = chunks.iter().flat_map(|chunk| *chunk.as_bytes()).collect();
    let values = [digests.as_slice().into(), blob.as_bytes().as_slice().into()];
    let replaced = rows.execute_counted(
        "UPDATE blob_chunks SET digests = $1 WHERE blob = $2",
        &values,
    )?;
    if replaced == 0 && held {
        rows.execute(
            "INSERT INTO blob_chunks (digests, blob) VALUES ($1, $2)",
            &values,
        )?;
    }
    Ok(())
}

/// Settles a series of acts: writes their sums, and frees content that lost its last holder; returns the blobs whose files go once the group is durable.
pub(crate) fn settle(rows: &Writer<'_>) -> Result<Vec<BlobId>> {
    let mut files = Vec::new();
    for (ledger, source) in rows.settle()? {
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
