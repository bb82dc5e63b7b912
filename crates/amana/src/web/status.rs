//! How the data centre is: for load balancers, for Prometheus, and its trust policy.

use std::sync::Arc;

use amana_store::{LedgerId, LedgerInfo, Reader};
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::{StatusCode, header};

use crate::admin::health::last_seen;
use crate::centre::{Centre, blocking};
use crate::metrics::{FORMAT, Text};

/// The process answers.
pub(crate) async fn health() -> &'static str {
    "ok\n"
}

/// It takes deposits.
pub(crate) async fn readiness(State(centre): State<Arc<Centre>>) -> Response {
    // One whose rows are out of reach is of no use to whoever spreads requests over several.
    let national = |rows: &Reader<'_>| LedgerInfo::by_id(rows, LedgerId::NATIONAL);
    let readable = match centre.store.writable() {
        Ok(()) => centre.read(national).await.map(drop),
        stopped => stopped,
    };
    match readable {
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
    let watched = centre.clone();
    let seen = blocking(move || last_seen(&watched)).await;
    let seen = seen.unwrap_or_else(|error| {
        tracing::error!(%error, "the cosignatures can't be read");
        Vec::new()
    });
    let (national, owned): (Vec<_>, Vec<_>) = ledgers
        .iter()
        .partition(|ledger| ledger.id == LedgerId::NATIONAL);
    let entries = |ledgers: &[&LedgerInfo]| ledgers.iter().map(|ledger| ledger.size).sum::<u64>();
    let mut text = Text::default();
    for (name, kind, what, value) in [
        (
            "amana_acts_total",
            "counter",
            "Acts recorded in all ledgers.",
            entries(&owned),
        ),
        (
            "amana_epochs_total",
            "counter",
            "Epochs of the national log.",
            entries(&national),
        ),
        ("amana_ledgers", "gauge", "Ledgers.", owned.len() as u64),
        (
            "amana_rows_bytes",
            "gauge",
            "Size of the rows and of their log on disk.",
            rows_bytes,
        ),
        (
            "amana_read_only",
            "gauge",
            "1 while no deposits are taken.",
            centre.store.read_only().is_some().into(),
        ),
    ] {
        text.alone(name, kind, what, value);
    }
    writer(&mut text, &centre);
    witnesses(&mut text, &seen);
    centre.requests.write(&mut text);
    text.disk(centre.store.folder());
    scrub(&mut text, &centre);
    text.push(&centre.tls.metrics());
    let all: Vec<_> = ledgers.iter().collect();
    text.push(&centre.mirrors.metrics(entries(&all)));
    ([(header::CONTENT_TYPE, FORMAT)], text.into_string()).into_response()
}

/// How far the scrub is, and how its last pass ended.
fn scrub(text: &mut Text, centre: &Centre) {
    let state = centre.scrub.state();
    let (ended_s, damaged, healed) = state.last.map_or((0, 0, 0), |last| {
        let ended_s = last.ended_ms.cast_unsigned() / 1000;
        (ended_s, last.damaged, last.healed)
    });
    for (name, what, value) in [
        (
            "amana_scrub_entries_done",
            "Entries behind the scrub's pass under way.",
            state.entries_done,
        ),
        (
            "amana_scrub_last_end_seconds",
            "When the last whole pass ended, in seconds since 1970; 0 before the first.",
            ended_s,
        ),
        (
            "amana_scrub_last_damaged",
            "What the last pass found damaged and no copy could heal.",
            damaged,
        ),
        (
            "amana_scrub_last_healed",
            "What the last pass healed.",
            healed,
        ),
    ] {
        text.alone(name, "gauge", what, value);
    }
}

/// How the one writer keeps up.
fn writer(text: &mut Text, centre: &Centre) {
    let figures = centre.store.figures();
    text.alone(
        "amana_queued_acts",
        "gauge",
        "Acts that wait for their answer.",
        figures.waiting(),
    );
    text.alone(
        "amana_grouped_acts_total",
        "counter",
        "Acts in committed groups; divided by the groups, their size.",
        figures.acts(),
    );
    let name = "amana_commit_duration_seconds";
    text.family(name, "histogram", "Time of a group, its sync included.");
    text.histogram(name, "", &figures.commits);
}

/// When each witness of the policy came last. They are public, and their names are the policy's.
fn witnesses(text: &mut Text, seen: &[(String, Option<u64>)]) {
    let name = "amana_witness_cosigned_timestamp_seconds";
    let what = "When a witness last cosigned the national log, by its own clock; 0 for never.";
    text.family(name, "gauge", what);
    for (witness, last_s) in seen {
        let plain: String = witness
            .chars()
            .filter(|letter| !letter.is_control() && !"\"\\".contains(*letter))
            .collect();
        let labels = format!("witness=\"{plain}\"");
        text.value(name, &labels, last_s.unwrap_or_default());
    }
}
