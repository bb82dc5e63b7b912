//! An answer on its way in.

use std::sync::Arc;

use bytes::{Bytes, BytesMut};
use http::{HeaderMap, Response, StatusCode, response::Parts};
use http_body_util::BodyExt as _;
use hyper::body::Incoming;
use hyper::client::conn::http1::SendRequest;
use tokio::time::{Duration, Instant, timeout};

use super::Sending;
use super::connection::Connections;
use crate::{Error, Result};

/// An answer whose head has come. Read to its end, its connection serves again; dropped, the connection is closed.
pub struct Answer {
    head: Parts,
    body: Incoming,
    connection: Option<(SendRequest<Sending>, Arc<Connections>)>,
    what: String,
    received_bytes: u64,
    waited: Duration,
}

impl Answer {
    pub(super) fn new(
        answer: Response<Incoming>,
        sender: SendRequest<Sending>,
        connections: Arc<Connections>,
        what: &str,
    ) -> Self {
        let (head, body) = answer.into_parts();
        Self {
            head,
            body,
            connection: Some((sender, connections)),
            what: what.to_owned(),
            received_bytes: 0,
            waited: Duration::ZERO,
        }
    }

    /// Its status.
    #[must_use]
    pub fn status(&self) -> StatusCode {
        self.head.status
    }

    /// Its headers.
    #[must_use]
    pub fn headers(&self) -> &HeaderMap {
        &self.head.headers
    }

    /// Its headers, when it has no body to read.
    #[must_use]
    pub fn into_headers(mut self) -> HeaderMap {
        if hyper::body::Body::is_end_stream(&self.body) {
            self.done();
        }
        self.head.headers
    }

    /// The next bytes; nothing at the end.
    ///
    /// # Errors
    /// [`Error::Cut`], and [`Error::Slow`] for a body that stands still or drips. Only time spent waiting counts: who
    /// reads slowly himself is no fault of the data centre.
    pub async fn chunk(&mut self) -> Result<Option<Bytes>> {
        loop {
            let Some((_, connections)) = &self.connection else {
                return Ok(None);
            };
            let patience = connections.patience;
            let before = Instant::now();
            let frame = timeout(patience.silence, self.body.frame()).await;
            self.waited += Instant::now() - before;
            let Ok(frame) = frame else {
                return Err(self.slow());
            };
            match frame {
                None => {
                    self.done();
                    return Ok(None);
                }
                Some(Err(error)) => {
                    return Err(Error::Cut {
                        what: self.what.clone(),
                        why: error.to_string(),
                    });
                }
                Some(Ok(frame)) => {
                    let Ok(bytes) = frame.into_data() else {
                        continue;
                    };
                    self.received_bytes += bytes.len() as u64;
                    let due = patience.least_bytes_s.saturating_mul(self.waited.as_secs());
                    if self.waited > patience.grace && self.received_bytes < due {
                        return Err(self.slow());
                    }
                    return Ok(Some(bytes));
                }
            }
        }
    }

    /// All of it, at most `max_bytes`.
    ///
    /// # Errors
    /// As [`Answer::chunk`], and [`Error::AnswerTooLarge`].
    pub async fn collect(mut self, max_bytes: usize) -> Result<Bytes> {
        let mut all = BytesMut::new();
        while let Some(bytes) = self.chunk().await? {
            if all.len() + bytes.len() > max_bytes {
                return Err(Error::AnswerTooLarge {
                    what: self.what,
                    max_bytes: max_bytes as u64,
                });
            }
            all.extend_from_slice(&bytes);
        }
        Ok(all.freeze())
    }

    fn done(&mut self) {
        if let Some((sender, connections)) = self.connection.take() {
            connections.keep(sender);
        }
    }

    fn slow(&self) -> Error {
        Error::Slow {
            what: self.what.clone(),
            after_s: self.waited.as_secs(),
        }
    }
}
