//! Which blobs an entry names: for whoever copies entries and needs what they stand on.

use amana_store::mirror::Mention;
use amana_store::{Act as _, BlobId, Entry, Result};
use serde::Deserialize;

use crate::Vault;
use crate::acts::object::PutObject;
use crate::acts::upload::{CompleteUpload, PutPart};
use crate::sealed::RecordSealed;

/// A run of content, as any body has it; what else it says is of no matter here.
#[derive(Deserialize)]
struct Run {
    #[serde(default)]
    blob: Option<BlobId>,
}

/// The runs of a body: of an object many, of a part or a sealed act one.
#[derive(Deserialize)]
struct Runs {
    #[serde(default)]
    extents: Vec<Run>,
    #[serde(default)]
    extent: Option<Run>,
}

impl Vault {
    /// The blobs that an entry's body names; none when the body is erased, or the act is no vault's.
    ///
    /// # Errors
    /// A body that can't be decoded.
    pub fn mentions(entry: &Entry) -> Result<Vec<Mention>> {
        let Some((_, body)) = &entry.body else {
            return Ok(Vec::new());
        };
        let kind = entry.core()?.kind;
        let sealed = kind == RecordSealed::KIND;
        let kinds = [PutObject::KIND, PutPart::KIND, CompleteUpload::KIND];
        if !sealed && !kinds.contains(&kind.as_ref()) {
            return Ok(Vec::new());
        }
        let runs: Runs =
            serde_json::from_slice(body).map_err(|source| amana_store::Error::Decode {
                what: format!("the body of entry {}", entry.id),
                source,
            })?;
        let blobs = runs.extents.into_iter().chain(runs.extent);
        let blobs = blobs.filter_map(|run| run.blob);
        Ok(blobs.map(|blob| Mention { blob, sealed }).collect())
    }
}
