//! What every page has in common: one stylesheet, and what a browser may do with it.

use axum::response::IntoResponse;
use http::{HeaderName, header};

/// Nothing from elsewhere, no script, no frame: pages show words that others chose.
pub(crate) const GUARD: [(HeaderName, &str); 2] = [
    (
        header::CONTENT_SECURITY_POLICY,
        "default-src 'none'; style-src 'self'; form-action 'none'; base-uri 'none'; frame-ancestors 'none'",
    ),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
];

/// The stylesheet.
pub(crate) async fn style() -> impl IntoResponse {
    let kind = [
        (header::CONTENT_TYPE, "text/css; charset=utf-8"),
        (header::CACHE_CONTROL, "max-age=3600"),
    ];
    (GUARD, kind, include_str!("pages.css"))
}
