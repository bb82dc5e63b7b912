//! The web listener: what anybody may see, and what an institution may see of itself.

mod basic;
pub(crate) mod contents;
mod credentials;
mod enrolments;
mod erasures;
mod give_back;
mod index;
mod keyrings;
pub(crate) mod ledgers;
mod member;
mod open_buckets;
mod pieces;
pub(crate) mod receipts;
mod refusal;
mod releases;
mod sealed;
mod status;
mod witness;

use std::sync::Arc;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::middleware::from_fn_with_state;
use axum::routing::get;
use http::StatusCode;

use crate::centre::Centre;
use crate::metrics::observe_web;
use crate::pages;

/// The longest request body, in bytes: a witness's poll may name many ledgers.
const MAX_BODY_BYTES: usize = 4 * 1024 * 1024;

/// The routes of the web listener.
pub(crate) fn router(centre: Arc<Centre>) -> Router {
    Router::new()
        .route("/", get(index::page))
        .route("/pages.css", get(pages::style))
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
        .merge(open_buckets::routes())
        .merge(erasures::routes())
        .merge(enrolments::routes())
        .fallback(not_found)
        .layer(DefaultBodyLimit::max(MAX_BODY_BYTES))
        .layer(from_fn_with_state(centre.requests.clone(), observe_web))
        .with_state(centre)
}

/// The one answer for what isn't there and for what isn't the asker's to see.
async fn not_found() -> (StatusCode, &'static str) {
    NOT_FOUND
}

const NOT_FOUND: (StatusCode, &str) = (StatusCode::NOT_FOUND, "not found\n");
