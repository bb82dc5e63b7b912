//! How much a bucket holds, and which pieces a sealed one does: what may be seen of it without reading it.

use std::ops::ControlFlow;

use amana_access::{Caller, Right};
use amana_store::{EntryId, Reader};

use crate::buckets::require;
use crate::sealed::views as sealed;
use crate::views::{buckets, sums, versions};
use crate::{BucketInfo, MAX_PAGE, Result, Vault};

/// Rows that are looked at for a page of pieces.
const MAX_LOOKED_AT: u64 = 20_000;

/// How much a bucket holds.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Figures {
    /// Versions but for delete markers; of a sealed bucket pieces.
    pub items: u64,
    /// Their bytes, of a sealed bucket as ciphertext.
    pub size_bytes: u64,
    /// Whether nothing at all is left in it, not even a delete marker.
    pub empty: bool,
}

/// A piece of ciphertext, as the data centre knows it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ListedPiece {
    /// Its name, which its gateway drew.
    pub piece: [u8; 16],
    /// The entry that brought it.
    pub entry: EntryId,
    /// Length of its ciphertext.
    pub size_bytes: u64,
}

/// A page of pieces.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct ListedPieces {
    /// By name.
    pub pieces: Vec<ListedPiece>,
    /// Where the next page begins, when there may be more.
    pub next: Option<[u8; 16]>,
}

impl Vault {
    /// A bucket of the caller's institution, and how much it holds, whoever can read it.
    ///
    /// # Errors
    /// [`crate::Error::NoSuchBucket`], [`crate::Error::AccessDenied`].
    pub async fn figures(&self, caller: &Caller, bucket: &str) -> Result<(BucketInfo, Figures)> {
        let (caller, bucket) = (caller.clone(), bucket.to_owned());
        self.read_apart(move |rows| {
            let found = seen(rows, &caller, &bucket)?;
            let held = sums::of(rows, found.id)?;
            let figures = Figures {
                items: held.items,
                size_bytes: held.bytes,
                empty: match sealed::settings(rows, found.id)? {
                    Some(_) => sealed::is_empty(rows, found.id)?,
                    None => !versions::any(rows, found.id)?,
                },
            };
            Ok((found, figures))
        })
        .await
    }

    /// The pieces that a sealed bucket holds, after one of them, at most `max`.
    ///
    /// # Errors
    /// [`crate::Error::NoSuchBucket`], [`crate::Error::AccessDenied`].
    pub async fn list_pieces(
        &self,
        caller: &Caller,
        bucket: &str,
        after: Option<[u8; 16]>,
        max: usize,
    ) -> Result<ListedPieces> {
        let (caller, bucket) = (caller.clone(), bucket.to_owned());
        let max = max.min(MAX_PAGE);
        self.read_apart(move |rows| {
            let found = seen(rows, &caller, &bucket)?;
            pieces(rows, found.id, after, max)
        })
        .await
    }
}

/// The bucket, sealed ones too: that it is there, and its size, is what the data centre knows.
fn seen(rows: &Reader<'_>, caller: &Caller, bucket: &str) -> Result<BucketInfo> {
    let found = buckets::of(buckets::named(rows, bucket)?, bucket, caller.ledger)?;
    require(caller, bucket, Right::Read)?;
    Ok(found)
}

fn pieces(
    rows: &Reader<'_>,
    bucket: EntryId,
    after: Option<[u8; 16]>,
    max: usize,
) -> Result<ListedPieces> {
    let mut page = ListedPieces::default();
    let mut looked_at = 0;
    let mut last = None;
    let from = after.map_or_else(Vec::new, |after| after.to_vec());
    rows.each(
        "SELECT entry, bucket, size, blob, live, piece FROM sealed_pieces \
         WHERE ledger = $1 AND piece > $2 ORDER BY piece",
        &[bucket.ledger().0.into(), from.as_slice().into()],
        |row| {
            if page.pieces.len() == max || looked_at == MAX_LOOKED_AT {
                page.next = last;
                return Ok(ControlFlow::Break(()));
            }
            looked_at += 1;
            let piece: [u8; 16] = row
                .blob(5)?
                .try_into()
                .map_err(|_| crate::views::malformed("sealed_pieces"))?;
            last = Some(piece);
            let found = sealed::read_piece(row)?;
            if found.bucket == bucket && found.live {
                page.pieces.push(ListedPiece {
                    piece,
                    entry: found.entry,
                    size_bytes: found.size_bytes,
                });
            }
            Ok(ControlFlow::Continue(()))
        },
    )?;
    Ok(page)
}
