//! Access keys: handed out, listed, revoked. A secret is in the answer that makes its key, and never again.

use std::sync::Arc;

use amana_access::{AccessKey, GivenKey, Grant, KeyLabel};
use axum::extract::{Path, Query, State};
use axum::{Extension, Json};
use serde::Deserialize;
use serde_json::json;
use zeroize::Zeroizing;

use super::Asker;
use super::answer::Answer;
use crate::centre::{Centre, blocking};

/// A new key; id and secret together, or neither.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct New {
    #[serde(default = "Grant::everything")]
    grant: Grant,
    given: Option<Given>,
    /// What it is for.
    label: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Given {
    access_key_id: String,
    secret_access_key: String,
}

pub(crate) async fn create(
    State(centre): State<Arc<Centre>>,
    Extension(by): Extension<Asker>,
    Path(institution): Path<String>,
    Json(new): Json<New>,
) -> Answer {
    let institution = institution.parse()?;
    let given = match new.given {
        Some(given) => {
            let secret = Zeroizing::new(given.secret_access_key);
            Some(GivenKey {
                id: given.access_key_id.parse()?,
                secret: secret.parse()?,
            })
        }
        None => None,
    };
    let label: Option<KeyLabel> = new.label.as_deref().map(str::parse).transpose()?;
    let created = centre.access.create_access_key(
        &institution,
        given,
        new.grant,
        label.as_ref(),
        by.as_str(),
    );
    let key = created.await?;
    Ok(Json(json!({
        "access_key_id": key.id.as_str(),
        "secret_access_key": key.secret.reveal(),
        "receipt": key.receipt,
    })))
}

pub(crate) async fn list(
    State(centre): State<Arc<Centre>>,
    Path(institution): Path<String>,
) -> Answer<Json<Vec<AccessKey>>> {
    let institution = institution.parse()?;
    Ok(Json(
        blocking(move || centre.access.access_keys(&institution)).await?,
    ))
}

/// Of which institution the key must be.
#[derive(Deserialize)]
pub(crate) struct Owner {
    institution: Option<String>,
}

pub(crate) async fn revoke(
    State(centre): State<Arc<Centre>>,
    Extension(by): Extension<Asker>,
    Path(id): Path<String>,
    Query(owner): Query<Owner>,
) -> Answer {
    let institution = owner.institution.as_deref().map(str::parse).transpose()?;
    let revoked = centre
        .access
        .revoke_access_key(institution.as_ref(), &id.parse()?, by.as_str())
        .await?;
    Ok(Json(json!({ "access_key_id": id, "receipt": revoked })))
}
