//! The tables, each a fold over the acts. Keys are bytes, so that every engine compares them as S3 does.

pub(crate) mod buckets;
pub(crate) mod heads;
pub(crate) mod holders;
pub(crate) mod locks;
pub(crate) mod objects;
pub(crate) mod sums;
pub(crate) mod tags;
pub(crate) mod uploads;
pub(crate) mod versions;

use amana_store::{Error, View};

use crate::sealed::views as sealed;

pub(crate) const VIEWS: [View; 13] = [
    // A name is one bucket's at a time: the acts see to it. It isn't unique here, because a replay takes one ledger after
    // the other, and one institution may have had the name after another deleted it.
    View {
        table: "buckets",
        columns: "id BIGINT NOT NULL, name TEXT NOT NULL, ledger BIGINT NOT NULL, versioning BIGINT NOT NULL, \
                  mode TEXT NOT NULL, region TEXT, made_ms BIGINT NOT NULL, object_lock TEXT, PRIMARY KEY (id)",
        key: "id",
        clustered: true,
        indexes: &[
            "buckets_by_name ON buckets (name)",
            "buckets_by_ledger ON buckets (ledger, name)",
        ],
    },
    sums::VIEW,
    // Newest first, as nseq is the negative of the entry's index: the latest version is the first row of a key. A random
    // key costs one page, so a row holds no more than a listing shows.
    View {
        table: "versions",
        columns: "bucket BIGINT NOT NULL, key BLOB NOT NULL, nseq BIGINT NOT NULL, tag BLOB, size BIGINT NOT NULL, \
                  etag BLOB NOT NULL, time_ms BIGINT NOT NULL, flags BIGINT NOT NULL, PRIMARY KEY (bucket, key, nseq)",
        key: "bucket, key, nseq",
        clustered: true,
        indexes: &[],
    },
    // Tags set after the deposit; they stand in place of those in the deposit's body.
    View {
        table: "object_tags",
        columns: "version BIGINT NOT NULL, tags TEXT NOT NULL, PRIMARY KEY (version)",
        key: "version",
        clustered: true,
        indexes: &[],
    },
    // What keeps a version from being deleted; versions that nothing ever locked have no row.
    View {
        table: "object_locks",
        columns: "version BIGINT NOT NULL, mode TEXT, until_ms BIGINT, hold BIGINT, PRIMARY KEY (version)",
        key: "version",
        clustered: true,
        indexes: &[],
    },
    View {
        table: "uploads",
        columns: "upload BIGINT NOT NULL, bucket BIGINT NOT NULL, key BLOB NOT NULL, tag BLOB NOT NULL, \
                  time_ms BIGINT NOT NULL, PRIMARY KEY (upload)",
        key: "upload",
        clustered: true,
        indexes: &["uploads_by_key ON uploads (bucket, key, upload)"],
    },
    View {
        table: "upload_parts",
        columns: "upload BIGINT NOT NULL, number BIGINT NOT NULL, entry BIGINT NOT NULL, blob BLOB NOT NULL, \
                  size BIGINT NOT NULL, md5 BLOB NOT NULL, time_ms BIGINT NOT NULL, PRIMARY KEY (upload, number)",
        key: "upload, number",
        clustered: true,
        indexes: &[],
    },
    // The blobs of each version that isn't kept in rows, so that applying a delete never reads another entry, whose body
    // may be erased.
    View {
        table: "version_blobs",
        columns: "version BIGINT NOT NULL, place BIGINT NOT NULL, blob BLOB NOT NULL, PRIMARY KEY (version, place)",
        key: "version, place",
        clustered: true,
        indexes: &[],
    },
    View {
        table: "blob_holders",
        columns: "blob BLOB NOT NULL, holders BIGINT NOT NULL, PRIMARY KEY (blob)",
        key: "blob",
        clustered: true,
        indexes: &[],
    },
    sealed::BUCKETS,
    sealed::SLOTS,
    sealed::PIECES,
    sealed::ACTS,
];

/// A row that no act of ours makes.
pub(crate) fn malformed(table: &'static str) -> Error {
    Error::Damaged {
        what: format!("a row of the table {table}"),
        why: "a column holds what no act puts there; rebuild the tables from the ledgers".into(),
    }
}

/// A length, as it stands in rows.
pub(crate) fn size_in_row(size_bytes: u64) -> i64 {
    i64::try_from(size_bytes).unwrap_or(i64::MAX)
}
