//! What takes two: proposed here, and approved by somebody else.

use std::sync::Arc;

use amana_access::{Proposal, Subject};
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Redirect, Response};

use super::form::Posted;
use super::officials::link_page;
use crate::{Console, Error, Language, Result};

/// Proposes somebody who may approve.
pub(super) async fn appoint(
    State(console): State<Arc<Console>>,
    posted: Posted,
) -> Result<Redirect> {
    let fields = &posted.fields;
    let subject = Subject::Appoint(fields.text("name").parse()?, fields.text("role").parse()?);
    propose(&console, &posted, subject).await
}

/// Proposes a new link for who lost everything.
pub(super) async fn recover(
    State(console): State<Arc<Console>>,
    Path(official): Path<u64>,
    posted: Posted,
) -> Result<Redirect> {
    propose(&console, &posted, Subject::Recover(official)).await
}

/// Proposes the end of a role.
pub(super) async fn remove(
    State(console): State<Arc<Console>>,
    Path(official): Path<u64>,
    posted: Posted,
) -> Result<Redirect> {
    propose(&console, &posted, Subject::Remove(official)).await
}

/// Proposes that the institution leaves, or stays after all.
pub(super) async fn leave(State(console): State<Arc<Console>>, posted: Posted) -> Result<Redirect> {
    let subject = match posted.fields.text("act") {
        "leave" => Subject::Leave,
        "stay" => Subject::Stay,
        _ => return Err(Error::Form),
    };
    propose(&console, &posted, subject).await
}

/// Proposes other custodians.
pub(super) async fn custodians(
    State(console): State<Arc<Console>>,
    posted: Posted,
) -> Result<Redirect> {
    let plan = posted.fields.text("plan").parse();
    let plan = plan.map_err(|_| amana_access::Error::Invalid {
        what: "the plan of the custodians",
        why: "must be one such as 3-of-5",
    })?;
    propose(&console, &posted, Subject::ChangeCustodians(plan)).await
}

async fn propose(console: &Console, posted: &Posted, subject: Subject) -> Result<Redirect> {
    let reason = posted.fields.filled("reason");
    console
        .access
        .propose(&posted.session, subject, reason)
        .await?;
    Ok(Redirect::to("/account/officials"))
}

/// Approves, and shows the link if one came of it.
pub(super) async fn approve(
    State(console): State<Arc<Console>>,
    language: Language,
    Path(number): Path<u64>,
    posted: Posted,
) -> Result<Response> {
    let asker = posted.session.clone();
    let open = console
        .ask(move |access| Ok(access.proposals(&asker)?))
        .await?;
    let is_this = |one: &&Proposal| one.number == number && one.operation == "end-retention";
    if let Some(Proposal {
        name: Some(object), ..
    }) = open.iter().find(is_this)
    {
        console
            .vault
            .release(&posted.session, number, object)
            .await?;
        return Ok(Redirect::to("/account/officials").into_response());
    }
    let approved = console.access.approve(&posted.session, number).await?;
    match approved.invitation {
        Some(link) => Ok(link_page(&console, language, &posted.session, &link)?.into_response()),
        None => Ok(Redirect::to("/account/officials").into_response()),
    }
}

/// Refuses, or withdraws one's own.
pub(super) async fn end(
    State(console): State<Arc<Console>>,
    Path(number): Path<u64>,
    posted: Posted,
) -> Result<Redirect> {
    console.access.end_proposal(&posted.session, number).await?;
    Ok(Redirect::to("/account/officials"))
}
