//! The tables of sealed acts. Nothing in them is more than the statements say.

use amana_seal::statement::PieceId;
use amana_store::{BlobId, EntryId, LedgerId, Reader, Result, Row, Source, View, Writer, content};

use crate::views::{malformed, size_in_row, sums};

/// A sealed bucket, beside its row in `buckets`: its newest `bucket.*` entry, and how many pieces it holds. A bucket
/// without a row here isn't recorded by sealed acts: on a gateway's replica none is.
pub(crate) const BUCKETS: View = View {
    table: "sealed_buckets",
    columns: "bucket BIGINT NOT NULL, settings BIGINT NOT NULL, pieces BIGINT NOT NULL, PRIMARY KEY (bucket)",
    key: "bucket",
    clustered: true,
    indexes: &[],
};

/// The entry that touched a slot last.
pub(crate) const SLOTS: View = View {
    table: "sealed_slots",
    columns: "bucket BIGINT NOT NULL, slot BLOB NOT NULL, entry BIGINT NOT NULL, PRIMARY KEY (bucket, slot)",
    key: "bucket, slot",
    clustered: true,
    indexes: &[],
};

/// Every piece there ever was, so that no statement that brings one is taken twice; of a piece that was released, its
/// name is left. The row is then what replay makes of the act that brought it when that act's body is erased.
pub(crate) const PIECES: View = View {
    table: "sealed_pieces",
    columns: "ledger BIGINT NOT NULL, piece BLOB NOT NULL, entry BIGINT NOT NULL, bucket BIGINT NOT NULL, \
              size BIGINT NOT NULL, blob BLOB, live BIGINT NOT NULL, PRIMARY KEY (ledger, piece)",
    key: "ledger, piece",
    clustered: true,
    indexes: &[],
};

/// The acts that bring no piece, each taken once.
pub(crate) const ACTS: View = View {
    table: "sealed_acts",
    columns: "ledger BIGINT NOT NULL, act BLOB NOT NULL, entry BIGINT NOT NULL, PRIMARY KEY (ledger, act)",
    key: "ledger, act",
    clustered: true,
    indexes: &[],
};

/// A piece of ciphertext that a bucket holds, or held.
pub(crate) struct PieceRow {
    pub(crate) entry: EntryId,
    pub(crate) bucket: EntryId,
    pub(crate) size_bytes: u64,
    pub(crate) blob: Option<BlobId>,
    pub(crate) live: bool,
}

impl PieceRow {
    pub(crate) fn source(&self) -> Source {
        self.blob
            .map_or_else(|| Source::Entry(self.entry.index()), Source::Blob)
    }
}

/// The newest `bucket.*` entry of a sealed bucket; nothing if it isn't one.
pub(crate) fn settings(rows: &Reader<'_>, bucket: EntryId) -> Result<Option<u64>> {
    rows.one(
        "SELECT settings FROM sealed_buckets WHERE bucket = $1",
        &[bucket.into()],
        |row| Ok(row.int(0)?.cast_unsigned()),
    )
}

/// Whether neither a slot nor a piece is left in a bucket.
pub(crate) fn is_empty(rows: &Reader<'_>, bucket: EntryId) -> Result<bool> {
    let pieces = rows.one(
        "SELECT pieces FROM sealed_buckets WHERE bucket = $1",
        &[bucket.into()],
        |row| row.int(0),
    )?;
    let slot = rows.one(
        "SELECT 1 FROM sealed_slots WHERE bucket = $1 LIMIT 1",
        &[bucket.into()],
        |_| Ok(()),
    )?;
    Ok(pieces.unwrap_or(0) == 0 && slot.is_none())
}

pub(crate) fn insert_bucket(rows: &Writer<'_>, bucket: EntryId) -> Result<()> {
    rows.execute(
        "INSERT INTO sealed_buckets (bucket, settings, pieces) VALUES ($1, $2, 0)",
        &[bucket.into(), bucket.index().cast_signed().into()],
    )?;
    Ok(())
}

pub(crate) fn set_settings(rows: &Writer<'_>, bucket: EntryId, index: u64) -> Result<()> {
    rows.execute(
        "UPDATE sealed_buckets SET settings = $1 WHERE bucket = $2",
        &[index.cast_signed().into(), bucket.into()],
    )?;
    Ok(())
}

pub(crate) fn remove_bucket(rows: &Writer<'_>, bucket: EntryId) -> Result<()> {
    for table in ["sealed_buckets", "sealed_slots"] {
        rows.execute(
            &format!("DELETE FROM {table} WHERE bucket = $1"),
            &[bucket.into()],
        )?;
    }
    Ok(())
}

/// The entry that touched a slot last; nothing if none did.
pub(crate) fn slot(rows: &Reader<'_>, bucket: EntryId, slot: &[u8; 32]) -> Result<Option<u64>> {
    rows.one(
        "SELECT entry FROM sealed_slots WHERE bucket = $1 AND slot = $2",
        &[bucket.into(), slot.as_slice().into()],
        |row| Ok(row.int(0)?.cast_unsigned()),
    )
}

