//! Receipts, to the institution whose acts they prove.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use http::{HeaderMap, StatusCode, header};

use super::{NOT_FOUND, basic};
use crate::centre::{Centre, blocking};

/// `GET /receipts/<owner>/<name>/<index>`.
pub(crate) async fn receipt(
    State(centre): State<Arc<Centre>>,
    Path((owner, name, index)): Path<(String, String, String)>,
    headers: HeaderMap,
) -> Response {
    let found = blocking(move || {
        let Ok(index) = index.parse() else {
            return Ok(None);
        };
        match basic::caller(&centre.access, &headers)? {
            Some(caller) if *caller.name == *owner => {
                let receipt = centre.store.receipt(&format!("{owner}/{name}"), index)?;
                Ok(Some(receipt.to_string()))
            }
            _ => Ok::<_, amana_access::Error>(None),
        }
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
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}
