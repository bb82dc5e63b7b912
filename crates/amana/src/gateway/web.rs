//! The gateway's web listener: its status page, and what monitoring asks for. It shows no name of an object, and takes
//! nothing.

use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::response::{Html, IntoResponse, Response};
use axum::routing::get;
use http::{StatusCode, header};

use super::page;
use super::running::Running;
use crate::pages;

/// The routes of the web listener.
pub(crate) fn router(running: Arc<Running>) -> Router {
    Router::new()
        .route("/", get(show))
        .route("/pages.css", get(pages::style))
        .route("/healthz", get(|| async { "ok\n" }))
        .route("/readyz", get(readiness))
        .route("/metrics", get(metrics))
        .with_state(running)
}

async fn show(State(running): State<Arc<Running>>) -> impl IntoResponse {
    (
        pages::GUARD,
        [(header::CACHE_CONTROL, "no-store")],
        Html(page::html(&running.status())),
    )
}

/// It takes deposits: the data centre answers, or there is a spool; and nothing stands against what it serves.
async fn readiness(State(running): State<Arc<Running>>) -> Response {
    match running.status().not_ready() {
        None => "ready\n".into_response(),
        Some(why) => (StatusCode::SERVICE_UNAVAILABLE, format!("{why}\n")).into_response(),
    }
}

async fn metrics(State(running): State<Arc<Running>>) -> Response {
    let kind = [(header::CONTENT_TYPE, "text/plain; version=0.0.4")];
    let text = running.status().metrics() + &running.tls.metrics();
    (kind, text).into_response()
}
