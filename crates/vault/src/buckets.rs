//! Buckets: one namespace for the whole data centre.

use std::ops::ControlFlow;

use amana_access::{Caller, Right};
use amana_store::{EntryId, Reader, Row};

use crate::acts::bucket::{
    BucketLinks, CreateBody, CreateBucket, DeleteBucket, NameBody, SetVersioning, VersioningLinks,
};
use crate::backing::{Backing, Fresh};
use crate::model::{BucketLock, BucketName, ObjectKey, Versioning};
use crate::views::{buckets, uploads, versions};
use crate::{Done, Error, MAX_PAGE, Result, Vault};

/// What the entry of an open bucket says when nobody gave a reason.
/// Why a bucket is open, where whoever made it over S3 gave no reason. It stands in entries: pages translate it.
pub const DEFAULT_REASON: &str = "created through the data centre's S3 front";

/// Who can read what a bucket holds.
#[derive(Clone, Copy, PartialEq, Eq, Debug, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Mode {
    /// The data centre can: public data, data of hosted applications.
    Open,
    /// The institution alone.
    Sealed,
}

/// How a bucket is made.
#[derive(Clone, Default, Debug)]
pub struct BucketOptions {
    /// Why it is open; without one: that it was created through the data centre's S3 front.
    pub open_reason: Option<String>,
    /// `LocationConstraint`, kept and shown.
    pub region: Option<String>,
    /// Whether its versions can be locked; it keeps versions then, for good.
    pub object_lock: bool,
}

/// A bucket.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct BucketInfo {
    /// Its name.
    pub name: String,
    /// The entry that made it.
    pub id: EntryId,
    /// When, milliseconds since 1970.
    pub created_ms: i64,
    /// Whether it keeps versions.
    pub versioning: Versioning,
    /// Who can read it.
    pub mode: Mode,
    /// `LocationConstraint`, if one was given.
    pub region: Option<String>,
    /// Whether its versions can be locked, and what new ones get.
    pub lock: Option<BucketLock>,
}

/// Uploads that deleting a bucket aborts at most; more are an error that says that it isn't empty.
const MAX_ABORTED: usize = 10_000;

/// Whether the grant allows it, whoever owns the bucket: the act's own check looks at that.
pub(crate) fn require(caller: &Caller, bucket: &str, right: Right) -> Result<()> {
    if caller.may(bucket, right) {
        Ok(())
    } else {
        Err(Error::AccessDenied)
    }
}

/// The bucket, if it is the caller's institution's and the grant allows it.
pub(crate) fn admit(
    rows: &Reader<'_>,
    caller: &Caller,
    bucket: &str,
    right: Right,
) -> Result<BucketInfo> {
    let found = buckets::owned(rows, bucket, caller.ledger)?;
    require(caller, bucket, right)?;
    Ok(found)
}

/// The bucket of a row of [`buckets::STANDING`], if the caller has that right on it.
fn found(row: Option<&Row<'_>>, caller: &Caller, bucket: &str, right: Right) -> Result<BucketInfo> {
    let sealed = row.map(|row| row.opt_int(7)).transpose()?.flatten();
    let found = row.map(buckets::read).transpose()?;
    let found = buckets::of(found, bucket, caller.ledger)?;
    let found = match right {
        Right::Read => found,
        _ => buckets::plain(found, sealed.is_some())?,
    };
    require(caller, bucket, right)?;
    Ok(found)
}

impl Vault {
    /// Makes a bucket: an open one at the data centre, a sealed one at a gateway.
    ///
    /// # Errors
    /// [`crate::Error::BucketAlreadyOwnedByYou`], [`crate::Error::BucketAlreadyExists`], [`crate::Error::AccessDenied`].
    pub async fn create_bucket(
        &self,
        caller: &Caller,
        name: BucketName,
        options: BucketOptions,
    ) -> Result<Done<()>> {
        require(caller, name.as_str(), Right::Own)?;
        let (mode, reason) = match self.store {
            Backing::Centre(_) => {
                let reason = options.open_reason;
                let reason = reason.unwrap_or_else(|| DEFAULT_REASON.to_owned());
                (Mode::Open, Some(reason))
            }
            Backing::Home(_) => (Mode::Sealed, None),
        };
        let act = CreateBucket {
            by: caller.actor.clone(),
            ledger: caller.ledger,
            body: CreateBody {
                name: name.as_str().to_owned(),
                mode,
                reason,
                region: options.region,
                object_lock: options.object_lock,
            },
        };
        Ok(Done::of(self.store.commit(act, Fresh::Nothing).await?))
    }

