//! The data centre, over HTTP/1.1: every request signed by this gateway, every answer bounded in size and in time.
//!
//! The data centre is not trusted, so an answer of any shape must end: a header bomb, a body without end and a body that
//! drips are errors with a name. What an answer *means* is judged elsewhere.

mod answer;
mod connection;
pub mod dial;
pub mod limit;

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use amana_tls::Place;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use futures::Stream;
use http::{HeaderMap, HeaderValue, Method, Request, StatusCode, header};
use http_body::Body as _;
use http_body_util::{BodyExt as _, Full, StreamBody, combinators::UnsyncBoxBody};

pub use answer::Answer;
use connection::Connections;
use dial::Dial;

use crate::{Error, Result};

/// Bodies of requests: bytes at hand, or a stream that may fail.
pub(crate) type Sending = UnsyncBoxBody<Bytes, std::io::Error>;

/// The slowest line on which a request is waited for: 64 kbit/s.
const SLOWEST_LINE_BYTES_S: u64 = 8 * 1024;
/// How far the data centre's clock may be from ours before we refuse to sign by it.
const MAX_SKEW_S: i64 = 24 * 60 * 60;
/// A clock nearer than this is not the reason for a refusal.
const MIN_SKEW_S: i64 = 5;
/// The longest explanation that is read of a refusal.
const MAX_REFUSAL_BYTES: usize = 64 * 1024;

/// Seconds since 1970.
pub type ClockSeconds = Arc<dyn Fn() -> i64 + Send + Sync>;

/// An Ed25519 signature by this gateway's own key.
pub type Sign = Arc<dyn Fn(&[u8]) -> [u8; 64] + Send + Sync>;

/// What begins the credentials of a member of an institution.
pub const MEMBER: &str = "Amana-Member";

/// Who asks: stands in every request.
#[derive(Clone)]
pub struct Asker {
    /// What kind of asker it is: [`MEMBER`].
    pub scheme: &'static str,
    /// The institution; of a site's publisher, the site.
    pub institution: String,
    /// This gateway's member id, 16 hexadecimal digits; of a publisher, the name of the key.
    pub member: String,
    /// Signs with the asker's key.
    pub sign: Sign,
}

/// How long is waited for what.
#[derive(Clone, Copy, Debug)]
pub struct Patience {
    /// For a connection.
    pub connect: Duration,
    /// For an answer's headers, beside the time that the request takes at [`SLOWEST_LINE_BYTES_S`].
    pub answer: Duration,
    /// Between two pieces of an answer's body.
    pub silence: Duration,
    /// From here on a body must have come at [`Patience::least_bytes_s`] on average.
    pub grace: Duration,
    /// The least pace, in bytes a second.
    pub least_bytes_s: u64,
}

impl Patience {
    /// From the first byte of a request to the headers of its answer.
    fn for_request(&self, request: &Request<Sending>) -> Duration {
        let told = request.headers().get(header::CONTENT_LENGTH);
        let told = told.and_then(|length| length.to_str().ok()?.parse().ok());
        let size_bytes: u64 = request.body().size_hint().exact().or(told).unwrap_or(0);
        self.answer
            .saturating_add(Duration::from_secs(size_bytes / SLOWEST_LINE_BYTES_S))
    }
}

impl Default for Patience {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(10),
            answer: Duration::from_secs(60),
            silence: Duration::from_secs(30),
            grace: Duration::from_secs(60),
            least_bytes_s: 256,
        }
    }
}

/// The data centre.
pub struct Centre {
    connections: Arc<Connections>,
    authority: HeaderValue,
    url: String,
    asker: Asker,
    now_s: ClockSeconds,
    skew_s: AtomicI64,
}

impl Centre {
    /// The data centre at that place, reached by `dial`.
    ///
    /// # Errors
    /// [`Error::Setting`] for one with a path: what is signed of a request begins at the root.
    pub fn new(
        place: &Place,
        asker: Asker,
        dial: Arc<dyn Dial>,
        patience: Patience,
        now_s: ClockSeconds,
    ) -> Result<Self> {
        let bad = |why: &str| Error::Setting {
            what: "the data centre's URL".into(),
            why: format!("{place}: {why}"),
        };
        if !place.prefix.is_empty() {
            return Err(bad("it is http[s]://host:port, without a path"));
        }
        let url = place.to_string();
        let authority = HeaderValue::try_from(place.authority())
            .map_err(|_| bad("its host can't stand in a request"))?;
        Ok(Self {
            connections: Arc::new(Connections::new(&url, dial, patience)),
            authority,
            url,
            asker,
            now_s,
            skew_s: AtomicI64::new(0),
        })
    }

