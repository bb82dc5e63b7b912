//! Deleting: of the object, which in a bucket with versions makes a delete marker, or of one version for good.

use amana_access::Caller;

use crate::model::{ETagMatch, ObjectKey, VersionId, VersionRef};
use crate::{Done, Result, Vault};

/// What to delete.
#[derive(Clone, Debug)]
pub struct Deletion {
    /// The key.
    pub key: ObjectKey,
    /// [`VersionRef::Latest`] for the object.
    pub version: VersionRef,
    /// `If-Match`, on the version that is meant.
    pub if_match: Option<ETagMatch>,
}

/// What a delete did.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Deleted {
    /// Whether there was anything to delete.
    pub existed: bool,
    /// Whether what was made, or removed for good, is a delete marker.
    pub marker: bool,
    /// The version that was made or removed; `None` for the null version, or nothing.
    pub version: Option<VersionId>,
}

impl Vault {
    /// Deletes. Deleting nothing is no act, and has no receipt.
    ///
    /// # Errors
    /// [`crate::Error::NoSuchBucket`], [`crate::Error::AccessDenied`], [`crate::Error::PreconditionFailed`].
    pub async fn delete_object(
        &self,
        caller: &Caller,
        bucket: &str,
        deletion: Deletion,
    ) -> Result<(Deleted, Option<String>)> {
        unimplemented!()
    }

    /// Deletes many, each an act of its own; the answers are in the order of the requests.
    ///
    /// # Errors
    /// [`crate::Error::NoSuchBucket`], [`crate::Error::AccessDenied`]; each deletion has a result of its own.
    pub async fn delete_objects(
        &self,
        caller: &Caller,
        bucket: &str,
        deletions: Vec<Deletion>,
    ) -> Result<Vec<Result<(Deleted, Option<String>)>>> {
        unimplemented!()
    }
}
