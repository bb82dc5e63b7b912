//! The acts, and how each applies. All go to the institution's own ledger.

pub(crate) mod access_key;
pub(crate) mod agreement;
pub(crate) mod certificate;
pub(crate) mod contact;
pub(crate) mod credential;
pub(crate) mod drill;
pub(crate) mod enrolment;
pub(crate) mod keyring;
pub(crate) mod message;
pub(crate) mod notice;
pub(crate) mod proposal;
pub(crate) mod quota;
pub(crate) mod school;
pub(crate) mod session;
pub(crate) mod support;

use amana_store::{Act, At, Denied, Kind, LedgerId, Reader, Target, Visibility, Writer};
use serde::{Deserialize, Serialize};

use crate::Error;
use crate::model::{InstitutionName, Official, Role};
use crate::people::{Actor, in_office};
use crate::views;
use crate::{Operation, may};

pub(crate) fn kinds() -> Vec<Kind> {
    vec![
        Kind::of::<AddInstitution>(),
        Kind::of::<Suspend>(),
        Kind::of::<Resume>(),
        Kind::of::<quota::SetQuota>(),
        Kind::of::<AddOfficial>(),
        Kind::of::<RemoveOfficial>(),
        Kind::of::<access_key::CreateAccessKey>(),
        Kind::of::<access_key::RevokeAccessKey>(),
        Kind::of::<enrolment::IssueEnrolment>(),
        Kind::of::<enrolment::RefuseEnrolment>(),
        Kind::of::<enrolment::ConfirmEnrolment>(),
        Kind::of::<keyring::PublishKeyring>(),
        Kind::of::<credential::OpenStaff>(),
        Kind::of::<credential::InviteOfficial>(),
        Kind::of::<credential::AddCredential>(),
        Kind::of::<credential::RemoveCredential>(),
        Kind::of::<session::TryPassword>(),
        Kind::of::<session::OpenSession>(),
        Kind::of::<session::EndSession>(),
        Kind::of::<proposal::Propose>(),
        Kind::of::<proposal::Approve>(),
        Kind::of::<proposal::EndProposal>(),
        Kind::of::<support::AllowSupport>(),
        Kind::of::<support::UseSupport>(),
        Kind::of::<drill::RecordDrill>(),
        Kind::of::<message::SendMessage>(),
        Kind::of::<message::CloseThread>(),
        Kind::of::<notice::PublishNotice>(),
        Kind::of::<notice::EndNotice>(),
        Kind::of::<notice::RecordExercise>(),
        Kind::of::<contact::PublishContact>(),
        Kind::of::<agreement::ProposeAgreement>(),
        Kind::of::<agreement::SignAgreement>(),
        Kind::of::<school::OpenSchool>(),
        Kind::of::<school::PassLesson>(),
        Kind::of::<school::MakeTrainingKeys>(),
        Kind::of::<school::CloseSchool>(),
        Kind::of::<certificate::Certify>(),
        Kind::of::<certificate::ShowCertificate>(),
    ]
}

type Checked = Result<(), Denied<Error>>;
type Applied<T = ()> = amana_store::Result<T>;

/// The views know a reason to refuse.
fn refuse(error: Error) -> Denied<Error> {
    match error {
        Error::Store(error) => Denied::Store(error),
        other => Denied::Refused(other),
    }
}

/// Opens an institution's ledger. The name is a link, not a body: it is part of the ledger's name, which stands in
/// every receipt.
pub(crate) struct AddInstitution {
    pub(crate) by: String,
    pub(crate) name: InstitutionName,
    pub(crate) links: InstitutionLinks,
}

#[derive(Serialize, Deserialize)]
pub(crate) struct InstitutionLinks {
    pub(crate) institution: String,
    pub(crate) canonical_id: String,
}

impl Act for AddInstitution {
    const KIND: &'static str = "institution.add";
    type Links = InstitutionLinks;
    type Body = ();
    type Output = LedgerId;
    type Refusal = Error;

    fn actor(&self) -> &str {
        &self.by
    }

