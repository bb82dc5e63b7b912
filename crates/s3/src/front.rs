//! The listener: connections bounded and timed, each request through the guard, `s3s`, and the last hand.

use std::convert::Infallible;
use std::future::Future;
use std::io;
use std::sync::Arc;
use std::time::{Duration, Instant};

use amana_tls::Acceptor;
use amana_vault::Vault;
use bytes::Bytes;
use http::header::{CONNECTION, EXPECT, HOST};
use http::{HeaderMap, HeaderValue, Method, Request, Response, StatusCode};
use http_body_util::BodyExt as _;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use s3s::Body;
use s3s::config::{S3Config, StaticConfigProvider};
use s3s::service::{S3Service, S3ServiceBuilder};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinSet;
use tracing::{Instrument as _, Span};

use crate::answer::Asked;
use crate::callers::Callers;
use crate::gate::Gate;
use crate::guard::{self, MAX_DOCUMENT_BYTES};
use crate::hosts::Hosts;
use crate::intake::{Intake, Plan, Watch};
use crate::refusal::Refusal;
use crate::requests::{RequestIds, log_span, record_status, server_span};
use crate::rewrite::Rewrite;
use crate::service::Service;
use crate::standing::Standing;

/// Connections served at once; the next one waits in the system's queue.
const MAX_CONNECTIONS: usize = 4096;
/// The head of a request, and what is read ahead of a body, in bytes.
const MAX_HEAD_BYTES: usize = 64 * 1024;
const MAX_HEADERS: usize = 128;
/// For a whole head to arrive, and for an idle connection to send the next one.
const HEAD_TIMEOUT: Duration = Duration::from_secs(60);
/// What is read of a body that an early answer leaves unread.
const MAX_DRAINED_BYTES: usize = 1024 * 1024;
/// For what is left of a body.
const DRAIN_TIMEOUT: Duration = Duration::from_secs(10);
/// After a failed `accept`, which comes of too many open files more than of anything else.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);
/// How old the witnesses' word is on which an answer rests, in seconds, or `no`.
const VOUCHED: &str = "x-amana-vouched";
/// AWS's bound on the clocks of two machines: 15 minutes.
const MAX_SKEW_S: u32 = 900;

/// How a front is reached.
#[derive(Clone, Debug)]
pub struct FrontConfig {
    /// Domains under which each bucket is a host of its own, `<bucket>.<domain>`; without ports.
    pub domains: Vec<String>,
    /// The region that buckets are told to be in. Signatures for any region are taken.
    pub region: String,
    /// For requests under way once the front shuts down.
    pub grace: Duration,
}

impl Default for FrontConfig {
    fn default() -> Self {
        Self {
            domains: vec!["localhost".into()],
            region: "us-east-1".into(),
            grace: Duration::from_secs(10),
        }
    }
}

/// Says how old the word is on which answers rest: the value of `x-amana-vouched`.
pub type Vouch = Arc<dyn Fn() -> String + Send + Sync>;

/// Told of every request that was answered: its method, how it ended, and how long that took.
pub type Observe = Arc<dyn Fn(&Method, StatusCode, Duration) + Send + Sync>;

/// Makes a request's span part of its client's trace.
pub type Adopt = Arc<dyn Fn(&Span, &HeaderMap) + Send + Sync>;

/// The S3 front. Cheap to clone.
#[derive(Clone)]
pub struct Front {
    shared: Arc<Shared>,
    vouch: Option<Vouch>,
    observe: Option<Observe>,
    adopt: Option<Adopt>,
}

struct Shared {
    s3: S3Service,
    hosts: Hosts,
    region: Arc<str>,
    grace: Duration,
    request_ids: RequestIds,
}

impl Front {
    /// On that vault, for those whose keys `callers` knows.
    #[must_use]
    pub fn new(vault: Arc<Vault>, callers: Arc<dyn Callers>, config: FrontConfig) -> Self {
        let hosts = Hosts::new(&config.domains);
        let gate = Gate(callers);
        let region: Arc<str> = config.region.into();
        let service = Service {
            vault,
            region: region.clone(),
        };
        // The inner service verifies nothing, and so is given verified requests only, each with its caller.
        let inner = builder(service.clone(), &hosts).build();
        let mut outer = builder(service, &hosts);
        outer.set_auth(gate.clone());
        outer.set_access(gate.clone());
        outer.set_route(Rewrite { gate, inner });
        Self {
            shared: Arc::new(Shared {
                s3: outer.build(),
                hosts,
                region,
                grace: config.grace,
                request_ids: RequestIds::default(),
            }),
            vouch: None,
            observe: None,
            adopt: None,
        }
    }