    /// Its URL.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The institution on whose behalf is asked.
    #[must_use]
    pub fn institution(&self) -> &str {
        &self.asker.institution
    }

    /// Asks for `path`, of at most `max_bytes`. Asked again once if the line was cut.
    ///
    /// # Errors
    /// Those of the line, and [`Error::Refused`].
    pub async fn get(&self, path: &str, max_bytes: usize) -> Result<Bytes> {
        let mut again = true;
        loop {
            let asked = self
                .ask(Method::GET, path, &HeaderMap::new(), Bytes::new())
                .await;
            let found = match asked {
                Ok(answer) => answer.collect(max_bytes).await,
                Err(error) => Err(error),
            };
            match found {
                Err(Error::Cut { .. }) if again => again = false,
                found => return found,
            }
        }
    }

    /// Sends `body` to `path`, once: whether it arrived when the line is cut, only the ledger can tell.
    ///
    /// # Errors
    /// As [`Centre::get`]; see [`Error::is_not_done`].
    pub async fn post(
        &self,
        path: &str,
        content_type: &'static str,
        body: Bytes,
        max_bytes: usize,
    ) -> Result<Bytes> {
        let mut headers = HeaderMap::new();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
        let answer = self.ask(Method::POST, path, &headers, body).await?;
        answer.collect(max_bytes).await
    }

    /// Asks for the bytes `from..until` of what is at `path`, as a stream.
    ///
    /// # Errors
    /// As [`Centre::get`], and [`Error::Malformed`] when it isn't that range.
    pub async fn open(&self, path: &str, from: u64, until: u64) -> Result<Answer> {
        let mut headers = HeaderMap::new();
        let range = format!("bytes={from}-{}", until.saturating_sub(1));
        let range = HeaderValue::try_from(range).map_err(|e| Error::malformed(path, e))?;
        headers.insert(header::RANGE, range);
        let answer = match self.ask(Method::GET, path, &headers, Bytes::new()).await {
            Err(Error::Cut { .. }) => self.ask(Method::GET, path, &headers, Bytes::new()).await?,
            answer => answer?,
        };
        if answer.status() != StatusCode::PARTIAL_CONTENT {
            return Err(Error::malformed(
                path,
                "it is not the range that was asked for",
            ));
        }
        Ok(answer)
    }

    /// Asks for all of what is at `path`, as a stream.
    ///
    /// # Errors
    /// As [`Centre::get`].
    pub async fn stream(&self, path: &str) -> Result<Answer> {
        self.ask(Method::GET, path, &HeaderMap::new(), Bytes::new())
            .await
    }

    /// The headers of what is at `path`.
    ///
    /// # Errors
    /// As [`Centre::get`].
    pub async fn head(&self, path: &str) -> Result<HeaderMap> {
        let answer = self
            .ask(Method::HEAD, path, &HeaderMap::new(), Bytes::new())
            .await?;
        Ok(answer.into_headers())
    }

    /// Sends a stream to `path`. Not asked again, since the stream is gone.
    ///
    /// # Errors
    /// As [`Centre::post`].
    pub async fn put(
        &self,
        path: &str,
        content: impl Stream<Item = std::io::Result<Bytes>> + Send + 'static,
        size_bytes: u64,
        max_bytes: usize,
    ) -> Result<Bytes> {
        use futures::StreamExt as _;
        let mut headers = HeaderMap::new();
        headers.insert(header::CONTENT_LENGTH, HeaderValue::from(size_bytes));
        let frames = StreamBody::new(content.map(|chunk| chunk.map(hyper::body::Frame::data)));
        let request = self.request(&Method::PUT, path, &headers, frames.boxed_unsync())?;
        let answer = self.connections.exchange(request, path).await?;
        if answer.status() == StatusCode::UNAUTHORIZED {
            self.learn_clock(answer.headers())?;
        }
        refused(path, answer).await?.collect(max_bytes).await
    }

