//! Threads between an institution and the operator: each message an act in the institution's ledger.

use amana_store::{Act, At, Denied, LedgerId, Reader, Target, Writer};
use serde::{Deserialize, Serialize};

use super::{Applied, Checked, refuse};
use crate::people::{Actor, in_office};
use crate::views::threads;
use crate::{Error, Operation, Result, Side, may};

/// Threads that wait for an answer at a time, in one institution.
const MAX_OPEN: i64 = 200;
/// Messages of one thread.
const MAX_MESSAGES: u64 = 1000;

/// `message.send`: opens a thread, or goes on in one. One that was closed is open again.
pub(crate) struct SendMessage {
    pub(crate) actor: Actor,
    pub(crate) by: String,
    pub(crate) ledger: LedgerId,
    pub(crate) links: MessageLinks,
    pub(crate) body: MessageBody,
}

#[derive(Serialize, Deserialize)]
pub(crate) struct MessageLinks {
    /// The thread: the number of the entry that opened it; nothing in that entry itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) thread: Option<u64>,
    pub(crate) side: Side,
    /// Who wrote it: an official of the institution's, or, for the operator, of its staff.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) official: Option<u64>,
}

/// What may be erased at any time.
#[derive(Serialize, Deserialize)]
pub(crate) struct MessageBody {
    /// Of the message that opens a thread.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) subject: Option<String>,
    pub(crate) text: String,
}

/// An official of the institution's may write to the operator; what staff may was judged by its own session.
fn may_write(views: &Reader<'_>, ledger: LedgerId, actor: &Actor) -> Result<()> {
    let Actor::Official(number) = actor else {
        return Ok(());
    };
    let official = in_office(views, ledger, *number)?;
    match may(official.role, Operation::WriteMessages) {
        true => Ok(()),
        false => Err(Error::Forbidden),
    }
}

fn known(views: &Reader<'_>, ledger: LedgerId, number: u64) -> Result<threads::Thread> {
    let found = threads::find(views, ledger, number)?;
    found.ok_or(Error::UnknownThread { number })
}

impl SendMessage {
    fn judge(&self, views: &Reader<'_>) -> Result<()> {
        may_write(views, self.ledger, &self.actor)?;
        let Some(number) = self.links.thread else {
            return match threads::open_count(views, self.ledger)? {
                MAX_OPEN.. => Err(Error::TooMany {
                    what: "open threads",
                    max: usize::try_from(MAX_OPEN).unwrap_or_default(),
                }),
                _ => Ok(()),
            };
        };
        let thread = known(views, self.ledger, number)?;
        match thread.messages {
            MAX_MESSAGES.. => Err(Error::TooMany {
                what: "messages in this thread",
                max: usize::try_from(MAX_MESSAGES).unwrap_or_default(),
            }),
            _ => Ok(()),
        }
    }
}

impl Act for SendMessage {
    const KIND: &'static str = "message.send";
    type Links = MessageLinks;
    type Body = MessageBody;
    /// The thread's number.
    type Output = u64;
    type Refusal = Error;

    fn actor(&self) -> &str {
        &self.by
    }

    fn target(&self) -> Target {
        Target::Ledger(self.ledger)
    }

    fn check(&mut self, views: &Reader<'_>, _: i64) -> Checked {
        self.judge(views).map_err(refuse)
    }

    fn links(&self) -> &MessageLinks {
        &self.links
    }

    fn body(&self) -> Option<&MessageBody> {
        Some(&self.body)
    }

    fn apply(
        links: &MessageLinks,
        _: Option<&MessageBody>,
        rows: &Writer<'_>,
        at: &At,
    ) -> Applied<u64> {
        let number = at.entry.index();
        match links.thread {
            None => threads::open(rows, at, links.side)?,
            Some(thread) => threads::go_on(rows, at, thread, links.side)?,
        }
        let thread = links.thread.unwrap_or(number);
        threads::insert_message(rows, at, thread, links.side, links.official)?;
        Ok(thread)
    }

    fn weight_bytes(&self) -> usize {
        1024 + self.body.text.len()
    }
}

/// `message.close`: nothing more is awaited.
pub(crate) struct CloseThread {
    pub(crate) actor: Actor,
    pub(crate) by: String,
    pub(crate) ledger: LedgerId,
    pub(crate) links: CloseLinks,
}

#[derive(Serialize, Deserialize)]
pub(crate) struct CloseLinks {
    pub(crate) thread: u64,
    pub(crate) side: Side,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) official: Option<u64>,
}

impl Act for CloseThread {
    const KIND: &'static str = "message.close";
    type Links = CloseLinks;
    type Body = ();
    type Output = ();
    type Refusal = Error;

    fn actor(&self) -> &str {
        &self.by
    }

    fn target(&self) -> Target {
        Target::Ledger(self.ledger)
    }

    fn check(&mut self, views: &Reader<'_>, _: i64) -> Checked {
        let number = self.links.thread;
        may_write(views, self.ledger, &self.actor).map_err(refuse)?;
        match known(views, self.ledger, number).map_err(refuse)?.state {
            threads::State::Closed => Err(Denied::Refused(Error::ThreadClosed { number })),
            _ => Ok(()),
        }
    }

    fn links(&self) -> &CloseLinks {
        &self.links
    }

    fn body(&self) -> Option<&()> {
        None
    }

    fn apply(links: &CloseLinks, _: Option<&()>, rows: &Writer<'_>, at: &At) -> Applied {
        threads::close(rows, at, links.thread)
    }
}
