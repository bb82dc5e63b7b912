//! `/receipt/{index}`: the receipt of an act in the ledger of whom the asker serves, as a file.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use http::header;

use crate::account::guard::Signed;
use crate::{Console, Result, blocking};

/// The file; `/verify` takes it, and so does `amana receipt verify`.
pub(super) async fn file(
    State(console): State<Arc<Console>>,
    Signed(session): Signed,
    Path(index): Path<u64>,
) -> Result<Response> {
    let ledger = session.account.owner.ledger_name();
    let name = format!("{}-{index}.receipt", ledger.replace('/', "-"));
    let receipt = blocking(move || console.store.receipt(&ledger, index)).await?;
    let headers = [
        (header::CONTENT_TYPE, "text/plain; charset=utf-8".to_owned()),
        (
            header::CONTENT_DISPOSITION,
            format!("attachment; filename=\"{name}\""),
        ),
    ];
    Ok((headers, receipt.to_string()).into_response())
}
