//! How much an institution may hold.

use amana_store::{Act, At, LedgerId, Reader, Target, Writer};

use super::{Applied, Checked};
use crate::model::Quota;
use crate::views::{self, quotas};
use crate::{Error, Result};

/// `institution.quota`: set by the operator, in the institution's own ledger.
pub(crate) struct SetQuota {
    pub(crate) by: String,
    pub(crate) ledger: LedgerId,
    pub(crate) links: Quota,
}

impl Act for SetQuota {
    const KIND: &'static str = "institution.quota";
    type Links = Quota;
    type Body = ();
    type Output = ();
    type Refusal = Error;

    fn actor(&self) -> &str {
        &self.by
    }

    fn target(&self) -> Target {
        Target::Ledger(self.ledger)
    }

    fn check(&mut self, views: &Reader<'_>, _: i64) -> Checked {
        views::institution(views, self.ledger)?;
        Ok(())
    }

    fn links(&self) -> &Quota {
        &self.links
    }

    fn body(&self) -> Option<&()> {
        None
    }

    fn apply(links: &Quota, _: Option<&()>, rows: &Writer<'_>, at: &At) -> Applied {
        quotas::set(rows, at, links)
    }
}

impl Quota {
    /// Numbers that rows can hold.
    ///
    /// # Errors
    /// [`Error::Invalid`].
    pub(crate) fn checked(self) -> Result<Self> {
        let fits = |limit: Option<u64>| limit.is_none_or(|limit| i64::try_from(limit).is_ok());
        match fits(self.bytes) && fits(self.objects) {
            true => Ok(self),
            false => Err(Error::Invalid {
                what: "the quota",
                why: "must be below eight exbibytes and as many objects",
            }),
        }
    }
}
