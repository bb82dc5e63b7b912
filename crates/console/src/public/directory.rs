//! `/directory`: the institutions that let themselves be found, to everybody; and the form by which one does.

use std::sync::Arc;

use amana_access::{Contact, Session};
use askama::Template;
use axum::Json;
use axum::extract::State;
use axum::response::{Redirect, Response};
use serde::{Deserialize, Serialize};

use crate::account::form::Fields;
use crate::account::guard::Signed;
use crate::api::{Asked, Asks};
use crate::content::Receipt;
use crate::frame::{Frame, Place};
use crate::messages::institution_of;
use crate::query::Query;
use crate::{Console, Error, Language, Page, Result, menu};

/// Institutions on a page.
const PAGE: u32 = 100;

/// The name after which a page begins.
#[derive(Deserialize, Default)]
#[serde(default)]
pub(crate) struct After {
    after: String,
}

/// A page of the directory.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub(crate) struct Directory {
    /// In the order of names.
    listed: Vec<Contact>,
    /// The name after which the next page begins, if there is one.
    next: Option<String>,
}

impl Directory {
    async fn read(console: &Arc<Console>, after: After) -> Result<Self> {
        let mut listed = console
            .ask(move |access| Ok(access.directory(&after.after, PAGE + 1)?))
            .await?;
        let more = listed.len() > PAGE as usize;
        listed.truncate(PAGE as usize);
        let last = listed.last().map(|one| one.institution.clone());
        Ok(Self {
            listed,
            next: last.filter(|_| more),
        })
    }
}

#[derive(Template)]
#[template(path = "notices/directory.html")]
struct DirectoryPage {
    frame: Frame,
    directory: Directory,
}

/// The page.
pub(crate) async fn page(
    State(console): State<Arc<Console>>,
    language: Language,
    Query(after): Query<After>,
) -> Result<Page> {
    let directory = Directory::read(&console, after).await?;
    let texts = language.texts();
    let frame = Frame::public(
        texts,
        texts.notices.directory,
        &console.centre,
        Place::Nowhere,
    );
    Page::of(&DirectoryPage { frame, directory })
}

/// The same for programs.
pub(crate) async fn api(
    State(console): State<Arc<Console>>,
    Query(after): Query<After>,
) -> Result<Json<Directory>> {
    Directory::read(&console, after).await.map(Json)
}

#[derive(Template)]
#[template(path = "notices/contact.html")]
struct ContactPage {
    frame: Frame,
    session: Arc<Session>,
    listed: bool,
    name: String,
    contact: String,
}

/// The form.
pub(crate) async fn contact(
    State(console): State<Arc<Console>>,
    language: Language,
    Signed(session): Signed,
) -> Result<Page> {
    let own = institution_of(&session)?;
    let said = console.ask(move |access| Ok(access.contact(&own)?)).await?;
    let texts = language.texts();
    let listed = said.is_some();
    let (name, contact) = said.unwrap_or_default();
    Page::of(&ContactPage {
        frame: menu::frame(texts, &session, "/messages", texts.notices.own_contact),
        session,
        listed,
        name,
        contact,
    })
}

/// `GET /api/v1/contact`
pub(crate) async fn contact_api(
    State(console): State<Arc<Console>>,
    Signed(session): Signed,
) -> Result<Json<Said>> {
    let own = institution_of(&session)?;
    let said = console.ask(move |access| Ok(access.contact(&own)?)).await?;
    let (name, contact) = said.unzip();
    Ok(Json(Said { name, contact }))
}

/// What an institution says of itself: both, or nothing to be in the directory no more.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Said {
    /// What it calls itself.
    name: Option<String>,
    /// How it is reached.
    contact: Option<String>,
}

impl Asks for Said {
    fn of_form(fields: &Fields) -> Result<Self> {
        let is_out = !fields.text("out").is_empty();
        let said = |name| (!is_out).then(|| fields.text(name).to_owned());
        Ok(Self {
            name: said("name"),
            contact: said("contact"),
        })
    }
}

/// Puts the institution into the directory, or takes it out.
pub(crate) async fn publish(
    State(console): State<Arc<Console>>,
    asked: Asked<Said>,
) -> Result<Response> {
    let Asked { session, body, way } = asked;
    let said = match (&body.name, &body.contact) {
        (Some(name), Some(contact)) => Some((name.as_str(), contact.as_str())),
        (None, None) => None,
        _ => return Err(Error::Malformed),
    };
    let receipt = console.access.publish_contact(&session, said).await?;
    Ok(way.answer(Receipt::of(receipt), Redirect::to("/contact")))
}
