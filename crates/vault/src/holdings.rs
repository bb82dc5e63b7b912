//! What an institution holds, in numbers: bucket by bucket, and by who can read it.

use std::ops::ControlFlow;

use amana_store::{LedgerId, Reader, Row};
use serde::Serialize;

use crate::views::{buckets, sums};
use crate::{BucketInfo, Mode, Result, Vault};

/// A bucket and how much is in it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Holding {
    /// Its name.
    pub bucket: String,
    /// Who can read it.
    pub mode: Mode,
    /// When it was made, milliseconds since 1970.
    pub created_ms: i64,
    /// Versions of objects but for delete markers in an open bucket; pieces of ciphertext in a sealed one, where objects can't be
    /// told apart.
    pub pieces: u64,
    /// Their bytes.
    pub bytes: u64,
}

/// What is held in one class of custody.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
pub struct Custody {
    /// Who can read it.
    pub mode: Mode,
    /// Buckets.
    pub buckets: u64,
    /// Versions of objects, or pieces of ciphertext.
    pub pieces: u64,
    /// Their bytes.
    pub bytes: u64,
}

impl Vault {
    /// How many versions of objects and pieces of sealed ones there are, of all institutions.
    ///
    /// # Errors
    /// A failure of the rows.
    pub fn deposits(rows: &Reader<'_>) -> Result<u64> {
        let sql = "SELECT CAST(COALESCE(SUM(items), 0) AS BIGINT) FROM bucket_sums";
        let items = rows.one(sql, &[], |row| row.int(0))?;
        Ok(items.unwrap_or_default().cast_unsigned())
    }

    /// The first buckets of a ledger by name, at most `max`, and what they hold.
    ///
    /// # Errors
    /// A failure of the rows.
    pub fn holdings(rows: &Reader<'_>, ledger: LedgerId, max: usize) -> Result<Vec<Holding>> {
        let mut found: Vec<BucketInfo> = Vec::new();
        buckets::each_after(rows, ledger, "", |bucket| {
            found.push(bucket);
            match found.len() < max {
                true => ControlFlow::Continue(()),
                false => ControlFlow::Break(()),
            }
        })?;
        let held = sums::of_ledger(rows, ledger)?;
        let holding = |bucket: BucketInfo| {
            let sum = held.get(&bucket.id).copied().unwrap_or_default();
            Holding {
                bucket: bucket.name,
                mode: bucket.mode,
                created_ms: bucket.created_ms,
                pieces: sum.items,
                bytes: sum.bytes,
            }
        };
        Ok(found.into_iter().map(holding).collect())
    }

    /// What a ledger's buckets hold together: in sealed ones first, then in open ones.
    ///
    /// # Errors
    /// A failure of the rows.
    pub fn custody(rows: &Reader<'_>, ledger: LedgerId) -> Result<[Custody; 2]> {
        let read = |row: &Row<'_>| {
            Ok(Custody {
                mode: buckets::mode(row.text(0)?)?,
                buckets: row.int(1)?.cast_unsigned(),
                pieces: row.int(2)?.cast_unsigned(),
                bytes: row.int(3)?.cast_unsigned(),
            })
        };
        let found = rows.all(
            "SELECT buckets.mode, COUNT(*), CAST(SUM(items) AS BIGINT), CAST(SUM(bytes) AS BIGINT) \
             FROM buckets JOIN bucket_sums ON bucket_sums.bucket = buckets.id \
             WHERE buckets.ledger = $1 GROUP BY buckets.mode",
            &[ledger.0.into()],
            read,
        )?;
        Ok([Mode::Sealed, Mode::Open].map(|mode| {
            let of_mode = found.iter().find(|one| one.mode == mode);
            of_mode.copied().unwrap_or(Custody {
                mode,
                buckets: 0,
                pieces: 0,
                bytes: 0,
            })
        }))
    }
}