    /// With somebody who is told of every request.
    #[must_use]
    pub fn observed(self, observe: Observe) -> Self {
        Self {
            observe: Some(observe),
            ..self
        }
    }

    /// With somebody who joins traces.
    #[must_use]
    pub fn adopting(self, adopt: Adopt) -> Self {
        Self {
            adopt: Some(adopt),
            ..self
        }
    }

    /// With `x-amana-vouched` in every answer, as a gateway has it, which serves what a data centre tells it.
    #[must_use]
    pub fn vouching(self, vouch: Vouch) -> Self {
        Self {
            vouch: Some(vouch),
            ..self
        }
    }

    /// Answers one request. It never fails: what can't be answered well is answered with 500.
    pub async fn answer<B>(&self, request: Request<B>) -> Response<Body>
    where
        B: http_body::Body<Data = Bytes> + Send + Unpin + 'static,
        B::Error: Into<s3s::StdError>,
    {
        let (method, began) = (request.method().clone(), Instant::now());
        let request_id = self.shared.request_ids.next();
        let span = log_span(&request_id, request.headers());
        let route = self.route(&request);
        let traced = span.in_scope(|| server_span("s3", &method, route, &request_id));
        if let Some(adopt) = &self.adopt {
            adopt(&traced, request.headers());
        }
        let mut answer = self
            .judged(request, request_id)
            .instrument(traced.clone())
            .instrument(span.clone())
            .await;
        let (status, took) = (answer.status(), Instant::now() - began);
        record_status(&traced, status);
        span.in_scope(
            || tracing::debug!(target: "amana::requests", %method, status = status.as_u16(), ?took),
        );
        if let Some(observe) = &self.observe {
            observe(&method, status, took);
        }
        if let Some(vouch) = &self.vouch
            && let Ok(vouched) = HeaderValue::try_from(vouch())
        {
            answer.headers_mut().insert(VOUCHED, vouched);
        }
        answer
    }

    /// The pattern of a request's path, whichever way it names its bucket.
    fn route<B>(&self, request: &Request<B>) -> &'static str {
        let host = request
            .headers()
            .get(HOST)
            .and_then(|host| host.to_str().ok());
        let is_named = host.is_some_and(|host| self.shared.hosts.label(host).is_some());
        let mut parts = request.uri().path().splitn(3, '/').skip(1);
        let (first, second) = (parts.next().unwrap_or(""), parts.next().unwrap_or(""));
        match (is_named, first.is_empty(), second.is_empty()) {
            (false, true, _) => "/",
            (true, true, _) | (false, false, true) => "/{bucket}",
            _ => "/{bucket}/{key}",
        }
    }

    async fn judged<B>(&self, request: Request<B>, request_id: String) -> Response<Body>
    where
        B: http_body::Body<Data = Bytes> + Send + Unpin + 'static,
        B::Error: Into<s3s::StdError>,
    {
        let region = self.shared.region.clone();
        let asked = Asked::of(&request, &self.shared.hosts, region, request_id);
        let (mut parts, body) = request.into_parts();
        let standing = Standing::default();
        parts.extensions.insert(standing.clone());
        let expects = parts.headers.contains_key(EXPECT);
        let plan = match guard::admit(&parts, &self.shared.hosts) {
            Ok(plan) => plan,
            Err(refusal) => return end(asked.refuse(&refusal), Some(body), expects).await,
        };
        let watch = Arc::new(Watch::default());
        let mut rest = None;
        let body = match plan {
            Plan::Empty => {
                rest = Some(body);
                Body::empty()
            }
            plan => Body::http_body_unsync(Intake::new(body, plan, watch.clone())),
        };
        let answer = self.shared.s3.call(Request::from_parts(parts, body)).await;
        if let Err(refusal) = standing.told().await {
            return end(asked.refuse(&refusal), watch.take_rest().or(rest), expects).await;
        }
        let answer = match (answer, watch.refusal()) {
            (Ok(answer), Some(refusal)) if !answer.status().is_success() => asked.refuse(refusal),
            (Ok(answer), _) => asked.complete(answer),
            (Err(error), _) => {
                tracing::error!(?error, "a request could not be answered");
                asked.refuse(&Refusal::new(
                    StatusCode::INTERNAL_SERVER_ERROR,
                    "InternalError",
                    "We encountered an internal error. Please try again.",
                ))
            }
        };
        end(answer, watch.take_rest().or(rest), expects).await
    }

    /// Serves `listener` until `shutdown` is done, and then the requests under way, for [`FrontConfig::grace`] at most.
    ///
    /// # Errors
    /// That the listener has no address any more.
    pub async fn serve(
        &self,
        listener: TcpListener,
        acceptor: Acceptor,
        shutdown: impl Future<Output = ()>,
    ) -> io::Result<()> {
        tracing::info!(address = %listener.local_addr()?, "the S3 front listens");
        let (stop, stopped) = watch::channel(());
        let places = Arc::new(Semaphore::new(MAX_CONNECTIONS));
        let mut connections = JoinSet::new();
        tokio::pin!(shutdown);
        loop {
            while connections.try_join_next().is_some() {}
            let accepted = tokio::select! {
                () = &mut shutdown => break,
                accepted = accept(&listener, &places) => accepted,
            };
            match accepted {
                Ok((stream, place)) => {
                    let front = self.clone();
                    let stopped = stopped.clone();
                    let acceptor = acceptor.clone();
                    connections.spawn(async move {
                        front.connection(stream, &acceptor, stopped).await;
                        drop(place);
                    });
                }
                Err(error) => {
                    tracing::warn!(%error, "a connection could not be accepted");
                    tokio::time::sleep(ACCEPT_PAUSE).await;
                }
            }
        }
        drop(listener);
        drop(stop);
        let drained = async { while connections.join_next().await.is_some() {} };
        if tokio::time::timeout(self.shared.grace, drained)
            .await
            .is_err()
        {
            tracing::warn!("requests were cut off at the end");
        }
        Ok(())
    }

    async fn connection(
        &self,
        stream: TcpStream,
        acceptor: &Acceptor,
        mut stopped: watch::Receiver<()>,
    ) {
        // Without it an answer waits for the client's delayed acknowledgement, 40 ms.
        if let Err(error) = stream.set_nodelay(true) {
            tracing::debug!(%error, "TCP_NODELAY was not set");
        }
        let stream = match acceptor.accept(stream).await {
            Ok(stream) => stream,
            Err(error) => return tracing::debug!(%error, "no handshake with a client"),
        };
        let service =
            service_fn(|request| async move { Ok::<_, Infallible>(self.answer(request).await) });
        let connection = http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(HEAD_TIMEOUT)
            .max_headers(MAX_HEADERS)
            .max_buf_size(MAX_HEAD_BYTES)
            .serve_connection(TokioIo::new(stream), service);
        tokio::pin!(connection);
        let ended = tokio::select! {
            ended = connection.as_mut() => ended,
            _ = stopped.changed() => {
                connection.as_mut().graceful_shutdown();
                connection.await
            }
        };
        if let Err(error) = ended {
            tracing::debug!(%error, "a connection broke off");
        }
    }
}

