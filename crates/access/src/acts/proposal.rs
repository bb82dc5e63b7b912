//! Dangerous acts: one official proposes, another approves, and it is done in the commit of the approval.

use amana_seal::shares::GroupPlan;
use amana_store::{Act, At, Denied, LedgerId, Reader, Target, Writer};
use serde::{Deserialize, Serialize};

use super::{Applied, Checked, refuse};
use crate::custodians::APPROVED_MS;
use crate::people::{Actor, in_office};
use crate::views::{self, credentials, proposals, sessions};
use crate::{Error, Official, Operation, Result, Role, custodians, leaving, may};

/// Proposals that wait at a time.
const MAX_OPEN: i64 = 50;

/// What needs two. Another kind is a variant here and an arm in [`Approve::apply`]; one of another service's is an act of
/// that service, whose check asks for the proposal.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Dangerous {
    /// Name somebody who may approve: otherwise one official could make himself a second.
    Appoint,
    /// End the credentials of an official who lost them, and give a link to new ones.
    Recover,
    /// End an official's role.
    Remove,
    /// End an object's retention before its time. The vault does it, in an act of its own: see [`crate::Access::second`].
    EndRetention,
    /// Leave: from then on nothing new is taken in from the institution.
    Leave,
    /// Stay after all.
    Stay,
    /// Share the root among other custodians. The keyring that names them does it, once this was approved.
    ChangeCustodians,
}

impl Dangerous {
    /// `appoint`, `recover`, `remove`, `end-retention`, `leave`, `stay` or `change-custodians`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Appoint => "appoint",
            Self::Recover => "recover",
            Self::Remove => "remove",
            Self::EndRetention => "end-retention",
            Self::Leave => "leave",
            Self::Stay => "stay",
            Self::ChangeCustodians => "change-custodians",
        }
    }

    pub(crate) fn of_text(text: &str) -> Option<Self> {
        [
            Self::Appoint,
            Self::Recover,
            Self::Remove,
            Self::EndRetention,
            Self::Leave,
            Self::Stay,
            Self::ChangeCustodians,
        ]
        .into_iter()
        .find(|one| one.as_str() == text)
    }
}

/// `proposal.make`.
pub(crate) struct Propose {
    pub(crate) proposer: u64,
    pub(crate) by: String,
    pub(crate) ledger: LedgerId,
    /// The custodians that are proposed. The check says it in the body, with the number of their set.
    pub(crate) plan: Option<GroupPlan>,
    pub(crate) links: ProposalLinks,
    pub(crate) body: ProposalBody,
}

#[derive(Serialize, Deserialize)]
pub(crate) struct ProposalLinks {
    pub(crate) operation: Dangerous,
    pub(crate) proposer: u64,
    /// Whom it is about; nobody yet, for an appointment.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) official: Option<u64>,
    /// The role to give, for an appointment.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) role: Option<Role>,
    pub(crate) until_ms: i64,
}

/// What may be erased once it is over, and whom it named has left.
#[derive(Serialize, Deserialize)]
pub(crate) struct ProposalBody {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) reason: Option<String>,
}

impl Propose {
    fn judge(&mut self, views: &Reader<'_>, now_ms: i64) -> Result<()> {
        let proposer = in_office(views, self.ledger, self.proposer)?;
        if !may(proposer.role, Operation::Propose) || self.links.official == Some(self.proposer) {
            return Err(Error::Forbidden);
        }
        if let Some(official) = self.links.official {
            in_office(views, self.ledger, official).map_err(|_| Error::UnknownAccount)?;
        }
        leaving::changes(views, self.ledger, self.links.operation)?;
        if let Some(plan) = &self.plan {
            self.body.name = Some(custodians::proposed(views, self.ledger, plan)?);
        }
        if proposals::open_count(views, self.ledger, now_ms)? >= MAX_OPEN {
            return Err(Error::TooMany {
                what: "open proposals",
                max: usize::try_from(MAX_OPEN).unwrap_or_default(),
            });
        }
        Ok(())
    }
}

