//! From a template to an answer.

use askama::Template;
use axum::response::{Html, IntoResponse, Response};
use http::header;

use crate::error::{Refused, Result};
use crate::frame::{FolderPage, Frame, Place};
use crate::texts::Texts;

/// A page, written.
pub struct Page(String);

impl Page {
    /// Fills a template.
    ///
    /// # Errors
    /// [`Error::Template`](crate::Error::Template).
    pub fn of(template: &impl Template) -> Result<Self> {
        Ok(Self(template.render()?))
    }
}

impl IntoResponse for Page {
    fn into_response(self) -> Response {
        // Facts of the moment: going back asks again.
        let headers = [(header::CACHE_CONTROL, "no-cache")];
        (headers, Html(self.0)).into_response()
    }
}

#[derive(Template)]
#[template(path = "refusal.html")]
struct RefusalPage {
    frame: Frame,
    refused: Refused,
}

impl RefusalPage {
    fn told(&self) -> &'static str {
        self.refused.told(self.frame.texts)
    }
}

/// The page of an error.
pub(crate) fn refusal_page(
    texts: &'static Texts,
    refused: Refused,
    in_folders: bool,
) -> Result<Page> {
    let title = if refused.code == "not-found" {
        texts.frame.not_found
    } else {
        texts.frame.refused
    };
    let frame = match in_folders {
        true => Frame::folders(texts, title, "", FolderPage::Nowhere),
        false => Frame::public(texts, title, "", Place::Nowhere),
    };
    Page::of(&RefusalPage { frame, refused })
}
