//! `/account/officials`: colleagues, what waits for a second, and whether the operator's staff is let in.

use std::sync::Arc;

use amana_access::{
    AccountName, NewInvitation, Operation, Owner, Person, Proposal, Role, Session, Support,
};
use askama::Template;
use axum::extract::{Path, State};
use axum::response::Redirect;

use super::form::Posted;
use super::guard::Signed;
use super::me::seconds;
use crate::frame::Frame;
use crate::{Console, Language, Page, Result, menu};

#[derive(Template)]
#[template(path = "account/officials.html")]
struct OfficialsPage {
    frame: Frame,
    session: Arc<Session>,
    people: Vec<Person>,
    proposals: Vec<Proposal>,
    support: Option<Support>,
    /// Whether the institution leaves; nothing where that is no matter of officials, as for the operator's staff.
    leaving: Option<bool>,
    roles: Vec<(&'static str, &'static str)>,
}

impl OfficialsPage {
    fn role(&self, role: &Role) -> &'static str {
        (self.frame.texts.account.role)(*role)
    }

    fn moment(&self, time_ms: &i64) -> String {
        self.frame.texts.moment(&seconds(*time_ms))
    }

    fn may(&self, operation: Operation) -> bool {
        self.session.may(operation)
    }

    fn is_me(&self, person: &Person) -> bool {
        person.official.number == self.session.account.official
    }

    fn has_none(&self, person: &Person) -> bool {
        person.has_none()
    }

    fn holds(&self, person: &Person) -> String {
        (self.frame.texts.account.holds)(person.passkeys, person.password, person.identities)
    }

    fn invited(&self, until_ms: &i64) -> String {
        (self.frame.texts.account.invited)(&self.moment(until_ms))
    }

    /// Until when the operator's staff is let in, and by whom.
    fn let_in(&self, support: &Support) -> String {
        let (until, who) = (self.moment(&support.until_ms), self.name(&support.official));
        (self.frame.texts.account.support_until)(&until, &who)
    }

    /// What is proposed, in a sentence.
    fn proposed(&self, proposal: &Proposal) -> String {
        let words = &self.frame.texts.account;
        let role = proposal.role.as_deref().and_then(|role| role.parse().ok());
        let role = role.map_or("", words.role);
        let name = match proposal.official {
            Some(number) => self.name(&number),
            None => proposal.name.clone().unwrap_or_default(),
        };
        (words.proposed)(&proposal.operation, &name, role)
    }

    /// An official's name, or the number of one who left or was erased.
    fn name(&self, number: &u64) -> String {
        let found = self
            .people
            .iter()
            .find(|person| person.official.number == *number);
        found
            .and_then(|person| person.official.name.clone())
            .unwrap_or_else(|| format!("{}/{number}", self.session.account.owner))
    }

    /// Whether two agreed, and what they agreed on is still to be done.
    fn is_approved(&self, proposal: &Proposal) -> bool {
        proposal.state == "approved"
    }

    fn is_open(&self, proposal: &Proposal) -> bool {
        proposal.state == "open"
    }

    /// Whether the asker may be its second.
    fn may_approve(&self, proposal: &Proposal) -> bool {
        let me = self.session.account.official;
        self.may(Operation::Approve) && proposal.proposer != me && proposal.official != Some(me)
    }

    fn state(&self, proposal: &Proposal) -> &'static str {
        (self.frame.texts.account.proposal_state)(&proposal.state)
    }
}

/// The page.
pub(super) async fn page(
    State(console): State<Arc<Console>>,
    language: Language,
    Signed(session): Signed,
) -> Result<Page> {
    let asker = session.clone();
    let (people, proposals, support, leaving) = console
        .ask(move |access| {
            let (support, leaving) = match &asker.account.owner {
                Owner::Institution(name) => {
                    let leaving = access.institution(name)?.leaving_ms.is_some();
                    (access.support(name)?, Some(leaving))
                }
                Owner::Operator => (None, None),
            };
            let people = access.people(&asker.account.owner)?;
            Ok((people, access.proposals(&asker)?, support, leaving))
        })
        .await?;
    let texts = language.texts();
    let named = |role: Role| (role.as_str(), (texts.account.role)(role));
    Page::of(&OfficialsPage {
        frame: menu::frame(
            texts,
            &session,
            "/account/officials",
            texts.account.officials,
        ),
        session,
        people,
        proposals,
        support,
        leaving,
        roles: Role::ALL
            .into_iter()
            .filter(|role| *role != Role::Operator)
            .map(named)
            .collect(),
    })
}

#[derive(Template)]
#[template(path = "account/link.html")]
struct LinkPage {
    frame: Frame,
    account: String,
    url: String,
    code: String,
    until: String,
}

/// Shows a link this once.
pub(super) fn link_page(
    console: &Console,
    language: Language,
    session: &Session,
    link: &NewInvitation,
) -> Result<Page> {
    let texts = language.texts();
    let code = link.code.reveal().to_string();
    Page::of(&LinkPage {
        frame: menu::frame(texts, session, "/account/officials", texts.account.new_link),
        account: link.account.to_string(),
        url: format!("{}/account/enrol?code={code}", console.origin.origin()),
        code,
        until: texts.moment(&seconds(link.expires_ms)),
    })
}

/// Names an auditor and shows the link.
pub(super) async fn name(
    State(console): State<Arc<Console>>,
    language: Language,
    posted: Posted,
) -> Result<Page> {
    let Posted {
        session, fields, ..
    } = &posted;
    let owner = &session.account.owner;
    let name = fields.text("name").parse()?;
    let actor = session.actor();
    let named = console
        .access
        .name_official(owner, &name, Role::Auditor, &actor);
    let account = AccountName {
        owner: owner.clone(),
        official: named.await?.0,
    };
    let link = console.access.invite(&account, &actor).await?;
    link_page(&console, language, session, &link)
}

/// Gives an auditor another first link.
pub(super) async fn invite(
    State(console): State<Arc<Console>>,
    language: Language,
    Path(official): Path<u64>,
    posted: Posted,
) -> Result<Page> {
    let session = &posted.session;
    let owner = session.account.owner.clone();
    let account = AccountName { owner, official };
    let link = console.access.invite(&account, &session.actor()).await?;
    link_page(&console, language, session, &link)
}

const HOUR_MS: i64 = 60 * 60 * 1000;

/// Lets the operator's staff in for some hours, or puts them out.
pub(super) async fn support(
    State(console): State<Arc<Console>>,
    posted: Posted,
) -> Result<Redirect> {
    let hours: i64 = posted.fields.text("hours").parse().unwrap_or_default();
    let for_ms = (hours > 0).then(|| hours.saturating_mul(HOUR_MS));
    let reason = posted.fields.filled("reason");
    console
        .access
        .allow_support(&posted.session, for_ms, reason)
        .await?;
    Ok(Redirect::to("/account/officials"))
}