impl Act for Propose {
    const KIND: &'static str = "proposal.make";
    type Links = ProposalLinks;
    type Body = ProposalBody;
    type Output = u64;
    type Refusal = Error;

    fn actor(&self) -> &str {
        &self.by
    }

    fn target(&self) -> Target {
        Target::Ledger(self.ledger)
    }

    fn check(&mut self, views: &Reader<'_>, now_ms: i64) -> Checked {
        self.judge(views, now_ms).map_err(refuse)
    }

    fn links(&self) -> &ProposalLinks {
        &self.links
    }

    fn body(&self) -> Option<&ProposalBody> {
        Some(&self.body)
    }

    fn apply(
        links: &ProposalLinks,
        body: Option<&ProposalBody>,
        rows: &Writer<'_>,
        at: &At,
    ) -> Applied<u64> {
        let row = proposals::Proposal {
            number: at.entry.index(),
            operation: links.operation.as_str().to_owned(),
            role: links.role.map(|role| role.as_str().to_owned()),
            official: links.official,
            name: body.and_then(|body| body.name.clone()),
            reason: body.and_then(|body| body.reason.clone()),
            proposer: links.proposer,
            made_ms: at.time_ms,
            until_ms: links.until_ms,
            state: proposals::OPEN.to_owned(),
            ended_by: None,
        };
        proposals::insert(rows, at.entry.ledger(), &row)?;
        Ok(row.number)
    }
}

/// A proposal that can still be approved, refused or withdrawn.
fn open(
    views: &Reader<'_>,
    ledger: LedgerId,
    number: u64,
    now_ms: i64,
) -> Result<proposals::Proposal> {
    let found = proposals::find(views, ledger, number)?;
    let found = found.ok_or(Error::UnknownProposal { number })?;
    let why = match found.state.as_str() {
        proposals::OPEN if found.until_ms > now_ms => return Ok(found),
        proposals::OPEN => "it was not approved in time",
        proposals::APPROVED => "it was approved, and waits for what it allows",
        proposals::DONE => "it was approved",
        proposals::REFUSED => "it was refused",
        _ => "it was withdrawn",
    };
    Err(Error::ProposalOver { number, why })
}

/// `proposal.approve`: the second word, and the act itself.
pub(crate) struct Approve {
    pub(crate) actor: Actor,
    pub(crate) by: String,
    pub(crate) ledger: LedgerId,
    pub(crate) links: ApproveLinks,
    pub(crate) body: ApproveBody,
}

#[derive(Serialize, Deserialize)]
pub(crate) struct ApproveLinks {
    pub(crate) proposal: u64,
    /// What was approved. Given in the check.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) operation: Option<Dangerous>,
    /// Whom it was about, if anybody; the new one's number, for an appointment. Given in the check.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) official: Option<u64>,
    /// Who approved, if it was an official; otherwise the operator.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) approver: Option<u64>,
    /// When the link ends that an appointment or a recovery gives, or the approval, where the act is still to come.
    pub(crate) expires_ms: i64,
}

#[derive(Serialize, Deserialize)]
pub(crate) struct ApproveBody {
    /// SHA-256 of the link's code, hexadecimal.
    pub(crate) code_sha256: String,
}

impl Approve {
    fn judge(&mut self, views: &Reader<'_>, now_ms: i64) -> Result<()> {
        let found = open(views, self.ledger, self.links.proposal, now_ms)?;
        in_office(views, self.ledger, found.proposer).map_err(|_| Error::ProposalOver {
            number: found.number,
            why: "who proposed it is no longer in office",
        })?;
        // It is done where the object is kept, or not at all.
        if found.operation == Dangerous::EndRetention.as_str() {
            return Err(Error::Forbidden);
        }
        match &self.actor {
            Actor::Official(number) => {
                let approver = in_office(views, self.ledger, *number)?;
                let concerned = *number == found.proposer || Some(*number) == found.official;
                if concerned || !approver.role.approves() {
                    return Err(Error::NeedsAnother);
                }
            }
            Actor::Operator(_) => no_other(views, self.ledger, &found)?,
        }
        let operation = Dangerous::of_text(&found.operation);
        self.links.operation = operation;
        self.links.official = match (found.official, operation) {
            (Some(official), _) => {
                in_office(views, self.ledger, official).map_err(|_| Error::UnknownAccount)?;
                Some(official)
            }
            (None, Some(Dangerous::Appoint)) => Some(views::next_official(views, self.ledger)?),
            (None, _) => None,
        };
        match operation {
            Some(Dangerous::ChangeCustodians) => self.links.expires_ms = now_ms + APPROVED_MS,
            Some(operation) => leaving::changes(views, self.ledger, operation)?,
            None => {}
        }
        Ok(())
    }
}

