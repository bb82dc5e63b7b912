//! Buckets.

use amana_store::{EntryId, LedgerId, Reader, Result, Row, Writer};

use super::{locks, malformed, sums};
use crate::model::{BucketLock, Versioning};
use crate::{BucketInfo, Error, Mode, sealed};

const COLUMNS: &str =
    "SELECT name, id, versioning, mode, region, made_ms, object_lock FROM buckets";

/// As [`COLUMNS`], of the bucket `$1`, and whether sealed acts record it.
pub(crate) const STANDING: &str = "SELECT name, id, versioning, mode, region, made_ms, object_lock,
    (SELECT settings FROM sealed_buckets WHERE bucket = buckets.id) FROM buckets WHERE name = $1";

/// From the columns `name, id, versioning, mode, region, made_ms, object_lock`.
pub(crate) fn read(row: &Row<'_>) -> Result<BucketInfo> {
    Ok(BucketInfo {
        name: row.text(0)?.to_owned(),
        id: EntryId::from_i64(row.int(1)?),
        versioning: Versioning::from_i64(row.int(2)?).ok_or_else(|| malformed("buckets"))?,
        mode: mode(row.text(3)?)?,
        region: row.opt_text(4)?.map(str::to_owned),
        created_ms: row.int(5)?,
        lock: locks::of_bucket(row.opt_text(6)?)?,
    })
}

pub(crate) fn mode(text: &str) -> Result<Mode> {
    match text {
        "open" => Ok(Mode::Open),
        "sealed" => Ok(Mode::Sealed),
        _ => Err(malformed("buckets")),
    }
}

pub(crate) fn named(rows: &Reader<'_>, name: &str) -> Result<Option<BucketInfo>> {
    rows.one(&format!("{COLUMNS} WHERE name = $1"), &[name.into()], read)
}

/// What was found by that name, if it belongs to the institution with that ledger, whoever can read it.
pub(crate) fn of(
    found: Option<BucketInfo>,
    name: &str,
    ledger: LedgerId,
) -> crate::Result<BucketInfo> {
    match found {
        None => Err(Error::NoSuchBucket {
            name: name.to_owned(),
        }),
        Some(bucket) if bucket.id.ledger() != ledger => Err(Error::AccessDenied),
        Some(bucket) => Ok(bucket),
    }
}

/// The bucket of that name, if plain acts and reads may use it: the institution's, and not recorded here by sealed acts.
/// On a gateway's replica the same bucket is recorded by the plain acts of the envelopes, and may be used.
pub(crate) fn owned(rows: &Reader<'_>, name: &str, ledger: LedgerId) -> crate::Result<BucketInfo> {
    let bucket = of(named(rows, name)?, name, ledger)?;
    let sealed = match bucket.mode {
        Mode::Sealed => sealed::views::settings(rows, bucket.id)?.is_some(),
        Mode::Open => false,
    };
    plain(bucket, sealed)
}

/// The bucket, unless it is recorded here by sealed acts.
pub(crate) fn plain(bucket: BucketInfo, is_sealed: bool) -> crate::Result<BucketInfo> {
    if bucket.mode == Mode::Sealed && is_sealed {
        return Err(Error::SealedBucket { name: bucket.name });
    }
    Ok(bucket)
}

/// An institution's buckets after a name.
pub(crate) fn each_after(
    rows: &Reader<'_>,
    ledger: LedgerId,
    after: &str,
    mut visit: impl FnMut(BucketInfo) -> std::ops::ControlFlow<()>,
) -> Result<()> {
    rows.each(
        &format!("{COLUMNS} WHERE ledger = $1 AND name > $2 ORDER BY name"),
        &[ledger.0.into(), after.into()],
        |row| Ok(visit(read(row)?)),
    )
}

pub(crate) fn insert(rows: &Writer<'_>, bucket: &BucketInfo) -> Result<()> {
    let mode = match bucket.mode {
        Mode::Open => "open",
        Mode::Sealed => "sealed",
    };
    let lock = locks::bucket_text(bucket.lock)?;
    rows.execute(
        "INSERT INTO buckets (id, name, ledger, versioning, mode, region, made_ms, object_lock) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        &[
            bucket.id.into(),
            bucket.name.as_str().into(),
            bucket.id.ledger().0.into(),
            bucket.versioning.as_i64().into(),
            mode.into(),
            bucket.region.as_deref().into(),
            bucket.created_ms.into(),
            lock.as_deref().into(),
        ],
    )?;
    sums::insert(rows, bucket.id)
}

pub(crate) fn set_versioning(rows: &Writer<'_>, id: EntryId, versioning: Versioning) -> Result<()> {
    rows.execute(
        "UPDATE buckets SET versioning = $1 WHERE id = $2",
        &[versioning.as_i64().into(), id.into()],
    )?;
    Ok(())
}

pub(crate) fn set_lock(rows: &Writer<'_>, id: EntryId, lock: BucketLock) -> Result<()> {
    let lock = locks::bucket_text(Some(lock))?;
    rows.execute(
        "UPDATE buckets SET object_lock = $1 WHERE id = $2",
        &[lock.as_deref().into(), id.into()],
    )?;
    Ok(())
}

pub(crate) fn remove(rows: &Writer<'_>, id: EntryId) -> Result<()> {
    sums::remove(rows, id)?;
    rows.execute("DELETE FROM buckets WHERE id = $1", &[id.into()])
}
