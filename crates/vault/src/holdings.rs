//! What an institution holds, bucket by bucket, in numbers.

use std::ops::ControlFlow;

use amana_store::{LedgerId, Reader};
use serde::Serialize;

use crate::views::{buckets, versions};
use crate::{BucketInfo, Mode, Result, Vault, sealed};

/// A bucket and how much is in it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Holding {
    /// Its name.
    pub bucket: String,
    /// Who can read it.
    pub mode: Mode,
    /// When it was made, milliseconds since 1970.
    pub created_ms: i64,
    /// Versions of objects in an open bucket; pieces of ciphertext in a sealed one, where objects can't be told apart.
    pub pieces: u64,
    /// Their bytes.
    pub bytes: u64,
    /// Whether all of it was counted; what is missing comes on top.
    pub whole: bool,
}

impl Vault {
    /// How many versions of objects and live pieces of sealed ones there are, of all institutions; `max` at most.
    ///
    /// # Errors
    /// A failure of the rows.
    pub fn deposits(rows: &Reader<'_>, max: u64) -> Result<u64> {
        // What is beyond the limit is never looked at, however much there is.
        let texts = [
            "SELECT COUNT(*) FROM (SELECT 1 AS one FROM versions LIMIT $1) AS counted",
            "SELECT COUNT(*) FROM (SELECT 1 AS one FROM sealed_pieces WHERE live = 1 LIMIT $1) AS counted",
        ];
        let mut found = 0;
        for sql in texts {
            let count = rows.one(sql, &[max.cast_signed().into()], |row| row.int(0))?;
            found += count.unwrap_or_default().cast_unsigned();
        }
        Ok(found.min(max))
    }

    /// The buckets of a ledger by name, at most `max_buckets`, counting `max_rows` rows of theirs at most.
    ///
    /// # Errors
    /// A failure of the rows.
    pub fn holdings(
        rows: &Reader<'_>,
        ledger: LedgerId,
        max_buckets: usize,
        max_rows: u64,
    ) -> Result<Vec<Holding>> {
        let mut found: Vec<BucketInfo> = Vec::new();
        buckets::each_after(rows, ledger, "", |bucket| {
            found.push(bucket);
            match found.len() < max_buckets {
                true => ControlFlow::Continue(()),
                false => ControlFlow::Break(()),
            }
        })?;
        let sealed = sealed::views::weights(rows, ledger, max_rows)?;
        let all: u64 = sealed.values().map(|(pieces, _)| pieces).sum();
        let mut left = max_rows;
        let mut holdings = Vec::with_capacity(found.len());
        for bucket in found {
            // As many rows as were allowed: there may be more.
            let (pieces, bytes, whole) = match bucket.mode {
                Mode::Sealed => {
                    let (pieces, bytes) = sealed.get(&bucket.id).copied().unwrap_or_default();
                    (pieces, bytes, all < max_rows)
                }
                Mode::Open => {
                    let (pieces, bytes) = versions::weight(rows, bucket.id, left)?;
                    let whole = pieces < left;
                    left = left.saturating_sub(pieces);
                    (pieces, bytes, whole)
                }
            };
            holdings.push(Holding {
                bucket: bucket.name,
                mode: bucket.mode,
                created_ms: bucket.created_ms,
                pieces,
                bytes,
                whole,
            });
        }
        Ok(holdings)
    }
}
