//! Putting an object whole.

use amana_access::Caller;

use crate::model::{ETag, ObjectAttrs, ObjectKey, VersionId, WriteConditions};
use crate::{Done, Ingested, Result, Vault};

/// What a put made.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Put {
    /// Its tag.
    pub etag: ETag,
    /// Its version; `None` for the null version.
    pub version: Option<VersionId>,
    /// When it was recorded, milliseconds since 1970.
    pub modified_ms: i64,
}

impl Vault {
    /// Puts an object.
    ///
    /// # Errors
    /// [`crate::Error::NoSuchBucket`], [`crate::Error::AccessDenied`], [`crate::Error::PreconditionFailed`],
    /// [`crate::Error::NoSuchKey`] for `If-Match` on nothing, [`crate::Error::Busy`], [`crate::Error::Full`].
    pub async fn put_object(
        &self,
        caller: &Caller,
        bucket: &str,
        key: &ObjectKey,
        content: Ingested,
        attrs: ObjectAttrs,
        conditions: WriteConditions,
    ) -> Result<Done<Put>> {
        unimplemented!()
    }
}
