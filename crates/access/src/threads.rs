//! Threads between an institution and the operator: opened, answered, closed by either side, and read by both.

use amana_store::{LedgerId, Reader};
use serde::{Deserialize, Serialize};

use crate::acts::message::{CloseLinks, CloseThread, MessageBody, MessageLinks, SendMessage};
use crate::people::{Actor, Owner};
use crate::said::{one_line, said, written};
use crate::views::{self, threads};
use crate::{Access, Error, InstitutionName, Operation, Result, Session};

/// The longest message, in characters.
pub const MAX_MESSAGE_CHARS: usize = 10_000;
/// The longest subject, in characters.
pub const MAX_SUBJECT_CHARS: usize = 200;
/// Messages of a thread that are read at most: all that one may have.
const MAX_MESSAGES: u32 = 1000;

/// A side of a thread.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Side {
    /// The institution.
    Institution,
    /// The operator.
    Operator,
}

impl Side {
    /// `institution` or `operator`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Institution => "institution",
            Self::Operator => "operator",
        }
    }

    pub(crate) fn of_text(text: &str) -> Option<Self> {
        [Self::Institution, Self::Operator]
            .into_iter()
            .find(|one| one.as_str() == text)
    }

    /// The side that is written to.
    #[must_use]
    pub const fn other(self) -> Self {
        match self {
            Self::Institution => Self::Operator,
            Self::Operator => Self::Institution,
        }
    }
}

/// A thread.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Thread {
    /// The institution.
    pub institution: String,
    /// Its number: the index of the entry that opened it.
    pub number: u64,
    /// What it is about; nothing once that was erased.
    pub subject: Option<String>,
    /// Who opened it.
    pub opened_by: Side,
    /// When, milliseconds since 1970.
    pub opened_ms: i64,
    /// When something was last written or it was closed.
    pub last_ms: i64,
    /// How many messages it has.
    pub messages: u64,
    /// Who is to answer; nobody once it is closed.
    pub awaits: Option<Side>,
}

/// A message of a thread.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Message {
    /// The index of its entry.
    pub number: u64,
    /// Which side wrote it.
    pub side: Side,
    /// Who, by number on that side.
    pub official: Option<u64>,
    /// When, milliseconds since 1970.
    pub at_ms: i64,
    /// What; nothing once it was erased.
    pub text: Option<String>,
    /// `<ledger>/<index>` of the act.
    pub receipt: String,
}

impl Access {
    /// Writes a message: in a thread, or, with a subject, in a new one. Gives the thread's number and the act's receipt name.
    ///
    /// # Errors
    /// [`Error::Forbidden`], [`Error::Invalid`], [`Error::UnknownInstitution`], [`Error::UnknownThread`],
    /// [`Error::TooMany`], [`Error::Busy`], [`Error::Store`].
    pub async fn send_message(
        &self,
        session: &Session,
        institution: &InstitutionName,
        thread: Option<u64>,
        subject: &str,
        text: &str,
    ) -> Result<(u64, String)> {
        let (side, actor) = writer(session, institution)?;
        let subject = match thread {
            Some(_) => None,
            None => Some(one_line("the subject", subject, MAX_SUBJECT_CHARS)?),
        };
        let act = SendMessage {
            by: actor.to_string(),
            actor,
            ledger: self.ledger(institution)?,
            links: MessageLinks {
                thread,
                side,
                official: Some(session.account.official),
            },
            body: MessageBody {
                subject,
                text: written("the message", text, MAX_MESSAGE_CHARS)?,
            },
        };
        let committed = self.commit(act).await?;
        Ok((committed.output, committed.receipt()))
    }

    /// Closes a thread. Gives the act's receipt name.
    ///
    /// # Errors
    /// [`Error::Forbidden`], [`Error::UnknownInstitution`], [`Error::UnknownThread`], [`Error::ThreadClosed`],
    /// [`Error::Busy`], [`Error::Store`].
    pub async fn close_thread(
        &self,
        session: &Session,
        institution: &InstitutionName,
        thread: u64,
    ) -> Result<String> {
        let (side, actor) = writer(session, institution)?;
        let act = CloseThread {
            by: actor.to_string(),
            actor,
            ledger: self.ledger(institution)?,
            links: CloseLinks {
                thread,
                side,
                official: Some(session.account.official),
            },
        };
        Ok(self.commit(act).await?.receipt())
    }

