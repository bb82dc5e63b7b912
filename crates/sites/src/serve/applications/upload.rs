//! What a visitor sends after a request's head, on its way to an application: counted, and given up when it comes too slowly.

use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http::StatusCode;
use http_body::{Body, Frame, SizeHint};
use http_body_util::BodyExt as _;
use http_body_util::combinators::UnsyncBoxBody;
use hyper::upgrade::OnUpgrade;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, SemaphorePermit};
use tokio::time::{Instant, Sleep};

use crate::serve::callers;

/// A body whose length is said and isn't beyond this is read whole before the application is asked: slow visitors then hold
/// none of its places.
const MAX_HELD_BYTES: u64 = 64 * 1024;
/// What is too long is read, and dropped, up to this.
const MAX_POURED_BYTES: u64 = 16 << 20;
/// All the time that may be spent waiting for a visitor, before what each byte adds.
const PATIENCE: Duration = Duration::from_secs(30);
/// As slow as a visitor may be; thin lines have several times as much.
const SLOWEST_BYTES_PER_S: u64 = 2048;
/// Bodies that are held at a time, of all visitors: 128 MiB. Others are passed on as they come.
static HELD: Semaphore = Semaphore::const_new(2048);

/// What comes with a request's head.
pub struct Rest {
    pub(super) body: Option<UnsyncBoxBody<Bytes, io::Error>>,
    /// The connection, for another protocol.
    pub(super) upgrade: Option<OnUpgrade>,
    /// The visitor's place, kept as long as the connection is.
    pub(super) place: Option<Arc<callers::Place>>,
}

impl Rest {
    /// Nothing.
    #[must_use]
    pub fn none() -> Self {
        Self {
            body: None,
            upgrade: None,
            place: None,
        }
    }

    /// That body.
    #[must_use]
    pub fn of(body: UnsyncBoxBody<Bytes, io::Error>) -> Self {
        Self {
            body: Some(body),
            ..Self::none()
        }
    }

    /// That body, by a connection that may be another protocol's afterwards.
    pub(in crate::serve) fn from(
        body: Option<UnsyncBoxBody<Bytes, io::Error>>,
        upgrade: Option<OnUpgrade>,
        place: Arc<callers::Place>,
    ) -> Self {
        Self {
            body,
            upgrade,
            place: Some(place),
        }
    }
}

/// A visitor's connection that is to be another protocol's, with its place.
pub(super) struct Upgrade {
    pub(super) on: OnUpgrade,
    pub(super) place: Option<Arc<callers::Place>>,
}

/// How an upload goes, seen from beside it.
pub(super) struct Progress {
    moved_at: Mutex<Instant>,
    refused: Mutex<Option<StatusCode>>,
}

impl Progress {
    /// When something came last.
    pub(super) fn moved_at(&self) -> Instant {
        *lock(&self.moved_at)
    }

    /// Counts from now on.
    pub(super) fn begin(&self) {
        *lock(&self.moved_at) = Instant::now();
    }

