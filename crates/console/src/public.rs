//! Pages that anybody sees, without an account.

pub mod centre;
pub(crate) mod directory;
mod formats;
pub(crate) mod help;
pub(crate) mod notices;
pub mod proof;
pub(crate) mod sites;
pub mod verify;

use std::sync::Arc;

use axum::Router;
use axum::routing::get;

use crate::Console;

pub(crate) fn routes() -> Router<Arc<Console>> {
    Router::new()
        .route("/", get(centre::page))
        .route("/proof", get(proof::page))
        .route("/help", get(help::page))
        .route("/notices", get(notices::page))
        .route("/directory", get(directory::page))
        .route("/sites", get(sites::page))
        .route("/api/v1/sites", get(sites::api))
        .route("/api/v1/notices", get(notices::api))
        .route("/api/v1/directory", get(directory::api))
        .route("/verify", get(verify::page))
        .route("/formats/{name}", get(formats::page))
        .route(
            "/tools/verify-receipt.py",
            get(formats::second_implementation),
        )
}
