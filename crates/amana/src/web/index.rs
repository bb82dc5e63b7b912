//! The page at `/`: what this is, in French and in English.

use std::sync::Arc;

use axum::extract::State;
use axum::response::{Html, IntoResponse};

use crate::centre::Centre;
use crate::pages;

const PAGE: &str = include_str!("index.html");

/// The page.
pub(crate) async fn page(State(centre): State<Arc<Centre>>) -> impl IntoResponse {
    // The store takes no name with a character that HTML would read.
    (pages::GUARD, Html(PAGE.replace("{centre}", &centre.name)))
}
