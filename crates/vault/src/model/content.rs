//! Where an object's content lies, as its entry says.

use amana_ledger::Hash;
use amana_store::{BlobId, EntryId, Source, Wanted};
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
    /// How to open it, when the blob is a piece of ciphertext. Length and SHA-256 above are then of the plain bytes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sealed: Option<SealedPiece>,
}

/// A piece of ciphertext: one age v1 file, sealed for the key that its bucket has in an epoch.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct SealedPiece {
    /// The epoch.
    pub epoch: u32,
    /// The bucket whose key it is.
    pub bucket: String,
    /// Length of the ciphertext.
    #[serde(rename = "size")]
    pub size_bytes: u64,
    /// Length of what comes before the chunks: the header and the nonce.
    #[serde(rename = "prologue")]
    pub prologue_bytes: u32,
    /// SHA-256 of header and nonce, checked before any chunk is opened.
    #[serde(with = "encoding::base64_32")]
    pub prologue_sha256: [u8; 32],
    /// SHA-256 of the ciphertext.
    #[serde(with = "encoding::base64_32")]
    pub sha256: [u8; 32],
}

impl Extent {
    /// The content that `entry` names, as the store asks for it.
    #[must_use]
    pub fn wanted(&self, entry: EntryId) -> Wanted {
        Wanted {
            entry,
            source: self.source(entry),
            size_bytes: self.size_bytes,
            sha256: self.sha256,
            chunks_root: self.chunks_root,
        }
    }

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

impl Held {
    /// The content, as the store asks for it.
    #[must_use]
    pub fn wanted(&self) -> Wanted {
        self.extent.wanted(self.entry)
    }
}