    fn target(&self) -> Target {
        Target::Open {
            name: self.name.vault_ledger(),
            visibility: Visibility::Private,
        }
    }

    fn check(&mut self, views: &Reader<'_>, _now_ms: i64) -> Checked {
        match views::institution_named(views, self.name.as_str()) {
            Ok(_) => Err(Denied::Refused(Error::InstitutionExists {
                name: self.name.to_string(),
            })),
            Err(Error::UnknownInstitution { .. }) => Ok(()),
            Err(other) => Err(refuse(other)),
        }
    }

    fn links(&self) -> &InstitutionLinks {
        &self.links
    }

    fn body(&self) -> Option<&()> {
        None
    }

    fn apply(
        links: &InstitutionLinks,
        _: Option<&()>,
        rows: &Writer<'_>,
        at: &At,
    ) -> Applied<LedgerId> {
        let ledger = at.entry.ledger();
        views::insert_institution(
            rows,
            ledger,
            &links.institution,
            &links.canonical_id,
            at.time_ms,
        )?;
        Ok(ledger)
    }
}

#[derive(Serialize, Deserialize)]
pub(crate) struct NoLinks {}

#[derive(Serialize, Deserialize)]
pub(crate) struct Reason {
    pub(crate) reason: String,
}

/// Suspends an institution, or lets it act again.
pub(crate) struct Standing<const SUSPENDED: bool> {
    pub(crate) by: String,
    pub(crate) ledger: LedgerId,
    pub(crate) reason: Option<Reason>,
}

pub(crate) type Suspend = Standing<true>;
pub(crate) type Resume = Standing<false>;

impl<const SUSPENDED: bool> Act for Standing<SUSPENDED> {
    const KIND: &'static str = if SUSPENDED {
        "institution.suspend"
    } else {
        "institution.resume"
    };
    type Links = NoLinks;
    type Body = Reason;
    type Output = ();
    type Refusal = Error;

    fn actor(&self) -> &str {
        &self.by
    }

    fn target(&self) -> Target {
        Target::Ledger(self.ledger)
    }

    fn check(&mut self, views: &Reader<'_>, _now_ms: i64) -> Checked {
        let institution = views::institution(views, self.ledger)?;
        match (institution.suspended, SUSPENDED) {
            (true, true) => Err(Denied::Refused(Error::AlreadySuspended {
                name: institution.name,
            })),
            (false, false) => Err(Denied::Refused(Error::NotSuspended {
                name: institution.name,
            })),
            _ => Ok(()),
        }
    }

    fn links(&self) -> &NoLinks {
        &NoLinks {}
    }

    fn body(&self) -> Option<&Reason> {
        self.reason.as_ref()
    }

    fn apply(_: &NoLinks, _: Option<&Reason>, rows: &Writer<'_>, at: &At) -> Applied {
        views::set_suspended(rows, at.entry.ledger(), SUSPENDED)
    }
}

/// Names an official.
pub(crate) struct AddOfficial {
    pub(crate) by: String,
    pub(crate) ledger: LedgerId,
    pub(crate) links: OfficialLinks,
    pub(crate) body: OfficialBody,
}

#[derive(Serialize, Deserialize)]
pub(crate) struct OfficialLinks {
    /// Given in the check.
    pub(crate) official: u64,
    pub(crate) role: Role,
}

#[derive(Serialize, Deserialize)]
pub(crate) struct OfficialBody {
    pub(crate) name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) key: Option<String>,
}

impl Act for AddOfficial {
    const KIND: &'static str = "official.add";
    type Links = OfficialLinks;
    type Body = OfficialBody;
    type Output = u64;
    type Refusal = Error;

    fn actor(&self) -> &str {
        &self.by
    }

    fn target(&self) -> Target {
        Target::Ledger(self.ledger)
    }

