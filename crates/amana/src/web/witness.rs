//! For witnesses, who dial out: what to cosign, their cosignatures, and what they hold against us.

use std::sync::Arc;

use amana_ledger::Note;
use amana_store::Error;
use amana_store::national::evidence::HandedIn;
use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::StatusCode;

use crate::centre::{Centre, blocking};
use crate::wire::{Cosignature, Kept, PollAnswer, PollRequest, Weighed};

/// Cosignatures taken at once.
const MAX_COSIGNATURES: usize = 1024;

/// Why a witness gets no answer.
pub(crate) struct Refused(Error);

impl<E: Into<Error>> From<E> for Refused {
    fn from(error: E) -> Self {
        Self(error.into())
    }
}

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        let status = match &self.0 {
            Error::Refused { .. } => StatusCode::FORBIDDEN,
            Error::Ledger(_) | Error::TooLarge { .. } => StatusCode::BAD_REQUEST,
            error => {
                tracing::error!(%error, "a witness could not be answered");
                return StatusCode::INTERNAL_SERVER_ERROR.into_response();
            }
        };
        (status, format!("{}\n", self.0)).into_response()
    }
}

/// `POST /witness/v1/poll`: what this witness should cosign now.
pub(crate) async fn poll(
    State(centre): State<Arc<Centre>>,
    body: Bytes,
) -> Result<Json<PollAnswer>, Refused> {
    let note = Note::parse(&body)?;
    let answer = blocking(move || centre.store.answer_poll(&note)).await?;
    let requests = answer.requests.into_iter().map(|request| PollRequest {
        row: request.row.map(|row| row.to_string()),
        add_checkpoint: request.add_checkpoint.to_string(),
    });
    Ok(Json(PollAnswer {
        requests: requests.collect(),
        behind: answer.behind,
        more: answer.more,
    }))
}

/// `POST /witness/v1/cosignatures`: those that verify are kept, and durable when this answers.
pub(crate) async fn cosignatures(
    State(centre): State<Arc<Centre>>,
    Json(given): Json<Vec<Cosignature>>,
) -> Result<Json<Kept>, Refused> {
    if given.len() > MAX_COSIGNATURES {
        return Err(Refused(Error::TooLarge {
            what: "a list of cosignatures",
            max: MAX_COSIGNATURES as u64,
        }));
    }
    let mut handed_in = Vec::with_capacity(given.len());
    for cosignature in given {
        handed_in.push(HandedIn {
            origin: cosignature.origin,
            size: cosignature.size,
            signature: cosignature.signature.parse()?,
        });
    }
    let kept = centre.store.add_cosignatures(handed_in).await?;
    Ok(Json(Kept { kept }))
}

/// `POST /witness/v1/evidence`: a checkpoint of ours that a witness kept, judged against what we have.
pub(crate) async fn evidence(
    State(centre): State<Arc<Centre>>,
    body: Bytes,
) -> Result<Json<Weighed>, Refused> {
    let note = Note::parse(&body)?;
    let anomaly = blocking(move || centre.store.weigh_evidence(&note)).await?;
    Ok(Json(Weighed {
        anomaly: anomaly.map(|anomaly| anomaly.to_string()),
    }))
}
