//! Institutions: added, listed, shown, suspended.

use std::sync::Arc;

use amana_access::{Institution, Quota};
use axum::extract::{Path, State};
use axum::{Extension, Json};
use serde::Deserialize;
use serde_json::{Value, json};

use super::Asker;
use super::answer::Answer;
use crate::centre::{Centre, blocking};
use crate::quotas;

/// A new institution.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct New {
    name: String,
}

pub(crate) async fn add(
    State(centre): State<Arc<Centre>>,
    Extension(by): Extension<Asker>,
    Json(new): Json<New>,
) -> Answer<Json<Institution>> {
    let name = new.name.parse()?;
    Ok(Json(
        centre.access.add_institution(&name, by.as_str()).await?,
    ))
}

pub(crate) async fn list(State(centre): State<Arc<Centre>>) -> Answer<Json<Vec<Institution>>> {
    Ok(Json(blocking(move || centre.access.institutions()).await?))
}

pub(crate) async fn show(
    State(centre): State<Arc<Centre>>,
    Path(name): Path<String>,
) -> Answer<Json<Institution>> {
    let name = name.parse()?;
    Ok(Json(
        blocking(move || centre.access.institution(&name)).await?,
    ))
}

/// Why an institution is suspended or resumed.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Why {
    reason: Option<String>,
}

pub(crate) async fn suspend(
    State(centre): State<Arc<Centre>>,
    Extension(by): Extension<Asker>,
    Path(name): Path<String>,
    Json(why): Json<Why>,
) -> Answer {
    let name_parsed = name.parse()?;
    let done = centre
        .access
        .suspend(&name_parsed, why.reason.as_deref(), by.as_str());
    Ok(stands(&name, true, &done.await?))
}

pub(crate) async fn resume(
    State(centre): State<Arc<Centre>>,
    Extension(by): Extension<Asker>,
    Path(name): Path<String>,
    Json(why): Json<Why>,
) -> Answer {
    let name_parsed = name.parse()?;
    let done = centre
        .access
        .resume(&name_parsed, why.reason.as_deref(), by.as_str());
    Ok(stands(&name, false, &done.await?))
}

/// Sets how much an institution may hold, from now on.
pub(crate) async fn quota(
    State(centre): State<Arc<Centre>>,
    Extension(by): Extension<Asker>,
    Path(name): Path<String>,
    Json(quota): Json<Quota>,
) -> Answer {
    let set = centre
        .access
        .set_quota(&name.parse()?, quota, by.as_str())
        .await?;
    quotas::heed(&centre).await;
    Ok(Json(json!({
        "name": name, "bytes": quota.bytes, "objects": quota.objects, "receipt": set,
    })))
}

fn stands(name: &str, suspended: bool, receipt: &str) -> Json<Value> {
    Json(json!({ "name": name, "suspended": suspended, "receipt": receipt }))
}
