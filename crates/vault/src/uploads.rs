//! Multipart uploads: beginning, finding, listing and aborting them.

use amana_access::Caller;

use crate::model::{ChecksumAlgorithm, ChecksumType, ObjectAttrs, ObjectKey, UploadId};
use crate::{Done, Result, Vault};

/// How an upload is begun.
#[derive(Clone, Default, Debug)]
pub struct UploadOptions {
    /// What is said of the object that it becomes; its checksum is ignored.
    pub attrs: ObjectAttrs,
    /// The checksum that each part has, and then the object.
    pub checksum: Option<(ChecksumAlgorithm, ChecksumType)>,
}

/// An upload under way.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct UploadInfo {
    /// Its id.
    pub id: UploadId,
    /// The key of the object that it becomes.
    pub key: ObjectKey,
    /// When it was begun, milliseconds since 1970.
    pub initiated_ms: i64,
    /// What is said of the object that it becomes.
    pub attrs: ObjectAttrs,
    /// The checksum that each part must have: ask for this algorithm when taking a part in.
    pub checksum: Option<(ChecksumAlgorithm, ChecksumType)>,
}

/// What uploads to list.
#[derive(Clone, Default, Debug)]
pub struct UploadsQuery {
    /// Keys that begin so.
    pub prefix: String,
    /// Keys with this after the prefix are rolled up into a common prefix.
    pub delimiter: Option<String>,
    /// Begins after this key, or with `upload_marker` after that upload of it.
    pub key_marker: Option<String>,
    /// Begins after this upload of `key_marker`.
    pub upload_marker: Option<UploadId>,
    /// Uploads and common prefixes together, at most; beyond [`crate::MAX_PAGE`] it counts as that.
    pub max: usize,
}

/// An upload on a page.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ListedUpload {
    /// The key of the object that it becomes.
    pub key: String,
    /// Its id.
    pub id: UploadId,
    /// When it was begun, milliseconds since 1970.
    pub initiated_ms: i64,
    /// The checksum that it was begun with.
    pub checksum: Option<(ChecksumAlgorithm, ChecksumType)>,
    /// The storage class that it was begun with.
    pub storage_class: Option<String>,
}

/// A page.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct UploadsPage {
    /// Uploads by key, the oldest of a key first.
    pub uploads: Vec<ListedUpload>,
    /// Common prefixes, in order.
    pub prefixes: Vec<String>,
    /// Where the next page begins, when there is more.
    pub next: Option<(String, Option<UploadId>)>,
}

impl Vault {
    /// Begins an upload.
    ///
    /// # Errors
    /// [`crate::Error::NoSuchBucket`], [`crate::Error::AccessDenied`], [`crate::Error::InvalidChecksum`].
    pub async fn create_upload(
        &self,
        caller: &Caller,
        bucket: &str,
        key: &ObjectKey,
        options: UploadOptions,
    ) -> Result<Done<UploadId>> {
        unimplemented!()
    }

    /// An upload under way. Takes microseconds.
    ///
    /// # Errors
    /// [`crate::Error::NoSuchUpload`], [`crate::Error::NoSuchBucket`], [`crate::Error::AccessDenied`].
    pub fn upload(
        &self,
        caller: &Caller,
        bucket: &str,
        key: &ObjectKey,
        id: UploadId,
    ) -> Result<UploadInfo> {
        unimplemented!()
    }

    /// Aborts an upload and frees its parts.
    ///
    /// # Errors
    /// [`crate::Error::NoSuchUpload`], [`crate::Error::NoSuchBucket`], [`crate::Error::AccessDenied`].
    pub async fn abort_upload(
        &self,
        caller: &Caller,
        bucket: &str,
        key: &ObjectKey,
        id: UploadId,
    ) -> Result<Done<()>> {
        unimplemented!()
    }

    /// Lists uploads under way.
    ///
    /// # Errors
    /// [`crate::Error::NoSuchBucket`], [`crate::Error::AccessDenied`].
    pub async fn list_uploads(
        &self,
        caller: &Caller,
        bucket: &str,
        query: UploadsQuery,
    ) -> Result<UploadsPage> {
        unimplemented!()
    }
}
