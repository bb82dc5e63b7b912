//! Dangerous acts, proposed by one and approved by another; and support, let in for a time.

use amana_seal::shares::GroupPlan;
use amana_store::{At, LedgerId, Reader, Writer};
use serde::Serialize;

use crate::acts::proposal::{
    Approve, ApproveBody, ApproveLinks, EndLinks, EndProposal, ProposalBody, ProposalLinks, Propose,
};
use crate::acts::support::{AllowSupport, ConsentLinks, UseLinks, UseSupport};
use crate::invitations::{INVITATION_MS, NewInvitation};
use crate::people::{Actor, Owner};
use crate::verbs::checked_reason;
use crate::views::proposals;
use crate::{
    Access, AccountName, Dangerous, EnrolmentCode, Error, InstitutionName, OfficialName, Operation,
    Result, Role, Session,
};

/// How long a proposal waits for its second.
pub const PROPOSAL_MS: i64 = 7 * 24 * 60 * 60 * 1000;
/// The longest that the operator's staff is let in at a time.
pub const MAX_SUPPORT_MS: i64 = 7 * 24 * 60 * 60 * 1000;
/// Proposals that are listed at most, the newest.
const MAX_LISTED: u32 = 200;

/// What is proposed.
pub enum Subject {
    /// Name somebody.
    Appoint(OfficialName, Role),
    /// Give an official who lost everything a new link, and end the old credentials.
    Recover(u64),
    /// End an official's role.
    Remove(u64),
    /// End the retention of an object, which the vault names.
    EndRetention(String),
    /// Leave the data centre.
    Leave,
    /// Stay after all.
    Stay,
    /// Share the root among other custodians, by that plan.
    ChangeCustodians(GroupPlan),
}

/// A proposal.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Proposal {
    /// Its number: the index of the entry that made it.
    pub number: u64,
    /// What is proposed: `appoint`, `recover`, `remove`, `end-retention`, `leave`, `stay` or `change-custodians`.
    pub operation: String,
    /// Whom it is about, by number; nobody, before an appointment is approved.
    pub official: Option<u64>,
    /// The name of who would be appointed, of the object whose retention would end, or the custodians, as a keyring has them:
    /// while it is open or waits to be used.
    pub name: Option<String>,
    /// The role, for an appointment.
    pub role: Option<String>,
    /// Why, in a person's words, as long.
    pub reason: Option<String>,
    /// Who proposed it.
    pub proposer: u64,
    /// When, milliseconds since 1970.
    pub made_ms: i64,
    /// Until when it waits.
    pub until_ms: i64,
    /// `open`, `approved` while what it allows is still to be done, `expired`, `done`, `refused` or `withdrawn`.
    pub state: String,
    /// Who approved or ended it: `official:<n>` or `operator`.
    pub ended_by: Option<String>,
}

/// What an approval did.
pub struct Approved {
    /// `<ledger>/<index>` of the act.
    pub receipt: String,
    /// The link that an appointment or a recovery gives, to be handed to its official.
    pub invitation: Option<NewInvitation>,
}

impl Access {
    /// Proposes something dangerous. Gives its number and the act's receipt name.
    ///
    /// # Errors
    /// [`Error::Forbidden`], [`Error::UnknownAccount`], [`Error::Invalid`], [`Error::AlreadyLeaving`],
    /// [`Error::NotLeaving`], [`Error::NotEnrolled`] for custodians before there are any, [`Error::TooMany`], [`Error::Busy`],
    /// [`Error::Store`].
    pub async fn propose(
        &self,
        session: &Session,
        subject: Subject,
        reason: Option<&str>,
    ) -> Result<(u64, String)> {
        own(session, Operation::Propose)?;
        let mut plan = None;
        let (operation, official, name, role) = match subject {
            Subject::Appoint(_, Role::Operator) => {
                return Err(Error::Invalid {
                    what: "the role",
                    why: "must be one of an institution's",
                });
            }
            Subject::Appoint(name, role) => {
                let name = name.as_str().to_owned();
                (Dangerous::Appoint, None, Some(name), Some(role))
            }
            Subject::EndRetention(object) => (Dangerous::EndRetention, None, Some(object), None),
            Subject::Leave => (Dangerous::Leave, None, None, None),
            Subject::Stay => (Dangerous::Stay, None, None, None),
            Subject::ChangeCustodians(of) => {
                plan = Some(of);
                (Dangerous::ChangeCustodians, None, None, None)
            }
            Subject::Recover(official) => (Dangerous::Recover, Some(official), None, None),
            Subject::Remove(official) => (Dangerous::Remove, Some(official), None, None),
        };
        let act = Propose {
            proposer: session.account.official,
            by: session.actor().to_string(),
            ledger: session.ledger,
            plan,
            links: ProposalLinks {
                operation,
                proposer: session.account.official,
                official,
                role,
                until_ms: self.store().now_ms() + PROPOSAL_MS,
            },
            body: ProposalBody {
                name,
                reason: checked_reason(reason)?.map(|reason| reason.reason),
            },
        };
        let committed = self.commit(act).await?;
        Ok((committed.output, committed.receipt()))
    }

