//! The receipt of the release that holds a file, to anybody who has the file's digest.

use std::sync::Arc;

use amana_ledger::parse_digits;
use axum::extract::{Path, State};
use axum::response::Response;

use super::receipts;
use crate::centre::{Centre, blocking};

/// `GET /releases/<SHA-256 in hexadecimal>`.
pub(crate) async fn of_file(
    State(centre): State<Arc<Centre>>,
    Path(digest): Path<String>,
) -> Response {
    let Ok(digest) = parse_digits(&digest) else {
        return receipts::absent();
    };
    let reader = centre.clone();
    match blocking(move || reader.releases.find(&digest)).await {
        Ok(found) => receipts::to_anybody(centre, amana_ledger::RELEASES, found.number).await,
        Err(amana_releases::Error::Unknown { .. }) => receipts::absent(),
        Err(error) => receipts::failed(&error),
    }
}
