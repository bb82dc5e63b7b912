//! Erasures of sealed acts, handed in by an institution's own gateway: the note in the body is what an admin of the keyring
//! signed, and is kept in the entry; the reason stands in the query, which the request's signature covers.

use std::sync::Arc;

use axum::extract::{Path, Query, State};
use axum::routing::post;
use axum::{Json, Router};
use serde::Deserialize;
use serde_json::Value;

use super::member::AsMember;
use super::refusal::Refusal;
use crate::admin::erasures::{Signed, record};
use crate::centre::Centre;

/// The route of erasures.
pub(super) fn routes() -> Router<Arc<Centre>> {
    Router::new().route("/api/v1/institutions/{name}/erasures/{index}", post(erase))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Why {
    reason: String,
}

async fn erase(
    State(centre): State<Arc<Centre>>,
    AsMember(member): AsMember,
    Path((institution, index)): Path<(String, u64)>,
    Query(why): Query<Why>,
    request: String,
) -> Result<Json<Value>, Refusal> {
    if *member.caller.name != *institution {
        return Err(Refusal::absent());
    }
    let signed = Signed {
        request,
        reason: why.reason,
    };
    Ok(record(&centre, &institution, "vault", index, signed).await?)
}