    /// Approves a proposal of another's: it is done in the same commit, but for other custodians, whose keyring is taken from
    /// then on, within [`crate::APPROVED_MS`].
    ///
    /// # Errors
    /// [`Error::Forbidden`], [`Error::NeedsAnother`], [`Error::UnknownProposal`], [`Error::ProposalOver`],
    /// [`Error::UnknownAccount`], [`Error::AlreadyLeaving`], [`Error::NotLeaving`], [`Error::Busy`], [`Error::Store`].
    pub async fn approve(&self, session: &Session, number: u64) -> Result<Approved> {
        own(session, Operation::Approve)?;
        let owner = session.account.owner.clone();
        self.approve_as(owner, session.ledger, number, session.actor())
            .await
    }

    /// The operator as the second of a recovery, where an institution has nobody else.
    ///
    /// # Errors
    /// As [`Access::approve`], and [`Error::OwnMatter`].
    pub async fn countersign(
        &self,
        institution: &InstitutionName,
        number: u64,
        by: &str,
    ) -> Result<Approved> {
        let ledger = self.ledger(institution)?;
        let owner = Owner::Institution(institution.clone());
        self.approve_as(owner, ledger, number, Actor::of_socket(by))
            .await
    }

    async fn approve_as(
        &self,
        owner: Owner,
        ledger: LedgerId,
        number: u64,
        actor: Actor,
    ) -> Result<Approved> {
        let code = EnrolmentCode::fresh()?;
        let expires_ms = self.store().now_ms() + INVITATION_MS;
        let act = Approve {
            by: actor.to_string(),
            ledger,
            links: ApproveLinks {
                proposal: number,
                operation: None,
                official: None,
                approver: actor.official(),
                expires_ms,
            },
            body: ApproveBody {
                code_sha256: code.sha256(),
            },
            actor,
        };
        let committed = self.commit(act).await?;
        let receipt = committed.receipt();
        let (operation, official) = committed.output;
        let invited =
            official.filter(|_| matches!(operation, Some(Dangerous::Appoint | Dangerous::Recover)));
        let invitation = invited.map(|official| NewInvitation {
            account: AccountName { owner, official },
            code,
            expires_ms,
            receipt: receipt.clone(),
        });
        Ok(Approved {
            receipt,
            invitation,
        })
    }

    /// What another service's proposal is about, if that official may be its second: for the check of the act that carries it
    /// out, whose actor the official is, and which then calls [`Access::seconded`].
    ///
    /// # Errors
    /// [`Error::NeedsAnother`], [`Error::UnknownProposal`], [`Error::ProposalOver`], [`Error::UnknownAccount`],
    /// [`Error::Store`].
    pub fn second(
        views: &Reader<'_>,
        ledger: LedgerId,
        number: u64,
        operation: Dangerous,
        official: u64,
        now_ms: i64,
    ) -> Result<String> {
        crate::acts::proposal::second(views, ledger, number, operation, official, now_ms)
    }

    /// Ends a proposal as done, in the act that carries it out.
    ///
    /// # Errors
    /// A failure of the rows.
    pub fn seconded(
        rows: &Writer<'_>,
        at: &At,
        number: u64,
        official: u64,
    ) -> amana_store::Result<()> {
        let by = format!("official:{official}");
        proposals::end(rows, at, number, proposals::DONE, &by, None)
    }

    /// Refuses a proposal, or withdraws one's own, also one that was approved and not used yet. Gives the act's receipt name.
    ///
    /// # Errors
    /// [`Error::Forbidden`], [`Error::UnknownProposal`], [`Error::ProposalOver`], [`Error::Busy`], [`Error::Store`].
    pub async fn end_proposal(&self, session: &Session, number: u64) -> Result<String> {
        own(session, Operation::Approve)?;
        let act = EndProposal {
            official: session.account.official,
            by: session.actor().to_string(),
            ledger: session.ledger,
            links: EndLinks {
                proposal: number,
                official: session.account.official,
                withdrawn: false,
                subject: None,
            },
        };
        Ok(self.commit(act).await?.receipt())
    }

