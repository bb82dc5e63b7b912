//! `/operator/messages`: the threads of all institutions, those that wait for an answer first.

use std::sync::Arc;

use amana_access::{InstitutionName, MAX_MESSAGE_CHARS, Session, Side, Thread};
use askama::Template;
use axum::Json;
use axum::extract::{Path, Query, State};
use axum::response::{Redirect, Response};
use serde::{Deserialize, Serialize};

use super::own::PAGE;
use super::thread::{self, Told};
use crate::account::form::Posted;
use crate::account::guard::Signed;
use crate::account::me::seconds;
use crate::frame::Frame;
use crate::{Console, Language, Page, Result, menu};

/// Which threads, and from which one on.
#[derive(Deserialize, Default)]
#[serde(default)]
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

fn back(institution: &InstitutionName, number: u64) -> Redirect {
    Redirect::to(&format!("/operator/messages/{institution}/{number}"))
}

/// Writes to an institution first.
pub(super) async fn open(State(console): State<Arc<Console>>, posted: Posted) -> Result<Redirect> {
    let (session, fields) = (&posted.session, &posted.fields);
    let institution: InstitutionName = fields.text("institution").trim().parse()?;
    let (subject, text) = (fields.text("subject"), fields.text("text"));
    let sent = console
        .access
        .send_message(session, &institution, None, subject, text);
    let (number, _) = sent.await?;
    Ok(back(&institution, number))
}

/// Answers.
pub(super) async fn answer(
    State(console): State<Arc<Console>>,
    Path((institution, number)): Path<(String, u64)>,
    posted: Posted,
) -> Result<Redirect> {
    let (session, text) = (&posted.session, posted.fields.text("text"));
    let institution: InstitutionName = institution.parse()?;
    console
        .access
        .send_message(session, &institution, Some(number), "", text)
        .await?;
    Ok(back(&institution, number))
}

/// Closes one.
pub(super) async fn close(
    State(console): State<Arc<Console>>,
    Path((institution, number)): Path<(String, u64)>,
    posted: Posted,
) -> Result<Redirect> {
    let institution: InstitutionName = institution.parse()?;
    console
        .access
        .close_thread(&posted.session, &institution, number)
        .await?;
    Ok(back(&institution, number))
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
