//! A request's body on its way in: bounded, timed, and checked where `s3s` doesn't.

use std::collections::VecDeque;
use std::pin::Pin;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use tokio::time::Sleep;

use crate::document::Digests;
use crate::framing::Framing;
use crate::refusal::Refusal;

/// A client that sends nothing for so long is gone.
const IDLE: Duration = Duration::from_secs(60);

/// How a body is bounded, as the guard decided from the headers.
#[derive(Debug)]
pub(crate) enum Plan {
    /// No body.
    Empty,
    /// So many bytes of an object.
    Exact(u64),
    /// `aws-chunked` frames of an object.
    Framed(Framing),
    /// A small document, verified whole.
    Document {
        /// `Content-Length`.
        length: u64,
        /// What it must hash to.
        digests: Digests,
    },
}

/// What became of a body, for whoever answers its request.
#[derive(Debug)]
pub(crate) struct Watch<B> {
    /// Why it was refused: `s3s` turns an error of a body into its own words.
    refusal: OnceLock<Refusal>,
    /// The body itself, when nobody read it to its end.
    rest: Mutex<Option<B>>,
}

impl<B> Default for Watch<B> {
    fn default() -> Self {
        Self {
            refusal: OnceLock::new(),
            rest: Mutex::new(None),
        }
    }
}

impl<B> Watch<B> {
    pub(crate) fn refusal(&self) -> Option<&Refusal> {
        self.refusal.get()
    }

    pub(crate) fn take_rest(&self) -> Option<B> {
        self.rest
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take()
    }
}

/// The body, watched.
pub(crate) struct Intake<B> {
    /// Nothing once it has ended.
    inner: Option<B>,
    plan: Plan,
    seen_bytes: u64,
    document: Vec<Bytes>,
    frames: VecDeque<Bytes>,
    idle: Option<Pin<Box<Sleep>>>,
    watch: Arc<Watch<B>>,
    ended: bool,
}

impl<B> Drop for Intake<B> {
    fn drop(&mut self) {
        *self
            .watch
            .rest
            .lock()
            .unwrap_or_else(PoisonError::into_inner) = self.inner.take();
    }
}

impl<B> Intake<B> {
    pub(crate) fn new(inner: B, plan: Plan, watch: Arc<Watch<B>>) -> Self {
        Self {
            inner: Some(inner),
            plan,
            seen_bytes: 0,
            document: Vec::new(),
            frames: VecDeque::new(),
            idle: None,
            watch,
            ended: false,
        }
    }

    fn refuse(&mut self, refusal: Refusal) -> Poll<Option<Result<Frame<Bytes>, s3s::StdError>>> {
        self.ended = true;
        self.frames.clear();
        let _ = self.watch.refusal.set(refusal.clone());
        Poll::Ready(Some(Err(Box::new(refusal))))
    }

    fn take(&mut self, data: Bytes) -> Result<(), Refusal> {
        self.seen_bytes += data.len() as u64;
        match &mut self.plan {
            Plan::Empty => return Err(too_large(0)),
            Plan::Exact(length) if self.seen_bytes > *length => return Err(too_large(*length)),
            Plan::Exact(_) => self.frames.push_back(data),
            Plan::Framed(framing) => framing.take(data, &mut self.frames)?,
            Plan::Document { length, .. } if self.seen_bytes > *length => {
                return Err(too_large(*length));
            }
            Plan::Document { length, digests } => {
                self.document.push(data.clone());
                // Before its last piece is handed on: `s3s` would have its own word about a wrong hash, a 500.
                if *length == self.seen_bytes {
                    digests.check(&self.document)?;
                }
                self.frames.push_back(data);
            }
        }
        Ok(())
    }

    fn end(&mut self) -> Result<(), Refusal> {
        self.ended = true;
        match &self.plan {
            Plan::Framed(framing) => framing.end(),
            Plan::Exact(length) | Plan::Document { length, .. } if self.seen_bytes != *length => {
                Err(Refusal::bad(
                    "IncompleteBody",
                    "You did not provide the number of bytes specified by the Content-Length HTTP header",
                ))
            }
            Plan::Empty | Plan::Exact(_) | Plan::Document { .. } => Ok(()),
        }
    }
}

impl<B> Body for Intake<B>
where
    B: Body<Data = Bytes> + Unpin,
    B::Error: Into<s3s::StdError>,
{
    type Data = Bytes;
    type Error = s3s::StdError;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        let this = self.get_mut();
        loop {
            if let Some(frame) = this.frames.pop_front() {
                return Poll::Ready(Some(Ok(Frame::data(frame))));
            }
            if this.ended {
                return Poll::Ready(None);
            }
            let Some(inner) = &mut this.inner else {
                return Poll::Ready(None);
            };
            let arrived = match Pin::new(inner).poll_frame(cx) {
                Poll::Ready(arrived) => arrived,
                Poll::Pending => {
                    let idle = this
                        .idle
                        .get_or_insert_with(|| Box::pin(tokio::time::sleep(IDLE)));
                    ready!(idle.as_mut().poll(cx));
                    return this.refuse(Refusal::bad(
                        "RequestTimeout",
                        "Your socket connection to the server was not read from or written to within the timeout \
                         period. Idle connections will be closed.",
                    ));
                }
            };
            this.idle = None;
            let taken = match arrived {
                Some(Ok(frame)) => match frame.into_data() {
                    Ok(data) => this.take(data),
                    Err(_trailers) => Ok(()),
                },
                Some(Err(error)) => {
                    this.inner = None;
                    return Poll::Ready(Some(Err(error.into())));
                }
                None => {
                    this.inner = None;
                    this.end()
                }
            };
            if let Err(refusal) = taken {
                return this.refuse(refusal);
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        self.ended && self.frames.is_empty()
    }

    fn size_hint(&self) -> SizeHint {
        match &self.plan {
            Plan::Empty => SizeHint::with_exact(0),
            Plan::Exact(length) | Plan::Document { length, .. } => {
                SizeHint::with_exact(length.saturating_sub(self.seen_bytes))
            }
            Plan::Framed(_) => SizeHint::default(),
        }
    }
}

fn too_large(max_bytes: u64) -> Refusal {
    Refusal::bad(
        "MaxMessageLengthExceeded",
        format!("Your request was too big: this body has at most {max_bytes} bytes"),
    )
}
