//! What a member hands in of a ledger that the data centre has lost the end of: a segment, as it lies in the member's own
//! mirror. It proves itself by the checkpoint at its end, which the data centre's key signed.

use std::sync::Arc;

use amana_store::LedgerId;
use amana_store::mirror::SegmentName;
use amana_store::national::give_back::TakenBack;
use axum::extract::{DefaultBodyLimit, Query, State};
use axum::routing::post;
use axum::{Json, Router};
use bytes::Bytes;
use serde::Deserialize;

use super::member::AsMember;
use super::refusal::Refusal;
use crate::centre::{Centre, blocking};
use crate::give_back::of_segment;

/// The longest segment of a mirror, in bytes.
const MAX_BODY_BYTES: usize = 64 * 1024 * 1024;

/// The routes of those who give back.
pub(super) fn routes() -> Router<Arc<Centre>> {
    Router::new()
        .route("/api/v1/given-back/vault", post(of_vault))
        .route("/api/v1/given-back/national", post(of_national))
        .layer(DefaultBodyLimit::max(MAX_BODY_BYTES))
}

/// Which entries the body holds.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Range {
    from: u64,
    until: u64,
}

async fn of_vault(
    State(centre): State<Arc<Centre>>,
    AsMember(member): AsMember,
    Query(range): Query<Range>,
    body: Bytes,
) -> Result<Json<TakenBack>, Refusal> {
    take(centre, member.caller.ledger, range, body).await
}

async fn of_national(
    State(centre): State<Arc<Centre>>,
    _: AsMember,
    Query(range): Query<Range>,
    body: Bytes,
) -> Result<Json<TakenBack>, Refusal> {
    take(centre, LedgerId::NATIONAL, range, body).await
}

async fn take(
    centre: Arc<Centre>,
    ledger: LedgerId,
    range: Range,
    body: Bytes,
) -> Result<Json<TakenBack>, Refusal> {
    let Range { from, until } = range;
    let name = SegmentName {
        ledger,
        from,
        until,
    };
    let working = centre.clone();
    let (_, given) = blocking(move || of_segment(&working.store, name, &body))
        .await
        .map_err(refusal)?;
    Ok(Json(centre.store.take_back(given).await.map_err(refusal)?))
}

pub(super) fn refusal(error: amana_store::Error) -> Refusal {
    use amana_store::Error as E;
    match error {
        E::Damaged { .. } | E::Refused { .. } | E::Ledger(_) => {
            Refusal::wrong("not-taken-back", error.to_string())
        }
        other => other.into(),
    }
}
