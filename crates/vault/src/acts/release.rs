//! The end of a retention before its time: proposed by one official, done in the approval of another.

use std::sync::Arc;

use amana_access::{Access, Dangerous};
use amana_store::{Act, At, Denied, LedgerId, Reader, Result, Target, Writer};
use serde::{Deserialize, Serialize};

use super::linked;
use super::lock::lockable;
use super::recorded::KeyBody;
use crate::Error;
use crate::locks::subject;
use crate::model::{RetentionMode, VersionRef};
use crate::views::locks;

/// `object.release`
pub(crate) struct Release {
    pub(crate) by: Arc<str>,
    pub(crate) ledger: LedgerId,
    pub(crate) version: VersionRef,
    pub(crate) links: ReleaseLinks,
    pub(crate) body: KeyBody,
}

#[derive(Serialize, Deserialize)]
pub(crate) struct ReleaseLinks {
    pub(crate) bucket: u64,
    pub(crate) version: u64,
    pub(crate) proposal: u64,
    /// Who approved.
    pub(crate) approver: u64,
}

impl Act for Release {
    const KIND: &'static str = "object.release";
    type Links = ReleaseLinks;
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
        let (number, approver) = (self.links.proposal, self.links.approver);
        let ends = Dangerous::EndRetention;
        let proposed = Access::second(views, self.ledger, number, ends, approver, now_ms);
        let KeyBody { bucket, key } = &self.body;
        if proposed.map_err(Error::from)? != subject(bucket, key.as_str(), self.version) {
            return Err(Error::NoSuchVersion.into());
        }
        let (bucket, version) = lockable(views, self.ledger, &self.body, self.version)?;
        let lock = locks::of(views, linked(self.ledger, version)?)?;
        let retention = lock.and_then(|lock| lock.retention);
        if retention.is_some_and(|one| one.mode != RetentionMode::Governance) {
            return Err(Error::Locked.into());
        }
        self.links.bucket = bucket;
        self.links.version = version;
        Ok(())
    }

    fn links(&self) -> &ReleaseLinks {
        &self.links
    }

    fn body(&self) -> Option<&KeyBody> {
        Some(&self.body)
    }

    fn apply(links: &ReleaseLinks, _: Option<&KeyBody>, rows: &Writer<'_>, at: &At) -> Result<()> {
        locks::retain(rows, linked(at.entry.ledger(), links.version)?, None)?;
        Access::seconded(rows, at, links.proposal, links.approver)
    }
}
