//! An act on its way through a group, whatever its type: the bytes that are hashed, and who waits for the outcome.

use std::sync::Arc;

use amana_ledger::MAX_CORE_BYTES;
use tokio::sync::oneshot;

use crate::act::{At, Denied, Scope, Target};
use crate::content::Content;
use crate::store::Committed;
use crate::{Act, CommitError, EntryId, Error, Reader, Result, Writer, clock};

/// Bytes of one act's body: a receipt of it must be one that readers take.
const MAX_BODY_BYTES: usize = 8 * 1024 * 1024;

/// An act on its way through a group, whatever its type.
pub(crate) trait Job: Send {
    fn target(&self) -> Target;
    fn kind(&self) -> &'static str;
    fn looks_beyond(&self) -> bool;
    fn scope(&self) -> Option<Scope>;
    fn content_bytes(&self) -> usize;
    fn check(&mut self, rows: &Reader<'_>, now_ms: i64) -> Checked;
    fn encode(&self, now_ms: i64) -> Result<Encoded>;
    fn apply(&mut self, rows: &Writer<'_>, at: &At) -> Result<()>;
    fn content(&self) -> &[Content];
    fn secrets(&self) -> Vec<(String, zeroize::Zeroizing<Vec<u8>>)>;
    fn erases(&self) -> Option<EntryId>;
    fn succeed(self: Box<Self>, entry: EntryId, ledger: Arc<str>, time_ms: i64);
    fn fail(self: Box<Self>, error: Error);
    fn refuse(self: Box<Self>);
}

/// What a check found.
pub(crate) enum Checked {
    Passed,
    Refused,
    Failed(Error),
}

/// The bytes that are hashed.
pub(crate) struct Encoded {
    pub(crate) core: Vec<u8>,
    pub(crate) body: Option<Vec<u8>>,
}

/// How an act's caller hears of it.
type Reply<A> =
    oneshot::Sender<Result<Committed<<A as Act>::Output>, CommitError<<A as Act>::Refusal>>>;

/// An act and the one who waits for it.
pub(crate) struct Queued<A: Act> {
    pub(crate) act: A,
    pub(crate) content: Vec<Content>,
    pub(crate) reply: Reply<A>,
    pub(crate) output: Option<A::Output>,
    pub(crate) refusal: Option<A::Refusal>,
}

impl<A: Act> Job for Queued<A> {
    fn target(&self) -> Target {
        self.act.target()
    }

    fn kind(&self) -> &'static str {
        A::KIND
    }

    fn looks_beyond(&self) -> bool {
        self.act.looks_beyond()
    }

    fn scope(&self) -> Option<Scope> {
        self.act.scope()
    }

    fn content_bytes(&self) -> usize {
        content_bytes(&self.content)
    }

    fn check(&mut self, rows: &Reader<'_>, now_ms: i64) -> Checked {
        match self.act.check(rows, now_ms) {
            Ok(()) => Checked::Passed,
            Err(Denied::Refused(refusal)) => {
                self.refusal = Some(refusal);
                Checked::Refused
            }
            Err(Denied::Store(error)) => Checked::Failed(error),
        }
    }

    fn encode(&self, now_ms: i64) -> Result<Encoded> {
        let encode = |source| Error::Decode {
            what: format!("an act {}", A::KIND),
            source,
        };
        let body = self
            .act
            .body()
            .map(serde_json::to_vec)
            .transpose()
            .map_err(encode)?;
        if let Some(text) = self.act.text() {
            return Ok(Encoded {
                core: text.as_bytes().to_vec(),
                body,
            });
        }
        let mut core = Vec::with_capacity(256);
        core.extend_from_slice(b"{\"kind\":\"");
        core.extend_from_slice(A::KIND.as_bytes());
        core.extend_from_slice(b"\",\"at\":\"");
        core.extend_from_slice(clock::rfc3339(now_ms).as_bytes());
        core.extend_from_slice(b"\",\"by\":");
        serde_json::to_writer(&mut core, self.act.actor()).map_err(encode)?;
        core.extend_from_slice(b",\"links\":");
        serde_json::to_writer(&mut core, self.act.links()).map_err(encode)?;
        core.push(b'}');
        if core.len() > MAX_CORE_BYTES || body.as_ref().map_or(0, Vec::len) > MAX_BODY_BYTES {
            return Err(Error::TooLarge {
                what: "an act",
                max: MAX_BODY_BYTES as u64,
            });
        }
        Ok(Encoded { core, body })
    }

    fn apply(&mut self, rows: &Writer<'_>, at: &At) -> Result<()> {
        self.output = Some(A::apply(self.act.links(), self.act.body(), rows, at)?);
        Ok(())
    }

    fn content(&self) -> &[Content] {
        &self.content
    }

    fn secrets(&self) -> Vec<(String, zeroize::Zeroizing<Vec<u8>>)> {
        self.act.secrets()
    }

    fn erases(&self) -> Option<EntryId> {
        self.act.erases()
    }

    // A caller that went away is no reason to complain: the act stands.
    fn succeed(self: Box<Self>, entry: EntryId, ledger: Arc<str>, time_ms: i64) {
        if let Some(output) = self.output {
            let _ = self.reply.send(Ok(Committed {
                output,
                entry,
                ledger,
                time_ms,
            }));
        }
    }

    fn fail(self: Box<Self>, error: Error) {
        let _ = self.reply.send(Err(CommitError::Store(error)));
    }

    fn refuse(self: Box<Self>) {
        if let Some(refusal) = self.refusal {
            let _ = self.reply.send(Err(CommitError::Refused(refusal)));
        }
    }
}

pub(crate) fn content_bytes(content: &[Content]) -> usize {
    content
        .iter()
        .map(|content| {
            if let Content::Inline(data) = content {
                data.len()
            } else {
                64
            }
        })
        .sum()
}
