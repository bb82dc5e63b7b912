//! Logs, on stderr.

use anyhow::{Result, anyhow, bail};
use tracing_subscriber::EnvFilter;

use crate::config::LogFormat;

/// Begins to log: a level, or a filter such as `info,amana_store=debug`.
///
/// # Errors
/// When the filter is none.
pub(crate) fn start(filter: &str, format: LogFormat) -> Result<()> {
    // s3s logs every client's mistake as an error, with the document that was sent; the front answers and counts them.
    let Ok(env) = EnvFilter::try_new(format!("s3s=off,{filter}")) else {
        bail!(
            "log is {filter:?}, and must be a level such as info, or a filter such as info,amana_store=debug"
        );
    };
    let logs = tracing_subscriber::fmt()
        .with_env_filter(env)
        .with_writer(std::io::stderr);
    let started = match format {
        LogFormat::Text => logs.with_ansi(false).try_init(),
        LogFormat::Json => logs.json().try_init(),
    };
    started.map_err(|error| anyhow!("logs can't be written: {error}"))
}
