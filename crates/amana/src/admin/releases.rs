//! Releases of the binary: recorded on the operator's word that they were signed, judged by those who upgrade.

use std::sync::Arc;

use amana_ledger::Note;
use amana_releases::Recorded;
use axum::extract::State;
use axum::{Extension, Json};
use serde::Deserialize;
use serde_json::json;

use super::Asker;
use super::answer::Answer;
use crate::centre::{Centre, blocking};

/// A signed release.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Signed {
    note: String,
}

pub(crate) async fn record(
    State(centre): State<Arc<Centre>>,
    Extension(by): Extension<Asker>,
    Json(signed): Json<Signed>,
) -> Answer {
    let note = Note::parse(signed.note.as_bytes())?;
    let receipt = centre.releases.record(&note, by.as_str()).await?;
    Ok(Json(json!({ "receipt": receipt })))
}

pub(crate) async fn list(State(centre): State<Arc<Centre>>) -> Answer<Json<Vec<Recorded>>> {
    Ok(Json(blocking(move || centre.releases.all()).await?))
}
