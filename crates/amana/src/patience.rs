//! How long a connection may stand still. Never how long a request takes in all: on a line of 64 kbit/s a piece takes a
//! quarter of an hour, and is well.

use std::fmt;
use std::io::{self, IoSlice};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// So many looks within the time that a connection may be silent.
const LOOKS: u32 = 4;

/// The deadlines of a connection; without one, it is waited for as long as the other side lives.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Patience {
    /// Until it stands, TLS included.
    pub(crate) connect: Option<Duration>,
    /// Without a byte in either direction, while a request without content is under way.
    pub(crate) asked: Option<Duration>,
    /// The same while one with content is: what the system took of it may be on the line for a while.
    pub(crate) deposited: Option<Duration>,
}

/// A deadline that passed.
#[derive(Debug)]
pub(crate) struct Silent {
    /// Who.
    pub(crate) place: String,
    /// What didn't come.
    pub(crate) what: &'static str,
    /// Within what time.
    pub(crate) within: Duration,
}

impl fmt::Display for Silent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            place,
            what,
            within,
        } = self;
        write!(f, "{place} is silent: {what} within {within:?}")
    }
}

impl std::error::Error for Silent {}

/// How often bytes moved on a connection.
#[derive(Clone, Default)]
pub(crate) struct Moves(Arc<AtomicU64>);

impl Moves {
    fn note(&self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }

    /// Ends once nothing has moved for that long; never without a limit.
    pub(crate) async fn stand_still(&self, limit: Option<Duration>) {
        let Some(limit) = limit else {
            return std::future::pending().await;
        };
        let mut watch = Watch::default();
        while !watch.is_over(self.0.load(Ordering::Relaxed)) {
            tokio::time::sleep(limit / LOOKS).await;
        }
    }
}

/// What was seen of a connection's moves.
#[derive(Default)]
struct Watch {
    seen: Option<u64>,
    still: u32,
}

impl Watch {
    /// Takes in a look; whether nothing moved since so many of them.
    fn is_over(&mut self, moves: u64) -> bool {
        let moved = self.seen.replace(moves) != Some(moves);
        self.still = if moved { 0 } else { self.still + 1 };
        self.still >= LOOKS
    }
}

/// A connection whose moves are counted.
pub(crate) struct Watched<S> {
    stream: S,
    moves: Moves,
}

impl<S> Watched<S> {
    pub(crate) fn new(stream: S, moves: Moves) -> Self {
        Self { stream, moves }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Watched<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let polled = Pin::new(&mut self.stream).poll_read(context, buffer);
        if buffer.filled().len() > before {
            self.moves.note();
        }
        polled
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Watched<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let polled = Pin::new(&mut self.stream).poll_write(context, bytes);
        if matches!(polled, Poll::Ready(Ok(1..))) {
            self.moves.note();
        }
        polled
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let polled = Pin::new(&mut self.stream).poll_write_vectored(context, slices);
        if matches!(polled, Poll::Ready(Ok(1..))) {
            self.moves.note();
        }
        polled
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whoever_moves_a_byte_at_each_look_is_never_over() {
        let mut watch = Watch::default();
        assert!((0..1000).all(|moves| !watch.is_over(moves)));
        for _ in 1..LOOKS {
            assert!(!watch.is_over(999));
        }
        assert!(watch.is_over(999));
    }
}
