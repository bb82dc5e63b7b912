//! `/messages`: an institution's threads with the operator.

use std::sync::Arc;

use amana_access::{InstitutionName, MAX_MESSAGE_CHARS, Operation, Session, Side, Thread};
use askama::Template;
use axum::Json;
use axum::extract::{Path, State};
use axum::response::{Redirect, Response};
use serde::{Deserialize, Serialize};

use super::thread::{self, Told};
use crate::account::form::Fields;
use crate::account::guard::Signed;
use crate::account::me::seconds;
use crate::api::{Asked, Asks, Numbered, Text};
use crate::frame::Frame;
use crate::query::Query;
use crate::{Console, Error, Language, Page, Result, menu};

/// Threads on a page.
pub(super) const PAGE: u32 = 50;

/// Where a page begins: before the thread of that number.
#[derive(Deserialize, Default)]
#[serde(default)]
pub(crate) struct Before {
    before: Option<u64>,
}

/// A page of threads.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub(crate) struct Threads {
    /// The newest first.
    pub(crate) threads: Vec<Thread>,
    /// The number before which the next page begins, if there is one.
    pub(crate) next: Option<u64>,
}

impl Threads {
    pub(crate) async fn of(
        console: &Arc<Console>,
        institution: InstitutionName,
        before: &Before,
    ) -> Result<Self> {
        let before = before.before.unwrap_or(u64::MAX);
        let mut threads = console
            .ask(move |access| Ok(access.threads(&institution, before, PAGE + 1)?))
            .await?;
        let more = threads.len() > PAGE as usize;
        threads.truncate(PAGE as usize);
        let last = threads.last().map(|thread| thread.number);
        Ok(Self {
            threads,
            next: last.filter(|_| more),
        })
    }
}

#[derive(Template)]
#[template(path = "messages/own.html")]
struct OwnPage {
    frame: Frame,
    session: Arc<Session>,
    found: Threads,
    longest: usize,
}

impl OwnPage {
    fn moment(&self, time_ms: &i64) -> String {
        self.frame.texts.moment(&seconds(*time_ms))
    }

    fn hint(&self) -> String {
        (self.frame.texts.messages.text_hint)(&self.longest.to_string())
    }

    fn state(&self, one: &Thread) -> &'static str {
        thread::state(&self.frame, one, Side::Institution)
    }

    fn state_class(&self, one: &Thread) -> &'static str {
        thread::state_class(one, Side::Institution)
    }

    fn may_write(&self) -> bool {
        self.session.may(Operation::WriteMessages)
    }
}

/// Whose the threads are: the asker's own institution.
pub(crate) fn institution_of(session: &Session) -> Result<InstitutionName> {
    let own = session.account.owner.institution();
    own.cloned().ok_or(Error::NotFound)
}

/// The list.
pub(super) async fn page(
    State(console): State<Arc<Console>>,
    language: Language,
    Signed(session): Signed,
    Query(before): Query<Before>,
) -> Result<Page> {
    let found = Threads::of(&console, institution_of(&session)?, &before).await?;
    let texts = language.texts();
    Page::of(&OwnPage {
        frame: menu::frame(texts, &session, "/messages", texts.messages.title),
        session,
        found,
        longest: MAX_MESSAGE_CHARS,
    })
}

/// One thread.
pub(super) async fn thread(
    State(console): State<Arc<Console>>,
    language: Language,
    Signed(session): Signed,
    Path(number): Path<u64>,
) -> Result<Page> {
    let told = Told::read(&console, institution_of(&session)?, number).await?;
    let may_write = session.may(Operation::WriteMessages);
    thread::page(language, session, told, Side::Institution, may_write)
}

/// A thread that begins.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Opening {
    subject: String,
    text: String,
}

impl Asks for Opening {
    fn of_form(fields: &Fields) -> Result<Self> {
        Ok(Self {
            subject: fields.text("subject").to_owned(),
            text: fields.text("text").to_owned(),
        })
    }
}

/// Opens one.
pub(super) async fn open(
    State(console): State<Arc<Console>>,
    asked: Asked<Opening>,
) -> Result<Response> {
    let Asked { session, body, way } = asked;
    let institution = institution_of(&session)?;
    let Opening { subject, text } = &body;
    let sent = console
        .access
        .send_message(&session, &institution, None, subject, text);
    let sent = Numbered::from(sent.await?);
    let to = format!("/messages/{}", sent.number);
    Ok(way.answer(sent, Redirect::to(&to)))
}

/// Writes in one.
pub(super) async fn answer(
    State(console): State<Arc<Console>>,
    Path(number): Path<u64>,
    asked: Asked<Text>,
) -> Result<Response> {
    let to = format!("/messages/{number}");
    let institution = institution_of(&asked.session)?;
    thread::answer(&console, asked, &institution, number, &to).await
}

/// Closes one.
pub(super) async fn close(
    State(console): State<Arc<Console>>,
    Path(number): Path<u64>,
    asked: Asked<()>,
) -> Result<Response> {
    let to = format!("/messages/{number}");
    let institution = institution_of(&asked.session)?;
    thread::close(&console, asked, &institution, number, &to).await
}

/// The list for programs.
pub(super) async fn api(
    State(console): State<Arc<Console>>,
    Signed(session): Signed,
    Query(before): Query<Before>,
) -> Result<Json<Threads>> {
    let found = Threads::of(&console, institution_of(&session)?, &before);
    found.await.map(Json)
}

/// One thread for programs.
pub(super) async fn api_thread(
    State(console): State<Arc<Console>>,
    Signed(session): Signed,
    Path(number): Path<u64>,
) -> Result<Json<Told>> {
    let told = Told::read(&console, institution_of(&session)?, number);
    told.await.map(Json)
}