pub(crate) fn touch(rows: &Writer<'_>, bucket: EntryId, slot: &[u8; 32], index: u64) -> Result<()> {
    rows.execute(
        "INSERT INTO sealed_slots (bucket, slot, entry) VALUES ($1, $2, $3) \
         ON CONFLICT (bucket, slot) DO UPDATE SET entry = excluded.entry",
        &[
            bucket.into(),
            slot.as_slice().into(),
            index.cast_signed().into(),
        ],
    )?;
    Ok(())
}

pub(crate) fn retire(rows: &Writer<'_>, bucket: EntryId, slot: &[u8; 32]) -> Result<()> {
    rows.execute(
        "DELETE FROM sealed_slots WHERE bucket = $1 AND slot = $2",
        &[bucket.into(), slot.as_slice().into()],
    )?;
    Ok(())
}

/// The entry of the act with that number that brought no piece.
pub(crate) fn act(rows: &Reader<'_>, ledger: LedgerId, act: [u8; 8]) -> Result<Option<EntryId>> {
    rows.one(
        "SELECT entry FROM sealed_acts WHERE ledger = $1 AND act = $2",
        &[ledger.0.into(), act.as_slice().into()],
        |row| Ok(EntryId::from_i64(row.int(0)?)),
    )
}

pub(crate) fn insert_act(rows: &Writer<'_>, entry: EntryId, act: [u8; 8]) -> Result<()> {
    rows.execute(
        "INSERT INTO sealed_acts (ledger, act, entry) VALUES ($1, $2, $3)",
        &[entry.ledger().0.into(), act.as_slice().into(), entry.into()],
    )?;
    Ok(())
}

pub(crate) fn read_piece(row: &Row<'_>) -> Result<PieceRow> {
    let blob = match row.opt_blob(3)? {
        Some(blob) => Some(blob.try_into().map_err(|_| malformed("sealed_pieces"))?),
        None => None,
    };
    Ok(PieceRow {
        entry: EntryId::from_i64(row.int(0)?),
        bucket: EntryId::from_i64(row.int(1)?),
        size_bytes: row.int(2)?.cast_unsigned(),
        blob: blob.map(BlobId::from_bytes),
        live: row.int(4)? != 0,
    })
}

/// The piece of that name, released or not.
pub(crate) fn piece(
    rows: &Reader<'_>,
    ledger: LedgerId,
    piece: PieceId,
) -> Result<Option<PieceRow>> {
    rows.one(
        "SELECT entry, bucket, size, blob, live FROM sealed_pieces WHERE ledger = $1 AND piece = $2",
        &[ledger.0.into(), piece.0.as_slice().into()],
        read_piece,
    )
}

pub(crate) fn insert_piece(rows: &Writer<'_>, piece: PieceId, row: &PieceRow) -> Result<()> {
    let blob = row.blob.as_ref().map(|blob| blob.as_bytes().as_slice());
    rows.execute(
        "INSERT INTO sealed_pieces (ledger, piece, entry, bucket, size, blob, live) VALUES ($1, $2, $3, $4, $5, $6, $7)",
        &[
            row.entry.ledger().0.into(),
            piece.0.as_slice().into(),
            row.entry.into(),
            row.bucket.into(),
            size_in_row(row.size_bytes).into(),
            blob.into(),
            i64::from(row.live).into(),
        ],
    )?;
    if row.live {
        sums::add(rows, row.bucket, row.size_bytes);
        count(rows, row.bucket, 1)?;
    }
    Ok(())
}

/// Lets go of a piece and of its content. One that isn't held any more, because the body of the act that brought it is
/// erased, is let go of already.
pub(crate) fn release_piece(rows: &Writer<'_>, ledger: LedgerId, name: PieceId) -> Result<()> {
    let Some(found) = piece(rows, ledger, name)?.filter(|piece| piece.live) else {
        return Ok(());
    };
    rows.execute(
        "UPDATE sealed_pieces SET size = 0, blob = NULL, live = 0 WHERE ledger = $1 AND piece = $2",
        &[ledger.0.into(), name.0.as_slice().into()],
    )?;
    sums::subtract(rows, found.bucket, found.size_bytes);
    count(rows, found.bucket, -1)?;
    content::release(rows, ledger, found.source());
    Ok(())
}

/// Counted at once, since the next act of the same transaction may ask whether the bucket is empty.
fn count(rows: &Writer<'_>, bucket: EntryId, more: i64) -> Result<()> {
    rows.execute(
        "UPDATE sealed_buckets SET pieces = pieces + $1 WHERE bucket = $2",
        &[more.into(), bucket.into()],
    )?;
    Ok(())
}
