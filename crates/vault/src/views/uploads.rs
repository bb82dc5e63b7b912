//! Uploads under way, and their parts.

use amana_store::{BlobId, EntryId, Reader, Result, Row, Writer};

use super::{malformed, size_in_row};
use crate::model::{UploadId, VersionId};

/// A row of `uploads`.
pub(crate) struct Upload {
    pub(crate) entry: EntryId,
    pub(crate) bucket: EntryId,
    pub(crate) key: Vec<u8>,
    pub(crate) tag: [u8; 8],
    pub(crate) time_ms: i64,
}

impl Upload {
    pub(crate) fn id(&self) -> UploadId {
        UploadId(VersionId {
            index: self.entry.index(),
            tag: self.tag,
        })
    }
}

/// From the columns `upload, bucket, key, tag, time_ms`.
pub(crate) fn read(row: &Row<'_>) -> Result<Upload> {
    Ok(Upload {
        entry: EntryId::from_i64(row.int(0)?),
        bucket: EntryId::from_i64(row.int(1)?),
        key: row.blob(2)?.to_vec(),
        tag: row.blob(3)?.try_into().map_err(|_| malformed("uploads"))?,
        time_ms: row.int(4)?,
    })
}

/// The upload with that id, if it is one of that key.
pub(crate) fn find(
    rows: &Reader<'_>,
    bucket: EntryId,
    key: &[u8],
    id: UploadId,
) -> Result<Option<Upload>> {
    let Some(entry) = EntryId::new(bucket.ledger(), id.0.index) else {
        return Ok(None);
    };
    let found = rows.one(
        "SELECT upload, bucket, key, tag, time_ms FROM uploads WHERE upload = $1",
        &[entry.into()],
        read,
    )?;
    Ok(found
        .filter(|upload| upload.bucket == bucket && upload.key == key && upload.tag == id.0.tag))
}

/// Whether an upload of that key, with that tag, is under way.
pub(crate) fn is_under_way(
    rows: &Reader<'_>,
    bucket: EntryId,
    key: &[u8],
    tag: [u8; 8],
) -> Result<bool> {
    let found = rows.one(
        "SELECT 1 FROM uploads WHERE bucket = $1 AND key = $2 AND tag = $3 LIMIT 1",
        &[bucket.into(), key.into(), tag.as_slice().into()],
        |_| Ok(()),
    )?;
    Ok(found.is_some())
}

/// The first upload of a bucket.
pub(crate) fn any(rows: &Reader<'_>, bucket: EntryId) -> Result<Option<Upload>> {
    rows.one(
        "SELECT upload, bucket, key, tag, time_ms FROM uploads WHERE bucket = $1 ORDER BY key, upload LIMIT 1",
        &[bucket.into()],
        read,
    )
}

pub(crate) fn insert(rows: &Writer<'_>, upload: &Upload) -> Result<()> {
    rows.execute(
        "INSERT INTO uploads (upload, bucket, key, tag, time_ms) VALUES ($1, $2, $3, $4, $5)",
        &[
            upload.entry.into(),
            upload.bucket.into(),
            upload.key.as_slice().into(),
            upload.tag.as_slice().into(),
            upload.time_ms.into(),
        ],
    )?;
    Ok(())
}

/// Removes an upload and the rows of its parts, whose content is the caller's to release.
pub(crate) fn remove(rows: &Writer<'_>, upload: EntryId) -> Result<()> {
    rows.execute("DELETE FROM uploads WHERE upload = $1", &[upload.into()])?;
    rows.execute(
        "DELETE FROM upload_parts WHERE upload = $1",
        &[upload.into()],
    )?;
    Ok(())
}

/// A row of `upload_parts`.
#[derive(Clone, Debug)]
pub(crate) struct Part {
    pub(crate) number: u32,
    pub(crate) entry: EntryId,
    pub(crate) blob: BlobId,
    pub(crate) size_bytes: u64,
    pub(crate) md5: [u8; 16],
    pub(crate) time_ms: i64,
}

fn read_part(row: &Row<'_>) -> Result<Part> {
    let bytes = |column| -> Result<[u8; 16]> {
        row.blob(column)?
            .try_into()
            .map_err(|_| malformed("upload_parts"))
    };
    Ok(Part {
        number: u32::try_from(row.int(0)?).map_err(|_| malformed("upload_parts"))?,
        entry: EntryId::from_i64(row.int(1)?),
        blob: BlobId::from_bytes(bytes(2)?),
        size_bytes: row.int(3)?.cast_unsigned(),
        md5: bytes(4)?,
        time_ms: row.int(5)?,
    })
}

/// The parts after a number, at most `max`, by number.
pub(crate) fn parts(
    rows: &Reader<'_>,
    upload: EntryId,
    after: u32,
    max: usize,
) -> Result<Vec<Part>> {
    rows.all(
        "SELECT number, entry, blob, size, md5, time_ms FROM upload_parts WHERE upload = $1 AND number > $2 \
         ORDER BY number LIMIT $3",
        &[
            upload.into(),
            after.into(),
            i64::try_from(max).unwrap_or(i64::MAX).into(),
        ],
        read_part,
    )
}

/// Removes a part's row and returns it.
pub(crate) fn take_part(rows: &Writer<'_>, upload: EntryId, number: u32) -> Result<Option<Part>> {
    let place = [upload.into(), number.into()];
    let found = rows.one(
        "SELECT number, entry, blob, size, md5, time_ms FROM upload_parts WHERE upload = $1 AND number = $2",
        &place,
        read_part,
    )?;
    if found.is_some() {
        rows.execute(
            "DELETE FROM upload_parts WHERE upload = $1 AND number = $2",
            &place,
        )?;
    }
    Ok(found)
}

pub(crate) fn insert_part(rows: &Writer<'_>, upload: EntryId, part: &Part) -> Result<()> {
    rows.execute(
        "INSERT INTO upload_parts (upload, number, entry, blob, size, md5, time_ms) VALUES ($1, $2, $3, $4, $5, $6, $7)",
        &[
            upload.into(),
            part.number.into(),
            part.entry.into(),
            part.blob.as_bytes().as_slice().into(),
            size_in_row(part.size_bytes).into(),
            part.md5.as_slice().into(),
            part.time_ms.into(),
        ],
    )?;
    Ok(())
}
