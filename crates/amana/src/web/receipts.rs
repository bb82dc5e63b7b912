//! Receipts, to the institution whose acts they prove.

use std::sync::Arc;

use amana_store::{LedgerInfo, Visibility};
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use http::{StatusCode, Uri, header};

use super::NOT_FOUND;
use super::credentials::Credentials;
use crate::centre::{Centre, blocking};

/// The query that asks for the youngest proof of a ledger, and not the oldest one of an act.
const NEWEST: &str = "newest";

/// `GET /receipts/<owner>/<name>/<index>`, to the owner's own keys and members, or to anybody if the ledger is public. With `?newest`, over the newest epoch that is
/// witnessed: not the oldest proof of the act, but the youngest of its ledger.
pub(crate) async fn to_owner(
    State(centre): State<Arc<Centre>>,
    Path((owner, name, index)): Path<(String, String, String)>,
    uri: Uri,
    credentials: Credentials,
) -> Response {
    let ledger = format!("{owner}/{name}");
    let newest = uri.query() == Some(NEWEST);
    let named = ledger.clone();
    answer(centre, ledger, &index, newest, move |centre| {
        let info = centre.store.read(|rows| LedgerInfo::named(rows, &named))?;
        if info.is_some_and(|info| info.visibility == Visibility::Public) {
            return Ok(true);
        }
        let caller = credentials.caller(centre)?;
        Ok(caller.is_some_and(|caller| *caller.name == *owner))
    })
    .await
}

/// A receipt of a public ledger.
pub(crate) async fn to_anybody(centre: Arc<Centre>, ledger: &str, index: u64) -> Response {
    let index = index.to_string();
    answer(centre, ledger.to_owned(), &index, false, |_| Ok(true)).await
}

/// The same to the operator.
pub(crate) async fn to_operator(
    State(centre): State<Arc<Centre>>,
    Path((owner, name, index)): Path<(String, String, String)>,
    uri: Uri,
) -> Response {
    let newest = uri.query() == Some(NEWEST);
    answer(centre, format!("{owner}/{name}"), &index, newest, |_| {
        Ok(true)
    })
    .await
}

async fn answer(
    centre: Arc<Centre>,
    ledger: String,
    index: &str,
    newest: bool,
    may: impl FnOnce(&Centre) -> amana_access::Result<bool> + Send + 'static,
) -> Response {
    let Ok(index) = index.parse() else {
        return absent();
    };
    let found = blocking(move || -> amana_access::Result<_> {
        if !may(&centre)? {
            return Ok(None);
        }
        let receipt = if newest {
            centre.store.newest_receipt(&ledger, index)?
        } else {
            centre.store.receipt(&ledger, index)?
        };
        Ok(Some(receipt.to_string()))
    });
    match found.await {
        Ok(Some(receipt)) => {
            let headers = [
                (header::CONTENT_TYPE, "text/plain; charset=utf-8"),
                (header::CACHE_CONTROL, "private, no-cache"),
            ];
            (headers, receipt).into_response()
        }
        Ok(None) | Err(amana_access::Error::Store(amana_store::Error::Missing { .. })) => absent(),
        Err(error) => failed(&error),
    }
}

/// There is no such receipt.
pub(crate) fn absent() -> Response {
    NOT_FOUND.into_response()
}

/// There may be one, and it can't be told.
pub(crate) fn failed(error: &impl std::fmt::Display) -> Response {
    tracing::error!(%error, "a receipt can't be made");
    (StatusCode::INTERNAL_SERVER_ERROR, format!("{error}\n")).into_response()
}
