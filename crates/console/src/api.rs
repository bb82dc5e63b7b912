//! `/api/v1`: the models of the pages, as they stand.

mod asked;
mod call;
mod openapi;

use std::sync::Arc;

use axum::extract::State;
use axum::routing::get;
use axum::{Json, Router};

pub(crate) use asked::{Asked, Asks, Named, Numbered, Reason, Text, Way};
pub(crate) use call::Call;
pub use openapi::document;

use crate::public::centre::Centre;
use crate::public::proof::Proof;
use crate::{Console, Error, Result};

pub(crate) fn routes() -> Router<Arc<Console>> {
    Router::new()
        .route("/api/v1/openapi.json", get(|| async { Json(document()) }))
        .route("/api/v1/centre", get(centre))
        .route("/api/v1/proof", get(proof))
        .route("/api/{*path}", get(|| async { Error::NotFound }))
}

async fn centre(State(console): State<Arc<Console>>) -> Result<Json<Centre>> {
    let proof = console.read(Proof::of).await?;
    Ok(Json(Centre::from(&proof)))
}

async fn proof(State(console): State<Arc<Console>>) -> Result<Json<Proof>> {
    console.read(Proof::of).await.map(Json)
}
