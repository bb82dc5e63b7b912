//! What is sent: nothing, bytes at hand, a file piece by piece, or what an application says.

use std::io;
use std::ops::Range;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;
use futures::future::BoxFuture;
use http_body::{Body as _, Frame, SizeHint};
use http_body_util::combinators::UnsyncBoxBody;

use super::content::{Trouble, Verified};
use super::live::{Live, Ready};
use super::paced::Answering;

/// The body of an answer.
pub struct Body {
    kind: Kind,
    /// The deploy that it is of, where it is a deploy's.
    deploy: Option<u64>,
    /// The request that it answers is answered until it is taken.
    _answering: Option<Answering>,
}

enum Kind {
    Empty,
    Whole(Bytes),
    Pieces(Box<Pieces>),
    Stream(UnsyncBoxBody<Bytes, io::Error>),
}

/// A part of a large file. Its next piece is read, and verified, only once the client has taken the one before.
struct Pieces {
    verified: Arc<Verified>,
    live: Arc<Live>,
    ready: Arc<Ready>,
    left: Range<u64>,
    reading: Option<BoxFuture<'static, Result<Bytes, Trouble>>>,
}

impl Body {
    /// Nothing.
    #[must_use]
    pub fn empty() -> Self {
        Self::of(Kind::Empty)
    }

    pub(super) fn whole(bytes: Bytes) -> Self {
        match bytes.is_empty() {
            true => Self::empty(),
            false => Self::of(Kind::Whole(bytes)),
        }
    }

    /// Those bytes of the file that `ready` is.
    pub(super) fn pieces(
        verified: Arc<Verified>,
        live: Arc<Live>,
        ready: Arc<Ready>,
        left: Range<u64>,
    ) -> Self {
        Self::of(Kind::Pieces(Box::new(Pieces {
            verified,
            live,
            ready,
            left,
            reading: None,
        })))
    }

    /// What an application says, as it comes.
    pub(super) fn stream(stream: UnsyncBoxBody<Bytes, io::Error>) -> Self {
        Self::of(Kind::Stream(stream))
    }

    fn of(kind: Kind) -> Self {
        Self {
            kind,
            deploy: None,
            _answering: None,
        }
    }

    /// It is of the deploy with that number.
    pub(super) fn is_of_deploy(&mut self, number: u64) {
        self.deploy = Some(number);
    }

    /// The deploy that it is really of: an earlier one, perhaps, than was asked for.
    pub(super) fn deploy(&self) -> Option<u64> {
        self.deploy
    }

    /// A request ends once it is taken.
    pub(super) fn ends(&mut self, answering: Answering) {
        self._answering = Some(answering);
    }

    /// How many bytes are still to come; none where only an application knows.
    pub(super) fn left_bytes(&self) -> u64 {
        match &self.kind {
            Kind::Empty => 0,
            Kind::Whole(bytes) => bytes.len() as u64,
            Kind::Pieces(pieces) => pieces.left.end - pieces.left.start,
            Kind::Stream(stream) => stream.size_hint().exact().unwrap_or(0),
        }
    }
}

impl Pieces {
    fn poll_next(&mut self, context: &mut Context<'_>) -> Poll<Option<io::Result<Bytes>>> {
        let Ready::File(answer) = &*self.ready else {
            return Poll::Ready(None);
        };
        if self.left.is_empty() {
            return Poll::Ready(None);
        }
        let (number, place) = answer.file.piece_at(self.left.start);
        let piece = match (
            &mut self.reading,
            self.verified.at_hand(&answer.file, number),
        ) {
            (None, Some(piece)) => Ok(piece),
            (reading, _) => {
                let (verified, live, ready) = (&self.verified, &self.live, &self.ready);
                let reading = reading.get_or_insert_with(|| {
                    let (verified, live, ready) = (verified.clone(), live.clone(), ready.clone());
                    Box::pin(async move {
                        match &*ready {
                            Ready::File(answer) => {
                                verified.piece(live.host(), &answer.file, number).await
                            }
                            _ => Err(Trouble::Damaged),
                        }
                    })
                });
                let read = futures::ready!(reading.as_mut().poll(context));
                self.reading = None;
                read
            }
        };
        // An answer that began can only be cut off; never does it go on with other bytes.
        let piece = match piece {
            Ok(piece) => piece,
            Err(trouble) => return Poll::Ready(Some(Err(io::Error::other(trouble)))),
        };
        let end = self.left.end.min(place.end);
        let within = |offset: u64| usize::try_from(offset - place.start).unwrap_or(usize::MAX);
        let part = piece.slice(within(self.left.start)..within(end));
        self.left.start = end;
        Poll::Ready(Some(Ok(part)))
    }
}

impl http_body::Body for Body {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        let this = self.get_mut();
        match &mut this.kind {
            Kind::Empty => Poll::Ready(None),
            Kind::Whole(bytes) => {
                let bytes = std::mem::take(bytes);
                this.kind = Kind::Empty;
                Poll::Ready(Some(Ok(Frame::data(bytes))))
            }
            Kind::Pieces(pieces) => pieces
                .poll_next(context)
                .map(|next| next.map(|bytes| bytes.map(Frame::data))),
            Kind::Stream(stream) => Pin::new(stream).poll_frame(context),
        }
    }

    fn is_end_stream(&self) -> bool {
        match &self.kind {
            Kind::Stream(stream) => stream.is_end_stream(),
            _ => self.left_bytes() == 0,
        }
    }

    fn size_hint(&self) -> SizeHint {
        match &self.kind {
            Kind::Stream(stream) => stream.size_hint(),
            _ => SizeHint::with_exact(self.left_bytes()),
        }
    }
}