/// The subject of a proposal that another service carries out, if that official may be its second.
pub(crate) fn second(
    views: &Reader<'_>,
    ledger: LedgerId,
    number: u64,
    operation: Dangerous,
    official: u64,
    now_ms: i64,
) -> Result<String> {
    let found = open(views, ledger, number, now_ms)?;
    in_office(views, ledger, found.proposer).map_err(|_| Error::ProposalOver {
        number,
        why: "who proposed it is no longer in office",
    })?;
    let approver = in_office(views, ledger, official)?;
    if official == found.proposer || !approver.role.approves() {
        return Err(Error::NeedsAnother);
    }
    match found.name {
        Some(subject) if found.operation == operation.as_str() => Ok(subject),
        _ => Err(Error::UnknownProposal { number }),
    }
}

/// The operator may be the second only of a recovery, and only where the institution has nobody else: an institution of two,
/// one of whom lost his key, would otherwise have lost both.
fn no_other(views: &Reader<'_>, ledger: LedgerId, found: &proposals::Proposal) -> Result<()> {
    if found.operation != Dangerous::Recover.as_str() {
        return Err(Error::OwnMatter);
    }
    let holders = credentials::holders(views, ledger)?;
    let another = |official: &Official| {
        official.role.approves()
            && official.number != found.proposer
            && Some(official.number) != found.official
            && holders.contains(&official.number)
    };
    if views::officials(views, ledger)?.iter().any(another) {
        return Err(Error::OwnMatter);
    }
    Ok(())
}

impl Act for Approve {
    const KIND: &'static str = "proposal.approve";
    type Links = ApproveLinks;
    type Body = ApproveBody;
    type Output = (Option<Dangerous>, Option<u64>);
    type Refusal = Error;

    fn actor(&self) -> &str {
        &self.by
    }

    fn target(&self) -> Target {
        Target::Ledger(self.ledger)
    }

    fn check(&mut self, views: &Reader<'_>, now_ms: i64) -> Checked {
        self.judge(views, now_ms).map_err(refuse)
    }

    fn links(&self) -> &ApproveLinks {
        &self.links
    }

    fn body(&self) -> Option<&ApproveBody> {
        Some(&self.body)
    }

    fn apply(
        links: &ApproveLinks,
        body: Option<&ApproveBody>,
        rows: &Writer<'_>,
        at: &At,
    ) -> Applied<Self::Output> {
        let ledger = at.entry.ledger();
        let found = proposals::find(rows, ledger, links.proposal)?;
        let Some(found) = found else {
            return Ok((None, links.official));
        };
        let by = links.approver.map_or_else(
            || "operator".to_owned(),
            |number| format!("official:{number}"),
        );
        let operation = Dangerous::of_text(&found.operation);
        if operation == Some(Dangerous::ChangeCustodians) {
            proposals::approve(rows, at, links.proposal, &by, links.expires_ms)?;
            return Ok((operation, None));
        }
        if let Some(operation) = operation {
            carry_out(operation, &found, links, body, rows, at)?;
        }
        let (number, done) = (links.proposal, proposals::DONE);
        proposals::end(rows, at, number, done, &by, links.official)?;
        Ok((operation, links.official))
    }

    /// Acts in other ledgers of the institution ask whether it leaves: none of them is recorded after the second word.
    fn looks_beyond(&self) -> bool {
        true
    }
}

