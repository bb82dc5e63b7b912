//! The gateway's web listener: its status page, and what monitoring asks for. It shows no name of an object, and takes
//! nothing.

use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::middleware::from_fn_with_state;
use axum::response::{Html, IntoResponse, Response};
use axum::routing::get;
use http::{StatusCode, header};

use super::page;
use super::running::Running;
use crate::metrics::{FORMAT, Text, observe_web};
use crate::pages;

/// The routes of the web listener.
pub(crate) fn router(running: Arc<Running>) -> Router {
    Router::new()
        .route("/", get(show))
        .route("/pages.css", get(pages::style))
        .route("/healthz", get(|| async { "ok\n" }))
        .route("/readyz", get(readiness))
        .route("/metrics", get(metrics))
        .layer(from_fn_with_state(running.requests.clone(), observe_web))
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
    let mut text = Text::default();
    text.push(&running.status().metrics());
    text.push(&running.tls.metrics());
    running.requests.write(&mut text);
    text.disk(running.folder.path());
    ([(header::CONTENT_TYPE, FORMAT)], text.into_string()).into_response()
}
