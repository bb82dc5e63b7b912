//! Listeners and connections: a thread a core, each with a socket of its own on the same port, so that no two cores share anything
//! on a request's way but what is read.

use std::convert::Infallible;
use std::future::poll_fn;
use std::io;
use std::net::SocketAddr;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::Poll;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use http::StatusCode;
use http_body::Body as _;
use http_body_util::BodyExt as _;
use hyper::body::Incoming;
use hyper::server::conn::{http1, http2};
use hyper::service::service_fn;
use hyper::upgrade::OnUpgrade;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;

use super::applications::Rest;
use super::callers::Place;
use super::paced::{Paced, Turns};
use super::respond::Line;
use super::{Body, Server};

/// Connections that wait in the system's queue.
const BACKLOG: u32 = 1024;
/// The head of a request, in bytes, and its headers.
const MAX_HEAD_BYTES: usize = 16 * 1024;
const MAX_HEADERS: usize = 100;
/// Requests at a time on one connection of HTTP/2.
const MAX_STREAMS: u32 = 100;
/// What HTTP/2 keeps of an answer before the client takes it, in bytes.
const MAX_STREAM_BYTES: usize = 64 * 1024;
/// A client that isn't done by then is let go.
const HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(10);
/// After a failed accept: out of file descriptors, for instance.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// Where a server listens.
#[derive(Clone, Copy, Debug)]
pub struct Addresses {
    /// In plain; a port of 0 takes a free one.
    pub http: SocketAddr,
    /// Under TLS.
    pub https: Option<SocketAddr>,
}

/// A server that listens. Dropped, it ends at once.
pub struct Running {
    addresses: Addresses,
    stop: watch::Sender<bool>,
    threads: Vec<JoinHandle<()>>,
}

/// What a worker listens with.
struct Listeners {
    http: TcpListener,
    https: Option<TcpListener>,
}

type Stop = watch::Receiver<bool>;

/// Waits until it is time to stop.
async fn told(stop: &mut Stop) {
    // A sender that is gone means the same.
    let _ = stop.wait_for(|stop| *stop).await;
}

impl Server {
    /// Listens with that many threads, until told to stop.
    ///
    /// # Errors
    /// When a port is taken, or threads can't be had.
    pub fn listen(self: &Arc<Self>, wanted: Addresses, workers: usize) -> io::Result<Running> {
        for address in [Some(wanted.http), wanted.https].into_iter().flatten() {
            see_that_it_is_free(address)?;
        }
        let (stop, stopped) = watch::channel(false);
        let mut running = Running {
            addresses: wanted,
            stop,
            threads: Vec::new(),
        };
        for number in 0..workers.max(1) {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .max_blocking_threads(4)
                .enable_all()
                .build()?;
            let entered = runtime.enter();
            let http = bind(running.addresses.http)?;
            let https = running.addresses.https.map(bind).transpose()?;
            drop(entered);
            // The first one finds free ports, the others share them.
            running.addresses.http = http.local_addr()?;
            if let Some(https) = &https {
                running.addresses.https = Some(https.local_addr()?);
            }
            let (server, addresses, stop) = (self.clone(), running.addresses, stopped.clone());
            let thread = std::thread::Builder::new()
                .name(format!("sites-{number}"))
                .spawn(move || {
                    let listeners = Listeners { http, https };
                    runtime.block_on(work(server, listeners, addresses, stop));
                    runtime.shutdown_background();
                })?;
            running.threads.push(thread);
        }
        Ok(running)
    }

    /// Writes what the access log still holds.
    pub fn close_log(&self) {
        if let Some(log) = &self.log {
            log.close();
        }
    }
}

impl Running {
    /// Where it listens.
    #[must_use]
    pub fn addresses(&self) -> Addresses {
        self.addresses
    }

