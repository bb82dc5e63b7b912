//! `/notices`: incidents and maintenance, to everybody, each with its receipt.

use std::sync::Arc;

use amana_access::{Notice, Severity};
use askama::Template;
use axum::Json;
use axum::extract::State;

use crate::account::me::seconds;
use crate::frame::{Frame, Place};
use crate::texts::Texts;
use crate::{Console, Language, Page, Result};

#[derive(Template)]
#[template(path = "notices/public.html")]
struct NoticesPage {
    frame: Frame,
    notices: Vec<Notice>,
}

/// A notice's text in a language; what was erased is left out.
pub(crate) fn said<'n>(texts: &Texts, notice: &'n Notice) -> &'n str {
    let text = match texts.tag {
        "en" => &notice.en,
        _ => &notice.fr,
    };
    text.as_deref().unwrap_or_default()
}

/// From when until when, in words.
pub(crate) fn when(texts: &Texts, notice: &Notice) -> String {
    let words = &texts.notices;
    let from = texts.moment(&seconds(notice.from_ms));
    match (notice.ended_ms, notice.until_ms) {
        (Some(ended_ms), _) => (words.ended)(&from, &texts.moment(&seconds(ended_ms))),
        (None, Some(until_ms)) => (words.from_until)(&from, &texts.moment(&seconds(until_ms))),
        (None, None) => (words.from)(&from),
    }
}

/// The class of a notice: what is over needs nobody.
pub(crate) fn class(notice: &Notice) -> &'static str {
    match (notice.state, notice.severity) {
        ("over", _) | (_, Severity::Information) => "",
        (_, Severity::Maintenance) => "warn",
        (_, Severity::Incident) => "bad",
    }
}

impl NoticesPage {
    fn said<'n>(&self, notice: &'n Notice) -> &'n str {
        said(self.frame.texts, notice)
    }

    fn when(&self, notice: &Notice) -> String {
        when(self.frame.texts, notice)
    }

    fn title(&self, notice: &Notice) -> String {
        let words = &self.frame.texts.notices;
        let (what, state) = (
            (words.severity)(notice.severity),
            (words.state)(notice.state),
        );
        format!("{what} – {state}")
    }

    fn class(&self, notice: &Notice) -> &'static str {
        class(notice)
    }
}

async fn read(console: &Arc<Console>) -> Result<Vec<Notice>> {
    console.ask(|access| Ok(access.notices()?)).await
}

/// The page.
pub(crate) async fn page(State(console): State<Arc<Console>>, language: Language) -> Result<Page> {
    let notices = read(&console).await?;
    let texts = language.texts();
    let frame = Frame::public(texts, texts.notices.title, &console.centre, Place::Nowhere);
    Page::of(&NoticesPage { frame, notices })
}

/// The same for programs.
pub(crate) async fn api(State(console): State<Arc<Console>>) -> Result<Json<Vec<Notice>>> {
    read(&console).await.map(Json)
}
