//! An object by its name, in one statement: its bucket, its version, the entry that made it, its tags, its small content.

use amana_store::{Entry, EntryId, Result, Row, Value};
use bytes::Bytes;

use super::versions::{self, Version};
use super::{buckets, locks, tags};
use crate::BucketInfo;
use crate::model::{ObjectLock, Tags, VersionRef};

/// What is found by the names of a bucket and a key. A bucket that isn't there has no row.
pub(crate) struct Found {
    pub(crate) bucket: BucketInfo,
    /// Whether sealed acts record the bucket.
    pub(crate) is_sealed: bool,
    pub(crate) version: Option<Version>,
    pub(crate) is_latest: bool,
    pub(crate) entry: Option<Entry>,
    /// Tags that were set after the deposit.
    pub(crate) tags: Option<Tags>,
    /// What keeps it from being deleted.
    pub(crate) lock: Option<ObjectLock>,
    pub(crate) with_content: bool,
    /// What lies in rows, if it was asked for; not verified.
    pub(crate) data: Option<Bytes>,
}

/// `$latest` is the number of the key's newest version, `$wanted` that of the one that is asked for. An entry's number is its
/// ledger's, 40 bits to the left, and its index in it.
macro_rules! statement {
    ($latest:literal, $wanted:literal, $name:literal, $data:literal, $contents:literal) => {
        concat!(
            "SELECT b.name, b.id, b.versioning, b.mode, b.region, b.made_ms, b.object_lock,
                (SELECT settings FROM sealed_buckets WHERE bucket = b.id), ",
            $latest,
            ", v.nseq, v.tag, v.size, v.etag, v.time_ms, v.flags, e.id, e.core, e.body_hash, e.salt, e.body, t.tags,
                k.mode, k.until_ms, k.hold",
            $data,
            " FROM buckets b
             LEFT JOIN versions v ON v.bucket = b.id AND v.key = $1 AND v.nseq = ",
            $wanted,
            " LEFT JOIN entries e ON e.id = b.ledger * 1099511627776 - v.nseq
             LEFT JOIN object_tags t ON t.version = e.id
             LEFT JOIN object_locks k ON k.version = e.id",
            $contents,
            " WHERE b.name = ",
            $name
        )
    };
}

/// One text without content, one with it.
macro_rules! statements {
    ($latest:literal, $wanted:literal, $name:literal) => {
        [
            statement!($latest, $wanted, $name, "", ""),
            statement!(
                $latest,
                $wanted,
                $name,
                ", c.data",
                " LEFT JOIN contents c ON c.id = e.id"
            ),
        ]
    };
}

const LATEST: [&str; 2] = statements!(
    "v.nseq",
    "(SELECT nseq FROM versions WHERE bucket = b.id AND key = $1 ORDER BY nseq LIMIT 1)",
    "$2"
);
const NULL: [&str; 2] = statements!(
    "(SELECT nseq FROM versions WHERE bucket = b.id AND key = $1 ORDER BY nseq LIMIT 1)",
    "(SELECT nseq FROM versions WHERE bucket = b.id AND key = $1 AND tag IS NULL ORDER BY nseq LIMIT 1)",
    "$2"
);
const ID: [&str; 2] = statements!(
    "(SELECT nseq FROM versions WHERE bucket = b.id AND key = $1 ORDER BY nseq LIMIT 1)",
    "$2",
    "$3"
);

/// The statement that finds an object, and its parameters; with its content if that is small.
pub(crate) fn statement<'v>(
    bucket: &'v str,
    key: &'v [u8],
    version: VersionRef,
    with_content: bool,
) -> (&'static str, Vec<Value<'v>>) {
    let place = usize::from(with_content);
    match version {
        VersionRef::Latest => (LATEST[place], vec![key.into(), bucket.into()]),
        VersionRef::Null => (NULL[place], vec![key.into(), bucket.into()]),
        VersionRef::Id(id) => {
            // No row has this number, nor an index beyond those of entries.
            const NONE: i64 = 1;
            let is_one = i64::try_from(id.index).is_ok();
            let nseq = if is_one {
                versions::nseq(id.index)
            } else {
                NONE
            };
            (ID[place], vec![key.into(), nseq.into(), bucket.into()])
        }
    }
}

/// From a row of such a statement.
pub(crate) fn read(row: &Row<'_>, wanted: VersionRef, with_content: bool) -> Result<Found> {
    let nseq = row.opt_int(9)?;
    let version = nseq.map(|_| versions::read_from(row, 9)).transpose()?;
    let version = version.filter(|version| match wanted {
        VersionRef::Id(id) => version.index == id.index && version.tag == Some(id.tag),
        VersionRef::Latest | VersionRef::Null => true,
    });
    let data = match with_content {
        true => row.opt_blob(24)?.map(Bytes::copy_from_slice),
        false => None,
    };
    let entry = row.opt_int(15)?.map(EntryId::from_i64);
    Ok(Found {
        bucket: buckets::read(row)?,
        is_sealed: row.opt_int(7)?.is_some(),
        is_latest: row.opt_int(8)? == nseq,
        entry: entry.map(|_| Entry::read_from(row, 15)).transpose()?,
        tags: row.opt_text(20)?.map(tags::parse).transpose()?,
        lock: locks::read_from(row, 21)?,
        version,
        with_content,
        data,
    })
}