    /// Accepts nobody any more, lets the requests under way end, and waits for that. Blocking.
    pub fn stop(mut self) {
        // Nobody who still listens is no fault.
        let _ = self.stop.send(true);
        for thread in self.threads.drain(..) {
            if thread.join().is_err() {
                tracing::error!("a thread that served sites had panicked");
            }
        }
    }
}

/// Sockets of one user may share a port, which is meant for threads, and not for two servers that know nothing of one another.
fn see_that_it_is_free(address: SocketAddr) -> io::Result<()> {
    std::net::TcpListener::bind(address).map(drop)
}

fn bind(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = match address {
        SocketAddr::V4(_) => TcpSocket::new_v4()?,
        SocketAddr::V6(_) => TcpSocket::new_v6()?,
    };
    socket.set_reuseaddr(true)?;
    socket.set_reuseport(true)?;
    socket.bind(address)?;
    socket.listen(BACKLOG)
}

async fn work(server: Arc<Server>, listeners: Listeners, addresses: Addresses, stop: Stop) {
    let line = Line {
        address: addresses.http.ip(),
        is_secure: false,
        http_port: addresses.http.port(),
        https_port: addresses.https.map(|https| https.port()),
    };
    let plain = accept(server.clone(), listeners.http, line, None, stop.clone());
    let Some(https) = listeners.https else {
        return plain.await;
    };
    let acceptor = TlsAcceptor::from(server.certificates.server_config());
    let line = Line {
        is_secure: true,
        ..line
    };
    tokio::join!(plain, accept(server, https, line, Some(acceptor), stop));
}

async fn accept(
    server: Arc<Server>,
    listener: TcpListener,
    line: Line,
    acceptor: Option<TlsAcceptor>,
    mut stop: Stop,
) {
    let mut connections = JoinSet::new();
    loop {
        let accepted = tokio::select! {
            () = told(&mut stop) => break,
            Some(_) = connections.join_next() => continue,
            accepted = listener.accept() => accepted,
        };
        let (stream, peer) = match accepted {
            Ok(accepted) => accepted,
            Err(error) => {
                tracing::warn!(%error, "a connection could not be accepted");
                tokio::time::sleep(ACCEPT_PAUSE).await;
                continue;
            }
        };
        let line = Line {
            address: peer.ip().to_canonical(),
            ..line
        };
        // Whoever has no place is told by the system alone: an answer would cost what a place costs.
        let Some(place) = server.callers.admit(line.address, Instant::now()) else {
            continue;
        };
        let (server, acceptor, stop) = (server.clone(), acceptor.clone(), stop.clone());
        connections.spawn(async move {
            if let Err(error) = converse(server, stream, acceptor, line, place, stop).await {
                tracing::debug!(%error, "a connection ended early");
            }
        });
    }
    drop(listener);
    while connections.join_next().await.is_some() {}
}

type Ended = Result<(), Box<dyn std::error::Error + Send + Sync>>;

async fn converse(
    server: Arc<Server>,
    stream: TcpStream,
    acceptor: Option<TlsAcceptor>,
    line: Line,
    place: Place,
    stop: Stop,
) -> Ended {
    stream.set_nodelay(true)?;
    let mut stream = Paced::new(stream, server.settings.pace);
    let Some(acceptor) = acceptor else {
        let turns = await_heads(&server, &mut stream);
        return http1(server, stream, line, (place, turns), stop).await;
    };
    let mut stream = timeout(HANDSHAKE_TIMEOUT, acceptor.accept(stream)).await??;
    match stream.get_ref().1.alpn_protocol() {
        Some(amana_tls::HTTP_2) => http2(server, stream, line, place, stop).await,
        // An authority that asks whether the name is ours has seen what it wanted.
        Some(amana_tls::ACME_TLS_1) => Ok(()),
        _ => {
            let turns = await_heads(&server, stream.get_mut().0);
            http1(server, stream, line, (place, turns), stop).await
        }
    }
}

