//! Traces, for who asks for them: the feature `otel` hands spans to an OpenTelemetry collector. Without it nothing here
//! does anything, and the spans of [`amana_store::TRACES`] are never made.

#[cfg(feature = "otel")]
mod export;

use anyhow::{Result, anyhow};
use tracing::Subscriber;
use tracing_subscriber::registry::LookupSpan;
use tracing_subscriber::util::SubscriberInitExt as _;

/// Held while the process works; dropped, it hands out the last spans.
#[derive(Default)]
pub(crate) struct Traces {
    #[cfg(feature = "otel")]
    provider: Option<opentelemetry_sdk::trace::SdkTracerProvider>,
}

/// Has logs be written, and spans handed out if this binary does that and the environment names a collector. `service` is
/// what traces call this process.
///
/// # Errors
/// When logs are written already, or the collector's settings can't be used.
pub(crate) fn begin<S>(service: &'static str, logs: S) -> Result<Traces>
where
    S: Subscriber + for<'a> LookupSpan<'a> + Send + Sync + 'static,
{
    #[cfg(feature = "otel")]
    if let Some((spans, traces)) = export::layer(service)? {
        use tracing_subscriber::layer::SubscriberExt as _;
        logs.with(spans).try_init().map_err(not_written)?;
        return Ok(traces);
    }
    #[cfg(not(feature = "otel"))]
    let _ = service;
    logs.try_init().map_err(not_written)?;
    Ok(Traces::default())
}

fn not_written(error: tracing_subscriber::util::TryInitError) -> anyhow::Error {
    anyhow!("logs can't be written: {error}")
}

/// Makes a request's span part of the trace that its client is in (W3C Trace Context).
#[cfg(feature = "otel")]
pub(crate) use export::adopt;

/// Makes a request's span part of the trace that its client is in, which this binary does not.
#[cfg(not(feature = "otel"))]
pub(crate) fn adopt(_: &tracing::Span, _: &http::HeaderMap) {}
