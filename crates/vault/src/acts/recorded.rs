//! What entries say, read back.

use amana_store::{Entry, EntryId, Error, Reader, Result, entries};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::model::{ETag, Extent, ObjectAttrs, ObjectKey};

/// What is said of a version: by `object.put` and by `upload.complete`.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct ObjectBody {
    pub(crate) bucket: String,
    pub(crate) key: ObjectKey,
    pub(crate) etag: ETag,
    pub(crate) extents: Vec<Extent>,
    #[serde(default)]
    pub(crate) attrs: ObjectAttrs,
    /// For a copy, the version it was copied from: `bucket/key` or `bucket/key?versionId=…`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) copied_from: Option<String>,
}

impl ObjectBody {
    pub(crate) fn size_bytes(&self) -> u64 {
        self.extents.iter().map(|extent| extent.size_bytes).sum()
    }

    /// Whether the content is in rows, under the entry itself.
    pub(crate) fn is_inline(&self) -> bool {
        matches!(self.extents.as_slice(), [extent] if extent.blob.is_none())
    }
}

/// What every act on a key says, whatever else it says.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct KeyBody {
    pub(crate) bucket: String,
    pub(crate) key: ObjectKey,
}

/// The body of an entry that something still stands on, checked against its hash in the ledger.
pub(crate) fn body<T: DeserializeOwned>(rows: &Reader<'_>, id: EntryId) -> Result<T> {
    body_of(id, entries::entry(rows, id)?)
}

/// The same, of the entry that was found with that number.
pub(crate) fn body_of<T: DeserializeOwned>(id: EntryId, found: Option<Entry>) -> Result<T> {
    let missing = |what: &str| Error::Missing {
        what: format!("{what} {id}"),
    };
    let entry = found.ok_or_else(|| missing("entry"))?;
    if !entry.body_is_genuine() {
        return Err(Error::Damaged {
            what: format!("the body of entry {id}"),
            why: "it is not the one whose hash is in the ledger".into(),
        });
    }
    let (_, body) = entry.body.ok_or_else(|| missing("the body of entry"))?;
    decode(id, &body)
}

fn decode<T: DeserializeOwned>(id: EntryId, body: &[u8]) -> Result<T> {
    serde_json::from_slice(body).map_err(|source| Error::Decode {
        what: format!("the body of entry {id}"),
        source,
    })
}
