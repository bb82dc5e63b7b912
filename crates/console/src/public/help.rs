//! `/help`: what an institution's people do, topic by topic.

use std::sync::Arc;

use askama::Template;
use axum::extract::State;

use crate::frame::{Frame, Place};
use crate::{Console, Language, Page, Result};

#[derive(Template)]
#[template(path = "public/help.html")]
struct HelpPage {
    frame: Frame,
}

/// The page.
pub(crate) async fn page(State(console): State<Arc<Console>>, language: Language) -> Result<Page> {
    let texts = language.texts();
    let frame = Frame::public(texts, texts.help.title, &console.centre, Place::Help);
    Page::of(&HelpPage { frame })
}
