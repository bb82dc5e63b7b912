//! The web listener: what anybody may see, and what an institution may see of itself.

mod basic;
pub(crate) mod contents;
mod credentials;
mod enrolments;
mod erasures;
mod give_back;
mod handed_in;
mod keyrings;
pub(crate) mod ledgers;
mod member;
mod open_buckets;
mod pieces;
pub(crate) mod publisher;
pub(crate) mod receipts;
mod refusal;
mod releases;
mod sealed;
mod sites;
mod status;
mod witness;

use std::sync::Arc;

use amana_access::RelyingParty;
use amana_console::Console;
use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::middleware::{from_fn, from_fn_with_state};
use axum::routing::get;
use http::StatusCode;

use crate::centre::Centre;
use crate::machine::Own;
use crate::metrics::observe_web;
use crate::requests;

/// The longest request body, in bytes: a witness's poll may name many ledgers.
const MAX_BODY_BYTES: usize = 4 * 1024 * 1024;

/// The routes of the web listener.
pub(crate) fn router(centre: Arc<Centre>, pages: RelyingParty, s3: String) -> Router {
    Router::new()
        .route("/healthz", get(status::health))
        .route("/readyz", get(status::readiness))
        .route("/metrics", get(status::metrics))
        .route("/policy", get(status::policy))
        .route("/national/{*path}", get(ledgers::national))
        .route("/ledgers/{owner}/{name}/{*path}", get(ledgers::owned))
        .route("/receipts/{owner}/{name}/{index}", get(receipts::to_owner))
        .route("/releases/{digest}", get(releases::of_file))
        .route("/contents/{owner}/{name}/{index}", get(contents::to_owner))
        .merge(witness::routes())
        .merge(sealed::routes())
        .merge(keyrings::routes())
        .merge(give_back::routes())
        .merge(handed_in::routes())
        .merge(open_buckets::routes())
        .merge(erasures::routes())
        .merge(sites::routes())
        .merge(enrolments::routes())
        .merge(amana_console::router(console(&centre, pages, s3)))
        .merge(amana_console::nowhere())
        .layer(DefaultBodyLimit::max(MAX_BODY_BYTES))
        .layer(from_fn_with_state(centre.requests.clone(), observe_web))
        .layer(from_fn(requests::on_web))
        .with_state(centre)
}

/// What the pages are made of.
fn console(centre: &Arc<Centre>, origin: RelyingParty, s3: String) -> Arc<Console> {
    Arc::new(Console {
        store: centre.store.clone(),
        access: centre.access.clone(),
        vault: centre.vault.clone(),
        sites: centre.sites.clone(),
        centre: centre.name.clone(),
        origin,
        s3,
        machine: Own::new(centre),
        provider: centre.provider.clone(),
        public_indicators: centre.config.public_indicators,
    })
}

/// The one answer of what programs ask for that isn't there or isn't the asker's to see.
const NOT_FOUND: (StatusCode, &str) = (StatusCode::NOT_FOUND, "not found\n");
