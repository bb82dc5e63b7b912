//! Connections that are kept for the next request.

use std::io;
use std::sync::{Arc, Mutex, PoisonError};

use http::Request;
use hyper::client::conn::http1::{self, SendRequest};
use hyper_util::rt::TokioIo;
use tokio::time::{Duration, Instant, timeout};

use super::answer::Answer;
use super::dial::Dial;
use super::{Patience, Sending};
use crate::{Error, Result};

/// Connections kept open without a request.
const MAX_IDLE: usize = 16;
/// One that waited longer may have been closed by the other side: sending on it would only lose time.
const MAX_IDLE_TIME: Duration = Duration::from_secs(20);
/// Headers of an answer: how many, and in how many bytes, the buffer of bodies included.
const MAX_HEADERS: usize = 64;
const MAX_BUFFER_BYTES: usize = 256 * 1024;

/// The connections to one data centre.
pub(super) struct Connections {
    url: String,
    dial: Arc<dyn Dial>,
    pub(super) patience: Patience,
    idle: Mutex<Vec<(SendRequest<Sending>, Instant)>>,
}

impl Connections {
    pub(super) fn new(url: &str, dial: Arc<dyn Dial>, patience: Patience) -> Self {
        Self {
            url: url.to_owned(),
            dial,
            patience,
            idle: Mutex::default(),
        }
    }

    /// Sends a request and waits for the head of its answer.
    pub(super) async fn exchange(
        self: &Arc<Self>,
        mut request: Request<Sending>,
        what: &str,
    ) -> Result<Answer> {
        loop {
            let (mut sender, kept) = match self.take_idle() {
                Some(sender) => (sender, true),
                None => (self.connect().await?, false),
            };
            let patience = self.patience.for_request(&request);
            let sent = timeout(patience, sender.try_send_request(request)).await;
            match sent {
                Ok(Ok(answer)) => return Ok(Answer::new(answer, sender, self.clone(), what)),
                Ok(Err(mut failed)) => match failed.take_message() {
                    // Given back unsent: the other side had closed a kept connection.
                    Some(unsent) if kept => request = unsent,
                    Some(_) => return Err(self.unreachable(io::Error::other(failed.into_error()))),
                    None => return Err(lost(what, failed.into_error())),
                },
                Err(_) => {
                    return Err(Error::Slow {
                        what: what.to_owned(),
                        after_s: patience.as_secs(),
                    });
                }
            }
        }
    }

    /// Keeps a connection for the next request, if it can take one.
    pub(super) fn keep(&self, sender: SendRequest<Sending>) {
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        if idle.len() < MAX_IDLE && !sender.is_closed() {
            idle.push((sender, Instant::now()));
        }
    }

    fn take_idle(&self) -> Option<SendRequest<Sending>> {
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        let now = Instant::now();
        idle.retain(|(sender, since)| !sender.is_closed() && now - *since < MAX_IDLE_TIME);
        // One whose last answer is not wholly drained yet isn't ready.
        let ready = idle.iter().rposition(|(sender, _)| sender.is_ready())?;
        Some(idle.swap_remove(ready).0)
    }

    async fn connect(&self) -> Result<SendRequest<Sending>> {
        let slow = |_| self.unreachable(io::ErrorKind::TimedOut.into());
        let line = timeout(self.patience.connect, self.dial.dial()).await;
        let line = line
            .map_err(slow)?
            .map_err(|error| self.unreachable(error))?;
        let shaken = http1::Builder::new()
            .max_headers(MAX_HEADERS)
            .max_buf_size(MAX_BUFFER_BYTES)
            .handshake(TokioIo::new(line));
        let (sender, connection) = shaken
            .await
            .map_err(|error| self.unreachable(io::Error::other(error)))?;
        // How a connection ends is told to the request that it carried.
        tokio::spawn(connection);
        Ok(sender)
    }

    fn unreachable(&self, source: io::Error) -> Error {
        Error::Unreachable {
            centre: self.url.clone(),
            source,
        }
    }
}

/// A request that may have arrived.
fn lost(what: &str, error: hyper::Error) -> Error {
    if error.is_parse_too_large() {
        return Error::AnswerTooLarge {
            what: format!("the headers of {what}"),
            max_bytes: MAX_BUFFER_BYTES as u64,
        };
    }
    if error.is_parse() {
        return Error::malformed(what, error);
    }
    Error::Cut {
        what: what.to_owned(),
        why: error.to_string(),
    }
}
