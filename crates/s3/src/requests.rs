//! What tells one request from another: the id that a client is told, the spans that its log lines and its trace bear.

use std::sync::atomic::{AtomicU64, Ordering};

use amana_store::TRACES;
use http::{HeaderMap, Method};
use tracing::Span;
use tracing::field::Empty;

/// Gives each request an id.
#[derive(Debug)]
pub struct RequestIds(AtomicU64);

impl Default for RequestIds {
    fn default() -> Self {
        Self(AtomicU64::new(first()))
    }
}

impl RequestIds {
    /// 16 hexadecimal digits, unlike each other and hard to mistake for each other.
    #[must_use]
    pub fn next(&self) -> String {
        let number = self.0.fetch_add(1, Ordering::Relaxed);
        let mut mixed = number.wrapping_mul(0x9e37_79b9_7f4a_7c15);
        mixed = (mixed ^ (mixed >> 32)).wrapping_mul(0xd6e8_feb8_6659_fd93);
        format!("{:016X}", mixed ^ (mixed >> 32))
    }
}

/// Somewhere, so that the ids of two runs, and of two listeners, differ; nothing depends on it.
fn first() -> u64 {
    use std::hash::{BuildHasher as _, RandomState};
    RandomState::new().hash_one("request ids")
}

/// What every line that is logged on a request's way bears: the id that the client is told, and the trace that it says
/// it belongs to.
#[must_use]
pub fn log_span(request_id: &str, headers: &HeaderMap) -> Span {
    tracing::error_span!("request", request_id, trace_id = trace_id(headers))
}

/// What a trace is told of a request, if anybody traces: never a name of a person or of a file. `route` is the pattern
/// of its path.
#[must_use]
pub fn server_span(front: &str, method: &Method, route: &str, request_id: &str) -> Span {
    tracing::trace_span!(
        target: TRACES,
        "request",
        otel.name = %format_args!("{method} {route}"),
        otel.kind = "server",
        otel.status_code = Empty,
        "http.request.method" = %method,
        "http.route" = route,
        "http.response.status_code" = Empty,
        "amana.front" = front,
        "amana.request_id" = request_id,
    )
}

/// Notes how a request ended.
pub fn record_status(span: &Span, status: http::StatusCode) {
    // OpenTelemetry knows no unsigned numbers.
    span.record("http.response.status_code", i64::from(status.as_u16()));
    if status.is_server_error() {
        span.record("otel.status_code", "ERROR");
    }
}

/// The trace that a client says its request belongs to (W3C Trace Context, `traceparent`), if it is one.
fn trace_id(headers: &HeaderMap) -> Option<&str> {
    let text = headers.get("traceparent")?.to_str().ok()?;
    let id = text.split('-').nth(1)?;
    let is_one = id.len() == 32 && id.bytes().all(|digit| digit.is_ascii_hexdigit());
    is_one.then_some(id)
}