    /// What is wrong with it, if that ended it.
    pub(super) fn refused(&self) -> Option<StatusCode> {
        *lock(&self.refused)
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A request's body.
pub(super) struct Upload {
    body: Option<UnsyncBoxBody<Bytes, io::Error>>,
    held: Option<Bytes>,
    /// Among the bodies that are held.
    slot: Option<SemaphorePermit<'static>>,
    /// Among the uploads of an application.
    place: Option<OwnedSemaphorePermit>,
    declared_bytes: Option<u64>,
    came_bytes: u64,
    most_bytes: u64,
    waited: Duration,
    waiting: Option<(Instant, Pin<Box<Sleep>>)>,
    progress: Arc<Progress>,
}

impl Upload {
    /// That body, of at most so many bytes.
    pub(super) fn new(body: Option<UnsyncBoxBody<Bytes, io::Error>>, most_bytes: u64) -> Self {
        let declared_bytes = match &body {
            Some(body) => body.size_hint().exact(),
            None => Some(0),
        };
        let body = body.filter(|body| !body.is_end_stream());
        Self::of(body, declared_bytes, most_bytes)
    }

    /// None.
    pub(super) fn nothing() -> Self {
        Self::of(None, Some(0), 0)
    }

    fn of(
        body: Option<UnsyncBoxBody<Bytes, io::Error>>,
        declared_bytes: Option<u64>,
        most_bytes: u64,
    ) -> Self {
        Self {
            body,
            held: None,
            slot: None,
            place: None,
            declared_bytes,
            came_bytes: 0,
            most_bytes,
            waited: Duration::ZERO,
            waiting: None,
            progress: Arc::new(Progress {
                moved_at: Mutex::new(Instant::now()),
                refused: Mutex::default(),
            }),
        }
    }

    /// How many bytes it has, if it says so.
    pub(super) fn declared_bytes(&self) -> Option<u64> {
        self.declared_bytes
    }

    pub(super) fn progress(&self) -> Arc<Progress> {
        self.progress.clone()
    }

    /// Reads a short one whole.
    ///
    /// # Errors
    /// 413 when it says itself that it is too long, 408 when it comes too slowly, 400 when it breaks off.
    pub(super) async fn hold(&mut self) -> Result<(), StatusCode> {
        if self
            .declared_bytes
            .is_some_and(|bytes| bytes > self.most_bytes)
        {
            self.pour_away().await;
            return Err(StatusCode::PAYLOAD_TOO_LARGE);
        }
        if self
            .declared_bytes
            .is_none_or(|bytes| bytes > MAX_HELD_BYTES)
        {
            return Ok(());
        }
        let Ok(slot) = HELD.try_acquire() else {
            return Ok(());
        };
        self.slot = Some(slot);
        let mut held = BytesMut::new();
        while let Some(frame) = self.frame().await {
            match frame.map(Frame::into_data) {
                Ok(Ok(data)) => held.extend_from_slice(&data),
                // Trailers are left behind.
                Ok(Err(_)) => {}
                Err(_) => return Err(self.progress.refused().unwrap_or(StatusCode::BAD_REQUEST)),
            }
        }
        self.held = Some(held.freeze()).filter(|held| !held.is_empty());
        Ok(())
    }

    /// Whether all of it came, so that nobody waits for the visitor any more.
    pub(super) fn is_whole(&self) -> bool {
        self.body.is_none()
    }

    /// Keeps a place until it is all sent.
    pub(super) fn keep(&mut self, place: OwnedSemaphorePermit) {
        self.place = Some(place);
    }

    /// Whoever still sends when the line is closed doesn't read what was answered.
    async fn pour_away(&mut self) {
        self.most_bytes = MAX_POURED_BYTES;
        if self
            .declared_bytes
            .is_none_or(|bytes| bytes > self.most_bytes)
        {
            return;
        }
        while let Some(Ok(_)) = self.frame().await {}
    }

    fn refuse(&self, status: StatusCode) -> io::Error {
        *lock(&self.progress.refused) = Some(status);
        io::Error::new(io::ErrorKind::InvalidData, status.as_str().to_owned())
    }

    /// Called while the visitor sends nothing. Only time spent waiting for the visitor counts, not the application's.
    fn wait(&mut self, context: &mut Context<'_>) -> Poll<io::Error> {
        let credit = PATIENCE + Duration::from_secs(self.came_bytes / SLOWEST_BYTES_PER_S);
        let left = credit.saturating_sub(self.waited);
        let (_, sleep) = self.waiting.get_or_insert_with(|| {
            let now = Instant::now();
            (now, Box::pin(tokio::time::sleep_until(now + left)))
        });
        ready!(sleep.as_mut().poll(context));
        Poll::Ready(self.refuse(StatusCode::REQUEST_TIMEOUT))
    }
}

impl Body for Upload {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        let this = self.get_mut();
        if let Some(held) = this.held.take() {
            return Poll::Ready(Some(Ok(Frame::data(held))));
        }
        let Some(body) = &mut this.body else {
            return Poll::Ready(None);
        };
        let Poll::Ready(frame) = Pin::new(body).poll_frame(context) else {
            return this.wait(context).map(|error| Some(Err(error)));
        };
        if let Some((since, _)) = this.waiting.take() {
            this.waited += since.elapsed();
        }
        this.progress.begin();
        match frame {
            None => {
                this.body = None;
                Poll::Ready(None)
            }
            Some(Ok(frame)) => {
                this.came_bytes += frame.data_ref().map_or(0, |data| data.len() as u64);
                if this.came_bytes > this.most_bytes {
                    let error = this.refuse(StatusCode::PAYLOAD_TOO_LARGE);
                    return Poll::Ready(Some(Err(error)));
                }
                Poll::Ready(Some(Ok(frame)))
            }
            Some(Err(error)) => {
                this.refuse(StatusCode::BAD_REQUEST);
                Poll::Ready(Some(Err(error)))
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_none() && self.held.is_none()
    }

    fn size_hint(&self) -> SizeHint {
        match self.declared_bytes {
            Some(bytes) => SizeHint::with_exact(bytes),
            None => SizeHint::default(),
        }
    }
}

#[cfg(test)]
mod tests {
    use futures::StreamExt as _;
    use http_body_util::{Full, StreamBody};

    use super::*;

    fn of(parts: impl futures::Stream<Item = Bytes> + Send + 'static, most: u64) -> Upload {
        let body = StreamBody::new(parts.map(|bytes| Ok(Frame::data(bytes)))).boxed_unsync();
        Upload::new(Some(body), most)
    }

    #[tokio::test]
    async fn what_is_too_long_is_refused_before_it_is_read_and_while_it_is() {
        let whole = Full::new(Bytes::from_static(b"12345")).map_err(|never| match never {});
        let mut upload = Upload::new(Some(whole.boxed_unsync()), 4);
        assert_eq!(upload.hold().await, Err(StatusCode::PAYLOAD_TOO_LARGE));
        let parts = futures::stream::iter([Bytes::from_static(b"123"), Bytes::from_static(b"45")]);
        let mut upload = of(parts, 4);
        assert_eq!(upload.declared_bytes(), None);
        assert!(upload.frame().await.unwrap().is_ok());
        assert!(upload.frame().await.unwrap().is_err());
        assert_eq!(
            upload.progress().refused(),
            Some(StatusCode::PAYLOAD_TOO_LARGE)
        );
    }

    #[tokio::test(start_paused = true)]
    async fn who_sends_too_slowly_is_given_up_and_who_waits_for_the_application_is_not() {
        let mut upload = of(futures::stream::pending(), 4);
        assert!(upload.frame().await.unwrap().is_err());
        assert_eq!(
            upload.progress().refused(),
            Some(StatusCode::REQUEST_TIMEOUT)
        );
        let parts = futures::stream::iter(0..4).then(|_| async {
            tokio::time::advance(Duration::from_secs(7)).await;
            Bytes::from_static(b"1")
        });
        let mut upload = of(Box::pin(parts), 4);
        for _ in 0..4 {
            assert!(upload.frame().await.unwrap().is_ok());
            // The application takes its time.
            tokio::time::advance(Duration::from_secs(3600)).await;
        }
        assert!(upload.frame().await.is_none());
        assert_eq!(upload.progress().refused(), None);
    }
}
