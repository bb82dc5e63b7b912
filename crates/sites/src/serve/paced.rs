//! A connection that must move: whoever takes its answer too slowly, or does nothing for too long, is let go.

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Instant, Sleep};

/// How slow a client may be.
#[derive(Clone, Copy, Debug)]
pub struct Pace {
    /// For the head of a request to arrive, from its first byte; also for the next request on an open connection of HTTP/1.1.
    pub head: Duration,
    /// The same while more than half of all places are taken.
    pub head_when_crowded: Duration,
    /// With no byte either way for so long, the connection ends.
    pub idle: Duration,
    /// An answer that waits for its client must move by `window_bytes` within this.
    pub window: Duration,
    /// See `window`.
    pub window_bytes: u64,
}

impl Default for Pace {
    fn default() -> Self {
        Self {
            head: Duration::from_secs(30),
            head_when_crowded: Duration::from_secs(5),
            idle: Duration::from_secs(75),
            // 512 bytes a second: a poor line of a telephone has more.
            window: Duration::from_secs(20),
            window_bytes: 10 * 1024,
        }
    }
}

/// Where a connection of HTTP/1.1 is: odd while a request is answered, even while the next one's head is awaited.
#[derive(Clone, Default)]
pub(super) struct Turns(Arc<AtomicU32>);

impl Turns {
    /// A head is in.
    pub(super) fn begin(&self) -> Answering {
        self.0.fetch_add(1, Ordering::Relaxed);
        Answering(Some(self.clone()))
    }

    fn now(&self) -> u32 {
        self.0.load(Ordering::Relaxed)
    }
}

/// A request that is answered, until this is dropped.
pub(super) struct Answering(Option<Turns>);

impl Answering {
    /// The connection is another protocol's from now on: no head is awaited any more.
    pub(super) fn for_ever(mut self) {
        self.0 = None;
    }
}

impl Drop for Answering {
    fn drop(&mut self) {
        if let Some(Turns(turn)) = &self.0 {
            turn.fetch_add(1, Ordering::Relaxed);
        }
    }
}

/// A stream under a [`Pace`]. One timer a connection, which looks a few times in the shortest of its times: no byte and no request
/// sets one, nor asks what time it is.
pub(super) struct Paced<S> {
    stream: S,
    pace: Pace,
    look: Pin<Box<Sleep>>,
    /// Whom the timer wakes.
    waker: Option<Waker>,
    /// Whether something moved since the last look.
    has_moved: bool,
    moved_at: Instant,
    waiting: Option<Waiting>,
    /// Of HTTP/1.1: how long a head may take, and where the connection is.
    heads: Option<Heads>,
}

/// Since when bytes wait for the client, and how many went since.
struct Waiting {
    since: Instant,
    went_bytes: u64,
}

/// Which head is awaited, and since when.
struct Heads {
    within: Duration,
    turns: Turns,
    turn: u32,
    since: Instant,
}

impl<S> Paced<S> {
    pub(super) fn new(stream: S, pace: Pace) -> Self {
        let now = Instant::now();
        Self {
            stream,
            pace,
            look: Box::pin(tokio::time::sleep_until(
                now + pace.window.min(pace.idle) / 4,
            )),
            waker: None,
            has_moved: false,
            moved_at: now,
            waiting: None,
            heads: None,
        }
    }

    /// From now on a head must arrive within that time.
    pub(super) fn await_heads(&mut self, within: Duration, turns: Turns) {
        let now = Instant::now();
        self.heads = Some(Heads {
            within,
            turn: turns.now(),
            turns,
            since: now,
        });
        self.waker = None;
        let next = now + self.every();
        self.look.as_mut().reset(next);
    }

    fn every(&self) -> Duration {
        let shortest = self.pace.window.min(self.pace.idle);
        let heads = self.heads.as_ref();
        heads.map_or(shortest, |heads| heads.within.min(shortest)) / 4
    }

    /// Called while nothing moves: an error once that has lasted too long.
    fn judge(&mut self, context: &mut Context<'_>) -> io::Result<()> {
        let is_awaited = self.waker.as_ref();
        if is_awaited.is_some_and(|waker| waker.will_wake(context.waker()))
            && !self.look.is_elapsed()
        {
            return Ok(());
        }
        while self.look.as_mut().poll(context).is_ready() {
            let now = Instant::now();
            self.look_around(now)?;
            let next = now + self.every();
            self.look.as_mut().reset(next);
        }
        self.waker = Some(context.waker().clone());
        Ok(())
    }

    fn look_around(&mut self, now: Instant) -> io::Result<()> {
        let late = |why| Err(io::Error::new(io::ErrorKind::TimedOut, why));
        if std::mem::take(&mut self.has_moved) {
            self.moved_at = now;
        }
        if now - self.moved_at >= self.pace.idle {
            return late("nothing came");
        }
        if let Some(waiting) = &mut self.waiting {
            if now - waiting.since >= self.pace.window {
                if waiting.went_bytes < self.pace.window_bytes {
                    return late("too slow a client");
                }
                *waiting = Waiting {
                    since: now,
                    went_bytes: 0,
                };
            }
        } else if let Some(heads) = &mut self.heads {
            let turn = heads.turns.now();
            if turn != heads.turn {
                (heads.turn, heads.since) = (turn, now);
            } else if turn.is_multiple_of(2) && now - heads.since >= heads.within {
                return late("no request came");
            }
        }
        Ok(())
    }