/// Before an answer that comes early, takes what is left of the body if that is little: a connection that is closed
/// on unread bytes is reset, and the client may never see the answer.
///
/// A client that waits to be told to continue is not told so any more: its connection ends. That goes for an empty body
/// too, for which hyper sends no `100 Continue`: botocore takes such an answer's status for that of the connection's
/// next one, and waits for ever.
async fn end<B>(mut answer: Response<Body>, rest: Option<B>, expects: bool) -> Response<Body>
where
    B: http_body::Body<Data = Bytes> + Unpin,
{
    let Some(mut rest) = rest.filter(|rest| expects || !rest.is_end_stream()) else {
        return answer;
    };
    let mut left = MAX_DRAINED_BYTES;
    let drained = async {
        while let Some(frame) = rest.frame().await {
            let Ok(frame) = frame else { return false };
            left = left.saturating_sub(frame.data_ref().map_or(0, Bytes::len));
            if left == 0 {
                return false;
            }
        }
        true
    };
    let is_drained = !expects
        && tokio::time::timeout(DRAIN_TIMEOUT, drained)
            .await
            .unwrap_or(false);
    if !is_drained {
        close(&mut answer);
    }
    answer
}

/// Has the connection end with this answer, and the client know it.
fn close(answer: &mut Response<Body>) {
    let value = HeaderValue::from_static("close");
    answer.headers_mut().insert(CONNECTION, value);
}

async fn accept(
    listener: &TcpListener,
    places: &Arc<Semaphore>,
) -> io::Result<(TcpStream, tokio::sync::OwnedSemaphorePermit)> {
    let place = Arc::clone(places)
        .acquire_owned()
        .await
        .map_err(io::Error::other)?;
    let (stream, _) = listener.accept().await?;
    Ok((stream, place))
}

fn builder(service: Service, hosts: &Hosts) -> S3ServiceBuilder {
    let mut config = S3Config::default();
    config.xml_max_body_size = usize::try_from(MAX_DOCUMENT_BYTES).unwrap_or(usize::MAX);
    config.presigned_url_max_skew_time_secs = MAX_SKEW_S;
    let mut builder = S3ServiceBuilder::new(service);
    builder.set_config(Arc::new(StaticConfigProvider::new(Arc::new(config))));
    builder.set_host(hosts.clone());
    builder
}
