//! Copying an object: large content is shared, small content is written again.

use amana_access::Caller;

use crate::model::{ObjectAttrs, ObjectKey, WriteConditions};
use crate::{Done, ObjectInfo, Put, Result, Vault};

impl Vault {
    /// Puts an object that has the content of another; its tag stays the same. The caller decides on attributes: those of
    /// the source, or new ones.
    ///
    /// # Errors
    /// As [`Vault::put_object`]; [`crate::Error::NoSuchKey`] when the source was deleted meanwhile.
    pub async fn copy_object(
        &self,
        caller: &Caller,
        source: &ObjectInfo,
        bucket: &str,
        key: &ObjectKey,
        attrs: ObjectAttrs,
        conditions: WriteConditions,
    ) -> Result<Done<Put>> {
        unimplemented!()
    }
}