    /// Asks, and once more when only the clocks stood in the way.
    async fn ask(
        &self,
        method: Method,
        path: &str,
        headers: &HeaderMap,
        body: Bytes,
    ) -> Result<Answer> {
        let whole = |body: Bytes| {
            Full::new(body)
                .map_err(|never| match never {})
                .boxed_unsync()
        };
        let request = self.request(&method, path, headers, whole(body.clone()))?;
        let mut answer = self.connections.exchange(request, path).await?;
        if answer.status() == StatusCode::UNAUTHORIZED && self.learn_clock(answer.headers())? {
            // Read to its end, so that its connection serves again; what it says is said anew if it still holds.
            let _ = answer.collect(MAX_REFUSAL_BYTES).await;
            let request = self.request(&method, path, headers, whole(body))?;
            answer = self.connections.exchange(request, path).await?;
        }
        refused(path, answer).await
    }

    fn request(
        &self,
        method: &Method,
        path: &str,
        headers: &HeaderMap,
        body: Sending,
    ) -> Result<Request<Sending>> {
        let time_s = (self.now_s)() + self.skew_s.load(Ordering::Relaxed);
        let text = format!("amana.request/v1\n{method}\n{path}\n{time_s}\n");
        let Asker {
            scheme,
            institution,
            member,
            sign,
        } = &self.asker;
        let signature = STANDARD.encode(sign(text.as_bytes()));
        let mut request = Request::builder()
            .method(method)
            .uri(path)
            .header(header::HOST, &self.authority)
            .header(
                header::AUTHORIZATION,
                format!("{scheme} {institution} {member} {time_s} {signature}"),
            )
            .body(body)
            .map_err(|error| Error::malformed(path, error))?;
        request.headers_mut().extend(headers.clone());
        Ok(request)
    }

    /// Takes the data centre's time from its refusal. Says whether that makes another try worthwhile.
    ///
    /// Its clock decides nothing here but whether it accepts our requests: what must be fresh is judged by the
    /// witnesses' times.
    fn learn_clock(&self, headers: &HeaderMap) -> Result<bool> {
        let date = headers
            .get(header::DATE)
            .and_then(|date| date.to_str().ok());
        let Some(date_s) = date.and_then(http_date_s) else {
            return Ok(false);
        };
        let skew_s = date_s - (self.now_s)();
        if skew_s.abs() > MAX_SKEW_S {
            return Err(Error::Clocks { skew_s });
        }
        let before_s = self.skew_s.swap(skew_s, Ordering::Relaxed);
        Ok(before_s.abs_diff(skew_s) > MIN_SKEW_S.unsigned_abs())
    }
}

/// An HTTP date, `Sun, 22 Nov 2026 05:32:21 GMT` (RFC 9110 §5.6.7), in seconds since 1970.
fn http_date_s(date: &str) -> Option<i64> {
    let form = time::macros::format_description!(
        "[weekday repr:short], [day] [month repr:short] [year] [hour]:[minute]:[second] GMT"
    );
    let date = time::PrimitiveDateTime::parse(date, form).ok()?;
    Some(date.assume_utc().unix_timestamp())
}

/// The data centre's way to say no: `{"error": code, "message": text}`.
#[derive(serde::Deserialize, Default)]
struct Refusal {
    #[serde(default)]
    error: String,
    #[serde(default)]
    message: String,
}

async fn refused(what: &str, answer: Answer) -> Result<Answer> {
    let status = answer.status();
    if status.is_success() {
        return Ok(answer);
    }
    let said = answer.collect(MAX_REFUSAL_BYTES).await.unwrap_or_default();
    let refusal: Refusal = serde_json::from_slice(&said).unwrap_or_else(|_| Refusal {
        error: String::new(),
        message: String::from_utf8_lossy(&said)
            .trim()
            .chars()
            .take(500)
            .collect(),
    });
    Err(Error::Refused {
        what: what.to_owned(),
        status: status.as_u16(),
        code: refusal.error,
        message: refusal.message,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_date_is_read() {
        assert_eq!(
            http_date_s("Sun, 06 Nov 1994 08:49:37 GMT"),
            Some(784_111_777)
        );
        assert_eq!(http_date_s("Sunday, 06-Nov-94 08:49:37 GMT"), None);
    }

    #[test]
    fn a_thin_line_has_time_for_a_large_request() {
        let patience = Patience::default();
        let body = StreamBody::new(futures::stream::empty()).boxed_unsync();
        let mut request = Request::new(body);
        assert_eq!(patience.for_request(&request), patience.answer);
        let length = HeaderValue::from(4 * 1024 * 1024);
        request.headers_mut().insert(header::CONTENT_LENGTH, length);
        let more = patience.for_request(&request) - patience.answer;
        assert_eq!(more, Duration::from_secs(512));
    }
}
