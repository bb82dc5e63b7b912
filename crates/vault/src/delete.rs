//! Deleting: of the object, which in a bucket with versions makes a delete marker, or of one version for good.

use amana_access::{Caller, Right};
use futures::StreamExt as _;

use crate::acts::object::{DeleteLinks, DeleteObject};
use crate::acts::recorded::KeyBody;
use crate::buckets::require;
use crate::model::{ETagMatch, ObjectKey, VersionId, VersionRef};
use crate::{Error, Result, SPOOLED, Vault};

/// Deletions of one request that wait for the writer at once: enough to fill a group, and no flood of the queue.
const MAX_AT_ONCE: usize = 256;

/// What to delete.
#[derive(Clone, Debug)]
pub struct Deletion {
    /// The key.
    pub key: ObjectKey,
    /// [`VersionRef::Latest`] for the object.
    pub version: VersionRef,
    /// `If-Match`, on the version that is meant.
    pub if_match: Option<ETagMatch>,
    /// Whether retention in governance mode is to be ended early; without [`Right::Bypass`] it isn't.
    pub bypass_governance: bool,
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
    /// [`crate::Error::NoSuchBucket`], [`crate::Error::AccessDenied`], [`crate::Error::PreconditionFailed`],
    /// [`crate::Error::Locked`].
    pub async fn delete_object(
        &self,
        caller: &Caller,
        bucket: &str,
        deletion: Deletion,
    ) -> Result<(Deleted, Option<String>)> {
        require(caller, bucket, Right::Write)?;
        let requested = deletion.version;
        let act = |witnessed_ms| DeleteObject {
            by: caller.actor.clone(),
            ledger: caller.ledger,
            version: requested,
            if_match: deletion.if_match.clone(),
            bypass: deletion.bypass_governance && caller.may(bucket, Right::Bypass),
            witnessed_ms,
            links: DeleteLinks::default(),
            body: KeyBody {
                bucket: bucket.to_owned(),
                key: deletion.key.clone(),
            },
        };
        let committed = match self.in_time(act).await {
            Err(Error::NoSuchVersion) => return Ok((Deleted::default(), None)),
            Err(Error::Spooled { .. }) => {
                let deleted = Deleted {
                    existed: true,
                    ..Deleted::default()
                };
                return Ok((deleted, Some(SPOOLED.to_owned())));
            }
            committed => committed?,
        };
        let done = &committed.output;
        let deleted = Deleted {
            existed: true,
            marker: done.marker_made.is_some() || done.marker_removed,
            version: match (done.marker_made, requested) {
                (Some(made), _) => made.version,
                (None, VersionRef::Id(id)) => Some(id),
                (None, _) => None,
            },
        };
        Ok((deleted, Some(committed.receipt())))
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
        self.ask_bucket(caller, bucket, Right::Write).await?;
        let each = deletions
            .into_iter()
            .map(|deletion| self.delete_object(caller, bucket, deletion));
        Ok(futures::stream::iter(each)
            .buffered(MAX_AT_ONCE)
            .collect()
            .await)
    }
}
