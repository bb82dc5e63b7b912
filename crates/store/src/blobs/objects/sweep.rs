//! The store's list against the rows: what no row names is noted, and goes when nobody missed it for long.
//!
//! A blob that is younger than [`YOUNG_MS`] may be a deposit under way, of this process or of another that serves the same
//! rows. One that no row names stays where it is for [`MISSED_MS`] after it was first noted, in `blobs/unnamed.json`: in a
//! folder that was restored from an older copy it is acknowledged content, which the newest rows name.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path as FilePath;

use futures::TryStreamExt as _;
use object_store::ObjectMeta;

use super::Objects;
use crate::blobs::BlobId;
use crate::{Error, Result, Store};

/// A deposit may take so long; a sealed piece waits for its act for seven days at most.
const YOUNG_MS: i64 = 24 * 3600 * 1000;
/// Blobs that no row names stay for this long.
const MISSED_MS: i64 = 30 * 24 * 3600 * 1000;
/// Blobs noted at most; the others are noted by a later sweep.
const MAX_NOTED: usize = 100_000;
/// What a list may bring, for the time that it may take.
const LIST_BYTES: u64 = 8 * 1024 * 1024;

/// Since when a blob isn't named, in milliseconds since 1970.
type Unnamed = BTreeMap<String, i64>;

/// What a sweep found.
#[derive(Clone, Copy, Default, PartialEq, Eq, Debug, serde::Serialize)]
pub struct Swept {
    /// Blobs in the store.
    pub blobs: u64,
    /// Their bytes.
    pub bytes: u64,
    /// Those that no row names, and that are not young.
    pub unnamed: u64,
    /// Those of them that went.
    pub removed: u64,
}

impl Store {
    /// Goes through the object store's list; nothing where blobs lie in the folder. Blocking, for long.
    ///
    /// # Errors
    /// [`Error::Away`], [`Error::File`], a failure of the rows.
    pub fn sweep_blobs(&self) -> Result<Option<Swept>> {
        let Some(objects) = self.blobs().objects() else {
            return Ok(None);
        };
        // A place that was moved away doesn't know what the new one deposits in the same store.
        if self.read_only().is_some() {
            return Ok(None);
        }
        objects.claimed()?;
        let note = self.blobs().root().join("unnamed.json");
        let before = read(&note)?;
        let mut after = Unnamed::new();
        let mut swept = Swept::default();
        for shelf in 0..=u8::MAX {
            for object in objects.shelf(shelf)? {
                let Some(id) = object.location.filename().and_then(|n| n.parse().ok()) else {
                    tracing::warn!(name = %object.location, "an object among the blobs is no blob; it is left alone");
                    continue;
                };
                swept.blobs += 1;
                swept.bytes += object.size;
                let age_ms = self.now_ms() - object.last_modified.timestamp_millis();
                if age_ms < YOUNG_MS || self.names(id)? {
                    continue;
                }
                swept.unnamed += 1;
                let name = id.to_string();
                let since = before.get(&name).copied().unwrap_or(self.now_ms());
                if self.now_ms() - since >= MISSED_MS {
                    self.blobs().remove(id)?;
                    swept.removed += 1;
                } else if after.len() < MAX_NOTED {
                    after.insert(name, since);
                }
            }
        }
        if after != before {
            let text = serde_json::to_vec(&after).unwrap_or_default();
            fs::write(&note, text).map_err(Error::file("write", &note))?;
        }
        for id in objects.cache.iter().flat_map(super::Cache::blobs) {
            if !self.names(id)? {
                objects.cache.iter().for_each(|cache| cache.forget(id));
            }
        }
        Ok(Some(swept))
    }

    fn names(&self, id: BlobId) -> Result<bool> {
        let sql = "SELECT 1 FROM blob_chunks WHERE blob = $1";
        let id = id.as_bytes().as_slice();
        let named = self
            .shared
            .read(|rows| rows.one(sql, &[id.into()], |_| Ok(())))?;
        Ok(named.is_some())
    }
}

impl Objects {
    /// What lies under two digits.
    fn shelf(&self, shelf: u8) -> Result<Vec<ObjectMeta>> {
        let (back_end, prefix) = (
            self.back_end.clone(),
            self.prefix.clone().join(hex::encode([shelf])),
        );
        let list = move || {
            let (back_end, prefix) = (back_end.clone(), prefix.clone());
            async move { back_end.list(Some(&prefix)).try_collect().await }
        };
        let listed = self.line.ask(LIST_BYTES, list);
        listed.map_err(|failed| self.failed(failed))
    }
}

/// What was noted; a note that can't be read is begun anew, which only lets blobs stay longer.
fn read(note: &FilePath) -> Result<Unnamed> {
    match fs::read(note) {
        Ok(bytes) => Ok(serde_json::from_slice(&bytes).unwrap_or_default()),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(Unnamed::new()),
        Err(error) => Err(Error::file("read", note)(error)),
    }
}
