//! `/account/officials`: colleagues, what waits for a second, and whether the operator's staff is let in.

use std::sync::Arc;

use amana_access::{
    Access, AccountName, Operation, Owner, Person, Proposal, Role, Session, Support,
};
use askama::Template;
use axum::Json;
use axum::extract::{Path, State};
use axum::response::{Redirect, Response};
use serde::{Deserialize, Serialize};

use super::form::Fields;
use super::guard::Signed;
use super::link::Link;
use super::me::seconds;
use crate::api::{Asked, Asks, Named};
use crate::content::Receipt;
use crate::fault::Fault;
use crate::frame::Frame;
use crate::{Console, Error, Language, Page, Result, menu};

/// Who acts for whom the asker serves.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub(crate) struct Colleagues {
    /// Those in office, the asker among them.
    officials: Vec<Person>,
    /// The consent by which the operator's staff may look, if one is in force.
    support: Option<Support>,
    /// Whether the institution leaves; nothing where that is no matter of officials, as for the operator's staff.
    leaving: Option<bool>,
}

impl Colleagues {
    fn of(access: &Access, session: &Session) -> Result<Self> {
        let owner = &session.account.owner;
        let (support, leaving) = match owner {
            Owner::Institution(name) => {
                let leaving = access.institution(name)?.leaving_ms.is_some();
                (access.support(name)?, Some(leaving))
            }
            Owner::Operator => (None, None),
        };
        Ok(Self {
            officials: access.people(owner)?,
            support,
            leaving,
        })
    }
}

/// `GET /api/v1/officials`
pub(super) async fn api(
    State(console): State<Arc<Console>>,
    Signed(session): Signed,
) -> Result<Json<Colleagues>> {
    let found = console.ask(move |access| Colleagues::of(access, &session));
    found.await.map(Json)
}

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
    let (colleagues, proposals) = console
        .ask(move |access| Ok((Colleagues::of(access, &asker)?, access.proposals(&asker)?)))
        .await?;
    let Colleagues {
        officials: people,
        support,
        leaving,
    } = colleagues;
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

/// Names an auditor and shows the link.
pub(super) async fn name(
    State(console): State<Arc<Console>>,
    language: Language,
    asked: Asked<Named>,
) -> Result<Response> {
    let Asked { session, body, way } = asked;
    let (owner, actor) = (session.account.owner.clone(), session.actor());
    let link = Link::naming(&console, owner, &body.name, Role::Auditor, &actor).await?;
    link.told(way, language, &session)
}

/// Gives an auditor another first link.
pub(super) async fn invite(
    State(console): State<Arc<Console>>,
    language: Language,
    Path(official): Path<u64>,
    asked: Asked<()>,
) -> Result<Response> {
    let Asked { session, way, .. } = asked;
    let owner = session.account.owner.clone();
    let account = AccountName { owner, official };
    let link = Link::again(&console, &account, &session.actor()).await?;
    link.told(way, language, &session)
}

const HOUR_MS: i64 = 60 * 60 * 1000;

/// For how long the operator's staff is let in.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Consent {
    /// None puts it out.
    hours: u32,
    reason: Option<String>,
}

impl Asks for Consent {
    fn of_form(fields: &Fields) -> Result<Self> {
        let hours = fields.filled("hours").map(str::parse).transpose();
        Ok(Self {
            hours: hours
                .map_err(|_| Error::typed("hours", Fault::Hours))?
                .unwrap_or_default(),
            reason: fields.filled("reason").map(str::to_owned),
        })
    }
}

/// Lets the operator's staff in for some hours, or puts them out.
pub(super) async fn support(
    State(console): State<Arc<Console>>,
    asked: Asked<Consent>,
) -> Result<Response> {
    let Asked { session, body, way } = asked;
    let for_ms = (body.hours > 0).then(|| i64::from(body.hours) * HOUR_MS);
    let reason = body.reason.as_deref();
    let receipt = console
        .access
        .allow_support(&session, for_ms, reason)
        .await?;
    Ok(way.answer(Receipt::of(receipt), Redirect::to("/account/officials")))
}