    fn after_write(
        &mut self,
        context: &mut Context<'_>,
        written: Poll<io::Result<usize>>,
    ) -> Poll<io::Result<usize>> {
        match written {
            Poll::Ready(Ok(bytes)) => {
                self.has_moved = true;
                if let Some(waiting) = &mut self.waiting {
                    waiting.went_bytes += bytes as u64;
                }
                Poll::Ready(Ok(bytes))
            }
            Poll::Pending => {
                self.waiting.get_or_insert_with(|| Waiting {
                    since: Instant::now(),
                    went_bytes: 0,
                });
                match self.judge(context) {
                    Ok(()) => Poll::Pending,
                    Err(error) => Poll::Ready(Err(error)),
                }
            }
            failed => failed,
        }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Paced<S> {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        match Pin::new(&mut this.stream).poll_read(context, buffer) {
            Poll::Pending => match this.judge(context) {
                Ok(()) => Poll::Pending,
                Err(error) => Poll::Ready(Err(error)),
            },
            ready => {
                this.has_moved = true;
                ready
            }
        }
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Paced<S> {
    fn poll_write(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        let written = Pin::new(&mut this.stream).poll_write(context, bytes);
        this.after_write(context, written)
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        let written = Pin::new(&mut this.stream).poll_write_vectored(context, slices);
        this.after_write(context, written)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let flushed = Pin::new(&mut this.stream).poll_flush(context);
        if flushed.is_ready() {
            // Asked for when nothing is left to write.
            this.waiting = None;
        }
        flushed
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        match Pin::new(&mut this.stream).poll_shutdown(context) {
            Poll::Pending => match this.judge(context) {
                Ok(()) => Poll::Pending,
                Err(error) => Poll::Ready(Err(error)),
            },
            ready => ready,
        }
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, duplex};

    use super::*;

    fn pace() -> Pace {
        Pace {
            idle: Duration::from_secs(60),
            window: Duration::from_secs(20),
            window_bytes: 1000,
            ..Pace::default()
        }
    }

    #[tokio::test(start_paused = true)]
    async fn who_sends_nothing_is_let_go() {
        let (near, _far) = duplex(64);
        let mut paced = Paced::new(near, pace());
        let began = Instant::now();
        let error = paced.read_u8().await.unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::TimedOut);
        assert!(began.elapsed() >= Duration::from_secs(60));
    }

    #[tokio::test(start_paused = true)]
    async fn who_takes_a_byte_now_and_then_is_let_go() {
        let (near, mut far) = duplex(64);
        let mut paced = Paced::new(near, pace());
        let reader = tokio::spawn(async move {
            while far.read_u8().await.is_ok() {
                tokio::time::advance(Duration::from_secs(1)).await;
            }
        });
        let error = paced.write_all(&[1; 100_000]).await.unwrap_err();
        assert_eq!(error.to_string(), "too slow a client");
        drop(paced);
        reader.await.unwrap();
    }

    #[tokio::test(start_paused = true)]
    async fn who_is_slow_but_moves_gets_all() {
        let (near, mut far) = duplex(512);
        let mut paced = Paced::new(near, pace());
        let reader = tokio::spawn(async move {
            let (mut buffer, mut all) = ([0; 512], 0);
            loop {
                match far.read(&mut buffer).await.unwrap() {
                    0 => return all,
                    read => all += read,
                }
                tokio::time::advance(Duration::from_secs(2)).await;
            }
        });
        paced.write_all(&[1; 100_000]).await.unwrap();
        paced.shutdown().await.unwrap();
        drop(paced);
        assert_eq!(reader.await.unwrap(), 100_000);
    }

    #[tokio::test(start_paused = true)]
    async fn a_head_has_its_time_and_what_is_answered_has_none() {
        let (near, _far) = duplex(64);
        let (mut paced, turns) = (Paced::new(near, pace()), Turns::default());
        paced.await_heads(Duration::from_secs(10), turns.clone());
        let answering = turns.begin();
        let longer = Duration::from_secs(30);
        assert!(tokio::time::timeout(longer, paced.read_u8()).await.is_err());
        drop(answering);
        let error = paced.read_u8().await.unwrap_err();
        assert_eq!(error.to_string(), "no request came");
    }

    #[tokio::test(start_paused = true)]
    async fn another_protocol_awaits_no_head() {
        let (near, _far) = duplex(64);
        let (mut paced, turns) = (Paced::new(near, pace()), Turns::default());
        paced.await_heads(Duration::from_secs(10), turns.clone());
        turns.begin().for_ever();
        let error = paced.read_u8().await.unwrap_err();
        assert_eq!(error.to_string(), "nothing came");
    }
}
