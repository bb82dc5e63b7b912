//! On a replica alone: which entry moved a slot last, and a bucket's settings; and the pieces that nobody released.
//!
//! They are what statements say and not what acts do, so they are no fold over acts: whoever adopts an act moves them.

use amana_store::{Act as _, BlobId, EntryId, Reader, Result, View, Writer};
use serde::Deserialize;

use super::malformed;
use crate::acts::bucket::{CreateBucket, DeleteBucket, SetVersioning};
use crate::acts::lock::SetLock;
use crate::remote::{Followed, SlotId};

pub(crate) const TABLES: [View; 3] = [
    View {
        table: "slot_heads",
        columns: "slot BLOB NOT NULL, head BIGINT NOT NULL, PRIMARY KEY (slot)",
        key: "slot",
        clustered: true,
        indexes: &[],
    },
    View {
        table: "bucket_heads",
        columns: "bucket BIGINT NOT NULL, head BIGINT NOT NULL, PRIMARY KEY (bucket)",
        key: "bucket",
        clustered: true,
        indexes: &[],
    },
    // Two gateways may each let go of a piece in the belief that the other still holds it: nobody holds it then, and no
    // statement released it, which `due` counts. It is negative while the release of a piece is here before the act that
    // lets go of it.
    View {
        table: "loose_pieces",
        columns: "bucket BIGINT NOT NULL, piece BLOB NOT NULL, due BIGINT NOT NULL, PRIMARY KEY (bucket, piece)",
        key: "bucket, piece",
        clustered: true,
        indexes: &[],
    },
];

/// The entry that moved a slot last.
pub(crate) fn of_slot(rows: &Reader<'_>, slot: SlotId) -> Result<Option<u64>> {
    rows.one(
        "SELECT head FROM slot_heads WHERE slot = $1",
        &[slot.0.as_slice().into()],
        |row| Ok(row.int(0)?.cast_unsigned()),
    )
}

/// The last entry of an act on the bucket itself.
pub(crate) fn of_bucket(rows: &Reader<'_>, bucket: EntryId) -> Result<Option<u64>> {
    rows.one(
        "SELECT head FROM bucket_heads WHERE bucket = $1",
        &[bucket.into()],
        |row| Ok(row.int(0)?.cast_unsigned()),
    )
}

/// Pieces of a bucket that nobody holds and nobody released, at most `max`.
pub(crate) fn loose(rows: &Reader<'_>, bucket: EntryId, max: usize) -> Result<Vec<BlobId>> {
    let max = i64::try_from(max).unwrap_or(i64::MAX);
    rows.all(
        "SELECT piece FROM loose_pieces WHERE bucket = $1 AND due > 0 ORDER BY piece LIMIT $2",
        &[bucket.into(), max.into()],
        |row| {
            let id = row.blob(0)?.try_into();
            id.map(BlobId::from_bytes)
                .map_err(|_| malformed("loose_pieces"))
        },
    )
}

/// Moves what a recorded act moved; `frees` is what applying it freed.
pub(crate) fn moved(rows: &Writer<'_>, act: &Followed, frees: &[BlobId]) -> Result<()> {
    let index = act.entry.index().cast_signed();
    for slot in &act.touches {
        // Entries may come out of order, but for those of one slot: each of them stands on the one before.
        rows.execute(
            "INSERT INTO slot_heads (slot, head) VALUES ($1, $2) \
             ON CONFLICT (slot) DO UPDATE SET head = MAX(head, excluded.head)",
            &[slot.0.as_slice().into(), index.into()],
        )?;
    }
    for slot in &act.retires {
        rows.execute(
            "DELETE FROM slot_heads WHERE slot = $1 AND head < $2",
            &[slot.0.as_slice().into(), index.into()],
        )?;
    }
    let bucket = settings_moved(rows, act)?;
    let freed = frees.iter().filter(|piece| !act.releases.contains(piece));
    for piece in freed {
        settle(rows, bucket, *piece, 1)?;
    }
    let released = act.releases.iter().filter(|piece| !frees.contains(piece));
    for piece in released {
        settle(rows, bucket, *piece, -1)?;
    }
    Ok(())
}

/// Counts a piece that was let go of, or released; the two come in either order.
fn settle(rows: &Writer<'_>, bucket: EntryId, piece: BlobId, due: i64) -> Result<()> {
    let place = [bucket.into(), piece.as_bytes().as_slice().into()];
    rows.execute(
        "INSERT INTO loose_pieces (bucket, piece, due) VALUES ($1, $2, $3) \
         ON CONFLICT (bucket, piece) DO UPDATE SET due = due + excluded.due",
        &[place[0], place[1], due.into()],
    )?;
    rows.execute(
        "DELETE FROM loose_pieces WHERE bucket = $1 AND piece = $2 AND due = 0",
        &place,
    )?;
    Ok(())
}

/// What the links of an act say of its bucket.
#[derive(Deserialize)]
struct Links {
    bucket: Option<u64>,
}

/// Moves the head of the bucket's settings, if the act is one on the bucket itself; gives the bucket.
fn settings_moved(rows: &Writer<'_>, act: &Followed) -> Result<EntryId> {
    let links: Links = serde_json::from_str(act.plain.links.get()).map_err(|source| {
        amana_store::Error::Decode {
            what: format!("the links of entry {}", act.entry),
            source,
        }
    })?;
    let bucket = links
        .bucket
        .map_or(Some(act.entry), |index| {
            EntryId::new(act.entry.ledger(), index)
        })
        .ok_or(amana_store::Error::TooLarge {
            what: "an index in an act's links",
            max: 1 << 40,
        })?;
    match act.plain.kind.as_str() {
        CreateBucket::KIND | SetVersioning::KIND | SetLock::KIND => {
            rows.execute(
                "INSERT INTO bucket_heads (bucket, head) VALUES ($1, $2) \
                 ON CONFLICT (bucket) DO UPDATE SET head = MAX(head, excluded.head)",
                &[bucket.into(), act.entry.index().cast_signed().into()],
            )?;
        }
        DeleteBucket::KIND => {
            rows.execute(
                "DELETE FROM bucket_heads WHERE bucket = $1",
                &[bucket.into()],
            )?;
            rows.execute(
                "DELETE FROM loose_pieces WHERE bucket = $1",
                &[bucket.into()],
            )?;
        }
        _ => {}
    }
    Ok(bucket)
}
