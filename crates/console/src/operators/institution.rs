//! One institution as the operator sees it: its state, how much it holds, who keeps it; never what it holds by name.

use std::sync::Arc;

use amana_access::{
    AccountName, Institution, InstitutionName, Operation, Owner, Person, Quota, Role, Session,
};
use amana_store::{LedgerId, LedgerInfo};
use amana_vault::Vault;
use askama::Template;
use axum::Json;
use axum::extract::{Path, State};
use axum::response::{Redirect, Response};
use serde::{Deserialize, Serialize};

use super::staff_of;
use crate::account::form::Fields;
use crate::account::guard::Signed;
use crate::account::link::Link;
use crate::account::me::seconds;
use crate::api::{Asked, Asks, Reason};
use crate::books::usage::Limited;
use crate::content::Receipt;
use crate::fault::Fault;
use crate::frame::Frame;
use crate::{Console, Error, Language, Page, Result, menu};

/// An institution, to its operator.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub(crate) struct Seen {
    /// Its name.
    pub(crate) name: String,
    /// Since when, in seconds since 1970.
    pub(crate) since_s: u64,
    /// Whether its keys are refused for now.
    pub(crate) suspended: bool,
    /// Since when it leaves, in seconds since 1970: two of its officials decided so.
    pub(crate) leaving_since_s: Option<u64>,
    /// Acts in its ledger.
    pub(crate) acts: u64,
    /// How many buckets it has.
    pub(crate) buckets: u64,
    /// Bytes that it holds.
    pub(crate) bytes: u64,
    /// How much it may hold, if that is limited.
    pub(crate) quota: Option<Limited>,
    /// Officials in office.
    pub(crate) officials: u64,
    /// Those of them who have something to sign in with.
    pub(crate) able: u64,
    /// Whether it names its own officials from now on.
    pub(crate) keeps_itself: bool,
}

impl Seen {
    fn of(console: &Console, name: &InstitutionName) -> Result<(Self, Vec<Person>)> {
        let access = &console.access;
        let institution: Institution = access.institution(name)?;
        let people = access.people(&Owner::Institution(name.clone()))?;
        let able = people.iter().filter(|one| one.passkeys > 0 || one.password);
        let (acts, held, quota) = console.store.read(|rows| {
            let info = LedgerInfo::named(rows, &institution.ledger)?;
            let (ledger, acts) = info.map_or((LedgerId(0), 0), |info| (info.id, info.size));
            let held = Vault::custody(rows, ledger)?;
            let quota = Limited::of(rows, ledger)?;
            Ok::<_, crate::Error>((acts, held, quota))
        })?;
        let seen = Self {
            since_s: seconds(institution.since_ms),
            suspended: institution.suspended,
            leaving_since_s: institution.leaving_ms.map(seconds),
            name: institution.name,
            acts,
            buckets: held.iter().map(|one| one.buckets).sum(),
            bytes: held.iter().map(|one| one.bytes).sum(),
            quota,
            officials: people.len() as u64,
            able: able.count() as u64,
            keeps_itself: access.keeps_itself(name)?,
        };
        Ok((seen, people))
    }

    /// Reads it on a thread that may block.
    pub(crate) async fn read(console: &Arc<Console>, name: InstitutionName) -> Result<Self> {
        let reader = console.clone();
        let found = console.ask(move |_| Self::of(&reader, &name)).await?;
        Ok(found.0)
    }
}

#[derive(Template)]
#[template(path = "operators/institution.html")]
struct InstitutionPage {
    frame: Frame,
    session: Arc<Session>,
    seen: Seen,
    /// While it doesn't keep itself: who was named by the operator.
    people: Vec<Person>,
    roles: Vec<(&'static str, &'static str)>,
}

impl InstitutionPage {
    fn may_manage(&self) -> bool {
        self.session.may(Operation::ManageInstitutions)
    }

    fn role(&self, role: &Role) -> &'static str {
        (self.frame.texts.account.role)(*role)
    }

    fn holds(&self, person: &Person) -> String {
        (self.frame.texts.account.holds)(person.passkeys, person.password, person.identities)
    }

    fn has_none(&self, person: &Person) -> bool {
        person.has_none()
    }

    fn invited(&self, until_ms: &i64) -> String {
        let until = self.frame.texts.moment(&seconds(*until_ms));
        (self.frame.texts.account.invited)(&until)
    }

    fn held(&self) -> String {
        let texts = self.frame.texts;
        let told = texts.size(&self.seen.bytes);
        (texts.operator.held)(&told, self.seen.buckets)
    }

    fn quota(&self) -> String {
        let (texts, words) = (self.frame.texts, &self.frame.texts.operator);
        let Some(quota) = &self.seen.quota else {
            return words.no_quota.to_owned();
        };
        let bytes = quota.bytes.map(|most| texts.size(&most));
        let objects = quota.objects.map(|most| texts.number(&most));
        let objects = objects.map(|most| (texts.usage.objects)(&most));
        let told: Vec<_> = bytes.into_iter().chain(objects).collect();
        (words.quota_told)(&told.join(", "), quota.percent)
    }

    fn limit(&self, of: fn(&Limited) -> Option<u64>) -> String {
        let limit = self.seen.quota.as_ref().and_then(of);
        limit.map_or_else(String::new, |limit| limit.to_string())
    }

    fn most_bytes(&self) -> String {
        self.limit(|quota| quota.bytes)
    }

    fn most_objects(&self) -> String {
        self.limit(|quota| quota.objects)
    }

    fn officials(&self) -> String {
        (self.frame.texts.operator.officials_told)(self.seen.officials, self.seen.able)
    }
}

