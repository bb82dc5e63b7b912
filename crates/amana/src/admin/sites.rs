//! Sites of institutions: the operator gives a name and says whose keys publish under it; what is published is not for it to say.

use std::sync::Arc;

use amana_access::InstitutionName;
use amana_sites::{Host, Publishers, Site};
use axum::extract::{Path, State};
use axum::{Extension, Json};
use serde::Deserialize;
use serde_json::{Value, json};

use super::Asker;
use super::answer::Answer;
use crate::centre::{Centre, blocking};

/// A new site.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct New {
    host: String,
    institution: String,
    /// The file that lists them.
    publishers: String,
}

pub(crate) async fn add(
    State(centre): State<Arc<Centre>>,
    Extension(by): Extension<Asker>,
    Json(new): Json<New>,
) -> Answer {
    let host: Host = new.host.parse()?;
    let publishers = Publishers::parse(new.publishers.as_bytes())?;
    let name: InstitutionName = new.institution.parse()?;
    let reader = centre.clone();
    let institution = blocking(move || reader.access.institution(&name)).await?;
    let receipt = centre
        .sites
        .add(&institution.name, &host, &publishers, by.as_str())
        .await?;
    Ok(Json(json!({ "host": host.as_str(), "receipt": receipt })))
}

pub(crate) async fn list(State(centre): State<Arc<Centre>>) -> Answer<Json<Vec<Value>>> {
    let all = blocking(move || centre.sites.all()).await?;
    Ok(Json(all.iter().map(shown).collect()))
}

fn shown(site: &Site) -> Value {
    json!({
        "host": site.place.host.as_str(),
        "institution": site.place.institution,
        "number": site.number,
        "live": site.live.as_ref().map(|live| live.number),
        "since_ms": site.since_ms,
        "changed_ms": site.changed_ms,
    })
}

/// Why a site goes.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Removal {
    reason: Option<String>,
}

pub(crate) async fn remove(
    State(centre): State<Arc<Centre>>,
    Extension(by): Extension<Asker>,
    Path(host): Path<String>,
    Json(removal): Json<Removal>,
) -> Answer {
    let host: Host = host.parse()?;
    let reason = removal.reason.as_deref();
    let receipt = centre.sites.remove(&host, reason, by.as_str()).await?;
    Ok(Json(json!({ "host": host.as_str(), "receipt": receipt })))
}
