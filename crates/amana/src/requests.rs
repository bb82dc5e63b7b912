//! Requests on the listeners that speak axum: each has an id, which its client is told in `x-request-id` and in the body
//! of a refusal, and which every line that is logged on its way bears.

use std::sync::LazyLock;
use std::time::Instant;

use amana_s3::{RequestIds, log_span, record_status, server_span};
use axum::extract::{MatchedPath, Request};
use axum::middleware::Next;
use axum::response::Response;
use http::{HeaderName, HeaderValue};
use serde_json::Value;
use tracing::Instrument as _;

use crate::traces;

const HEADER: HeaderName = HeaderName::from_static("x-request-id");

static IDS: LazyLock<RequestIds> = LazyLock::new(RequestIds::default);

tokio::task_local! {
    static ID: String;
}

/// Follows what the web listener of a data centre or of a gateway is asked.
pub(crate) async fn on_web(request: Request, next: Next) -> Response {
    follow("web", request, next).await
}

/// Follows what the socket is asked.
pub(crate) async fn on_socket(request: Request, next: Next) -> Response {
    follow("socket", request, next).await
}

/// Follows what a witness is asked.
pub(crate) async fn on_witness(request: Request, next: Next) -> Response {
    follow("witness", request, next).await
}

async fn follow(front: &str, request: Request, next: Next) -> Response {
    let id = IDS.next();
    let (method, began) = (request.method().clone(), Instant::now());
    let route = request.extensions().get::<MatchedPath>().cloned();
    let route = route.as_ref().map_or("none", MatchedPath::as_str);
    let span = log_span(&id, request.headers());
    let traced = span.in_scope(|| server_span(front, &method, route, &id));
    traces::adopt(&traced, request.headers());
    let mut answer = ID
        .scope(id.clone(), next.run(request))
        .instrument(traced.clone())
        .instrument(span.clone())
        .await;
    let (status, took) = (answer.status(), Instant::now() - began);
    record_status(&traced, status);
    span.in_scope(|| {
        tracing::debug!(target: "amana::requests", %method, route, status = status.as_u16(), ?took);
    });
    if let Ok(id) = HeaderValue::try_from(id) {
        answer.headers_mut().insert(HEADER, id);
    }
    answer
}

/// Puts the id of the request under way into a refusal's body.
pub(crate) fn name_in(body: &mut Value) {
    let _ = ID.try_with(|id| body["request_id"] = id.as_str().into());
}
