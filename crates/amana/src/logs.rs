//! Logs, on stderr, and beside them traces, if this binary makes any.

use anyhow::{Result, bail};
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::{EnvFilter, Layer as _, fmt, registry};

use crate::config::LogFormat;
use crate::traces::{self, Traces};

/// Begins to log: a level, or a filter such as `info,amana_store=debug`. `service` is what traces call this process. What
/// is given is held while it works.
///
/// # Errors
/// When the filter is none, or traces can't be handed out.
pub(crate) fn start(service: &'static str, filter: &str, format: LogFormat) -> Result<Traces> {
    // s3s logs every client's mistake as an error, with the document that was sent; the front answers and counts them.
    let Ok(env) = EnvFilter::try_new(format!("s3s=off,{filter}")) else {
        bail!(
            "log is {filter:?}, and must be a level such as info, or a filter such as info,amana_store=debug"
        );
    };
    let lines = fmt::layer().with_writer(std::io::stderr);
    let lines = match format {
        LogFormat::Text => lines.with_ansi(false).boxed(),
        LogFormat::Json => lines.json().boxed(),
    };
    // A filter of its own, so that what is traced is neither logged nor kept from traces by the level of logs.
    traces::begin(service, registry().with(lines.with_filter(env)))
}
