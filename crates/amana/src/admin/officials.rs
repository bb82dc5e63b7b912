//! Officials: named, invited, listed, removed; and the operator as the second of a recovery.

use std::sync::Arc;

use amana_access::{AccountName, Actor, NewInvitation, OfficialName, Owner, Person, Role};
use amana_ledger::VerifierKey;
use axum::extract::{Path, State};
use axum::{Extension, Json};
use serde::Deserialize;
use serde_json::json;

use super::Asker;
use super::answer::{Answer, Refusal};
use crate::centre::{Centre, blocking};

/// A new official.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct New {
    name: String,
    role: String,
    key: Option<String>,
}

pub(crate) async fn add(
    State(centre): State<Arc<Centre>>,
    Extension(by): Extension<Asker>,
    Path(institution): Path<String>,
    Json(new): Json<New>,
) -> Answer {
    let key: Option<VerifierKey> = new.key.as_deref().map(str::parse).transpose()?;
    let (institution, name, role) = (institution.parse()?, new.name.parse()?, new.role.parse()?);
    let added = centre
        .access
        .add_official(&institution, &name, role, key.as_ref(), by.as_str());
    let (number, receipt) = added.await?;
    Ok(Json(
        json!({ "number": number, "name": new.name, "role": role, "receipt": receipt }),
    ))
}

/// Whom a link is for: an official in office by number, or one who is named with it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Invite {
    number: Option<u64>,
    name: Option<String>,
    role: Option<String>,
}

pub(crate) async fn invite(
    State(centre): State<Arc<Centre>>,
    Extension(by): Extension<Asker>,
    Path(owner): Path<String>,
    Json(invite): Json<Invite>,
) -> Answer {
    let owner: Owner = owner.parse()?;
    let actor = Actor::of_socket(by.as_str());
    let official = match invite.number {
        Some(number) => number,
        None => {
            let name: OfficialName = invite.name.as_deref().unwrap_or_default().parse()?;
            let role: Role = match (&owner, invite.role.as_deref()) {
                (Owner::Operator, None) => Role::Operator,
                (_, role) => role.unwrap_or_default().parse()?,
            };
            let access = &centre.access;
            access.name_official(&owner, &name, role, &actor).await?.0
        }
    };
    let account = AccountName { owner, official };
    let link = centre.access.invite(&account, &actor).await?;
    link_of(&centre, &link)
}

/// The link, as it is handed over.
fn link_of(centre: &Centre, link: &NewInvitation) -> Answer {
    let code = link.code.reveal();
    let scheme = centre.tls.acceptor(centre.config.listen_web).scheme();
    let pages = centre.config.console(scheme);
    let pages = pages.map_err(|error| Refusal::wrong("invalid", format!("{error:#}")))?;
    Ok(Json(json!({
        "account": link.account.to_string(),
        "number": link.account.official,
        "link": format!("{}/account/enrol?code={}", pages.origin(), *code),
        "code": *code,
        "expires_ms": link.expires_ms,
        "receipt": link.receipt,
    })))
}

pub(crate) async fn countersign(
    State(centre): State<Arc<Centre>>,
    Extension(by): Extension<Asker>,
    Path((institution, number)): Path<(String, u64)>,
) -> Answer {
    let institution = institution.parse()?;
    let signed = centre.access.countersign(&institution, number, by.as_str());
    let signed = signed.await?;
    match &signed.invitation {
        Some(link) => link_of(&centre, link),
        None => Ok(Json(json!({ "receipt": signed.receipt }))),
    }
}

pub(crate) async fn list(
    State(centre): State<Arc<Centre>>,
    Path(owner): Path<String>,
) -> Answer<Json<Vec<Person>>> {
    let owner: Owner = owner.parse()?;
    Ok(Json(blocking(move || centre.access.people(&owner)).await?))
}

pub(crate) async fn remove(
    State(centre): State<Arc<Centre>>,
    Extension(by): Extension<Asker>,
    Path((owner, number)): Path<(String, u64)>,
) -> Answer {
    let owner: Owner = owner.parse()?;
    let removed = centre.access.end_role(&owner, number, by.as_str());
    Ok(Json(json!({ "number": number, "receipt": removed.await? })))
}
