//! `/help`: what an institution's people do, topic by topic.

use std::sync::Arc;

use askama::Template;
use axum::extract::State;

use crate::frame::{Frame, Place};
use crate::{Console, Language, Page, Result};

#[derive(Template)]
#[template(path = "public/help.html")]
pub(crate) struct HelpPage {
    pub(crate) frame: Frame,
    /// The data centre whose pages are meant, at a gateway.
    pub(crate) centre: Option<String>,
}

/// The page.
pub(crate) async fn page(State(console): State<Arc<Console>>, language: Language) -> Result<Page> {
    let texts = language.texts();
    let frame = Frame::public(texts, texts.help.title, &console.centre, Place::Help);
    Page::of(&HelpPage {
        frame,
        centre: None,
    })
}