    /// An official alone names only who approves nothing: otherwise one could make himself a second.
    fn check(&mut self, views: &Reader<'_>, _now_ms: i64) -> Checked {
        let role = self.links.role;
        let kept =
            role.approves() && credential::keeps_itself(views, self.ledger).map_err(refuse)?;
        let actor = Actor::of_text(&self.by);
        if kept && actor.official().is_none() {
            return Err(Denied::Refused(Error::OwnMatter));
        }
        if let Some(number) = actor.official() {
            let asker = in_office(views, self.ledger, number).map_err(refuse)?;
            let needed = match role {
                Role::Operator => Operation::ManageStaff,
                _ => Operation::InviteOfficials,
            };
            if !may(asker.role, needed) {
                return Err(Denied::Refused(Error::Forbidden));
            }
            if role.approves() {
                return Err(Denied::Refused(Error::NeedsTwo));
            }
        }
        self.links.official = views::next_official(views, self.ledger)?;
        Ok(())
    }

    fn links(&self) -> &OfficialLinks {
        &self.links
    }

    fn body(&self) -> Option<&OfficialBody> {
        Some(&self.body)
    }

    fn apply(
        links: &OfficialLinks,
        body: Option<&OfficialBody>,
        rows: &Writer<'_>,
        at: &At,
    ) -> Applied<u64> {
        let official = Official {
            number: links.official,
            role: links.role,
            name: body.map(|body| body.name.clone()),
            key: body.and_then(|body| body.key.clone()),
            since_ms: at.time_ms,
        };
        views::insert_official(rows, at.entry.ledger(), &official)?;
        Ok(links.official)
    }
}

/// Ends an official's role.
pub(crate) struct RemoveOfficial {
    pub(crate) by: String,
    pub(crate) institution: String,
    pub(crate) ledger: LedgerId,
    pub(crate) links: OfficialNumber,
}

#[derive(Serialize, Deserialize)]
pub(crate) struct OfficialNumber {
    pub(crate) official: u64,
}

impl Act for RemoveOfficial {
    const KIND: &'static str = "official.remove";
    type Links = OfficialNumber;
    type Body = ();
    type Output = ();
    type Refusal = Error;

    fn actor(&self) -> &str {
        &self.by
    }

    fn target(&self) -> Target {
        Target::Ledger(self.ledger)
    }

    fn check(&mut self, views: &Reader<'_>, _now_ms: i64) -> Checked {
        let number = self.links.official;
        let officials = views::officials(views, self.ledger)?;
        let Some(found) = officials.iter().find(|official| official.number == number) else {
            return Err(Denied::Refused(Error::UnknownOfficial {
                institution: self.institution.clone(),
                number,
            }));
        };
        may_remove(views, self.ledger, &self.by, found).map_err(refuse)
    }

    fn links(&self) -> &OfficialNumber {
        &self.links
    }

    fn body(&self) -> Option<&()> {
        None
    }

    fn apply(links: &OfficialNumber, _: Option<&()>, rows: &Writer<'_>, at: &At) -> Applied {
        views::remove_official(rows, at.entry.ledger(), links.official, at.time_ms)?;
        proposal::lock_out(rows, at.entry.ledger(), links.official, at.time_ms)
    }
}

/// The operator may end a role until the institution keeps itself; then that takes two of its own, but for who approves
/// nothing.
fn may_remove(
    views: &Reader<'_>,
    ledger: LedgerId,
    by: &str,
    official: &Official,
) -> crate::Result<()> {
    let staff = official.role == Role::Operator;
    match Actor::of_text(by) {
        Actor::Operator(_) if staff || !credential::keeps_itself(views, ledger)? => Ok(()),
        Actor::Operator(_) if official.role.approves() => Err(Error::OwnMatter),
        Actor::Operator(_) => Ok(()),
        Actor::Official(number) => {
            let asker = in_office(views, ledger, number)?;
            let needed = if staff {
                Operation::ManageStaff
            } else {
                Operation::InviteOfficials
            };
            match (may(asker.role, needed), official.role.approves()) {
                (true, false) => Ok(()),
                (true, true) => Err(Error::NeedsTwo),
                (false, _) => Err(Error::Forbidden),
            }
        }
    }
}