/// Does what was approved, of what is done in the same commit.
fn carry_out(
    operation: Dangerous,
    found: &proposals::Proposal,
    links: &ApproveLinks,
    body: Option<&ApproveBody>,
    rows: &Writer<'_>,
    at: &At,
) -> Applied {
    let ledger = at.entry.ledger();
    let code = body.map_or("", |body| &body.code_sha256);
    match (operation, links.official) {
        (Dangerous::Appoint, Some(number)) => {
            let role = found.role.as_deref().and_then(|role| role.parse().ok());
            let official = Official {
                number,
                role: role.unwrap_or(Role::Auditor),
                name: found.name.clone(),
                key: None,
                since_ms: at.time_ms,
            };
            views::insert_official(rows, ledger, &official)?;
            credentials::invite(rows, at, number, code, links.expires_ms)
        }
        (Dangerous::Recover, Some(number)) => {
            lock_out(rows, ledger, number, at.time_ms)?;
            credentials::invite(rows, at, number, code, links.expires_ms)
        }
        (Dangerous::Remove, Some(number)) => {
            views::remove_official(rows, ledger, number, at.time_ms)?;
            lock_out(rows, ledger, number, at.time_ms)
        }
        (Dangerous::Leave, _) => views::set_leaving(rows, ledger, Some(at.time_ms)),
        (Dangerous::Stay, _) => views::set_leaving(rows, ledger, None),
        _ => Ok(()),
    }
}

/// Ends all by which an official could come in.
pub(crate) fn lock_out(rows: &Writer<'_>, ledger: LedgerId, official: u64, at_ms: i64) -> Applied {
    credentials::remove_all(rows, ledger, official, at_ms)?;
    credentials::end_invitations(rows, ledger, official, at_ms)?;
    sessions::end_of_official(rows, ledger, official, at_ms)
}

/// `proposal.end`: another official refuses it, or its own withdraws it.
pub(crate) struct EndProposal {
    pub(crate) official: u64,
    pub(crate) by: String,
    pub(crate) ledger: LedgerId,
    pub(crate) links: EndLinks,
}

#[derive(Serialize, Deserialize)]
pub(crate) struct EndLinks {
    pub(crate) proposal: u64,
    pub(crate) official: u64,
    /// Whether its own proposer withdrew it. Given in the check.
    pub(crate) withdrawn: bool,
    /// Whom it was about.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) subject: Option<u64>,
}

impl Act for EndProposal {
    const KIND: &'static str = "proposal.end";
    type Links = EndLinks;
    type Body = ();
    type Output = ();
    type Refusal = Error;

    fn actor(&self) -> &str {
        &self.by
    }

    fn target(&self) -> Target {
        Target::Ledger(self.ledger)
    }

    /// One that waited too long is ended too: what it says may only then be erased. So is one that was approved and not used
    /// yet, by whoever finds out in time.
    fn check(&mut self, views: &Reader<'_>, _: i64) -> Checked {
        let number = self.links.proposal;
        let found = match proposals::find(views, self.ledger, number)? {
            Some(found) if found.state == proposals::APPROVED => found,
            _ => open(views, self.ledger, number, i64::MIN).map_err(refuse)?,
        };
        let official = in_office(views, self.ledger, self.official).map_err(refuse)?;
        if !official.role.approves() {
            return Err(Denied::Refused(Error::Forbidden));
        }
        self.links.withdrawn = found.proposer == self.official;
        self.links.subject = found.official;
        Ok(())
    }

    fn links(&self) -> &EndLinks {
        &self.links
    }

    fn body(&self) -> Option<&()> {
        None
    }

    fn apply(links: &EndLinks, _: Option<&()>, rows: &Writer<'_>, at: &At) -> Applied {
        let state = if links.withdrawn {
            proposals::WITHDRAWN
        } else {
            proposals::REFUSED
        };
        let by = format!("official:{}", links.official);
        proposals::end(rows, at, links.proposal, state, &by, links.subject)
    }
}