    /// The newest proposals of whom the session serves. Blocking.
    ///
    /// # Errors
    /// [`Error::Forbidden`], [`Error::Store`].
    pub fn proposals(&self, session: &Session) -> Result<Vec<Proposal>> {
        own(session, Operation::ReadProposals)?;
        let now_ms = self.store().now_ms();
        let found = self
            .store()
            .read(|rows| proposals::newest(rows, session.ledger, MAX_LISTED))?;
        Ok(found.into_iter().map(|row| shown(row, now_ms)).collect())
    }

    /// Lets the operator's staff in for that long, or puts them out. Gives the act's receipt name.
    ///
    /// # Errors
    /// [`Error::Forbidden`], [`Error::Invalid`] for longer than [`MAX_SUPPORT_MS`], [`Error::Busy`], [`Error::Store`].
    pub async fn allow_support(
        &self,
        session: &Session,
        for_ms: Option<i64>,
        reason: Option<&str>,
    ) -> Result<String> {
        own(session, Operation::AllowSupport)?;
        if for_ms.is_some_and(|for_ms| !(1..=MAX_SUPPORT_MS).contains(&for_ms)) {
            return Err(Error::Invalid {
                what: "the time",
                why: "must be at most seven days",
            });
        }
        let act = AllowSupport {
            official: session.account.official,
            by: session.actor().to_string(),
            ledger: session.ledger,
            links: ConsentLinks {
                official: session.account.official,
                until_ms: for_ms.map(|for_ms| self.store().now_ms() + for_ms),
            },
            body: checked_reason(reason)?,
        };
        Ok(self.commit(act).await?.receipt())
    }

    /// Until when an institution lets the operator's staff in, and who said so; nothing when it doesn't. Blocking.
    ///
    /// # Errors
    /// [`Error::UnknownInstitution`], [`Error::Store`].
    pub fn support(&self, institution: &InstitutionName) -> Result<Option<Support>> {
        let ledger = self.ledger(institution)?;
        let now_ms = self.store().now_ms();
        let found = self.store().read(|rows| proposals::consent(rows, ledger))?;
        let found = found.filter(|found| found.until_ms > now_ms);
        Ok(found.map(|found| Support {
            official: found.official,
            since_ms: found.since_ms,
            until_ms: found.until_ms,
        }))
    }

    /// Records that one of the operator's staff is about to do that in an institution's space; refused without consent.
    /// Gives the act's receipt name, and only then may it be done.
    ///
    /// # Errors
    /// [`Error::Forbidden`] for who isn't staff, [`Error::NoConsent`], [`Error::UnknownInstitution`], [`Error::Busy`],
    /// [`Error::Store`].
    pub async fn use_support(
        &self,
        session: &Session,
        institution: &InstitutionName,
        operation: Operation,
    ) -> Result<String> {
        let staff = session.staff().ok_or(Error::Forbidden)?;
        let act = UseSupport {
            by: staff.to_string(),
            ledger: self.ledger(institution)?,
            links: UseLinks {
                staff: session.account.official,
                operation,
            },
        };
        Ok(self.commit(act).await?.receipt())
    }
}

/// A consent in force.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Support {
    /// Who gave it.
    pub official: u64,
    /// Since when, milliseconds since 1970.
    pub since_ms: i64,
    /// Until when.
    pub until_ms: i64,
}

fn own(session: &Session, operation: Operation) -> Result<()> {
    match session.may(operation) {
        true => Ok(()),
        false => Err(session.refusal(operation)),
    }
}

fn shown(row: proposals::Proposal, now_ms: i64) -> Proposal {
    let waits = [proposals::OPEN, proposals::APPROVED].contains(&row.state.as_str());
    let expired = waits && row.until_ms <= now_ms;
    Proposal {
        number: row.number,
        operation: row.operation,
        official: row.official,
        name: row.name,
        role: row.role,
        reason: row.reason,
        proposer: row.proposer,
        made_ms: row.made_ms,
        until_ms: row.until_ms,
        state: if expired {
            "expired".to_owned()
        } else {
            row.state
        },
        ended_by: row.ended_by,
    }
}
