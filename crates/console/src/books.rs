//! An institution's books: what it holds, what is proved, what was done, what is wrong. Everything on these pages is read
//! from its ledger and from the views folded from it.

pub mod alerts;
pub mod availability;
pub mod custodians;
pub mod entry;
pub mod evidence;
mod export;
pub mod journal;
pub mod line;
pub(crate) mod names;
pub mod overview;
mod plot;
mod site_alerts;
pub(crate) mod space;
pub mod standing;
mod support;
pub(crate) mod tally;
pub mod usage;
mod zip;

use std::sync::Arc;

use amana_access::Operation;
use axum::routing::get;
use http::Method;

use crate::account::Guarded;

/// The routes, each with what it is.
pub(crate) fn guarded() -> Guarded {
    use Operation::{
        ReadAlerts, ReadCustodians, ReadEvidence, ReadJournal, ReadOverview, ReadUsage, RecordDrill,
    };
    Guarded::new()
        .route("/overview", ReadOverview, get(overview::page))
        .route("/journal", ReadJournal, get(journal::page))
        .route("/journal.csv", ReadJournal, get(export::csv))
        .route("/journal.jsonl", ReadJournal, get(export::jsonl))
        .route("/journal/{number}", ReadJournal, get(entry::page))
        .route("/usage", ReadUsage, get(usage::page))
        .route("/usage.csv", ReadUsage, get(usage::csv))
        .route("/alerts", ReadAlerts, get(alerts::page))
        .verbs(
            "/custodians",
            [(Method::GET, ReadCustodians), (Method::POST, RecordDrill)],
            get(custodians::page).post(custodians::record),
        )
        .route("/evidence", ReadEvidence, get(evidence::page))
        .route("/evidence.zip", ReadEvidence, get(evidence::pack))
        .route("/api/v1/usage", ReadUsage, get(usage::api))
        .route("/api/v1/alerts", ReadAlerts, get(alerts::api))
        .verbs(
            "/api/v1/custodians",
            [(Method::GET, ReadCustodians), (Method::POST, RecordDrill)],
            get(custodians::api).post(custodians::record),
        )
        .route("/api/v1/evidence", ReadEvidence, get(evidence::api))
        .route("/api/v1/overview", ReadOverview, get(overview::api))
        .route("/api/v1/journal", ReadJournal, get(journal::api))
        .route("/api/v1/journal/{number}", ReadJournal, get(entry::api))
        .merge(support::guarded())
}

/// What these pages count and keep in memory.
pub(crate) fn tallies() -> Arc<tally::Tallies> {
    Arc::default()
}

/// A value in a query (RFC 3986 §2.1): all but unreserved characters are escaped.
fn encoded(value: &str) -> String {
    let mut encoded = String::with_capacity(value.len());
    for byte in value.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
                encoded.push(char::from(byte));
            }
            _ => encoded.push_str(&format!("%{byte:02X}")),
        }
    }
    encoded
}
