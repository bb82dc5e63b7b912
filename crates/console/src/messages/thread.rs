//! One thread on a page, to either side.

use std::sync::Arc;

use amana_access::{InstitutionName, Message, Session, Side, Thread};
use askama::Template;
use axum::response::{Redirect, Response};
use serde::Serialize;

use crate::account::me::seconds;
use crate::api::{Asked, Text};
use crate::content::Receipt;
use crate::frame::Frame;
use crate::{Console, Language, Page, Result, menu};

/// A thread with its messages, the first one first.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub(crate) struct Told {
    /// The thread.
    #[serde(flatten)]
    pub(crate) thread: Thread,
    /// What was written.
    pub(crate) written: Vec<Message>,
}

impl Told {
    pub(crate) async fn read(
        console: &Arc<Console>,
        institution: InstitutionName,
        number: u64,
    ) -> Result<Self> {
        console
            .ask(move |access| {
                let (thread, written) = access.thread(&institution, number)?;
                Ok(Self { thread, written })
            })
            .await
    }
}

#[derive(Template)]
#[template(path = "messages/thread.html")]
struct ThreadPage {
    frame: Frame,
    session: Arc<Session>,
    told: Told,
    /// Where the thread is, for its forms and receipts.
    at: String,
    /// Where the list is.
    list: &'static str,
    may_write: bool,
    /// The side of who reads.
    side: Side,
}

impl ThreadPage {
    fn moment(&self, time_ms: &i64) -> String {
        self.frame.texts.moment(&seconds(*time_ms))
    }

    fn stamp(&self, time_ms: &i64) -> String {
        self.frame.texts.stamp(&seconds(*time_ms))
    }

    fn author(&self, message: &Message) -> String {
        let words = &self.frame.texts.messages;
        let owner = match message.side {
            Side::Institution => self.told.thread.institution.as_str(),
            Side::Operator => "operator",
        };
        let whose = match message.side {
            Side::Institution => owner.to_owned(),
            Side::Operator => words.the_operator.to_owned(),
        };
        match message.official {
            Some(number) => format!("{whose} ({owner}/{number})"),
            None => whose,
        }
    }

    fn state(&self) -> &'static str {
        state(&self.frame, &self.told.thread, self.side)
    }

    fn state_class(&self) -> &'static str {
        state_class(&self.told.thread, self.side)
    }

    /// Where the receipt is: to an institution, beside those of all its acts.
    fn receipt(&self, message: &Message) -> String {
        match self.side {
            Side::Institution => format!("/receipt/{}", message.number),
            Side::Operator => format!("{}/receipts/{}", self.at, message.number),
        }
    }

    fn is_open(&self) -> bool {
        self.told.thread.awaits.is_some()
    }
}

/// Who is awaited, to who reads.
pub(super) fn state(frame: &Frame, thread: &Thread, side: Side) -> &'static str {
    let words = &frame.texts.messages;
    match thread.awaits {
        None => words.closed,
        Some(awaited) if awaited == side => words.awaits_us,
        Some(_) => words.awaits_them,
    }
}

/// What waits for who reads is marked.
pub(super) fn state_class(thread: &Thread, side: Side) -> &'static str {
    match thread.awaits {
        Some(awaited) if awaited == side => "warn",
        _ => "good",
    }
}

/// The page of a thread, to that side.
pub(super) fn page(
    language: Language,
    session: Arc<Session>,
    told: Told,
    side: Side,
    may_write: bool,
) -> Result<Page> {
    let texts = language.texts();
    let title = told.thread.subject.clone();
    let title = title.unwrap_or_else(|| texts.messages.erased.to_owned());
    let (list, at) = match side {
        Side::Institution => ("/messages", format!("/messages/{}", told.thread.number)),
        Side::Operator => (
            "/operator/messages",
            format!(
                "/operator/messages/{}/{}",
                told.thread.institution, told.thread.number
            ),
        ),
    };
    Page::of(&ThreadPage {
        frame: menu::frame(texts, &session, list, title),
        session,
        told,
        at,
        list,
        may_write,
        side,
    })
}

/// Writes in a thread, of either side.
pub(super) async fn answer(
    console: &Console,
    asked: Asked<Text>,
    institution: &InstitutionName,
    number: u64,
    at: &str,
) -> Result<Response> {
    let Asked { session, body, way } = asked;
    let sent = console
        .access
        .send_message(&session, institution, Some(number), "", &body.text);
    let (_, receipt) = sent.await?;
    Ok(way.answer(Receipt::of(receipt), Redirect::to(at)))
}

/// Closes a thread, of either side.
pub(super) async fn close(
    console: &Console,
    asked: Asked<()>,
    institution: &InstitutionName,
    number: u64,
    at: &str,
) -> Result<Response> {
    let Asked { session, way, .. } = asked;
    let receipt = console
        .access
        .close_thread(&session, institution, number)
        .await?;
    Ok(way.answer(Receipt::of(receipt), Redirect::to(at)))
}
