//! Acts on buckets.

use std::sync::Arc;

use amana_store::{Act, At, Denied, EntryId, LedgerId, Reader, Result, Target, Writer};
use serde::{Deserialize, Serialize};

use super::{is_false, linked};
use crate::model::{BucketLock, Versioning};
use crate::views::{buckets, uploads, versions};
use crate::{BucketInfo, Error, Mode};

/// `bucket.create`
pub(crate) struct CreateBucket {
    pub(crate) by: Arc<str>,
    pub(crate) ledger: LedgerId,
    pub(crate) body: CreateBody,
}

#[derive(Serialize, Deserialize)]
pub(crate) struct CreateBody {
    pub(crate) name: String,
    pub(crate) mode: Mode,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) reason: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) region: Option<String>,
    #[serde(default, skip_serializing_if = "is_false")]
    pub(crate) object_lock: bool,
}

#[derive(Serialize, Deserialize)]
pub(crate) struct NoLinks {}

impl Act for CreateBucket {
    const KIND: &'static str = "bucket.create";
    type Links = NoLinks;
    type Body = CreateBody;
    type Output = ();
    type Refusal = Error;

    fn actor(&self) -> &str {
        &self.by
    }

    fn target(&self) -> Target {
        Target::Ledger(self.ledger)
    }

    // No two institutions have a bucket of the same name.
    fn looks_beyond(&self) -> bool {
        true
    }

    fn check(&mut self, views: &Reader<'_>, _now_ms: i64) -> Result<(), Denied<Error>> {
        let name = self.body.name.clone();
        match buckets::named(views, &name)? {
            None => Ok(()),
            Some(bucket) if bucket.id.ledger() == self.ledger => {
                Err(Error::BucketAlreadyOwnedByYou { name }.into())
            }
            Some(_) => Err(Error::BucketAlreadyExists { name }.into()),
        }
    }

    fn links(&self) -> &NoLinks {
        &NoLinks {}
    }

    fn body(&self) -> Option<&CreateBody> {
        Some(&self.body)
    }

    fn apply(
        _links: &NoLinks,
        body: Option<&CreateBody>,
        rows: &Writer<'_>,
        at: &At,
    ) -> Result<()> {
        let Some(body) = body else { return Ok(()) };
        let bucket = BucketInfo {
            name: body.name.clone(),
            id: at.entry,
            created_ms: at.time_ms,
            versioning: match body.object_lock {
                true => Versioning::Enabled,
                false => Versioning::Unversioned,
            },
            mode: body.mode,
            region: body.region.clone(),
            lock: body.object_lock.then(BucketLock::default),
        };
        buckets::insert(rows, &bucket)
    }
}

/// The bucket that an act is about.
#[derive(Serialize, Deserialize)]
pub(crate) struct BucketLinks {
    pub(crate) bucket: u64,
}

#[derive(Serialize, Deserialize)]
pub(crate) struct NameBody {
    pub(crate) bucket: String,
}

/// `bucket.delete`
pub(crate) struct DeleteBucket {
    pub(crate) by: Arc<str>,
    pub(crate) ledger: LedgerId,
    pub(crate) links: BucketLinks,
    pub(crate) body: NameBody,
}

impl Act for DeleteBucket {
    const KIND: &'static str = "bucket.delete";
    type Links = BucketLinks;
    type Body = NameBody;
    type Output = ();
    type Refusal = Error;

    fn actor(&self) -> &str {
        &self.by
    }

    fn target(&self) -> Target {
        Target::Ledger(self.ledger)
    }

    fn check(&mut self, views: &Reader<'_>, _now_ms: i64) -> Result<(), Denied<Error>> {
        let bucket = buckets::owned(views, &self.body.bucket, self.ledger)?;
        self.links.bucket = bucket.id.index();
        if versions::any(views, bucket.id)? || uploads::any(views, bucket.id)?.is_some() {
            return Err(Error::BucketNotEmpty { name: bucket.name }.into());
        }
        Ok(())
    }

    fn links(&self) -> &BucketLinks {
        &self.links
    }

    fn body(&self) -> Option<&NameBody> {
        Some(&self.body)
    }

    fn apply(
        links: &BucketLinks,
        _body: Option<&NameBody>,
        rows: &Writer<'_>,
        at: &At,
    ) -> Result<()> {
        buckets::remove(rows, linked(at.entry.ledger(), links.bucket)?)
    }

    fn frees(&self) -> bool {
        true
    }
}

/// `bucket.versioning`
pub(crate) struct SetVersioning {
    pub(crate) by: Arc<str>,
    pub(crate) ledger: LedgerId,
    pub(crate) links: VersioningLinks,
    pub(crate) body: NameBody,
}

#[derive(Serialize, Deserialize)]
pub(crate) struct VersioningLinks {
    pub(crate) bucket: u64,
    pub(crate) versioning: Versioning,
}

impl Act for SetVersioning {
    const KIND: &'static str = "bucket.versioning";
    type Links = VersioningLinks;
    type Body = NameBody;
    type Output = ();
    type Refusal = Error;

    fn actor(&self) -> &str {
        &self.by
    }

    fn target(&self) -> Target {
        Target::Ledger(self.ledger)
    }

    fn check(&mut self, views: &Reader<'_>, _now_ms: i64) -> Result<(), Denied<Error>> {
        let bucket = buckets::owned(views, &self.body.bucket, self.ledger)?;
        if bucket.lock.is_some() && self.links.versioning != Versioning::Enabled {
            return Err(Error::InvalidBucketState {
                why: "its versions can be locked, so that it keeps them",
            }
            .into());
        }
        self.links.bucket = bucket.id.index();
        Ok(())
    }

    fn links(&self) -> &VersioningLinks {
        &self.links
    }

    fn body(&self) -> Option<&NameBody> {
        Some(&self.body)
    }

    fn apply(
        links: &VersioningLinks,
        _body: Option<&NameBody>,
        rows: &Writer<'_>,
        at: &At,
    ) -> Result<()> {
        let bucket: EntryId = linked(at.entry.ledger(), links.bucket)?;
        buckets::set_versioning(rows, bucket, links.versioning)
    }
}
