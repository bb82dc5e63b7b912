//! What witnesses ask of the data centre, and hand in. They sit behind thin lines, so it is they who call.
//!
//! Nothing here is secret, and each thing proves itself: a poll is signed by a witness of the policy, a cosignature
//! verifies under its key, evidence bears our own signature.

use std::sync::Arc;

use amana_ledger::{MAX_NOTE_BYTES, Note};
use amana_store::Error;
use amana_store::national::candidates::{self, MAX_REQUESTS};
use amana_store::national::evidence::HandedIn;
use axum::extract::{DefaultBodyLimit, State};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use axum::{Json, Router};
use bytes::Bytes;
use http::StatusCode;

use crate::centre::{Centre, blocking};
use crate::wire::{self, Cosignature, Kept, PollAnswer, PollRequest, Weighed};

/// The longest list of cosignatures, in bytes: one for each request of an answer to a poll.
const MAX_COSIGNATURES_BYTES: usize = MAX_REQUESTS * 1024;

/// The routes of the witnesses.
pub(crate) fn routes() -> Router<Arc<Centre>> {
    let room = DefaultBodyLimit::max;
    Router::new()
        .route(wire::POLL, post(poll).layer(room(MAX_NOTE_BYTES)))
        .route(
            wire::COSIGNATURES,
            post(take_cosignatures).layer(room(MAX_COSIGNATURES_BYTES)),
        )
        .route(wire::EVIDENCE, post(weigh).layer(room(MAX_NOTE_BYTES)))
}

/// Why a witness gets no answer: a status, and a sentence for whoever runs it.
struct Refusal(StatusCode, String);

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        (self.0, self.1 + "\n").into_response()
    }
}

impl Refusal {
    fn bad(why: impl std::fmt::Display) -> Self {
        Self(StatusCode::BAD_REQUEST, why.to_string())
    }
}

impl From<Error> for Refusal {
    fn from(error: Error) -> Self {
        use amana_ledger::Error as E;
        let status = match &error {
            Error::Refused { .. } => StatusCode::FORBIDDEN,
            Error::Ledger(E::Unsigned { .. } | E::BadSignature { .. } | E::WrongOrigin { .. }) => {
                StatusCode::FORBIDDEN
            }
            Error::Ledger(E::Malformed { .. } | E::TooLarge { .. }) => StatusCode::BAD_REQUEST,
            Error::ReadOnly { .. } | Error::Stopped { .. } | Error::Unreachable { .. } => {
                StatusCode::SERVICE_UNAVAILABLE
            }
            _ => {
                tracing::error!(%error, "a witness could not be answered");
                let why = "the data centre failed; its log says why".to_owned();
                return Self(StatusCode::INTERNAL_SERVER_ERROR, why);
            }
        };
        Self(status, error.to_string())
    }
}

async fn poll(State(centre): State<Arc<Centre>>, body: Bytes) -> Result<Json<PollAnswer>, Refusal> {
    let poll = Note::parse(&body).map_err(Refusal::bad)?;
    let answer = blocking(move || centre.store.answer_poll(&poll)).await?;
    let asked = |request: candidates::Request| PollRequest {
        row: request.row.map(|row| row.to_string()),
        request: request.add_checkpoint.to_string(),
    };
    Ok(Json(PollAnswer {
        requests: answer.requests.into_iter().map(asked).collect(),
        behind: answer.behind,
        more: answer.more,
    }))
}

async fn take_cosignatures(
    State(centre): State<Arc<Centre>>,
    body: Bytes,
) -> Result<Json<Kept>, Refusal> {
    let list: Vec<Cosignature> = serde_json::from_slice(&body).map_err(Refusal::bad)?;
    if list.len() > MAX_REQUESTS {
        return Err(Refusal::bad(format!(
            "at most {MAX_REQUESTS} cosignatures are taken at a time"
        )));
    }
    let handed_in = |cosigned: Cosignature| -> Result<HandedIn, Refusal> {
        Ok(HandedIn {
            signature: cosigned.line.parse().map_err(Refusal::bad)?,
            origin: cosigned.origin,
            size: cosigned.size,
        })
    };
    let handed_in = list.into_iter().map(handed_in).collect::<Result<_, _>>()?;
    // Each signature is verified, and rows are read for it, before the writer is asked: that blocks.
    let runtime = tokio::runtime::Handle::current();
    let kept = blocking(move || runtime.block_on(centre.store.add_cosignatures(handed_in))).await?;
    Ok(Json(Kept { kept }))
}

async fn weigh(State(centre): State<Arc<Centre>>, body: Bytes) -> Result<Json<Weighed>, Refusal> {
    let note = Note::parse(&body).map_err(Refusal::bad)?;
    let anomaly = blocking(move || centre.store.weigh_evidence(&note)).await?;
    Ok(Json(Weighed {
        anomaly: anomaly.map(|anomaly| anomaly.to_string()),
    }))
}
