//! Taking back, from a mirror or a file on this machine, what a restored data centre has lost.

use std::path::PathBuf;
use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use serde::Deserialize;

use super::answer::Answer;
use crate::centre::{Centre, blocking};
use crate::give_back::{self, Given};

/// Where it is.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct From {
    path: PathBuf,
}

pub(crate) async fn take(
    State(centre): State<Arc<Centre>>,
    Json(from): Json<From>,
) -> Answer<Json<Given>> {
    // Places are read, and entries verified, on a thread that may block.
    let runtime = tokio::runtime::Handle::current();
    let taken = blocking(move || runtime.block_on(give_back::from_path(&centre.store, &from.path)));
    Ok(Json(taken.await?))
}
