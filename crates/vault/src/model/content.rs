//! Where an object's content lies, as its entry says.

use amana_ledger::Hash;
use amana_store::{BlobId, EntryId, Source};
use serde::{Deserialize, Serialize};

use crate::encoding;
use crate::model::Checksum;

/// A run of an object's content. A simple put has one, a multipart upload one a part, in order.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Extent {
    /// The blob; none when the content is kept in rows under the object's own entry.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub blob: Option<BlobId>,
    /// Its length.
    #[serde(rename = "size")]
    pub size_bytes: u64,
    /// SHA-256 of it.
    #[serde(with = "encoding::base64_32")]
    pub sha256: [u8; 32],
    /// Root over the chunk digests of the blob.
    #[serde(
        default,
        with = "encoding::optional_hash",
        skip_serializing_if = "Option::is_none"
    )]
    pub chunks_root: Option<Hash>,
    /// The number of the part that it was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub part: Option<u32>,
    /// The part's own checksum.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub checksum: Option<Checksum>,
}

impl Extent {
    /// Where it lies, as the store names it.
    #[must_use]
    pub fn source(&self, entry: EntryId) -> Source {
        self.blob
            .map_or_else(|| Source::Entry(entry.index()), Source::Blob)
    }
}

/// Content that a version or a part holds, for whoever checks that all of it is there.
#[derive(Clone, Debug)]
pub struct Held {
    /// `bucket/key (version …)` or `bucket/key (upload …, part n)`.
    pub object: String,
    /// The entry that names it.
    pub entry: EntryId,
    /// Where it lies.
    pub extent: Extent,
}
