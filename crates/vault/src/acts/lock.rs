//! Acts on locks. All that applying needs stands in the links: it stays when a body is erased.

use std::sync::Arc;

use amana_store::{Act, At, Denied, LedgerId, Reader, Result, Scope, Target, Writer};
use serde::{Deserialize, Serialize};

use super::bucket::NameBody;
use super::object::of_key;
use super::recorded::KeyBody;
use super::{is_false, linked};
use crate::Error;
use crate::model::{BucketLock, ObjectKey, Retention, Told, VersionRef, Versioning};
use crate::views::{buckets, locks};

/// `bucket.lock`
pub(crate) struct SetLock {
    pub(crate) by: Arc<str>,
    pub(crate) ledger: LedgerId,
    pub(crate) links: LockLinks,
    pub(crate) body: NameBody,
}

#[derive(Serialize, Deserialize)]
pub(crate) struct LockLinks {
    pub(crate) bucket: u64,
    pub(crate) lock: BucketLock,
}

impl Act for SetLock {
    const KIND: &'static str = "bucket.lock";
    type Links = LockLinks;
    type Body = NameBody;
    type Output = ();
    type Refusal = Error;

    fn actor(&self) -> &str {
        &self.by
    }

    fn target(&self) -> Target {
        Target::Ledger(self.ledger)
    }

    /// Only where each put makes a version: an overwrite would otherwise end what is retained.
    fn check(&mut self, views: &Reader<'_>, _: i64) -> Result<(), Denied<Error>> {
        let bucket = buckets::owned(views, &self.body.bucket, self.ledger)?;
        if bucket.versioning != Versioning::Enabled {
            return Err(Error::InvalidBucketState {
                why: "it doesn't keep versions",
            }
            .into());
        }
        self.links.bucket = bucket.id.index();
        Ok(())
    }

    fn links(&self) -> &LockLinks {
        &self.links
    }

    fn body(&self) -> Option<&NameBody> {
        Some(&self.body)
    }

    fn apply(links: &LockLinks, _: Option<&NameBody>, rows: &Writer<'_>, at: &At) -> Result<()> {
        buckets::set_lock(rows, linked(at.entry.ledger(), links.bucket)?, links.lock)
    }
}

/// `object.retain`
pub(crate) struct Retain {
    pub(crate) by: Arc<str>,
    pub(crate) ledger: LedgerId,
    pub(crate) version: VersionRef,
    /// Whether retention is to be ended early, by who has the right to.
    pub(crate) bypass: bool,
    /// What time it is by the word of the witnesses, once that was asked.
    pub(crate) witnessed_ms: Option<i64>,
    pub(crate) links: RetainLinks,
    pub(crate) body: KeyBody,
}

#[derive(Serialize, Deserialize)]
pub(crate) struct RetainLinks {
    pub(crate) bucket: u64,
    pub(crate) version: u64,
    /// The retention from now on; nothing ends it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) retention: Option<Retention>,
    /// Whether one that stood ends early by it.
    #[serde(default, skip_serializing_if = "is_false")]
    pub(crate) bypassed: bool,
}

impl Act for Retain {
    const KIND: &'static str = "object.retain";
    type Links = RetainLinks;
    type Body = KeyBody;
    type Output = ();
    type Refusal = Error;

    fn actor(&self) -> &str {
        &self.by
    }

    fn target(&self) -> Target {
        Target::Ledger(self.ledger)
    }

    fn check(&mut self, views: &Reader<'_>, now_ms: i64) -> Result<(), Denied<Error>> {
        let (bucket, version) = lockable(views, self.ledger, &self.body, self.version)?;
        let wanted = self.links.retention;
        if let Some(wanted) = wanted {
            wanted.check(now_ms)?;
        }
        let told = Told {
            now_ms,
            witnessed_ms: self.witnessed_ms,
            bypass: self.bypass,
        };
        let lock = locks::of(views, linked(self.ledger, version)?)?;
        self.links = RetainLinks {
            bucket,
            version,
            retention: wanted,
            bypassed: lock.unwrap_or_default().may_become(wanted, told)?,
        };
        Ok(())
    }

    fn links(&self) -> &RetainLinks {
        &self.links
    }

    fn body(&self) -> Option<&KeyBody> {
        Some(&self.body)
    }

    fn apply(links: &RetainLinks, _: Option<&KeyBody>, rows: &Writer<'_>, at: &At) -> Result<()> {
        let version = linked(at.entry.ledger(), links.version)?;
        locks::retain(rows, version, links.retention)
    }

    fn scope(&self) -> Option<Scope> {
        Some(of_key(&self.body.bucket, &self.body.key))
    }
}

/// The bucket and the version that are meant, by the index of their entries, if the bucket's versions can be locked.
pub(super) fn lockable(
    views: &Reader<'_>,
    ledger: LedgerId,
    body: &KeyBody,
    version: VersionRef,
) -> crate::Result<(u64, u64)> {
    let bucket = buckets::owned(views, &body.bucket, ledger)?;
    if bucket.lock.is_none() {
        return Err(Error::NoObjectLock);
    }
    let key: &ObjectKey = &body.key;
    let version = crate::get::standing(views, bucket.id, key, version)?;
    Ok((bucket.id.index(), version.index))
}

/// `object.hold`
pub(crate) struct Hold {
    pub(crate) by: Arc<str>,
    pub(crate) ledger: LedgerId,
    pub(crate) version: VersionRef,
    pub(crate) links: HoldLinks,
    pub(crate) body: KeyBody,
}

#[derive(Serialize, Deserialize)]
pub(crate) struct HoldLinks {
    pub(crate) bucket: u64,
    pub(crate) version: u64,
    pub(crate) on: bool,
}

impl Act for Hold {
    const KIND: &'static str = "object.hold";
    type Links = HoldLinks;
    type Body = KeyBody;
    type Output = ();
    type Refusal = Error;

    fn actor(&self) -> &str {
        &self.by
    }

    fn target(&self) -> Target {
        Target::Ledger(self.ledger)
    }

    fn check(&mut self, views: &Reader<'_>, _: i64) -> Result<(), Denied<Error>> {
        let (bucket, version) = lockable(views, self.ledger, &self.body, self.version)?;
        self.links.bucket = bucket;
        self.links.version = version;
        Ok(())
    }

    fn links(&self) -> &HoldLinks {
        &self.links
    }

    fn body(&self) -> Option<&KeyBody> {
        Some(&self.body)
    }

    fn apply(links: &HoldLinks, _: Option<&KeyBody>, rows: &Writer<'_>, at: &At) -> Result<()> {
        let version = linked(at.entry.ledger(), links.version)?;
        locks::hold(rows, version, links.on)
    }

    fn scope(&self) -> Option<Scope> {
        Some(of_key(&self.body.bucket, &self.body.key))
    }
}
