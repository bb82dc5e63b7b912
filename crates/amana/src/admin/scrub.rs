//! The scrub: how far it is, and a pass at once.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use serde::Deserialize;
use serde_json::{Value, json};

use super::answer::Answer;
use crate::centre::{Centre, blocking};
use crate::scrub;

/// How the pass is wanted.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Wanted {
    now: bool,
}

pub(crate) async fn show(State(centre): State<Arc<Centre>>) -> Answer<Json<scrub::State>> {
    Ok(Json(centre.scrub.state()))
}

pub(crate) async fn begin(State(centre): State<Arc<Centre>>, Json(wanted): Json<Wanted>) -> Answer {
    blocking(move || centre.scrub.want_at_once(&centre.store, wanted.now)).await?;
    Ok(Json::<Value>(json!({ "begun": true })))
}
