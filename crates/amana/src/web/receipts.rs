//! Receipts, to the institution whose acts they prove.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use http::{StatusCode, Uri, header};

use super::NOT_FOUND;
use super::credentials::Credentials;
use crate::centre::{Centre, blocking};

/// `GET /receipts/<owner>/<name>/<index>`, to the owner's own keys and members. With `?newest`, over the newest epoch that is
/// witnessed: not the oldest proof of the act, but the youngest of its ledger.
pub(crate) async fn to_owner(
    State(centre): State<Arc<Centre>>,
    Path((owner, name, index)): Path<(String, String, String)>,
    uri: Uri,
    credentials: Credentials,
) -> Response {
    let ledger = format!("{owner}/{name}");
    let newest = uri.query() == Some("newest");
    answer(centre, ledger, &index, newest, move |centre| {
        let caller = credentials.caller(centre)?;
        Ok(caller.is_some_and(|caller| *caller.name == *owner))
    })
    .await
}

/// The same to the operator.
pub(crate) async fn to_operator(
    State(centre): State<Arc<Centre>>,
    Path((owner, name, index)): Path<(String, String, String)>,
) -> Response {
    answer(centre, format!("{owner}/{name}"), &index, false, |_| {
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
        return NOT_FOUND.into_response();
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
        Ok(None) | Err(amana_access::Error::Store(amana_store::Error::Missing { .. })) => {
            NOT_FOUND.into_response()
        }
        Err(error) => {
            tracing::error!(%error, "a receipt can't be made");
            (StatusCode::INTERNAL_SERVER_ERROR, format!("{error}\n")).into_response()
        }
    }
}
