//! Completing an upload: the object becomes the list of its parts, and no byte is copied.

use amana_access::Caller;

use crate::model::{Checksum, ChecksumAlgorithm, ObjectKey, UploadId, WriteConditions};
use crate::{Done, Put, Result, Vault};

/// A part as the client lists it.
#[derive(Clone, Debug)]
pub struct CompletedPart {
    /// Its number.
    pub number: u32,
    /// Its tag, with or without quotes.
    pub etag: String,
    /// Its checksums, if the client gives them, big-endian.
    pub checksums: Vec<(ChecksumAlgorithm, Vec<u8>)>,
}

/// How an upload is completed.
#[derive(Clone, Default, Debug)]
pub struct Completion {
    /// The parts to join, in the order of their numbers.
    pub parts: Vec<CompletedPart>,
    /// What must hold.
    pub conditions: WriteConditions,
    /// The full-object checksum that the client expects, big-endian.
    pub checksum: Option<(ChecksumAlgorithm, Vec<u8>)>,
    /// The length that the client expects.
    pub size_bytes: Option<u64>,
}

/// What a completed upload became.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Completed {
    /// The object.
    pub put: Put,
    /// Its checksum, if the upload was begun with one.
    pub checksum: Option<Checksum>,
}

impl Vault {
    /// Completes an upload. Asked again after it was completed, it answers the same for as long as that is the latest
    /// version.
    ///
    /// # Errors
    /// [`crate::Error::NoSuchUpload`], [`crate::Error::MalformedParts`], [`crate::Error::InvalidPartOrder`],
    /// [`crate::Error::InvalidPart`], [`crate::Error::EntityTooSmall`], [`crate::Error::BadDigest`],
    /// [`crate::Error::PreconditionFailed`], [`crate::Error::ConditionalConflict`].
    pub async fn complete_upload(
        &self,
        caller: &Caller,
        bucket: &str,
        key: &ObjectKey,
        upload: UploadId,
        completion: Completion,
    ) -> Result<Done<Completed>> {
        unimplemented!()
    }
}
