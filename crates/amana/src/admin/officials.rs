//! Officials: named, listed, removed.

use std::sync::Arc;

use amana_access::Official;
use amana_ledger::VerifierKey;
use axum::extract::{Path, State};
use axum::{Extension, Json};
use serde::Deserialize;
use serde_json::json;

use super::Asker;
use super::answer::Answer;
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

pub(crate) async fn list(
    State(centre): State<Arc<Centre>>,
    Path(institution): Path<String>,
) -> Answer<Json<Vec<Official>>> {
    let institution = institution.parse()?;
    Ok(Json(
        blocking(move || centre.access.officials(&institution)).await?,
    ))
}

pub(crate) async fn remove(
    State(centre): State<Arc<Centre>>,
    Extension(by): Extension<Asker>,
    Path((institution, number)): Path<(String, u64)>,
) -> Answer {
    let institution = institution.parse()?;
    let removed = centre
        .access
        .remove_official(&institution, number, by.as_str());
    Ok(Json(json!({ "number": number, "receipt": removed.await? })))
}