    /// An institution's threads that were opened before the one of that number, the newest first. Blocking.
    ///
    /// # Errors
    /// [`Error::UnknownInstitution`], [`Error::Store`].
    pub fn threads(
        &self,
        institution: &InstitutionName,
        before: u64,
        max: u32,
    ) -> Result<Vec<Thread>> {
        self.store().read(|rows| {
            let found = views::institution_named(rows, institution.as_str())?;
            let ledger = views::ledger_of(&found)?;
            shown(rows, threads::of(rows, ledger, before, max)?)
        })
    }

    /// The threads of all institutions that wait for that side, the one that waited longest first; or those that are
    /// closed, the newest first. Blocking.
    ///
    /// # Errors
    /// [`Error::Store`].
    pub fn all_threads(&self, awaits: Option<Side>, skip: u32, max: u32) -> Result<Vec<Thread>> {
        let state = awaits.map_or(threads::State::Closed, threads::State::Awaits);
        self.store()
            .read(|rows| shown(rows, threads::in_state(rows, state, skip, max)?))
    }

    /// How many threads wait for that side, of one institution or of all. Blocking.
    ///
    /// # Errors
    /// [`Error::UnknownInstitution`], [`Error::Store`].
    pub fn awaiting(&self, institution: Option<&InstitutionName>, side: Side) -> Result<u64> {
        let ledger = institution.map(|name| self.ledger(name)).transpose()?;
        Ok(self
            .store()
            .read(|rows| threads::awaiting(rows, ledger, side))?)
    }

    /// A thread with its messages, the first one first. Blocking.
    ///
    /// # Errors
    /// [`Error::UnknownInstitution`], [`Error::UnknownThread`], [`Error::Store`].
    pub fn thread(
        &self,
        institution: &InstitutionName,
        number: u64,
    ) -> Result<(Thread, Vec<Message>)> {
        self.store().read(|rows| {
            let found = views::institution_named(rows, institution.as_str())?;
            let ledger = views::ledger_of(&found)?;
            let row = threads::find(rows, ledger, number)?;
            let row = row.ok_or(Error::UnknownThread { number })?;
            let mut written = Vec::new();
            for message in threads::messages(rows, ledger, number, MAX_MESSAGES)? {
                let body: Option<MessageBody> = said(rows, ledger, message.number)?;
                written.push(Message {
                    number: message.number,
                    side: message.side,
                    official: message.official,
                    at_ms: message.at_ms,
                    text: body.map(|body| body.text),
                    receipt: format!("{}/{}", found.ledger, message.number),
                });
            }
            Ok((with_subject(rows, row)?, written))
        })
    }
}

/// On which side who is signed in writes, and under which name.
fn writer(session: &Session, institution: &InstitutionName) -> Result<(Side, Actor)> {
    let own = session.account.owner == Owner::Institution(institution.clone());
    match session.staff() {
        Some(staff) if session.may(Operation::AnswerMessages) => Ok((Side::Operator, staff)),
        None if own && session.may(Operation::WriteMessages) => {
            Ok((Side::Institution, session.actor()))
        }
        _ => Err(Error::Forbidden),
    }
}

fn shown(rows: &Reader<'_>, found: Vec<threads::Thread>) -> Result<Vec<Thread>> {
    let each = found.into_iter();
    each.map(|row| with_subject(rows, row)).collect()
}

fn with_subject(rows: &Reader<'_>, row: threads::Thread) -> Result<Thread> {
    let ledger: LedgerId = row.ledger;
    let body: Option<MessageBody> = said(rows, ledger, row.number)?;
    Ok(Thread {
        institution: row.institution,
        number: row.number,
        subject: body.and_then(|body| body.subject),
        opened_by: row.opened_by,
        opened_ms: row.opened_ms,
        last_ms: row.last_ms,
        messages: row.messages,
        awaits: match row.state {
            threads::State::Awaits(side) => Some(side),
            threads::State::Closed => None,
        },
    })
}