/// Heads of HTTP/1.1 arrive in time from now on, or the connection ends.
fn await_heads<S>(server: &Server, stream: &mut Paced<S>) -> Turns {
    let pace = server.settings.pace;
    let within = match server.callers.is_crowded() {
        true => pace.head_when_crowded,
        false => pace.head,
    };
    let turns = Turns::default();
    stream.await_heads(within, turns.clone());
    turns
}

/// What a connection ends with; nothing when it was time to stop before.
async fn until_told<C: Future>(mut connection: Pin<&mut C>, stop: &mut Stop) -> Option<C::Output> {
    let seen = stop.clone();
    let mut told = pin!(told(stop));
    let mut is_known = false;
    poll_fn(|context| {
        if let Poll::Ready(ended) = connection.as_mut().poll(context) {
            return Poll::Ready(Some(ended));
        }
        // Asked once it wakes this task by itself.
        let is_time = !is_known || seen.has_changed().unwrap_or(true);
        is_known = true;
        match is_time && told.as_mut().poll(context).is_ready() {
            true => Poll::Ready(None),
            false => Poll::Pending,
        }
    })
    .await
}

async fn http1<S>(
    server: Arc<Server>,
    stream: S,
    line: Line,
    (place, turns): (Place, Turns),
    mut stop: Stop,
) -> Ended
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let place = Arc::new(place);
    let service = service_fn(async |request| {
        let answering = turns.begin();
        let mut answer = answer(&server, &place, line, request).await;
        match answer.status() {
            StatusCode::SWITCHING_PROTOCOLS => answering.for_ever(),
            _ => answer.body_mut().ends(answering),
        }
        Ok::<_, Infallible>(answer)
    });
    let connection = http1::Builder::new()
        // The stream sees to it, with the one timer that it has.
        .header_read_timeout(None)
        // Under TLS all is copied once in any case, and one record is better than two.
        .writev(!line.is_secure)
        .max_buf_size(MAX_HEAD_BYTES)
        .max_headers(MAX_HEADERS)
        .serve_connection(TokioIo::new(stream), service)
        .with_upgrades();
    let mut connection = pin!(connection);
    match until_told(connection.as_mut(), &mut stop).await {
        Some(ended) => ended?,
        None => {
            connection.as_mut().graceful_shutdown();
            connection.await?;
        }
    }
    Ok(())
}

async fn http2<S>(server: Arc<Server>, stream: S, line: Line, place: Place, mut stop: Stop) -> Ended
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let place = Arc::new(place);
    let answering = server.clone();
    let service = service_fn(move |request| {
        let (server, place) = (answering.clone(), place.clone());
        async move { Ok::<_, Infallible>(answer(&server, &place, line, request).await) }
    });
    let connection = http2::Builder::new(TokioExecutor::new())
        .timer(TokioTimer::new())
        .max_concurrent_streams(MAX_STREAMS)
        .max_header_list_size(u32::try_from(MAX_HEAD_BYTES).unwrap_or(u32::MAX))
        .max_send_buf_size(MAX_STREAM_BYTES)
        .serve_connection(TokioIo::new(stream), service);
    let mut connection = pin!(connection);
    match until_told(connection.as_mut(), &mut stop).await {
        Some(ended) => ended?,
        None => {
            connection.as_mut().graceful_shutdown();
            connection.await?;
        }
    }
    Ok(())
}

async fn answer(
    server: &Arc<Server>,
    place: &Arc<Place>,
    line: Line,
    request: http::Request<Incoming>,
) -> http::Response<Body> {
    let (mut head, body) = request.into_parts();
    if !place.may_ask(Instant::now()) {
        return server.refuse_for_now(&head, &line);
    }
    let upgrade = head.extensions.remove::<OnUpgrade>();
    // Most requests have none.
    let body = (!body.is_end_stream()).then(|| body.map_err(io::Error::other).boxed_unsync());
    let rest = Rest::from(body, upgrade, place.clone());
    server.answer(&head, rest, &line).await
}
