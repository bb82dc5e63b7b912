//! `/messages`: an institution's threads with the operator.

use std::sync::Arc;

use amana_access::{InstitutionName, MAX_MESSAGE_CHARS, Operation, Session, Side, Thread};
use askama::Template;
use axum::Json;
use axum::extract::{Path, Query, State};
use axum::response::Redirect;
use serde::{Deserialize, Serialize};

use super::thread::{self, Told};
use crate::account::form::Posted;
use crate::account::guard::Signed;
use crate::account::me::seconds;
use crate::frame::Frame;
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

/// Opens one.
pub(super) async fn open(State(console): State<Arc<Console>>, posted: Posted) -> Result<Redirect> {
    let (session, fields) = (&posted.session, &posted.fields);
    let institution = institution_of(session)?;
    let (subject, text) = (fields.text("subject"), fields.text("text"));
    let sent = console
        .access
        .send_message(session, &institution, None, subject, text);
    let (number, _) = sent.await?;
    Ok(Redirect::to(&format!("/messages/{number}")))
}

/// Writes in one.
pub(super) async fn answer(
    State(console): State<Arc<Console>>,
    Path(number): Path<u64>,
    posted: Posted,
) -> Result<Redirect> {
    let (session, text) = (&posted.session, posted.fields.text("text"));
    let institution = institution_of(session)?;
    console
        .access
        .send_message(session, &institution, Some(number), "", text)
        .await?;
    Ok(Redirect::to(&format!("/messages/{number}")))
}

/// Closes one.
pub(super) async fn close(
    State(console): State<Arc<Console>>,
    Path(number): Path<u64>,
    posted: Posted,
) -> Result<Redirect> {
    let session = &posted.session;
    let institution = institution_of(session)?;
    console
        .access
        .close_thread(session, &institution, number)
        .await?;
    Ok(Redirect::to(&format!("/messages/{number}")))
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
