//! The custodians' drill: that they tried to rebuild the root from their shares, and whether it worked.

use amana_seal::shares::{Group, GroupPlan};
use amana_store::{Act, At, Denied, LedgerId, Reader, Target, Writer};
use serde::{Deserialize, Serialize};

use super::{Applied, Checked, refuse};
use crate::drills::DrillOutcome;
use crate::keyrings::Published;
use crate::people::in_office;
use crate::views::drills;
use crate::{Error, Operation, Result, may};

/// `custodians.drill`: an official says that a drill was held. Nothing changes but that it is known, and counted.
pub(crate) struct RecordDrill {
    pub(crate) official: u64,
    pub(crate) by: String,
    pub(crate) ledger: LedgerId,
    pub(crate) institution: String,
    pub(crate) links: DrillLinks,
    pub(crate) body: DrillBody,
}

/// What stays when the body is erased: without it nobody could tell when the next one is due.
#[derive(Serialize, Deserialize)]
pub(crate) struct DrillLinks {
    pub(crate) official: u64,
    /// `2026-11-22`.
    pub(crate) held_on: String,
    pub(crate) outcome: DrillOutcome,
}

#[derive(Serialize, Deserialize)]
pub(crate) struct DrillBody {
    /// Who took part, by the numbers on their pages.
    pub(crate) custodians: Vec<u8>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) note: Option<String>,
}

impl RecordDrill {
    /// Whether the pages are some of that plan, and enough of them for what came out. A page bears its number within its
    /// group, so that with several groups one number may be several pages, whose sum nobody can tell.
    fn fits(&self, plan: &GroupPlan) -> Result<()> {
        let pages = plan.groups().iter().map(Group::members).max();
        let pages = pages.unwrap_or_default();
        let beyond = self.body.custodians.iter().find(|one| **one > pages);
        if let Some(number) = beyond {
            return Err(Error::NoSuchShare {
                number: *number,
                shares: pages,
            });
        }
        let given = self.body.custodians.len();
        let alone = plan.groups().len() == 1;
        if alone && self.links.outcome == DrillOutcome::Rebuilt && given < plan.fewest_shares() {
            return Err(Error::TooFewShares {
                given,
                needed: plan.fewest_shares(),
            });
        }
        Ok(())
    }
}

impl Act for RecordDrill {
    const KIND: &'static str = "custodians.drill";
    type Links = DrillLinks;
    type Body = DrillBody;
    type Output = ();
    type Refusal = Error;

    fn actor(&self) -> &str {
        &self.by
    }

    fn target(&self) -> Target {
        Target::Ledger(self.ledger)
    }

    fn check(&mut self, views: &Reader<'_>, _: i64) -> Checked {
        let official = in_office(views, self.ledger, self.official).map_err(refuse)?;
        if !may(official.role, Operation::RecordDrill) {
            return Err(Denied::Refused(Error::Forbidden));
        }
        let published = Published::newest(views, self.ledger)?;
        let Some(custodians) = published.custodians().map_err(refuse)? else {
            return Err(Denied::Refused(Error::NotEnrolled {
                institution: self.institution.clone(),
            }));
        };
        self.fits(&custodians.plan).map_err(refuse)
    }

    fn links(&self) -> &DrillLinks {
        &self.links
    }

    fn body(&self) -> Option<&DrillBody> {
        Some(&self.body)
    }

    fn apply(links: &DrillLinks, _: Option<&DrillBody>, rows: &Writer<'_>, at: &At) -> Applied {
        drills::insert(rows, at, links)
    }
}
