//! What buckets hold: how many items, and their bytes. An item is a version of an object but for delete markers; of a bucket that
//! sealed acts record, a live piece of ciphertext.

use std::collections::BTreeMap;

use amana_store::{EntryId, LedgerId, Reader, Result, Row, Sums, View, Writer};

use super::size_in_row;

/// A row a bucket, as long as there is the bucket.
pub(crate) const VIEW: View = View {
    table: SUMS.table,
    columns: "bucket BIGINT NOT NULL, items BIGINT NOT NULL, bytes BIGINT NOT NULL, PRIMARY KEY (bucket)",
    key: SUMS.key,
    clustered: true,
    indexes: &[],
};

static SUMS: Sums = Sums {
    table: "bucket_sums",
    key: "bucket",
    columns: ["items", "bytes"],
};

/// How many items, and their bytes.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub(crate) struct Sum {
    pub(crate) items: u64,
    pub(crate) bytes: u64,
}

pub(crate) fn insert(rows: &Writer<'_>, bucket: EntryId) -> Result<()> {
    rows.execute(
        "INSERT INTO bucket_sums (bucket, items, bytes) VALUES ($1, 0, 0)",
        &[bucket.into()],
    )
}

pub(crate) fn remove(rows: &Writer<'_>, bucket: EntryId) -> Result<()> {
    rows.execute(
        "DELETE FROM bucket_sums WHERE bucket = $1",
        &[bucket.into()],
    )
}

/// The bucket holds one item more.
pub(crate) fn add(rows: &Writer<'_>, bucket: EntryId, size_bytes: u64) {
    rows.add(&SUMS, bucket.as_i64(), [1, size_in_row(size_bytes)]);
}

/// The bucket holds one item less.
pub(crate) fn subtract(rows: &Writer<'_>, bucket: EntryId, size_bytes: u64) {
    rows.add(&SUMS, bucket.as_i64(), [-1, -size_in_row(size_bytes)]);
}

/// From the columns `items, bytes`, which begin at `first`.
pub(crate) fn read_from(row: &Row<'_>, first: usize) -> Result<Sum> {
    Ok(Sum {
        items: row.int(first)?.cast_unsigned(),
        bytes: row.int(first + 1)?.cast_unsigned(),
    })
}

/// What a bucket holds.
pub(crate) fn of(rows: &Reader<'_>, bucket: EntryId) -> Result<Sum> {
    let found = rows.one(
        "SELECT items, bytes FROM bucket_sums WHERE bucket = $1",
        &[bucket.into()],
        |row| read_from(row, 0),
    )?;
    Ok(found.unwrap_or_default())
}

/// What each bucket of a ledger holds.
pub(crate) fn of_ledger(rows: &Reader<'_>, ledger: LedgerId) -> Result<BTreeMap<EntryId, Sum>> {
    let read = |row: &Row<'_>| Ok((EntryId::from_i64(row.int(0)?), read_from(row, 1)?));
    let found = rows.all(
        "SELECT bucket, items, bytes FROM bucket_sums WHERE bucket IN (SELECT id FROM buckets WHERE ledger = $1)",
        &[ledger.0.into()],
        read,
    )?;
    Ok(found.into_iter().collect())
}
