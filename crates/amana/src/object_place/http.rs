//! HTTP to an object store, over our own connections: one TLS in the binary, and one way to say whom to believe.
//!
//! Connections are kept open and used again. A request on one that the other side has closed meanwhile is made once more on
//! a new one; nothing else is tried again here, and no time is bounded: whoever asks does both.

use std::collections::HashMap;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use amana_tls::{Connector, Place, Trust};
use bytes::Bytes;
use http::header::HOST;
use http::{HeaderValue, Uri};
use hyper::body::{Body, Frame, Incoming, SizeHint};
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper_util::rt::TokioIo;
use object_store::ClientOptions;
use object_store::client::{
    HttpClient, HttpConnector, HttpError, HttpErrorKind, HttpRequest, HttpRequestBody,
    HttpResponse, HttpResponseBody, HttpService,
};
use tokio::time::Instant;

/// A connection that was idle for longer is taken to be closed.
const IDLE: Duration = Duration::from_secs(15);
/// Idle connections to one host at most.
const MAX_IDLE: usize = 32;

type Sender = SendRequest<HttpRequestBody>;

/// Makes connections.
#[derive(Clone)]
pub(super) struct Dialer(Arc<Inner>);

struct Inner {
    /// The endpoint, which `trust` is about; whom a provider asks beside it is believed as the system does.
    endpoint: Option<Place>,
    trust: Option<Trust>,
    allow_plain_http: bool,
    hosts: Mutex<HashMap<String, Arc<Host>>>,
}

struct Host {
    connector: Connector,
    idle: Mutex<Vec<(Sender, Instant)>>,
}

impl std::fmt::Debug for Dialer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Dialer")
    }
}

impl HttpConnector for Dialer {
    fn connect(&self, _: &ClientOptions) -> object_store::Result<HttpClient> {
        Ok(HttpClient::new(self.clone()))
    }
}

#[async_trait::async_trait]
impl HttpService for Dialer {
    async fn call(&self, request: HttpRequest) -> Result<HttpResponse, HttpError> {
        let host = self.host(request.uri())?;
        let request = in_origin_form(request)?;
        if let Some(mut sender) = host.take_idle()
            && sender.ready().await.is_ok()
            && let Ok(answer) = sender.send_request(request.clone()).await
        {
            return Ok(host.answer(answer, sender));
        }
        let mut sender = host.dial().await?;
        let answer = sender.send_request(request).await;
        let answer = answer.map_err(|e| HttpError::new(HttpErrorKind::Request, e))?;
        Ok(host.answer(answer, sender))
    }
}

impl Dialer {
    pub(super) fn new(
        endpoint: Option<Place>,
        trust: Option<Trust>,
        allow_plain_http: bool,
    ) -> Self {
        Self(Arc::new(Inner {
            endpoint,
            trust,
            allow_plain_http,
            hosts: Mutex::default(),
        }))
    }

    fn host(&self, uri: &Uri) -> Result<Arc<Host>, HttpError> {
        let refused = |why: String| {
            let kind = HttpErrorKind::Connect;
            HttpError::new(kind, std::io::Error::other(why))
        };
        let (Some(scheme), Some(authority)) = (uri.scheme_str(), uri.authority()) else {
            return Err(refused(format!("{uri} names no host")));
        };
        let url = format!("{scheme}://{authority}");
        let mut hosts = self.0.hosts.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(host) = hosts.get(&url) {
            return Ok(host.clone());
        }
        let place: Place = url
            .parse()
            .map_err(|e| HttpError::new(HttpErrorKind::Connect, e))?;
        if !place.is_tls && !place.is_loopback() && !self.0.allow_plain_http {
            return Err(refused(format!("{url} isn't TLS")));
        }
        let is_endpoint = self
            .0
            .endpoint
            .as_ref()
            .is_some_and(|endpoint| endpoint.host == place.host && endpoint.port == place.port);
        let trust = self.0.trust.clone().filter(|_| is_endpoint);
        let connector = Connector::new(place, trust.unwrap_or_default())
            .map_err(|e| HttpError::new(HttpErrorKind::Connect, e))?;
        let host = Arc::new(Host {
            connector,
            idle: Mutex::default(),
        });
        hosts.insert(url, host.clone());
        Ok(host)
    }
}

/// The request as it goes on the wire: the path alone, and the host in its header.
fn in_origin_form(mut request: HttpRequest) -> Result<HttpRequest, HttpError> {
    let uri = request.uri().clone();
    if let Some(authority) = uri.authority()
        && !request.headers().contains_key(HOST)
    {
        let host = HeaderValue::from_str(authority.as_str())
            .map_err(|e| HttpError::new(HttpErrorKind::Request, e))?;
        request.headers_mut().insert(HOST, host);
    }
    let path = uri.path_and_query().map_or("/", |path| path.as_str());
    *request.uri_mut() = path
        .parse()
        .map_err(|e| HttpError::new(HttpErrorKind::Request, e))?;
    Ok(request)
}

impl Host {
    async fn dial(&self) -> Result<Sender, HttpError> {
        let stream = self.connector.connect().await;
        let stream = stream.map_err(|e| HttpError::new(HttpErrorKind::Connect, e))?;
        let shaken = handshake(TokioIo::new(stream)).await;
        let (sender, connection) = shaken.map_err(|e| HttpError::new(HttpErrorKind::Connect, e))?;
        // Its end is told to whoever waits for an answer on it.
        tokio::spawn(async move { connection.await.ok() });
        Ok(sender)
    }

    fn take_idle(&self) -> Option<Sender> {
        let now = Instant::now();
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        idle.retain(|(sender, since)| !sender.is_closed() && now - *since < IDLE);
        idle.pop().map(|(sender, _)| sender)
    }

    fn give_back(&self, sender: Sender) {
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        if idle.len() < MAX_IDLE && !sender.is_closed() {
            idle.push((sender, Instant::now()));
        }
    }

    fn answer(self: &Arc<Self>, answer: http::Response<Incoming>, sender: Sender) -> HttpResponse {
        answer.map(|body| {
            let mut answer = Answer {
                body,
                connection: Some((self.clone(), sender)),
            };
            if answer.body.is_end_stream() {
                answer.ended();
            }
            HttpResponseBody::new(answer)
        })
    }
}

/// An answer's body; its connection is used again once all of it was read.
struct Answer {
    body: Incoming,
    connection: Option<(Arc<Host>, Sender)>,
}

impl Answer {
    fn ended(&mut self) {
        if let Some((host, sender)) = self.connection.take() {
            host.give_back(sender);
        }
    }
}

impl Body for Answer {
    type Data = Bytes;
    type Error = HttpError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, HttpError>>> {
        let frame = match Pin::new(&mut self.body).poll_frame(context) {
            Poll::Pending => return Poll::Pending,
            Poll::Ready(frame) => frame,
        };
        let told = |e| HttpError::new(HttpErrorKind::Interrupted, e);
        match frame {
            Some(Err(error)) => Poll::Ready(Some(Err(told(error)))),
            Some(Ok(frame)) => {
                if self.body.is_end_stream() {
                    self.ended();
                }
                Poll::Ready(Some(Ok(frame)))
            }
            None => {
                self.ended();
                Poll::Ready(None)
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
