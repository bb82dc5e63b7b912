//! How the data centre is: for load balancers, for Prometheus, and its trust policy.

use std::fmt::Write as _;
use std::sync::Arc;

use amana_store::{LedgerId, LedgerInfo};
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::{StatusCode, header};

use crate::centre::{Centre, blocking};

/// The process answers.
pub(crate) async fn health() -> &'static str {
    "ok\n"
}

/// It takes deposits.
pub(crate) async fn readiness(State(centre): State<Arc<Centre>>) -> Response {
    match centre.store.writable() {
        Ok(()) => "ready\n".into_response(),
        Err(error) => (
            StatusCode::SERVICE_UNAVAILABLE,
            format!("{}\n", told(&error)),
        )
            .into_response(),
    }
}

/// The reason alone where the data centre is read-only: witnesses and operators act on it.
fn told(error: &amana_store::Error) -> String {
    match error {
        amana_store::Error::ReadOnly { why } => format!("read-only: {why}"),
        other => other.to_string(),
    }
}

/// The trust policy, as it stands in the data folder.
pub(crate) async fn policy(State(centre): State<Arc<Centre>>) -> impl IntoResponse {
    (
        [(header::CONTENT_TYPE, "text/plain; charset=utf-8")],
        centre.store.policy().text.clone(),
    )
}

/// Sums for Prometheus. Nothing of one institution: who is busy is nobody's business.
pub(crate) async fn metrics(State(centre): State<Arc<Centre>>) -> Response {
    let ledgers = match centre.read(LedgerInfo::all).await {
        Ok(ledgers) => ledgers,
        Err(error) => {
            tracing::error!(%error, "the ledgers can't be read");
            return StatusCode::INTERNAL_SERVER_ERROR.into_response();
        }
    };
    let folder = centre.store.folder().to_owned();
    let rows_bytes = blocking(move || {
        let size = |name| std::fs::metadata(folder.join(name)).map_or(0, |file| file.len());
        size("amana.db") + size("amana.db-wal")
    })
    .await;
    let (national, owned): (Vec<_>, Vec<_>) = ledgers
        .iter()
        .partition(|ledger| ledger.id == LedgerId::NATIONAL);
    let entries = |ledgers: &[&LedgerInfo]| ledgers.iter().map(|ledger| ledger.size).sum::<u64>();
    let mut text = String::new();
    let mut add = |name: &str, kind: &str, what: &str, value: u64| {
        // Writing to a string can't fail.
        let _ = writeln!(
            text,
            "# HELP {name} {what}\n# TYPE {name} {kind}\n{name} {value}"
        );
    };
    add(
        "amana_acts_total",
        "counter",
        "Acts recorded in all ledgers.",
        entries(&owned),
    );
    add(
        "amana_epochs_total",
        "counter",
        "Epochs of the national log.",
        entries(&national),
    );
    add("amana_ledgers", "gauge", "Ledgers.", owned.len() as u64);
    add(
        "amana_rows_bytes",
        "gauge",
        "Size of the rows and of their log on disk.",
        rows_bytes,
    );
    add(
        "amana_read_only",
        "gauge",
        "1 while no deposits are taken.",
        centre.store.read_only().is_some().into(),
    );
    text.push_str(&centre.tls.metrics());
    ([(header::CONTENT_TYPE, "text/plain; version=0.0.4")], text).into_response()
}
