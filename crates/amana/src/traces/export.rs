//! Spans go out as OTLP over HTTP (`http/protobuf`), where the standard variables say: `OTEL_EXPORTER_OTLP_ENDPOINT`, or
//! `…_TRACES_ENDPOINT`, and the others that the SDK knows. Without an endpoint none are made.

use std::fmt;
use std::time::Duration;

use amana_store::TRACES;
use amana_tls::{Connector, Place, Trust};
use anyhow::{Context as _, Result, anyhow};
use bytes::Bytes;
use http::{HeaderMap, Request, Response};
use http_body_util::{BodyExt as _, Full, Limited};
use hyper_util::rt::TokioIo;
use opentelemetry::propagation::{Extractor, TextMapPropagator as _};
use opentelemetry::trace::TracerProvider as _;
use opentelemetry_http::{HttpClient, HttpError};
use opentelemetry_otlp::{SpanExporter, WithHttpConfig as _};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::propagation::TraceContextPropagator;
use opentelemetry_sdk::trace::SdkTracerProvider;
use tokio::runtime::{Builder, Runtime};
use tracing::{Span, Subscriber};
use tracing_opentelemetry::OpenTelemetrySpanExt as _;
use tracing_subscriber::Layer;
use tracing_subscriber::filter::filter_fn;
use tracing_subscriber::registry::LookupSpan;

use super::Traces;

const ENDPOINTS: [&str; 2] = [
    "OTEL_EXPORTER_OTLP_ENDPOINT",
    "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT",
];
/// PEM file of whom a collector behind TLS is believed by; otherwise the system's list.
const CERTIFICATES: [&str; 2] = [
    "OTEL_EXPORTER_OTLP_TRACES_CERTIFICATE",
    "OTEL_EXPORTER_OTLP_CERTIFICATE",
];
/// A collector has this long to take some spans.
const TIMEOUT: Duration = Duration::from_secs(10);
/// The longest answer of a collector, in bytes.
const MAX_ANSWER_BYTES: usize = 64 * 1024;

/// What hands spans out, if the environment names a collector.
///
/// # Errors
/// When it can't be set up.
pub(super) fn layer<S>(name: &'static str) -> Result<Option<(impl Layer<S>, Traces)>>
where
    S: Subscriber + for<'a> LookupSpan<'a>,
{
    let is_named = ENDPOINTS.iter().any(|name| variable(name).is_some());
    let is_disabled = variable("OTEL_SDK_DISABLED").is_some_and(|value| value == "true");
    if !is_named || is_disabled {
        return Ok(None);
    }
    let exporter = SpanExporter::builder()
        .with_http()
        .with_http_client(Client::new()?)
        .build()
        .context("traces can't be exported")?;
    let mut resource = Resource::builder();
    if variable("OTEL_SERVICE_NAME").is_none() {
        resource = resource.with_service_name(name);
    }
    let provider = SdkTracerProvider::builder()
        .with_batch_exporter(exporter)
        .with_resource(resource.build())
        .build();
    let layer = tracing_opentelemetry::layer()
        .with_tracer(provider.tracer("amana"))
        .with_target(false)
        .with_location(false)
        .with_threads(false)
        .with_tracked_inactivity(false)
        .with_filter(filter_fn(|span| span.target() == TRACES));
    let traces = Traces {
        provider: Some(provider),
    };
    Ok(Some((layer, traces)))
}

fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

impl Drop for Traces {
    fn drop(&mut self) {
        if let Some(provider) = &self.provider
            && let Err(error) = provider.shutdown()
        {
            tracing::warn!(%error, "the last spans were not handed out");
        }
    }
}

/// Makes a request's span part of the trace that its client is in (W3C Trace Context).
pub(crate) fn adopt(span: &Span, headers: &HeaderMap) {
    if span.is_disabled() || !headers.contains_key("traceparent") {
        return;
    }
    let parent = TraceContextPropagator::new().extract(&Headers(headers));
    if let Err(error) = span.set_parent(parent) {
        tracing::debug!(%error, "a request's trace was not joined");
    }
}

struct Headers<'a>(&'a HeaderMap);

impl Extractor for Headers<'_> {
    fn get(&self, key: &str) -> Option<&str> {
        self.0.get(key)?.to_str().ok()
    }

    fn keys(&self) -> Vec<&str> {
        self.0.keys().map(http::HeaderName::as_str).collect()
    }
}

/// Posts spans, one connection a batch: the exporter has a thread of its own, and this a runtime of its own on it.
struct Client {
    runtime: Runtime,
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Client")
    }
}

impl Client {
    fn new() -> Result<Self> {
        let runtime = Builder::new_current_thread().enable_all().build()?;
        Ok(Self { runtime })
    }
}

#[async_trait::async_trait]
impl HttpClient for Client {
    async fn send_bytes(&self, request: Request<Bytes>) -> Result<Response<Bytes>, HttpError> {
        let sent = async { tokio::time::timeout(TIMEOUT, post(request)).await };
        match self.runtime.block_on(sent) {
            Ok(answer) => Ok(answer.map_err(|error| HttpError::from(format!("{error:#}")))?),
            Err(late) => Err(late.into()),
        }
    }
}

async fn post(request: Request<Bytes>) -> Result<Response<Bytes>> {
    let (mut parts, body) = request.into_parts();
    let place: Place = parts.uri.to_string().parse()?;
    let file = CERTIFICATES.iter().find_map(|name| variable(name));
    let trust = file.map_or(Trust::System, |file| Trust::File(file.into()));
    let stream = Connector::new(place.clone(), trust)?.connect().await;
    let stream = stream.with_context(|| format!("no collector answers at {place}"))?;
    let (mut sender, connection) =
        hyper::client::conn::http1::handshake(TokioIo::new(stream)).await?;
    // It ends with the answer, which says how.
    let driver = tokio::spawn(connection);
    parts
        .headers
        .insert(http::header::HOST, place.authority().parse()?);
    let path = parts.uri.path_and_query().map_or("/", |path| path.as_str());
    parts.uri = path.parse()?;
    let answer = sender
        .send_request(Request::from_parts(parts, Full::new(body)))
        .await?;
    let (parts, body) = answer.into_parts();
    let body = Limited::new(body, MAX_ANSWER_BYTES).collect().await;
    let body = body.map_err(|error| anyhow!(error))?.to_bytes();
    driver.abort();
    Ok(Response::from_parts(parts, body))
}
