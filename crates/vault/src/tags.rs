//! Tags of a version, after its deposit.

use amana_access::Caller;

use crate::model::{ObjectKey, Tags, VersionId, VersionRef};
use crate::{Done, Result, Vault};

impl Vault {
    /// Replaces the tags of a version; empty tags delete them.
    ///
    /// # Errors
    /// As [`Vault::object`].
    pub async fn set_tags(
        &self,
        caller: &Caller,
        bucket: &str,
        key: &ObjectKey,
        version: VersionRef,
        tags: Tags,
    ) -> Result<Done<Option<VersionId>>> {
        unimplemented!()
    }

    /// The tags of a version, and which version that is.
    ///
    /// # Errors
    /// As [`Vault::object`].
    pub fn tags(
        &self,
        caller: &Caller,
        bucket: &str,
        key: &ObjectKey,
        version: VersionRef,
    ) -> Result<(Tags, Option<VersionId>)> {
        unimplemented!()
    }
}
