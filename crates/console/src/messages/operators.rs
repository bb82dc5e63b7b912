//! `/operator/messages`: the threads of all institutions, those that wait for an answer first.

use std::sync::Arc;

use amana_access::{InstitutionName, MAX_MESSAGE_CHARS, Session, Side, Thread};
use askama::Template;
use axum::Json;
use axum::extract::{Path, State};
use axum::response::{Redirect, Response};
use serde::{Deserialize, Serialize};

use super::own::PAGE;
use super::thread::{self, Told};
use crate::account::form::Fields;
use crate::account::guard::Signed;
use crate::account::me::seconds;
use crate::api::{Asked, Asks, Numbered, Text};
use crate::frame::Frame;
use crate::query::Query;
use crate::{Console, Language, Page, Result, menu};

/// Which threads, and from which one on.
#[derive(Deserialize, Default)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Chosen {
    state: Listing,
    from: u32,
}

/// Which threads are asked for.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Listing {
    /// Those that wait for the operator.
    #[default]
    Unanswered,
    /// Those that wait for the institution.
    Answered,
    /// Those that are closed.
    Closed,
}

impl Listing {
    const ALL: [Self; 3] = [Self::Unanswered, Self::Answered, Self::Closed];

    const fn as_str(self) -> &'static str {
        match self {
            Self::Unanswered => "unanswered",
            Self::Answered => "answered",
            Self::Closed => "closed",
        }
    }

    const fn awaits(self) -> Option<Side> {
        match self {
            Self::Unanswered => Some(Side::Operator),
            Self::Answered => Some(Side::Institution),
            Self::Closed => None,
        }
    }
}

/// A page of threads of all institutions.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub(crate) struct AllThreads {
    /// Those that waited longest first.
    pub(crate) threads: Vec<Thread>,
    /// How many to go past for the next page, if there is one.
    pub(crate) next: Option<u32>,
}

impl AllThreads {
    pub(crate) async fn read(console: &Arc<Console>, chosen: &Chosen) -> Result<Self> {
        let (awaits, from) = (chosen.state.awaits(), chosen.from);
        let mut threads = console
            .ask(move |access| Ok(access.all_threads(awaits, from, PAGE + 1)?))
            .await?;
        let more = threads.len() > PAGE as usize;
        threads.truncate(PAGE as usize);
        Ok(Self {
            threads,
            next: more.then(|| from.saturating_add(PAGE)),
        })
    }
}

#[derive(Template)]
#[template(path = "messages/operators.html")]
struct AllPage {
    frame: Frame,
    session: Arc<Session>,
    chosen: Chosen,
    found: AllThreads,
    longest: usize,
}

impl AllPage {
    fn moment(&self, time_ms: &i64) -> String {
        self.frame.texts.moment(&seconds(*time_ms))
    }

    fn hint(&self) -> String {
        (self.frame.texts.messages.text_hint)(&self.longest.to_string())
    }

    fn state(&self, one: &Thread) -> &'static str {
        thread::state(&self.frame, one, Side::Operator)
    }

    fn state_class(&self, one: &Thread) -> &'static str {
        thread::state_class(one, Side::Operator)
    }

    /// The three lists: value, name, and whether it is the one shown.
    fn lists(&self) -> [(&'static str, &'static str, bool); 3] {
        let words = &self.frame.texts.messages;
        let names = [words.unanswered, words.answered, words.closed_ones];
        let mut each = Listing::ALL.into_iter().zip(names);
        std::array::from_fn(|_| {
            let (state, name) = each.next().unwrap_or((Listing::Closed, ""));
            (state.as_str(), name, state == self.chosen.state)
        })
    }
}

/// The list.
pub(super) async fn page(
    State(console): State<Arc<Console>>,
    language: Language,
    Signed(session): Signed,
    Query(chosen): Query<Chosen>,
) -> Result<Page> {
    let found = AllThreads::read(&console, &chosen).await?;
    let texts = language.texts();
    Page::of(&AllPage {
        frame: menu::frame(texts, &session, "/operator/messages", texts.messages.title),
        session,
        chosen,
        found,
        longest: MAX_MESSAGE_CHARS,
    })
}

/// One thread.
pub(super) async fn thread(
    State(console): State<Arc<Console>>,
    language: Language,
    Signed(session): Signed,
    Path((institution, number)): Path<(String, u64)>,
) -> Result<Page> {
    let told = Told::read(&console, institution.parse()?, number).await?;
    thread::page(language, session, told, Side::Operator, true)
}

fn path(institution: &InstitutionName, number: u64) -> String {
    format!("/operator/messages/{institution}/{number}")
}

/// A thread that begins, with whom.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Opening {
    institution: String,
    subject: String,
    text: String,
}

impl Asks for Opening {
    fn of_form(fields: &Fields) -> Result<Self> {
        Ok(Self {
            institution: fields.text("institution").trim().to_owned(),
            subject: fields.text("subject").to_owned(),
            text: fields.text("text").to_owned(),
        })
    }
}

/// Writes to an institution first.
pub(super) async fn open(
    State(console): State<Arc<Console>>,
    asked: Asked<Opening>,
) -> Result<Response> {
    let Asked { session, body, way } = asked;
    let institution: InstitutionName = body.institution.parse()?;
    let sent = console
        .access
        .send_message(&session, &institution, None, &body.subject, &body.text);
    let sent = Numbered::from(sent.await?);
    let to = path(&institution, sent.number);
    Ok(way.answer(sent, Redirect::to(&to)))
}

/// Answers.
pub(super) async fn answer(
    State(console): State<Arc<Console>>,
    Path((institution, number)): Path<(String, u64)>,
    asked: Asked<Text>,
) -> Result<Response> {
    let institution: InstitutionName = institution.parse()?;
    let to = path(&institution, number);
    thread::answer(&console, asked, &institution, number, &to).await
}

/// Closes one.
pub(super) async fn close(
    State(console): State<Arc<Console>>,
    Path((institution, number)): Path<(String, u64)>,
    asked: Asked<()>,
) -> Result<Response> {
    let institution: InstitutionName = institution.parse()?;
    let to = path(&institution, number);
    thread::close(&console, asked, &institution, number, &to).await
}

/// One thread for programs.
pub(super) async fn api_thread(
    State(console): State<Arc<Console>>,
    Path((institution, number)): Path<(String, u64)>,
) -> Result<Json<Told>> {
    let told = Told::read(&console, institution.parse()?, number);
    told.await.map(Json)
}

/// The receipt of one message.
pub(super) async fn receipt(
    State(console): State<Arc<Console>>,
    Path((institution, number, index)): Path<(String, u64, u64)>,
) -> Result<Response> {
    super::receipts::of_message(&console, institution.parse()?, number, index).await
}

/// The list for programs.
pub(super) async fn api(
    State(console): State<Arc<Console>>,
    Query(chosen): Query<Chosen>,
) -> Result<Json<AllThreads>> {
    AllThreads::read(&console, &chosen).await.map(Json)
}
