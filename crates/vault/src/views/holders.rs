//! How many versions and parts name each blob.
//!
//! The first holder is counted as well, so that the count comes out the same when a replay meets the erased body of a
//! holder that is gone since.

use amana_store::{BlobId, LedgerId, Result, Source, Writer, content};

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
            content::release(rows, ledger, Source::Blob(blob))?;
        }
        None => {}
    }
    Ok(())
}
