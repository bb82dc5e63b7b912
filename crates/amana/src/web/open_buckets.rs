//! Open buckets, made by an institution's own gateway: its signed request names the bucket and the reason, and both stand
//! in the bucket's entry, under the member's name.

use std::sync::Arc;

use amana_vault::{BucketName, BucketOptions};
use axum::extract::{Path, Query, State};
use axum::routing::post;
use axum::{Json, Router};
use serde::Deserialize;
use serde_json::{Value, json};

use super::member::AsMember;
use super::refusal::Refusal;
use crate::centre::Centre;

/// The route of open buckets.
pub(super) fn routes() -> Router<Arc<Centre>> {
    Router::new().route("/api/v1/institutions/{name}/open-buckets", post(create))
}

/// Which bucket, and why. In the query, since the request's signature covers that, and no body.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct New {
    name: String,
    reason: String,
}

async fn create(
    State(centre): State<Arc<Centre>>,
    AsMember(member): AsMember,
    Path(institution): Path<String>,
    Query(new): Query<New>,
) -> Result<Json<Value>, Refusal> {
    if *member.caller.name != *institution {
        return Err(Refusal::absent());
    }
    let name = BucketName::parse(&new.name)?;
    let options = BucketOptions {
        open_reason: Some(new.reason),
        region: None,
        object_lock: false,
    };
    let made = centre
        .vault
        .create_bucket(&member.caller, name, options)
        .await?;
    Ok(Json(
        json!({ "name": new.name, "mode": "open", "receipt": made.receipt }),
    ))
}
