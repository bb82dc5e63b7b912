//! What somebody needs to verify without us: the formats of a receipt, drawn, and a second implementation.

use axum::extract::Path;
use axum::response::{IntoResponse, Response};
use http::header;

use crate::Error;

/// The pages that a verifier of receipts is written from.
pub(crate) const NAMES: [&str; 5] = [
    "receipt.md",
    "policy.md",
    "leaf.md",
    "ledger.md",
    "national.md",
];

fn text(name: &str) -> Option<&'static str> {
    Some(match name {
        "receipt.md" => include_str!("../../../../docs/formats/receipt.md"),
        "policy.md" => include_str!("../../../../docs/formats/policy.md"),
        "leaf.md" => include_str!("../../../../docs/formats/leaf.md"),
        "ledger.md" => include_str!("../../../../docs/formats/ledger.md"),
        "national.md" => include_str!("../../../../docs/formats/national.md"),
        _ => return None,
    })
}

/// `GET /formats/<name>`.
pub(crate) async fn page(Path(name): Path<String>) -> Response {
    match text(&name) {
        Some(text) => plain(text),
        None => Error::NotFound.into_response(),
    }
}

/// `GET /tools/verify-receipt.py`.
pub(crate) async fn second_implementation() -> Response {
    plain(include_str!("../../../../tools/verify-receipt.py"))
}

fn plain(text: &'static str) -> Response {
    let headers = [
        (header::CONTENT_TYPE, "text/plain; charset=utf-8"),
        (header::CACHE_CONTROL, "no-cache"),
    ];
    (headers, text).into_response()
}
