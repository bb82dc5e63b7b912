//! Tags set after the deposit, by version.

use amana_store::{EntryId, Reader, Result, Writer};

use super::malformed;
use crate::model::Tags;

/// The tags that were set; `None` when those of the deposit stand.
pub(crate) fn of(rows: &Reader<'_>, version: EntryId) -> Result<Option<Tags>> {
    rows.one(
        "SELECT tags FROM object_tags WHERE version = $1",
        &[version.into()],
        |row| parse(row.text(0)?),
    )
}

/// From the column `tags`.
pub(crate) fn parse(tags: &str) -> Result<Tags> {
    serde_json::from_str(tags).map_err(|_| malformed("object_tags"))
}

pub(crate) fn set(rows: &Writer<'_>, version: EntryId, tags: &Tags) -> Result<()> {
    let text = serde_json::to_string(tags).map_err(|_| malformed("object_tags"))?;
    rows.execute(
        "INSERT INTO object_tags (version, tags) VALUES ($1, $2) ON CONFLICT (version) DO UPDATE SET tags = excluded.tags",
        &[version.into(), text.as_str().into()],
    )?;
    Ok(())
}

pub(crate) fn remove(rows: &Writer<'_>, version: EntryId) -> Result<()> {
    rows.execute(
        "DELETE FROM object_tags WHERE version = $1",
        &[version.into()],
    )?;
    Ok(())
}
