//! Copying an object: large content is shared, small content is written again.

use amana_access::{Caller, Right};
use amana_store::Content;

use crate::acts::object::{PutLinks, PutObject};
use crate::acts::recorded::ObjectBody;
use crate::buckets::require;
use crate::model::{ObjectAttrs, ObjectKey, WriteConditions};
use crate::{Done, Error, ObjectInfo, Put, Result, Vault};

/// How an entry names what was copied.
pub(crate) fn origin(source: &ObjectInfo) -> String {
    match source.version {
        Some(version) => format!("{}/{}?versionId={version}", source.bucket, source.key),
        None => format!("{}/{}", source.bucket, source.key),
    }
}

impl Vault {
    /// Puts an object that has the content of another; its tag stays the same. The caller decides on attributes: those of
    /// the source, or new ones.
    ///
    /// # Errors
    /// As [`Vault::put_object`]; [`crate::Error::NoSuchKey`] when the source was deleted meanwhile, [`Error::ConditionalConflict`] when it was
    /// replaced.
    pub async fn copy_object(
        &self,
        caller: &Caller,
        source: &ObjectInfo,
        bucket: &str,
        key: &ObjectKey,
        attrs: ObjectAttrs,
        conditions: WriteConditions,
    ) -> Result<Done<Put>> {
        require(caller, bucket, Right::Write)?;
        if source.bucket_id.ledger() != caller.ledger {
            return Err(Error::AccessDenied);
        }
        // Content in rows has one holder, the entry it stands under: the copy gets its own.
        let content = self.read_small(source)?.map(Content::Inline);
        let shared = content.is_none();
        let act = PutObject {
            by: caller.actor.clone(),
            ledger: caller.ledger,
            conditions,
            content,
            source: shared.then(|| (source.bucket_id, source.key.clone(), source.entry)),
            links: PutLinks::default(),
            body: ObjectBody {
                bucket: bucket.to_owned(),
                key: key.clone(),
                etag: source.etag,
                extents: source.extents.to_vec(),
                attrs,
                copied_from: Some(origin(source)),
            },
        };
        self.commit_put(act, None).await
    }
}
