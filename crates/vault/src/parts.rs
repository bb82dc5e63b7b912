//! Parts of an upload.

use std::ops::Range;

use amana_access::Caller;

use crate::model::{Checksum, ETag, ObjectKey, UploadId};
use crate::{Done, Ingested, ObjectInfo, Result, UploadInfo, Vault};

/// The highest number of a part.
pub const MAX_PARTS: u32 = 10_000;

/// A part that is uploaded.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ListedPart {
    /// Its number.
    pub number: u32,
    /// Its tag.
    pub etag: ETag,
    /// Its length.
    pub size_bytes: u64,
    /// When it was recorded, milliseconds since 1970.
    pub modified_ms: i64,
    /// Its checksum, if the upload has one.
    pub checksum: Option<Checksum>,
}

/// A page of parts.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PartsPage {
    /// The upload.
    pub upload: UploadInfo,
    /// Parts, by number.
    pub parts: Vec<ListedPart>,
    /// The number after which the next page begins, when there is more.
    pub next: Option<u32>,
}

impl Vault {
    /// Puts a part, in place of an earlier one of the same number.
    ///
    /// # Errors
    /// [`crate::Error::NoSuchUpload`], [`crate::Error::InvalidPartNumber`], [`crate::Error::InvalidChecksum`] when the
    /// upload's checksum was not computed, [`crate::Error::AccessDenied`], [`crate::Error::Busy`], [`crate::Error::Full`].
    pub async fn put_part(
        &self,
        caller: &Caller,
        bucket: &str,
        key: &ObjectKey,
        upload: UploadId,
        number: u32,
        content: Ingested,
    ) -> Result<Done<ListedPart>> {
        unimplemented!()
    }

    /// Puts a part with the content of an object, or of a range of it.
    ///
    /// # Errors
    /// As [`Vault::put_part`] and [`Vault::read`].
    #[expect(
        clippy::too_many_arguments,
        reason = "each names another thing that S3 asks for"
    )]
    pub async fn copy_part(
        &self,
        caller: &Caller,
        source: &ObjectInfo,
        range: Option<Range<u64>>,
        bucket: &str,
        key: &ObjectKey,
        upload: UploadId,
        number: u32,
    ) -> Result<Done<ListedPart>> {
        unimplemented!()
    }

    /// Lists the parts that come after a number, at most `max`.
    ///
    /// # Errors
    /// [`crate::Error::NoSuchUpload`], [`crate::Error::NoSuchBucket`], [`crate::Error::AccessDenied`].
    pub async fn list_parts(
        &self,
        caller: &Caller,
        bucket: &str,
        key: &ObjectKey,
        upload: UploadId,
        after: u32,
        max: usize,
    ) -> Result<PartsPage> {
        unimplemented!()
    }
}
