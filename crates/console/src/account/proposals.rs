//! What takes two: proposed here, and approved by somebody else.

use std::sync::Arc;

use amana_access::{Dangerous, Proposal, Role, Session, Subject};
use axum::Json;
use axum::extract::{Path, State};
use axum::response::{IntoResponse as _, Redirect, Response};
use serde::{Deserialize, Serialize};

use super::form::Posted;
use super::guard::Signed;
use super::link::Link;
use crate::api::{Asked, Call, Numbered, Way};
use crate::content::Receipt;
use crate::{Console, Error, Language, Result};

/// Where proposals are.
const PAGE: &str = "/account/officials";

/// Proposes somebody who may approve.
pub(super) async fn appoint(
    State(console): State<Arc<Console>>,
    posted: Posted,
) -> Result<Redirect> {
    let fields = &posted.fields;
    let subject = Subject::Appoint(fields.text("name").parse()?, fields.text("role").parse()?);
    by_form(&console, &posted, subject).await
}

/// Proposes a new link for who lost everything.
pub(super) async fn recover(
    State(console): State<Arc<Console>>,
    Path(official): Path<u64>,
    posted: Posted,
) -> Result<Redirect> {
    by_form(&console, &posted, Subject::Recover(official)).await
}

/// Proposes the end of a role.
pub(super) async fn remove(
    State(console): State<Arc<Console>>,
    Path(official): Path<u64>,
    posted: Posted,
) -> Result<Redirect> {
    by_form(&console, &posted, Subject::Remove(official)).await
}

/// Proposes that the institution leaves, or stays after all.
pub(super) async fn leave(State(console): State<Arc<Console>>, posted: Posted) -> Result<Redirect> {
    let subject = match posted.fields.text("act") {
        "leave" => {
            posted.fields.must_be_sure()?;
            Subject::Leave
        }
        "stay" => Subject::Stay,
        _ => return Err(Error::Form),
    };
    by_form(&console, &posted, subject).await
}

/// Proposes other custodians.
pub(super) async fn custodians(
    State(console): State<Arc<Console>>,
    posted: Posted,
) -> Result<Redirect> {
    let plan = posted.fields.text("plan").trim();
    let subject = others(plan)?;
    by_form(&console, &posted, subject).await
}

fn others(plan: &str) -> Result<Subject> {
    let plan = plan.parse().map_err(|_| amana_access::Error::Invalid {
        what: "the plan of the custodians",
        why: "must be one such as 3-of-5",
    })?;
    Ok(Subject::ChangeCustodians(plan))
}

async fn by_form(console: &Console, posted: &Posted, subject: Subject) -> Result<Redirect> {
    propose(
        console,
        &posted.session,
        subject,
        posted.fields.filled("reason"),
    )
    .await?;
    Ok(Redirect::to(PAGE))
}

/// Proposes it.
pub(crate) async fn propose(
    console: &Console,
    session: &Session,
    subject: Subject,
    reason: Option<&str>,
) -> Result<Numbered> {
    let proposed = console.access.propose(session, subject, reason).await?;
    Ok(proposed.into())
}

/// What a call proposes: the fields that a proposal of that kind has, and none beside them.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Proposed {
    operation: Dangerous,
    /// Who is recovered or removed.
    official: Option<u64>,
    /// Who is appointed.
    name: Option<String>,
    role: Option<Role>,
    /// The plan of other custodians, as `3-of-5`.
    plan: Option<String>,
    reason: Option<String>,
}

impl Proposed {
    fn subject(&self) -> Result<Subject> {
        let Self {
            operation,
            official,
            name,
            role,
            plan,
            ..
        } = self;
        match (operation, official, name, role, plan) {
            (Dangerous::Appoint, None, Some(name), Some(role), None) => {
                Ok(Subject::Appoint(name.parse()?, *role))
            }
            (Dangerous::Recover, Some(official), None, None, None) => {
                Ok(Subject::Recover(*official))
            }
            (Dangerous::Remove, Some(official), None, None, None) => Ok(Subject::Remove(*official)),
            (Dangerous::Leave, None, None, None, None) => Ok(Subject::Leave),
            (Dangerous::Stay, None, None, None, None) => Ok(Subject::Stay),
            (Dangerous::ChangeCustodians, None, None, None, Some(plan)) => others(plan),
            // The end of a retention is proposed where the file is.
            _ => Err(Error::Malformed),
        }
    }
}

/// `POST /api/v1/proposals`
pub(super) async fn call(
    State(console): State<Arc<Console>>,
    call: Call<Proposed>,
) -> Result<Json<Numbered>> {
    let (subject, reason) = (call.body.subject()?, call.body.reason.as_deref());
    let proposed = propose(&console, &call.session, subject, reason);
    proposed.await.map(Json)
}

/// `GET /api/v1/proposals`: the newest, over or not.
pub(super) async fn list(
    State(console): State<Arc<Console>>,
    Signed(session): Signed,
) -> Result<Json<Vec<Proposal>>> {
    let proposals = console.ask(move |access| Ok(access.proposals(&session)?));
    proposals.await.map(Json)
}

/// What an approval did.
#[derive(Serialize)]
struct Approval {
    /// `<ledger>/<index>` of the act.
    receipt: String,
    /// The link that came of it, if one did.
    link: Option<Link>,
}

async fn approved(console: &Arc<Console>, session: &Arc<Session>, number: u64) -> Result<Approval> {
    let asker = session.clone();
    let open = console
        .ask(move |access| Ok(access.proposals(&asker)?))
        .await?;
    let is_this = |one: &&Proposal| one.number == number && one.operation == "end-retention";
    if let Some(Proposal {
        name: Some(object), ..
    }) = open.iter().find(is_this)
    {
        let receipt = console
            .vault
            .release(session, number, object)
            .await?
            .receipt;
        let link = None;
        return Ok(Approval { receipt, link });
    }
    let approved = console.access.approve(session, number).await?;
    let link = approved.invitation;
    Ok(Approval {
        receipt: approved.receipt,
        link: link.map(|made| Link::of(console, made, None)),
    })
}

/// Approves, and shows the link if one came of it.
pub(super) async fn approve(
    State(console): State<Arc<Console>>,
    language: Language,
    Path(number): Path<u64>,
    asked: Asked<()>,
) -> Result<Response> {
    let Asked { session, way, .. } = asked;
    let approval = approved(&console, &session, number).await?;
    match (way, approval.link) {
        (Way::Form, Some(link)) => Ok(link.page(language, &session)?.into_response()),
        (_, link) => Ok(way.answer(Approval { link, ..approval }, Redirect::to(PAGE))),
    }
}

/// Refuses, or withdraws one's own.
pub(super) async fn end(
    State(console): State<Arc<Console>>,
    Path(number): Path<u64>,
    asked: Asked<()>,
) -> Result<Response> {
    let Asked { session, way, .. } = asked;
    let receipt = console.access.end_proposal(&session, number).await?;
    Ok(way.answer(Receipt::of(receipt), Redirect::to(PAGE)))
}
