//! Locks of versions, and those of buckets as they stand in their row.

use amana_store::{EntryId, Reader, Result, Row, Writer};

use super::malformed;
use crate::model::{BucketLock, ObjectLock, Retention, RetentionMode};

/// From the columns `mode, until_ms, hold`, which begin at `first`; nothing where there is no row.
pub(crate) fn read_from(row: &Row<'_>, first: usize) -> Result<Option<ObjectLock>> {
    let retention = match (row.opt_text(first)?, row.opt_int(first + 1)?) {
        (Some(mode), Some(until_ms)) => Some(Retention {
            mode: RetentionMode::of_s3(mode).ok_or_else(|| malformed("object_locks"))?,
            until_ms,
        }),
        (None, None) => None,
        _ => return Err(malformed("object_locks")),
    };
    let lock = ObjectLock {
        retention,
        legal_hold: row.opt_int(first + 2)?.map(|hold| hold != 0),
    };
    Ok((lock != ObjectLock::default()).then_some(lock))
}

/// The lock of a version.
pub(crate) fn of(rows: &Reader<'_>, version: EntryId) -> Result<Option<ObjectLock>> {
    let sql = "SELECT mode, until_ms, hold FROM object_locks WHERE version = $1";
    let found = rows.one(sql, &[version.into()], |row| read_from(row, 0))?;
    Ok(found.flatten())
}

pub(crate) fn insert(rows: &Writer<'_>, version: EntryId, lock: &ObjectLock) -> Result<()> {
    rows.execute(
        "INSERT INTO object_locks (version, mode, until_ms, hold) VALUES ($1, $2, $3, $4)",
        &[
            version.into(),
            lock.retention.map(|one| one.mode.as_s3()).into(),
            lock.retention.map(|one| one.until_ms).into(),
            lock.legal_hold.map(i64::from).into(),
        ],
    )?;
    Ok(())
}

pub(crate) fn retain(
    rows: &Writer<'_>,
    version: EntryId,
    retention: Option<Retention>,
) -> Result<()> {
    rows.execute(
        "INSERT INTO object_locks (version, mode, until_ms) VALUES ($1, $2, $3) \
         ON CONFLICT (version) DO UPDATE SET mode = excluded.mode, until_ms = excluded.until_ms",
        &[
            version.into(),
            retention.map(|one| one.mode.as_s3()).into(),
            retention.map(|one| one.until_ms).into(),
        ],
    )?;
    Ok(())
}

pub(crate) fn hold(rows: &Writer<'_>, version: EntryId, on: bool) -> Result<()> {
    rows.execute(
        "INSERT INTO object_locks (version, hold) VALUES ($1, $2) \
         ON CONFLICT (version) DO UPDATE SET hold = excluded.hold",
        &[version.into(), i64::from(on).into()],
    )?;
    Ok(())
}

pub(crate) fn remove(rows: &Writer<'_>, version: EntryId) -> Result<()> {
    rows.execute(
        "DELETE FROM object_locks WHERE version = $1",
        &[version.into()],
    )?;
    Ok(())
}

/// From the column `object_lock` of a bucket.
pub(crate) fn of_bucket(text: Option<&str>) -> Result<Option<BucketLock>> {
    let parse = |text| serde_json::from_str(text).map_err(|_| malformed("buckets"));
    text.map(parse).transpose()
}

/// The reverse of [`of_bucket`].
pub(crate) fn bucket_text(lock: Option<BucketLock>) -> Result<Option<String>> {
    let text = |lock| serde_json::to_string(&lock).map_err(|_| malformed("buckets"));
    lock.map(text).transpose()
}
