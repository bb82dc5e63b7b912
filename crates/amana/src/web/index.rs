//! The page at `/`: what this is, in French and in English.

use std::sync::Arc;

use axum::extract::State;
use axum::response::Html;

use crate::centre::Centre;

const PAGE: &str = include_str!("index.html");

/// The page.
pub(crate) async fn page(State(centre): State<Arc<Centre>>) -> Html<String> {
    // The store takes no name with a character that HTML would read.
    Html(PAGE.replace("{centre}", &centre.name))
}