/// The page.
pub(super) async fn page(
    State(console): State<Arc<Console>>,
    language: Language,
    Signed(session): Signed,
    Path(name): Path<String>,
) -> Result<Page> {
    let name: InstitutionName = name.parse()?;
    let reader = console.clone();
    let (seen, mut people) = console.ask(move |_| Seen::of(&reader, &name)).await?;
    if seen.keeps_itself {
        people.clear();
    }
    let texts = language.texts();
    let named = |role: Role| (role.as_str(), (texts.account.role)(role));
    let roles = Role::ALL.into_iter().filter(|role| *role != Role::Operator);
    Page::of(&InstitutionPage {
        frame: menu::frame(texts, &session, "/operator/institutions", seen.name.clone()),
        session,
        seen,
        people,
        roles: roles.map(named).collect(),
    })
}

fn back(name: &InstitutionName) -> Redirect {
    Redirect::to(&format!("/operator/institutions/{name}"))
}

/// Refuses its keys, until it is resumed.
pub(super) async fn suspend(
    State(console): State<Arc<Console>>,
    Path(name): Path<String>,
    asked: Asked<Why>,
) -> Result<Response> {
    let Asked { session, body, way } = asked;
    let (name, by): (InstitutionName, _) = (name.parse()?, staff_of(&session)?.to_string());
    let reason = body.reason.as_deref();
    let receipt = console.access.suspend(&name, reason, &by).await?;
    Ok(way.answer(Receipt::of(receipt), back(&name)))
}

/// Why an institution is suspended: its journal promises it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Why {
    #[serde(default)]
    reason: Option<String>,
}

impl Asks for Why {
    fn of_form(fields: &Fields) -> Result<Self> {
        let reason = fields.filled("reason");
        let reason = reason.ok_or_else(|| Error::typed("reason", Fault::Reason))?;
        Ok(Self {
            reason: Some(reason.to_owned()),
        })
    }
}

/// Lets it act again.
pub(super) async fn resume(
    State(console): State<Arc<Console>>,
    Path(name): Path<String>,
    asked: Asked<Reason>,
) -> Result<Response> {
    let Asked { session, body, way } = asked;
    let (name, by): (InstitutionName, _) = (name.parse()?, staff_of(&session)?.to_string());
    let reason = body.reason.as_deref();
    let receipt = console.access.resume(&name, reason, &by).await?;
    Ok(way.answer(Receipt::of(receipt), back(&name)))
}

impl Asks for Quota {
    /// A field that is empty is no limit.
    fn of_form(fields: &Fields) -> Result<Self> {
        let limit = |field: &'static str| match fields.filled(field) {
            Some(text) => match text.trim().parse::<u64>() {
                Ok(limit) => Ok(Some(limit)),
                Err(_) => Err(Error::typed(field, Fault::Number)),
            },
            None => Ok(None),
        };
        Ok(Self {
            bytes: limit("bytes")?,
            objects: limit("objects")?,
        })
    }
}

/// Sets how much it may hold.
pub(super) async fn set_quota(
    State(console): State<Arc<Console>>,
    Path(name): Path<String>,
    asked: Asked<Quota>,
) -> Result<Response> {
    let Asked { session, body, way } = asked;
    let (name, by): (InstitutionName, _) = (name.parse()?, staff_of(&session)?.to_string());
    let receipt = console.access.set_quota(&name, body, &by).await?;
    let heeding = console.clone();
    console
        .ask(move |_| Ok(heeding.vault.heed_quotas()?))
        .await?;
    Ok(way.answer(Receipt::of(receipt), back(&name)))
}

/// One of the first officials.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct First {
    name: String,
    role: String,
}

impl Asks for First {
    fn of_form(fields: &Fields) -> Result<Self> {
        Ok(Self {
            name: fields.text("name").to_owned(),
            role: fields.text("role").to_owned(),
        })
    }
}

/// Names one of the first officials, and shows the link.
pub(super) async fn name(
    State(console): State<Arc<Console>>,
    language: Language,
    Path(institution): Path<String>,
    asked: Asked<First>,
) -> Result<Response> {
    let Asked { session, body, way } = asked;
    let owner = Owner::Institution(institution.parse()?);
    let (actor, role) = (staff_of(&session)?, body.role.parse()?);
    let link = Link::naming(&console, owner, &body.name, role, &actor).await?;
    link.told(way, language, &session)
}

/// Gives one of the first officials another link.
pub(super) async fn invite(
    State(console): State<Arc<Console>>,
    language: Language,
    Path((institution, official)): Path<(String, u64)>,
    asked: Asked<()>,
) -> Result<Response> {
    let Asked { session, way, .. } = asked;
    let owner = Owner::Institution(institution.parse()?);
    let account = AccountName { owner, official };
    let link = Link::again(&console, &account, &staff_of(&session)?).await?;
    link.told(way, language, &session)
}

/// The same for programs.
pub(super) async fn api(
    State(console): State<Arc<Console>>,
    Path(name): Path<String>,
) -> Result<Json<Seen>> {
    Seen::read(&console, name.parse()?).await.map(Json)
}
