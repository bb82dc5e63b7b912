//! Putting an object whole.

use amana_access::{Caller, Right};

use crate::acts::object::{PutLinks, PutObject};
use crate::acts::recorded::ObjectBody;
use crate::backing::Fresh;
use crate::buckets::require;
use crate::model::{ETag, ObjectAttrs, ObjectKey, VersionId, WriteConditions};
use crate::{Done, Error, Ingested, Result, SPOOLED, Vault};

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
    /// [`crate::Error::NoSuchKey`] for `If-Match` on nothing, [`crate::Error::NoObjectLock`] and
    /// [`crate::Error::InvalidRetention`] for a lock, [`crate::Error::QuotaExceeded`], [`crate::Error::Busy`], [`crate::Error::Full`].
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
        self.check_lock(&attrs)?;
        let admitted = self.admit_deposit(caller.ledger, content.size_bytes, 1);
        let admitted = admitted.await?;
        let etag = ETag::whole(content.md5);
        let (extent, content, fresh) = content.into_parts();
        let act = PutObject {
            by: caller.actor.clone(),
            ledger: caller.ledger,
            conditions,
            content,
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
        let done = self.commit_put(act, fresh).await?;
        if let Some(admitted) = admitted {
            admitted.recorded();
        }
        Ok(done)
    }

    /// Commits a put, and tells of what it made.
    pub(crate) async fn commit_put(&self, act: PutObject, fresh: Fresh) -> Result<Done<Put>> {
        let etag = act.body.etag;
        let committed = match self.store.commit(act, fresh).await {
            Err(Error::Spooled { time_ms }) => return Ok(spooled(etag, time_ms)),
            committed => committed?,
        };
        Ok(Done {
            receipt: committed.receipt(),
            value: Put {
                etag,
                version: committed.output.version,
                modified_ms: committed.output.time_ms,
            },
        })
    }
}

/// What is told of a put that waits at the gateway: it has no version yet.
fn spooled(etag: ETag, modified_ms: i64) -> Done<Put> {
    Done {
        receipt: SPOOLED.to_owned(),
        value: Put {
            etag,
            version: None,
            modified_ms,
        },
    }
}
