//! From a template to an answer.

use std::borrow::Cow;

use amana_access::{Owner, Session};
use askama::Template;
use axum::response::{Html, IntoResponse, Response};
use http::header;

use crate::error::{Refused, Result};
use crate::frame::{FolderPage, Frame, Place};
use crate::menu;
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

/// Where one goes on from a refusal.
#[derive(Default)]
pub(crate) struct Exit {
    /// The page of the form, or of the list that it adds to.
    pub(crate) back: Option<String>,
    /// The way in, which leads back here.
    pub(crate) sign_in: Option<String>,
    /// What was written and isn't kept anywhere.
    pub(crate) written: Vec<String>,
    /// What is told instead of the code's sentence.
    pub(crate) told: Option<&'static str>,
}

/// What stands around a refusal.
pub(crate) enum Around<'a> {
    /// The menu for everybody.
    Public,
    /// The menu of a gateway's folders.
    Folders,
    /// The menu of who is signed in.
    Session(&'a Session),
}

#[derive(Template)]
#[template(path = "refusal.html")]
struct RefusalPage {
    frame: Frame,
    refused: Refused,
    exit: Exit,
    /// The first page of whoever asks, and what it is called.
    home: (&'static str, &'static str),
}

impl RefusalPage {
    fn told(&self) -> Cow<'static, str> {
        match self.exit.told {
            Some(told) => told.into(),
            None => self.refused.said(self.frame.texts),
        }
    }

    /// A form that was sent before leads to a list, and any other back to its page.
    fn back_label(&self) -> &'static str {
        let words = &self.frame.texts.forms;
        match self.refused.code {
            "repeated" => words.to_list,
            _ => words.back,
        }
    }
}

/// The page of an error.
pub(crate) fn refusal_page(
    texts: &'static Texts,
    refused: Refused,
    around: Around<'_>,
    exit: Exit,
) -> Result<Page> {
    let title = match refused.code {
        "not-found" => texts.frame.not_found,
        "repeated" => texts.forms.done_title,
        _ => texts.frame.refused,
    };
    let home = match around {
        Around::Session(session) => match session.account.owner {
            Owner::Institution(_) => ("/overview", texts.forms.home),
            Owner::Operator => ("/operator", texts.forms.home),
        },
        Around::Public | Around::Folders => ("/", texts.frame.home),
    };
    let frame = match around {
        Around::Folders => Frame::folders(texts, title, "", FolderPage::Nowhere),
        Around::Public => Frame::public(texts, title, "", Place::Nowhere),
        Around::Session(session) => menu::frame(texts, session, "", title),
    };
    Page::of(&RefusalPage {
        frame,
        refused,
        exit,
        home,
    })
}
