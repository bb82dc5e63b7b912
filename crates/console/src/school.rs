//! The school: an official opens a sandbox in one click, exercises there on the real services, and is certified.
//!
//! Nothing is simulated. A sandbox has a ledger and a bucket of its own; each exercise is looked at in the vault, in the ledger or
//! by the mathematics themselves, and what was passed is an act. Nothing is kept between two pages but acts, so that any node
//! answers; what differs from one school to the next derives from its random id.

mod answer;
mod certificate;
mod deposit;
mod exercise;
mod files;
mod fork;
mod keys;
mod lose;
mod receipts;
mod restore;
mod standing;
mod trainee;

use std::sync::Arc;

use amana_access::Operation;
pub(crate) use answer::Miss;
use axum::Router;
use axum::routing::get;

use crate::Console;
use crate::account::Guarded;

/// The routes for everybody: a certificate that its person lets everybody see.
pub(crate) fn routes() -> Router<Arc<Console>> {
    Router::new()
        .route("/certificates/{code}", get(certificate::public))
        .route(
            "/certificates/{code}/receipt",
            get(certificate::public_receipt),
        )
}

/// The routes for who is signed in.
pub(crate) fn guarded() -> Guarded {
    use Operation::Learn;
    Guarded::new()
        .route("/school", Learn, get(standing::page).post(standing::change))
        .route(
            "/school/deposit",
            Learn,
            get(deposit::page).post(deposit::by_form),
        )
        .route("/school/lose", Learn, get(lose::page).post(lose::by_form))
        .route(
            "/school/restore",
            Learn,
            get(restore::page).post(restore::by_form),
        )
        .route(
            "/school/verify",
            Learn,
            get(receipts::page).post(receipts::by_form),
        )
        .route("/school/receipts/{index}", Learn, get(receipts::own))
        .route("/school/files/{file}", Learn, get(receipts::file))
        .route(
            "/school/recover",
            Learn,
            get(keys::page).post(keys::by_form),
        )
        .route("/school/shares", Learn, get(keys::shares))
        .route("/school/notice", Learn, get(fork::page).post(fork::by_form))
        .route(
            "/school/certificate",
            Learn,
            get(certificate::page).post(certificate::change),
        )
        .route(
            "/school/certificate/receipt",
            Learn,
            get(certificate::receipt),
        )
        .merge(calls())
}

/// The same for programs.
fn calls() -> Guarded {
    use Operation::Learn;
    Guarded::new()
        .verbs(
            "/api/v1/school",
            [
                (http::Method::GET, Learn),
                (http::Method::POST, Learn),
                (http::Method::DELETE, Learn),
            ],
            get(standing::api)
                .post(standing::open_call)
                .delete(standing::close_call),
        )
        .verbs(
            "/api/v1/school/deposit",
            [(http::Method::POST, Learn)],
            axum::routing::post(deposit::call),
        )
        .verbs(
            "/api/v1/school/lose",
            [(http::Method::POST, Learn)],
            axum::routing::post(lose::call),
        )
        .route(
            "/api/v1/school/restore",
            Learn,
            get(restore::api).post(restore::call),
        )
        .route(
            "/api/v1/school/verify",
            Learn,
            get(receipts::api).post(receipts::call),
        )
        .route(
            "/api/v1/school/recover",
            Learn,
            get(keys::api).post(keys::call),
        )
        .verbs(
            "/api/v1/school/keys",
            [(http::Method::POST, Learn)],
            axum::routing::post(keys::make_call),
        )
        .route(
            "/api/v1/school/notice",
            Learn,
            get(fork::api).post(fork::call),
        )
        .verbs(
            "/api/v1/school/certificate",
            [(http::Method::POST, Learn)],
            axum::routing::post(certificate::call),
        )
}
