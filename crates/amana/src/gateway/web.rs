//! The gateway's web listener: its status page, what monitoring asks for, and folders for whoever has an access key or a link. To anybody
//! else it shows no name of an object, and takes nothing.

use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::middleware::{from_fn, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use http::{StatusCode, header};

use super::running::Running;
use super::{file_page, files};
use crate::metrics::{FORMAT, Text, observe_web};
use crate::requests;

/// The routes of the web listener.
pub(crate) fn router(running: Arc<Running>) -> Router {
    Router::new()
        .route("/healthz", get(|| async { "ok\n" }))
        .route("/readyz", get(readiness))
        .route("/metrics", get(metrics))
        .merge(files::routes(&running))
        .merge(file_page::routes(&running))
        .merge(console(&running))
        .layer(from_fn_with_state(running.requests.clone(), observe_web))
        .layer(from_fn(requests::on_web))
        .with_state(running)
}

/// The status page.
fn console(running: &Arc<Running>) -> Router<Arc<Running>> {
    let running = running.clone();
    amana_console::gateway::router(Arc::new(move || running.status().for_people()))
}

/// It takes deposits: the data centre answers, or there is a spool; and nothing stands against what it serves.
async fn readiness(State(running): State<Arc<Running>>) -> Response {
    match running.status().not_ready() {
        None => "ready\n".into_response(),
        Some(why) => (StatusCode::SERVICE_UNAVAILABLE, format!("{why}\n")).into_response(),
    }
}

async fn metrics(State(running): State<Arc<Running>>) -> Response {
    let mut text = Text::default();
    text.push(&running.status().metrics());
    text.push(&running.tls.metrics());
    running.requests.write(&mut text);
    text.disk(running.folder.path());
    ([(header::CONTENT_TYPE, FORMAT)], text.into_string()).into_response()
}
