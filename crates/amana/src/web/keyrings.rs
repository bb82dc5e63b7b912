//! An institution's keyring, to whoever acts for it, and the next one from whoever brings it: its signatures say whose it is.

use std::sync::Arc;

use amana_access::{InstitutionName, KeyringBundle};
use amana_seal::keyring::Custodians;
use axum::extract::{DefaultBodyLimit, Path, State};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde::Deserialize;
use serde_json::{Value, json};

use super::credentials::Credentials;
use super::refusal::Refusal;
use crate::centre::{Centre, blocking};

/// The longest keyring with its files, in bytes.
pub(super) const MAX_BUNDLE_BYTES: usize = 4 * 1024 * 1024;

/// The longest question about custodians, in bytes.
const MAX_QUESTION_BYTES: usize = 16 * 1024;

/// The routes of keyrings.
pub(super) fn routes() -> Router<Arc<Centre>> {
    Router::new()
        .route(
            "/api/v1/institutions/{name}/keyring",
            get(newest)
                .post(publish)
                .layer(DefaultBodyLimit::max(MAX_BUNDLE_BYTES)),
        )
        .route(
            "/api/v1/institutions/{name}/keyring/custodians",
            post(may_change).layer(DefaultBodyLimit::max(MAX_QUESTION_BYTES)),
        )
}

/// Who asks, if it acts for that institution: the actor of its acts.
async fn of_institution(
    centre: &Arc<Centre>,
    credentials: Credentials,
    name: &str,
) -> Result<(InstitutionName, Arc<str>), Refusal> {
    let asked = centre.clone();
    let caller = blocking(move || credentials.caller(&asked)).await?;
    let caller = caller.filter(|caller| *caller.name == *name);
    let caller = caller.ok_or_else(Refusal::absent)?;
    Ok((name.parse()?, caller.actor.clone()))
}

async fn newest(
    State(centre): State<Arc<Centre>>,
    Path(name): Path<String>,
    credentials: Credentials,
) -> Result<Json<KeyringBundle>, Refusal> {
    let (name, _) = of_institution(&centre, credentials, &name).await?;
    let found = blocking(move || centre.access.keyring(&name)).await?;
    found.map(Json).ok_or_else(Refusal::absent)
}

/// The next keyring.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Next {
    bundle: KeyringBundle,
}

async fn publish(
    State(centre): State<Arc<Centre>>,
    Path(name): Path<String>,
    credentials: Credentials,
    Json(next): Json<Next>,
) -> Result<Json<Value>, Refusal> {
    let (name, by) = of_institution(&centre, credentials, &name).await?;
    let (number, receipt) = centre
        .access
        .publish_keyring(&name, next.bundle, &by)
        .await?;
    Ok(Json(json!({ "number": number, "receipt": receipt })))
}

/// The custodians that a next keyring would name, as its line has them: `3-of-5 2`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Wanted {
    custodians: String,
}

/// Whether a keyring with those custodians would be taken, for who is about to write the pages of their shares.
async fn may_change(
    State(centre): State<Arc<Centre>>,
    Path(name): Path<String>,
    credentials: Credentials,
    Json(wanted): Json<Wanted>,
) -> Result<Json<Value>, Refusal> {
    let (name, _) = of_institution(&centre, credentials, &name).await?;
    let custodians: Custodians = wanted
        .custodians
        .parse()
        .map_err(|error: amana_seal::Error| Refusal::wrong("invalid", error.to_string()))?;
    blocking(move || centre.access.may_change_custodians(&name, &custodians)).await?;
    Ok(Json(json!({})))
}
