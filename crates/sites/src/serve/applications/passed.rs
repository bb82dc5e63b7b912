//! The body of an application's answer on its way to the visitor: a conversation of its own gives the parts, and ends with whoever
//! takes them.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use http_body::{Body, Frame};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

/// Parts that wait for the visitor.
pub(super) const MAX_PARTS: usize = 4;
/// The last part: an answer that merely stops is a broken one.
pub(super) const END: Bytes = Bytes::new();

/// The parts; let go, they end the conversation that they come from.
pub(super) struct Passed {
    parts: mpsc::Receiver<io::Result<Bytes>>,
    conversation: JoinHandle<()>,
}

impl Passed {
    pub(super) fn new(
        parts: mpsc::Receiver<io::Result<Bytes>>,
        conversation: JoinHandle<()>,
    ) -> Self {
        Self {
            parts,
            conversation,
        }
    }
}

impl Drop for Passed {
    fn drop(&mut self) {
        self.conversation.abort();
    }
}

impl Body for Passed {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        let part = ready!(self.get_mut().parts.poll_recv(context));
        Poll::Ready(match part {
            Some(Ok(part)) if part.is_empty() => None,
            Some(part) => Some(part.map(Frame::data)),
            None => Some(Err(io::ErrorKind::UnexpectedEof.into())),
        })
    }
}
