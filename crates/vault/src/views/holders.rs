//! Which blobs a version holds, and how many versions and parts hold each blob.
//!
//! The first holder is counted as well, so that the count comes out the same when a replay meets the erased body of a
//! holder that is gone since.

use amana_store::{BlobId, EntryId, LedgerId, Reader, Result, Source, Writer, content};

use super::malformed;

/// Notes the blobs of a version, in order; who counts them is the caller's matter.
pub(crate) fn set(
    rows: &Writer<'_>,
    version: EntryId,
    blobs: impl Iterator<Item = BlobId>,
) -> Result<()> {
    for (place, blob) in (0_i64..).zip(blobs) {
        rows.execute(
            "INSERT INTO version_blobs (version, place, blob) VALUES ($1, $2, $3)",
            &[
                version.into(),
                place.into(),
                blob.as_bytes().as_slice().into(),
            ],
        )?;
    }
    Ok(())
}

/// Releases the blobs of a version.
pub(crate) fn release_all(rows: &Writer<'_>, version: EntryId) -> Result<()> {
    let blobs = rows.all(
        "SELECT blob FROM version_blobs WHERE version = $1 ORDER BY place",
        &[version.into()],
        |row| {
            row.blob(0)?
                .try_into()
                .map_err(|_| malformed("version_blobs"))
        },
    )?;
    rows.execute(
        "DELETE FROM version_blobs WHERE version = $1",
        &[version.into()],
    )?;
    for blob in blobs {
        release(rows, version.ledger(), BlobId::from_bytes(blob))?;
    }
    Ok(())
}

/// Whether anything holds a blob.
pub(crate) fn is_held(rows: &Reader<'_>, blob: BlobId) -> Result<bool> {
    let sql = "SELECT 1 FROM blob_holders WHERE blob = $1";
    let held = rows.one(sql, &[blob.as_bytes().as_slice().into()], |_| Ok(()))?;
    Ok(held.is_some())
}

/// One more holder.
pub(crate) fn hold(rows: &Writer<'_>, blob: BlobId) -> Result<()> {
    rows.execute(
        "INSERT INTO blob_holders (blob, holders) VALUES ($1, 1) \
         ON CONFLICT (blob) DO UPDATE SET holders = blob_holders.holders + 1",
        &[blob.as_bytes().as_slice().into()],
    )?;
    Ok(())
}

/// One holder less; the last one frees the blob.
pub(crate) fn release(rows: &Writer<'_>, ledger: LedgerId, blob: BlobId) -> Result<()> {
    let name = blob.as_bytes().as_slice();
    let holders = rows.one(
        "SELECT holders FROM blob_holders WHERE blob = $1",
        &[name.into()],
        |row| row.int(0),
    )?;
    match holders {
        Some(holders) if holders > 1 => {
            rows.execute(
                "UPDATE blob_holders SET holders = holders - 1 WHERE blob = $1",
                &[name.into()],
            )?;
        }
        Some(_) => {
            rows.execute("DELETE FROM blob_holders WHERE blob = $1", &[name.into()])?;
            content::release(rows, ledger, Source::Blob(blob));
        }
        None => {}
    }
    Ok(())
}
