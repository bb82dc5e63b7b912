//! Versions, by bucket and key, the newest of a key first.

use amana_store::{EntryId, Reader, Result, Row, Writer};

use super::{malformed, size_in_row};
use crate::model::{ChecksumAlgorithm, ChecksumType, ETag, VersionId, VersionRef};

/// The null version: made without versioning.
const NULL: i64 = 1;
/// A delete marker.
const MARKER: i64 = 2;
/// Its content is in rows, under its own entry.
const INLINE: i64 = 4;
/// Its checksum is one of its parts' checksums.
const COMPOSITE: i64 = 8;
/// The number of its checksum's algorithm stands above this bit.
const CHECKSUM_SHIFT: u32 = 4;

/// A row.
#[derive(Clone, Debug)]
pub(crate) struct Version {
    /// Index of its entry.
    pub(crate) index: u64,
    /// Tag of its version id; none for the null version.
    pub(crate) tag: Option<[u8; 8]>,
    pub(crate) size_bytes: u64,
    /// None for a delete marker.
    pub(crate) etag: Option<ETag>,
    pub(crate) time_ms: i64,
    pub(crate) inline: bool,
    /// What checksum it has; listings show it.
    pub(crate) checksum: Option<(ChecksumAlgorithm, ChecksumType)>,
}

/// From the columns `nseq, tag, size, etag, time_ms, flags`.
pub(crate) fn read(row: &Row<'_>) -> Result<Version> {
    read_from(row, 0)
}

/// From the same columns, which begin at `first`.
pub(crate) fn read_from(row: &Row<'_>, first: usize) -> Result<Version> {
    let flags = row.int(first + 5)?;
    let tag = match row.opt_blob(first + 1)? {
        None if flags & NULL != 0 => None,
        Some(tag) if flags & NULL == 0 => Some(tag.try_into().map_err(|_| malformed("versions"))?),
        _ => return Err(malformed("versions")),
    };
    let etag = if flags & MARKER == 0 {
        Some(ETag::from_row(row.blob(first + 3)?).ok_or_else(|| malformed("versions"))?)
    } else {
        None
    };
    Ok(Version {
        index: row
            .int(first)?
            .checked_neg()
            .map(i64::cast_unsigned)
            .ok_or_else(|| malformed("versions"))?,
        tag,
        size_bytes: row.int(first + 2)?.cast_unsigned(),
        etag,
        time_ms: row.int(first + 4)?,
        inline: flags & INLINE != 0,
        checksum: ChecksumAlgorithm::numbered(flags >> CHECKSUM_SHIFT).map(|algorithm| {
            let composite = flags & COMPOSITE != 0;
            (
                algorithm,
                if composite {
                    ChecksumType::Composite
                } else {
                    ChecksumType::FullObject
                },
            )
        }),
    })
}

impl Version {
    /// Its id; `None` for the null version.
    pub(crate) fn id(&self) -> Option<VersionId> {
        self.tag.map(|tag| VersionId {
            index: self.index,
            tag,
        })
    }

    pub(crate) fn is_marker(&self) -> bool {
        self.etag.is_none()
    }

    fn flags(&self) -> i64 {
        let flag = |set: bool, flag| if set { flag } else { 0 };
        let composite = self
            .checksum
            .is_some_and(|(_, kind)| kind == ChecksumType::Composite);
        let algorithm = self.checksum.map_or(0, |(algorithm, _)| algorithm.number());
        flag(self.tag.is_none(), NULL)
            | flag(self.is_marker(), MARKER)
            | flag(self.inline, INLINE)
            | flag(composite, COMPOSITE)
            | algorithm << CHECKSUM_SHIFT
    }
}

/// Index of an entry, as it stands in rows.
pub(crate) fn nseq(index: u64) -> i64 {
    -index.cast_signed()
}

/// The newest version of a key.
pub(crate) fn latest(rows: &Reader<'_>, bucket: EntryId, key: &[u8]) -> Result<Option<Version>> {
    rows.one(
        "SELECT nseq, tag, size, etag, time_ms, flags FROM versions WHERE bucket = $1 AND key = $2 ORDER BY nseq LIMIT 1",
        &[bucket.into(), key.into()],
        read,
    )
}

/// The null version of a key. Looks through the key's versions: an index would cost every put.
pub(crate) fn null(rows: &Reader<'_>, bucket: EntryId, key: &[u8]) -> Result<Option<Version>> {
    rows.one(
        "SELECT nseq, tag, size, etag, time_ms, flags FROM versions WHERE bucket = $1 AND key = $2 AND tag IS NULL \
         ORDER BY nseq LIMIT 1",
        &[bucket.into(), key.into()],
        read,
    )
}

/// The version that an entry made.
pub(crate) fn at(
    rows: &Reader<'_>,
    bucket: EntryId,
    key: &[u8],
    index: u64,
) -> Result<Option<Version>> {
    rows.one(
        "SELECT nseq, tag, size, etag, time_ms, flags FROM versions WHERE bucket = $1 AND key = $2 AND nseq = $3",
        &[bucket.into(), key.into(), nseq(index).into()],
        read,
    )
}

pub(crate) fn find(
    rows: &Reader<'_>,
    bucket: EntryId,
    key: &[u8],
    version: VersionRef,
) -> Result<Option<Version>> {
    match version {
        VersionRef::Latest => latest(rows, bucket, key),
        VersionRef::Null => null(rows, bucket, key),
        VersionRef::Id(id) if id.index > i64::MAX.cast_unsigned() => Ok(None),
        VersionRef::Id(id) => {
            Ok(at(rows, bucket, key, id.index)?.filter(|row| row.tag == Some(id.tag)))
        }
    }
}

/// Whether a bucket has any version.
pub(crate) fn any(rows: &Reader<'_>, bucket: EntryId) -> Result<bool> {
    let found = rows.one(
        "SELECT 1 FROM versions WHERE bucket = $1 LIMIT 1",
        &[bucket.into()],
        |_| Ok(()),
    )?;
    Ok(found.is_some())
}

pub(crate) fn insert(
    rows: &Writer<'_>,
    bucket: EntryId,
    key: &[u8],
    version: &Version,
) -> Result<()> {
    let etag = version.etag.map(ETag::to_row).unwrap_or_default();
    rows.execute(
        "INSERT INTO versions (bucket, key, nseq, tag, size, etag, time_ms, flags) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        &[
            bucket.into(),
            key.into(),
            nseq(version.index).into(),
            version.tag.as_ref().map(<[u8; 8]>::as_slice).into(),
            size_in_row(version.size_bytes).into(),
            etag.as_slice().into(),
            version.time_ms.into(),
            version.flags().into(),
        ],
    )?;
    Ok(())
}

pub(crate) fn remove(rows: &Writer<'_>, bucket: EntryId, key: &[u8], index: u64) -> Result<()> {
    rows.execute(
        "DELETE FROM versions WHERE bucket = $1 AND key = $2 AND nseq = $3",
        &[bucket.into(), key.into(), nseq(index).into()],
    )?;
    Ok(())
}
