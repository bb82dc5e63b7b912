//! Putting an object whole.

use amana_access::{Caller, Right};
use amana_store::{Act, BlobId, CommitError, Committed};

use crate::acts::object::{PutLinks, PutObject};
use crate::acts::recorded::ObjectBody;
use crate::buckets::require;
use crate::model::{ETag, ObjectAttrs, ObjectKey, VersionId, WriteConditions};
use crate::{Done, Error, Ingested, Result, Vault};

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
        require(caller, bucket, Right::Write)?;
        let etag = ETag::whole(content.md5);
        let (extent, content) = content.into_parts();
        let blob = extent.blob;
        let act = PutObject {
            by: caller.actor.clone(),
            ledger: caller.ledger,
            conditions,
            content: Some(content),
            source: None,
            links: PutLinks::default(),
            body: ObjectBody {
                bucket: bucket.to_owned(),
                key: key.clone(),
                etag,
                extents: vec![extent],
                attrs,
                copied_from: None,
            },
        };
        self.commit_put(act, blob).await
    }

    /// Commits a put, and tells of what it made.
    pub(crate) async fn commit_put(
        &self,
        act: PutObject,
        blob: Option<BlobId>,
    ) -> Result<Done<Put>> {
        let etag = act.body.etag;
        let committed = self.commit_content(act, blob).await?;
        Ok(Done {
            receipt: committed.receipt(),
            value: Put {
                etag,
                version: committed.output.version,
                modified_ms: committed.output.time_ms,
            },
        })
    }

    /// Commits an act that brings a new blob, and removes the blob when the act is certainly not recorded.
    ///
    /// A caller that goes away while it waits leaves the act in the queue: the blob is then the act's, and if the act is
    /// refused after all the file has no name in the rows, and is set aside when the store opens.
    pub(crate) async fn commit_content<A: Act<Refusal = Error>>(
        &self,
        act: A,
        blob: Option<BlobId>,
    ) -> Result<Committed<A::Output>> {
        self.store.commit(act).await.map_err(|error| {
            // After a failed sync nobody knows until the store is reopened, which sweeps what isn't named.
            let unknown = matches!(
                error,
                CommitError::Store(amana_store::Error::Stopped { .. })
            );
            if let Some(blob) = blob.filter(|_| !unknown)
                && let Err(error) = self.store.blobs().remove(blob)
            {
                tracing::warn!(%blob, %error, "a refused deposit's blob stays until the next start");
            }
            error.into()
        })
    }
}
