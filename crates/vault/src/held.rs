//! What content an entry's act brought or names, as far as it is still held: for whoever goes through a ledger, and for the
//! store, which makes lost rows of content again only then.

use amana_store::{Act as _, BlobId, Entry, EntryId, LedgerId, Reader, Result, Source, entries};
use serde::Deserialize;

use crate::Vault;
use crate::acts::recorded::{self, ObjectBody};
use crate::acts::upload::PartBody;
use crate::model::{Extent, Held};
use crate::sealed::{RecordSealed, SealedBody, views as sealed};
use crate::views::{holders, versions};

/// What the links of an act on a key have in common.
#[derive(Deserialize)]
struct Links {
    bucket: Option<u64>,
}

impl Vault {
    /// The content that an entry names and that is held under it: of a version that stands, of a part of an upload under
    /// way, of a sealed piece that a bucket holds.
    ///
    /// # Errors
    /// A failure of the rows, or a body that isn't the one that was recorded.
    pub fn contents_of(rows: &Reader<'_>, entry: &Entry) -> Result<Vec<Held>> {
        if entry.body.is_none() {
            return Ok(Vec::new());
        }
        let core = entry.core()?;
        match core.kind.as_ref() {
            "object.put" | "upload.complete" => {
                let links: Option<Links> = serde_json::from_str(core.links.get()).ok();
                of_version(rows, entry.id, links.and_then(|links| links.bucket))
            }
            "upload.part" => of_part(rows, entry.id),
            kind if kind == RecordSealed::KIND => of_piece(rows, entry.id),
            _ => Ok(Vec::new()),
        }
    }

    /// Whether a version, a part or a bucket holds what lies at `source`, which `entry` names.
    ///
    /// # Errors
    /// As [`Vault::contents_of`].
    pub fn is_held(rows: &Reader<'_>, entry: EntryId, source: Source) -> Result<bool> {
        let Some(entry) = entries::entry(rows, entry)? else {
            return Ok(false);
        };
        let held = Self::contents_of(rows, &entry)?;
        Ok(held.iter().any(|held| held.wanted().source == source))
    }
}

#[derive(Deserialize)]
struct Named {
    key: String,
}

impl Vault {
    /// Whether anything still holds what an entry brought, for whoever has the entry, and rows into which its ledger was
    /// replayed as `ledger`: the replica of a gateway. What isn't known to be gone counts as held.
    ///
    /// # Errors
    /// A failure of the rows, or a body that can't be decoded.
    pub fn still_holds(rows: &Reader<'_>, ledger: LedgerId, entry: &Entry) -> Result<bool> {
        let Some((_, body)) = &entry.body else {
            return Ok(true);
        };
        let core = entry.core()?;
        let decoded = |source| amana_store::Error::Decode {
            what: format!("the body of entry {}", entry.id),
            source,
        };
        match core.kind.as_ref() {
            "object.put" | "upload.complete" => {
                let links: Links = serde_json::from_str(core.links.get()).map_err(decoded)?;
                let Some(bucket) = links.bucket.and_then(|at| EntryId::new(ledger, at)) else {
                    return Ok(true);
                };
                let named: Named = serde_json::from_slice(body).map_err(decoded)?;
                let index = entry.id.index();
                Ok(versions::at(rows, bucket, named.key.as_bytes(), index)?.is_some())
            }
            kind if kind == RecordSealed::KIND => {
                let signed: SealedBody = serde_json::from_slice(body).map_err(decoded)?;
                let Some(piece) = signed.statement.statement().piece else {
                    return Ok(true);
                };
                holders::is_held(rows, BlobId::from_bytes(piece.id.0))
            }
            _ => Ok(true),
        }
    }
}

fn of_version(rows: &Reader<'_>, entry: EntryId, bucket: Option<u64>) -> Result<Vec<Held>> {
    let Some(bucket) = bucket.and_then(|index| EntryId::new(entry.ledger(), index)) else {
        return Ok(Vec::new());
    };
    let body: ObjectBody = recorded::body(rows, entry)?;
    let key = body.key.as_bytes();
    if versions::at(rows, bucket, key, entry.index())?.is_none() {
        return Ok(Vec::new());
    }
    let object = format!("{}/{}", body.bucket, String::from_utf8_lossy(key));
    Ok(held(entry, &object, body.extents))
}

fn of_part(rows: &Reader<'_>, entry: EntryId) -> Result<Vec<Held>> {
    let body: PartBody = recorded::body(rows, entry)?;
    let stands = match body.extent.blob {
        Some(blob) => holders::is_held(rows, blob)?,
        None => false,
    };
    let object = format!(
        "{}/{} (a part)",
        body.bucket,
        String::from_utf8_lossy(body.key.as_bytes())
    );
    let extents = stands.then_some(body.extent);
    Ok(held(entry, &object, extents))
}

fn of_piece(rows: &Reader<'_>, entry: EntryId) -> Result<Vec<Held>> {
    let body: SealedBody = recorded::body(rows, entry)?;
    let Some(piece) = body.statement.statement().piece else {
        return Ok(Vec::new());
    };
    let row = sealed::piece(rows, entry.ledger(), piece.id)?;
    let stands = row.is_some_and(|row| row.live && row.entry == entry);
    let object = format!("the sealed piece {}", piece.id);
    Ok(held(entry, &object, body.extent.filter(|_| stands)))
}

fn held(entry: EntryId, object: &str, extents: impl IntoIterator<Item = Extent>) -> Vec<Held> {
    let held = |extent| Held {
        object: object.to_owned(),
        entry,
        extent,
    };
    extents.into_iter().map(held).collect()
}
