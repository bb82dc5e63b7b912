//! Whether content that an entry names is still held: for the store, which makes lost rows of content again only then.

use amana_seal::statement::PieceId;
use amana_store::{Act as _, EntryId, LedgerId, Reader, Result, Source, entries};
use serde::Deserialize;

use crate::Vault;
use crate::acts::recorded::{self, KeyBody};
use crate::sealed::{RecordSealed, views as sealed};
use crate::views::versions;

/// What the links of an act on a key and of a sealed act have in common.
#[derive(Deserialize)]
struct Links {
    bucket: Option<u64>,
    piece: Option<String>,
}

impl Vault {
    /// Whether a version, a part or a bucket holds what lies at `source`, which `entry` names.
    ///
    /// # Errors
    /// A failure of the rows.
    pub fn is_held(rows: &Reader<'_>, entry: EntryId, source: Source) -> Result<bool> {
        if let Source::Blob(blob) = source {
            let sql = "SELECT 1 FROM blob_holders WHERE blob = $1";
            let name = blob.as_bytes().as_slice();
            if rows.one(sql, &[name.into()], |_| Ok(()))?.is_some() {
                return Ok(true);
            }
        }
        let Some(found) = entries::entry(rows, entry)? else {
            return Ok(false);
        };
        let core = found.core()?;
        let Ok(links) = serde_json::from_str::<Links>(core.links.get()) else {
            return Ok(false);
        };
        if core.kind == RecordSealed::KIND {
            return is_piece(rows, entry.ledger(), links.piece.as_deref(), source);
        }
        let Some(bucket) = links.bucket.and_then(|i| EntryId::new(entry.ledger(), i)) else {
            return Ok(false);
        };
        let body: KeyBody = recorded::body(rows, entry)?;
        let version = versions::at(rows, bucket, body.key.as_bytes(), entry.index())?;
        Ok(source == Source::Entry(entry.index()) && version.is_some_and(|held| held.inline))
    }
}

fn is_piece(
    rows: &Reader<'_>,
    ledger: LedgerId,
    piece: Option<&str>,
    source: Source,
) -> Result<bool> {
    let Some(piece) = piece.and_then(|name| name.parse::<PieceId>().ok()) else {
        return Ok(false);
    };
    let row = sealed::piece(rows, ledger, piece)?;
    Ok(row.is_some_and(|row| row.live && row.source() == source))
}
