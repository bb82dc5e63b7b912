//! Locks: what keeps versions from being deleted, set and ended.

use amana_access::{Caller, Operation, Right, Session};
use amana_store::Committed;

use crate::acts::Sealable;
use crate::acts::bucket::NameBody;
use crate::acts::lock::{Hold, HoldLinks, LockLinks, Retain, RetainLinks, SetLock};
use crate::acts::recorded::KeyBody;
use crate::acts::release::{Release, ReleaseLinks};
use crate::backing::Fresh;
use crate::buckets::require;
use crate::model::{BucketLock, ObjectAttrs, ObjectKey, Retention, VersionRef};
use crate::{Done, Error, Result, Vault, apart};

/// How a proposal names a version: `bucket/key?versionId=…`.
#[must_use]
pub fn subject(bucket: &str, key: &str, version: VersionRef) -> String {
    let version = match version {
        VersionRef::Id(id) => id.to_string(),
        VersionRef::Latest | VersionRef::Null => "null".to_owned(),
    };
    format!("{bucket}/{key}{VERSION}{version}")
}

const VERSION: &str = "?versionId=";

fn parsed(subject: &str) -> Option<(String, ObjectKey, VersionRef)> {
    let (object, version) = subject.rsplit_once(VERSION)?;
    let (bucket, key) = object.split_once('/')?;
    let key = ObjectKey::parse(key).ok()?;
    Some((bucket.to_owned(), key, version.parse().ok()?))
}

impl Vault {
    /// Lets a bucket's versions be locked, and says what new ones get. It is never taken off again.
    ///
    /// # Errors
    /// [`Error::InvalidBucketState`] where versions aren't kept, [`Error::NoSuchBucket`], [`Error::AccessDenied`].
    pub async fn set_bucket_lock(
        &self,
        caller: &Caller,
        bucket: &str,
        lock: BucketLock,
    ) -> Result<Done<()>> {
        require(caller, bucket, Right::Own)?;
        let act = SetLock {
            by: caller.actor.clone(),
            ledger: caller.ledger,
            links: LockLinks { bucket: 0, lock },
            body: NameBody {
                bucket: bucket.to_owned(),
            },
        };
        Ok(Done::of(self.store.commit(act, Fresh::Nothing).await?))
    }

    /// Sets until when a version is retained. One that stands is prolonged by anybody who may write; in governance mode it is
    /// shortened, ended or changed with `bypass` by who has [`Right::Bypass`]; in compliance mode by nobody.
    ///
    /// # Errors
    /// [`Error::Locked`], [`Error::NoObjectLock`], [`Error::InvalidRetention`], and as [`Vault::object`].
    pub async fn retain(
        &self,
        caller: &Caller,
        bucket: &str,
        key: &ObjectKey,
        version: VersionRef,
        retention: Option<Retention>,
        bypass: bool,
    ) -> Result<Done<()>> {
        require(caller, bucket, Right::Write)?;
        let act = |witnessed_ms| Retain {
            by: caller.actor.clone(),
            ledger: caller.ledger,
            version,
            bypass: bypass && caller.may(bucket, Right::Bypass),
            witnessed_ms,
            links: RetainLinks {
                bucket: 0,
                version: 0,
                retention,
                bypassed: false,
            },
            body: KeyBody {
                bucket: bucket.to_owned(),
                key: key.clone(),
            },
        };
        Ok(Done::of(self.in_time(act).await?))
    }

    /// Puts a version under legal hold, or lifts it, which takes [`Right::Own`].
    ///
    /// # Errors
    /// [`Error::NoObjectLock`], and as [`Vault::object`].
    pub async fn hold(
        &self,
        caller: &Caller,
        bucket: &str,
        key: &ObjectKey,
        version: VersionRef,
        on: bool,
    ) -> Result<Done<()>> {
        require(caller, bucket, if on { Right::Write } else { Right::Own })?;
        let act = Hold {
            by: caller.actor.clone(),
            ledger: caller.ledger,
            version,
            links: HoldLinks {
                bucket: 0,
                version: 0,
                on,
            },
            body: KeyBody {
                bucket: bucket.to_owned(),
                key: key.clone(),
            },
        };
        Ok(Done::of(self.store.commit(act, Fresh::Nothing).await?))
    }

    /// Ends the retention that a proposal names, as its second. In governance mode alone.
    ///
    /// # Errors
    /// [`Error::Proposal`], [`Error::Locked`], [`Error::NoSuchVersion`], [`Error::SealedBucket`], [`Error::NoObjectLock`].
    pub async fn release(&self, session: &Session, proposal: u64, named: &str) -> Result<Done<()>> {
        if !session.may(Operation::Approve) {
            return Err(Error::AccessDenied);
        }
        let (bucket, key, version) = parsed(named).ok_or(Error::NoSuchVersion)?;
        let act = Release {
            by: session.actor().to_string().into(),
            ledger: session.ledger(),
            version,
            links: ReleaseLinks {
                bucket: 0,
                version: 0,
                proposal,
                approver: session.account.official,
            },
            body: KeyBody { bucket, key },
        };
        Ok(Done::of(self.store.centre()?.commit(act).await?))
    }

    /// Judges the date of a lock that comes with a deposit, before it is queued: one that waits its turn isn't late for it.
    pub(crate) fn check_lock(&self, attrs: &ObjectAttrs) -> Result<()> {
        match attrs.lock.and_then(|lock| lock.retention) {
            Some(retention) => retention.check(self.store.now_ms()),
            None => Ok(()),
        }
    }

    /// Commits an act that may end what is retained; what time it is by the word of the witnesses is asked only when it
    /// matters, since that is a look at the national log.
    pub(crate) async fn in_time<A: Sealable>(
        &self,
        act: impl Fn(Option<i64>) -> A,
    ) -> Result<Committed<A::Output>> {
        match self.store.commit(act(None), Fresh::Nothing).await {
            Err(Error::TimeUnproved) => {
                let store = self.store.clone();
                let witnessed_ms = apart(move || store.witnessed_ms()).await?;
                let act = act(Some(witnessed_ms));
                self.store.commit(act, Fresh::Nothing).await
            }
            committed => committed,
        }
    }
}
