//! The witness as a server: C2SP tlog-witness's `add-checkpoint`, for logs that rather call than be called.

use std::sync::{Arc, Mutex};

use amana_ledger::{AddCheckpoint, MAX_ADD_CHECKPOINT_BYTES, WitnessRefusal, encode_cosignatures};
use amana_store::clock;
use axum::extract::{DefaultBodyLimit, State};
use axum::middleware::from_fn;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use bytes::Bytes;
use http::{StatusCode, header};
use serde::Serialize;
use tokio::sync::mpsc;

use super::dial::lock;
use super::key::Key;
use super::refusal::{Evidence, Refusal};
use super::state::{Log, Memory};
use crate::centre::blocking;
use crate::requests;
use crate::wire::PollRequest;

/// What every request shares.
pub(crate) struct Served {
    pub(crate) folder: std::path::PathBuf,
    pub(crate) key: Arc<Key>,
    pub(crate) memory: Arc<Mutex<Memory>>,
    /// Whether strangers may ask, who are not shown how large private ledgers are.
    pub(crate) public: bool,
    /// Told when memory can't be written any more: the process must end.
    pub(crate) failed: mpsc::Sender<anyhow::Error>,
}

/// The routes of the witness.
pub(crate) fn router(served: Arc<Served>) -> Router {
    Router::new()
        .route("/add-checkpoint", post(add_checkpoint))
        .route("/logs", get(logs))
        .route("/healthz", get(|| async { "ok\n" }))
        .layer(DefaultBodyLimit::max(MAX_ADD_CHECKPOINT_BYTES))
        .layer(from_fn(requests::on_witness))
        .with_state(served)
}

async fn add_checkpoint(State(served): State<Arc<Served>>, body: Bytes) -> Response {
    let request = match AddCheckpoint::parse(&body) {
        Ok(request) => request,
        Err(error) => return refused(&WitnessRefusal::BadRequest(error)),
    };
    let shared = served.clone();
    match blocking(move || shared.cosign(&request)).await {
        Ok(Ok(lines)) => lines.into_response(),
        Ok(Err(refusal)) => refused(&refusal),
        Err(error) => {
            // One failure is enough to end the process; a second one has nobody left to tell.
            let _ = served.failed.try_send(error);
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}

/// The answer of tlog-witness. A conflict says which size is held here, in a content type of its own.
fn refused(refusal: &WitnessRefusal) -> Response {
    let status =
        StatusCode::from_u16(refusal.http_status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    match refusal.known_size() {
        Some(size) => {
            let kind = [(header::CONTENT_TYPE, "text/x.tlog.size")];
            (status, kind, format!("{size}\n")).into_response()
        }
        None => (status, format!("{refusal}\n")).into_response(),
    }
}

impl Served {
    /// The outer error is this witness's own disk.
    fn cosign(&self, request: &AddCheckpoint) -> anyhow::Result<Result<String, WitnessRefusal>> {
        let now_ms = clock::system_ms();
        let mut memory = lock(&self.memory);
        Ok(match memory.add_checkpoint(request, now_ms)? {
            Ok(checkpoint) => {
                let time_s = now_ms.cast_unsigned() / 1000;
                let line = self.key.cosigning.cosign(&checkpoint, time_s);
                Ok(encode_cosignatures(&[line]))
            }
            Err(refusal) => {
                // Only a second root under the log's own signature proves anything: a wrong proof may be the caller's.
                if matches!(refusal, WitnessRefusal::OtherRoot { .. }) {
                    self.alarm(&memory, request, &refusal, now_ms)?;
                }
                Err(refusal)
            }
        })
    }

    fn alarm(
        &self,
        memory: &Memory,
        request: &AddCheckpoint,
        refusal: &WitnessRefusal,
        now_ms: i64,
    ) -> anyhow::Result<()> {
        let asked = PollRequest {
            row: None,
            request: request.to_string(),
        };
        let refusal = Refusal::from(refusal.clone());
        let evidence = Evidence {
            origin: request.origin(),
            held: memory.held(request.origin()),
            refusal: &refusal,
            asked: Some(&asked),
        };
        let file = evidence.keep(&self.folder, now_ms)?;
        tracing::error!(origin = request.origin(), file = ?file, "ALARM: {refusal}");
        Ok(())
    }
}

/// One log, as `/logs` shows it.
#[derive(Serialize)]
struct Shown {
    origin: String,
    size: u64,
    root: String,
    /// When it was taken.
    when: String,
}

async fn logs(State(served): State<Arc<Served>>) -> Json<Vec<Shown>> {
    let public = served.public;
    let shown = move |(origin, log): (&str, &Log)| {
        let held = log.held.as_ref().filter(|_| log.is_public() || !public)?;
        Some(Shown {
            origin: origin.to_owned(),
            size: held.checkpoint.size,
            root: held.checkpoint.root.to_string(),
            when: clock::rfc3339(held.since_ms),
        })
    };
    Json(blocking(move || lock(&served.memory).logs().filter_map(shown).collect()).await)
}
