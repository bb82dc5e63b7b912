//! Which bodies of the vault's acts may be erased: those of what is gone, the oldest first.
//!
//! Replay meets an erased body as an act that made nothing. So what it made must be gone, and what it replaced or removed
//! must have been erased before: then there is nothing that only its body could name.

use amana_store::{Act, Entry, EntryId, LedgerId, Reader, Result, entries};
use serde::Deserialize;

use crate::Vault;
use crate::acts::bucket::{CreateBucket, DeleteBucket, SetVersioning};
use crate::acts::lock::{Hold, Retain, SetLock};
use crate::acts::object::{DeleteObject, PutObject, SetTags};
use crate::acts::recorded::KeyBody;
use crate::acts::release::Release;
use crate::acts::upload::{AbortUpload, CompleteUpload, CreateUpload, PutPart};
use crate::sealed::{self, RecordSealed};
use crate::views::versions;

/// What the links of any of our acts may name, by index.
#[derive(Deserialize)]
struct Links {
    bucket: Option<u64>,
    replaces: Option<u64>,
    removes: Option<u64>,
    version: Option<u64>,
}

impl Vault {
    /// Whether the body of an entry may be erased; for [`amana_store::Catalog::with_erasable`].
    ///
    /// # Errors
    /// A failure of the rows.
    pub fn erasable(rows: &Reader<'_>, entry: &Entry) -> Result<bool> {
        let Some((_, body)) = &entry.body else {
            return Ok(false);
        };
        let core = entry.core()?;
        let (Ok(links), ledger) = (
            serde_json::from_str::<Links>(core.links.get()),
            entry.id.ledger(),
        ) else {
            return Ok(false);
        };
        let version_gone = |index: u64| {
            let key = serde_json::from_slice::<KeyBody>(body).map(|body| body.key);
            match (
                key,
                links.bucket.and_then(|bucket| EntryId::new(ledger, bucket)),
            ) {
                (Ok(key), Some(bucket)) => {
                    Ok(versions::at(rows, bucket, key.as_bytes(), index)?.is_none())
                }
                _ => Ok(false),
            }
        };
        match core.kind.as_ref() {
            PutObject::KIND | CompleteUpload::KIND | DeleteObject::KIND => {
                let before = links.replaces.or(links.removes);
                Ok(version_gone(entry.id.index())? && is_erased(rows, ledger, before)?)
            }
            SetTags::KIND => match links.version {
                Some(version) => version_gone(version),
                None => Ok(false),
            },
            CreateBucket::KIND => is_gone(rows, "SELECT 1 FROM buckets WHERE id = $1", entry.id),
            CreateUpload::KIND => {
                is_gone(rows, "SELECT 1 FROM uploads WHERE upload = $1", entry.id)
            }
            PutPart::KIND => {
                let sql = "SELECT 1 FROM upload_parts WHERE entry = $1";
                is_gone(rows, sql, entry.id)
            }
            // Nothing is made from these bodies.
            DeleteBucket::KIND | SetVersioning::KIND | AbortUpload::KIND => Ok(true),
            SetLock::KIND | Retain::KIND | Hold::KIND | Release::KIND => Ok(true),
            RecordSealed::KIND => sealed::erase::may_go(rows, entry),
            _ => Ok(false),
        }
    }
}

fn is_gone(rows: &Reader<'_>, sql: &str, id: EntryId) -> Result<bool> {
    Ok(rows.one(sql, &[id.into()], |_| Ok(()))?.is_none())
}

/// Whether the body of the entry at `index`, if there is one meant, is erased. On a gateway's replica there is no entry for
/// an act whose body was gone when the ledger was followed.
fn is_erased(rows: &Reader<'_>, ledger: LedgerId, index: Option<u64>) -> Result<bool> {
    let Some(id) = index.map(|index| EntryId::new(ledger, index)) else {
        return Ok(true);
    };
    let found = id.map(|id| entries::entry(rows, id)).transpose()?.flatten();
    Ok(found.is_none_or(|entry| entry.body.is_none()))
}