    /// Deletes an empty bucket; uploads that are under way in it are aborted first.
    ///
    /// # Errors
    /// [`crate::Error::BucketNotEmpty`], [`crate::Error::NoSuchBucket`], [`crate::Error::AccessDenied`].
    pub async fn delete_bucket(&self, caller: &Caller, bucket: &str) -> Result<Done<()>> {
        let found = self.ask_bucket(caller, bucket, Right::Own).await?;
        let not_empty = || Error::BucketNotEmpty {
            name: bucket.to_owned(),
        };
        if self.store.read(|rows| versions::any(rows, found.id))? {
            return Err(not_empty());
        }
        // Each abort is an act of its own; whoever begins uploads meanwhile can't keep the bucket from being refused.
        for _ in 0..MAX_ABORTED {
            let Some(upload) = self.store.read(|rows| uploads::any(rows, found.id))? else {
                break;
            };
            let key = String::from_utf8_lossy(&upload.key).into_owned();
            let key = ObjectKey::parse(key)?;
            match self.abort_upload(caller, bucket, &key, upload.id()).await {
                Ok(_) | Err(Error::NoSuchUpload) => {}
                Err(other) => return Err(other),
            }
        }
        let act = DeleteBucket {
            by: caller.actor.clone(),
            ledger: caller.ledger,
            links: BucketLinks {
                bucket: found.id.index(),
            },
            body: NameBody {
                bucket: bucket.to_owned(),
            },
        };
        Ok(Done::of(self.store.commit(act, Fresh::Nothing).await?))
    }

    /// Enables or suspends versioning.
    ///
    /// # Errors
    /// [`crate::Error::InvalidVersioning`] for [`Versioning::Unversioned`], [`crate::Error::InvalidBucketState`] where
    /// versions can be locked, [`crate::Error::NoSuchBucket`], [`crate::Error::AccessDenied`].
    pub async fn set_versioning(
        &self,
        caller: &Caller,
        bucket: &str,
        versioning: Versioning,
    ) -> Result<Done<()>> {
        require(caller, bucket, Right::Own)?;
        if versioning == Versioning::Unversioned {
            return Err(Error::InvalidVersioning);
        }
        let act = SetVersioning {
            by: caller.actor.clone(),
            ledger: caller.ledger,
            links: VersioningLinks {
                bucket: 0,
                versioning,
            },
            body: NameBody {
                bucket: bucket.to_owned(),
            },
        };
        Ok(Done::of(self.store.commit(act, Fresh::Nothing).await?))
    }

    /// A bucket, if the caller has at least `right` on it. Takes microseconds: a front asks it before it reads a body. That
    /// a sealed bucket is there may be seen; more than that only its institution's gateway can do with it.
    ///
    /// # Errors
    /// [`crate::Error::NoSuchBucket`], [`crate::Error::AccessDenied`], [`crate::Error::SealedBucket`].
    pub fn bucket(&self, caller: &Caller, bucket: &str, right: Right) -> Result<BucketInfo> {
        let values = [bucket.into()];
        let read = |row: Option<&Row<'_>>| found(row, caller, bucket, right);
        self.store
            .read(|rows| rows.first(buckets::STANDING, &values, read))
    }

    /// As [`Vault::bucket`], for who can wait: where rows are far away, those who ask at the same time share a round trip.
    ///
    /// # Errors
    /// As [`Vault::bucket`].
    pub async fn ask_bucket(
        &self,
        caller: &Caller,
        bucket: &str,
        right: Right,
    ) -> Result<BucketInfo> {
        let read = |row: Option<&Row<'_>>| found(row, caller, bucket, right);
        let values = [bucket.into()];
        self.store.first(buckets::STANDING, &values, read).await
    }

    /// The caller's institution's buckets that the caller may read, by name: those that begin with `prefix` and come
    /// after `after`, at most `max`; and whether there are more.
    ///
    /// # Errors
    /// A failure of the store.
    pub async fn list_buckets(
        &self,
        caller: &Caller,
        prefix: &str,
        after: Option<&str>,
        max: usize,
    ) -> Result<(Vec<BucketInfo>, bool)> {
        let after = after.unwrap_or_default().to_owned();
        let (caller, prefix) = (caller.clone(), prefix.to_owned());
        let max = max.min(MAX_PAGE);
        self.read_apart(move |rows| {
            let mut found = Vec::new();
            let mut more = false;
            // From the prefix itself on, unless the page begins later.
            let (from, skipped) = if after >= prefix {
                (after.as_str(), None)
            } else {
                (prefix.as_str(), buckets::named(rows, &prefix)?)
            };
            let mut take = |bucket: crate::BucketInfo| {
                if !bucket.name.starts_with(&prefix) {
                    return ControlFlow::Break(());
                }
                if !caller.may(&bucket.name, Right::Read) {
                    return ControlFlow::Continue(());
                }
                if found.len() == max {
                    more = true;
                    return ControlFlow::Break(());
                }
                found.push(bucket);
                ControlFlow::Continue(())
            };
            if let Some(bucket) = skipped.filter(|bucket| bucket.id.ledger() == caller.ledger) {
                let _ = take(bucket);
            }
            buckets::each_after(rows, caller.ledger, from, take)?;
            Ok((found, more))
        })
        .await
    }
}
