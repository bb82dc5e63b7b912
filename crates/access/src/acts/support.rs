//! Support: the operator's staff in an institution's space, by its leave, for a time, and each use an entry.

use amana_store::{Act, At, Denied, LedgerId, Reader, Target, Writer};
use serde::{Deserialize, Serialize};

use super::{Applied, Checked, Reason, refuse};
use crate::people::in_office;
use crate::views::proposals;
use crate::{Error, Operation, may};

/// `support.allow`: an official lets the operator's staff in until then, or puts them out now.
pub(crate) struct AllowSupport {
    pub(crate) official: u64,
    pub(crate) by: String,
    pub(crate) ledger: LedgerId,
    pub(crate) links: ConsentLinks,
    pub(crate) body: Option<Reason>,
}

#[derive(Serialize, Deserialize)]
pub(crate) struct ConsentLinks {
    pub(crate) official: u64,
    /// Nothing puts them out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) until_ms: Option<i64>,
}

impl Act for AllowSupport {
    const KIND: &'static str = "support.allow";
    type Links = ConsentLinks;
    type Body = Reason;
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
        match may(official.role, Operation::AllowSupport) {
            true => Ok(()),
            false => Err(Denied::Refused(Error::Forbidden)),
        }
    }

    fn links(&self) -> &ConsentLinks {
        &self.links
    }

    fn body(&self) -> Option<&Reason> {
        self.body.as_ref()
    }

    /// One consent at a time: another one takes its place.
    fn apply(links: &ConsentLinks, _: Option<&Reason>, rows: &Writer<'_>, at: &At) -> Applied {
        proposals::end_support(rows, at)?;
        match links.until_ms {
            Some(until_ms) => proposals::allow(rows, at, links.official, until_ms),
            None => Ok(()),
        }
    }
}

/// `support.use`: one of the operator's staff does one thing in the institution's space. Nothing changes but that it is
/// known.
pub(crate) struct UseSupport {
    pub(crate) by: String,
    pub(crate) ledger: LedgerId,
    pub(crate) links: UseLinks,
}

#[derive(Serialize, Deserialize)]
pub(crate) struct UseLinks {
    /// The official's number in `operator/staff`.
    pub(crate) staff: u64,
    pub(crate) operation: Operation,
}

impl Act for UseSupport {
    const KIND: &'static str = "support.use";
    type Links = UseLinks;
    type Body = ();
    type Output = ();
    type Refusal = Error;

    fn actor(&self) -> &str {
        &self.by
    }

    fn target(&self) -> Target {
        Target::Ledger(self.ledger)
    }

    fn check(&mut self, views: &Reader<'_>, now_ms: i64) -> Checked {
        let consent = proposals::consent(views, self.ledger)?;
        let in_force = consent.is_some_and(|consent| consent.until_ms > now_ms);
        match in_force && self.links.operation.rights().support {
            true => Ok(()),
            false => Err(Denied::Refused(Error::NoConsent)),
        }
    }

    fn links(&self) -> &UseLinks {
        &self.links
    }

    fn body(&self) -> Option<&()> {
        None
    }

    fn apply(_: &UseLinks, _: Option<&()>, _: &Writer<'_>, _: &At) -> Applied {
        Ok(())
    }
}
