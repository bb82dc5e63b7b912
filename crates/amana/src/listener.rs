//! Connections: accepted up to a maximum, served, and ended in good order.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use amana_tls::{Acceptor, Stream};
use axum::Router;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream, UnixListener, UnixStream};
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinSet;

use crate::admin;

/// Connections of one listener at a time; more wait in the system's queue.
const MAX_CONNECTIONS: usize = 1024;
/// A client that doesn't finish its head in this time is let go.
const HEAD_TIMEOUT: Duration = Duration::from_secs(30);
/// Pause after a failed accept: out of file descriptors, for instance.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// Says when it is time to stop.
pub(crate) type Stop = watch::Receiver<bool>;

/// Waits until it is time to stop.
pub(crate) async fn told(stop: &mut Stop) {
    // A sender that is gone means the same.
    let _ = stop.wait_for(|stop| *stop).await;
}

/// Where connections come from, and what serves each.
pub(crate) trait Source: Send + 'static {
    /// What is accepted.
    type Accepted: Send + 'static;
    /// A connection, once hands were shaken.
    type Stream: AsyncRead + AsyncWrite + Unpin + Send + 'static;

    /// The next connection.
    fn next(&self) -> impl Future<Output = io::Result<(Self::Accepted, Router)>> + Send;

    /// What shakes hands on it. It may take a while, and holds nobody else up.
    fn shake(
        &self,
        accepted: Self::Accepted,
    ) -> impl Future<Output = io::Result<Self::Stream>> + Send + 'static;
}

/// A TCP listener, whether it speaks TLS, and what it serves.
pub(crate) struct Tcp(
    pub(crate) TcpListener,
    pub(crate) Acceptor,
    pub(crate) Router,
);

impl Source for Tcp {
    type Accepted = TcpStream;
    type Stream = Stream;

    async fn next(&self) -> io::Result<(TcpStream, Router)> {
        let (stream, _) = self.0.accept().await?;
        stream.set_nodelay(true)?;
        Ok((stream, self.2.clone()))
    }

    fn shake(
        &self,
        accepted: TcpStream,
    ) -> impl Future<Output = io::Result<Stream>> + Send + 'static {
        let acceptor = self.1.clone();
        async move { acceptor.accept(accepted).await }
    }
}

/// The administration socket; each request carries who asks, by the system's word for the peer.
pub(crate) struct Socket(pub(crate) UnixListener, pub(crate) Router);

impl Source for Socket {
    type Accepted = UnixStream;
    type Stream = UnixStream;

    async fn next(&self) -> io::Result<(UnixStream, Router)> {
        let (stream, _) = self.0.accept().await?;
        let asker = admin::Asker::of(&stream.peer_cred()?);
        Ok((stream, self.1.clone().layer(axum::Extension(asker))))
    }

    fn shake(
        &self,
        accepted: UnixStream,
    ) -> impl Future<Output = io::Result<UnixStream>> + Send + 'static {
        std::future::ready(Ok(accepted))
    }
}

/// Serves until told to stop, and then until the connections have ended.
pub(crate) async fn serve(source: impl Source, mut stop: Stop) {
    let room = Arc::new(Semaphore::new(MAX_CONNECTIONS));
    let mut connections = JoinSet::new();
    loop {
        let admitted = tokio::select! {
            () = told(&mut stop) => break,
            Some(_) = connections.join_next() => continue,
            Ok(place) = room.clone().acquire_owned() => place,
        };
        let accepted = tokio::select! {
            () = told(&mut stop) => break,
            accepted = source.next() => accepted,
        };
        match accepted {
            Ok((stream, router)) => {
                let shaken = source.shake(stream);
                let stop = stop.clone();
                connections.spawn(async move {
                    match shaken.await {
                        Ok(stream) => converse(stream, router, stop).await,
                        Err(error) => tracing::debug!(%error, "no handshake with a client"),
                    }
                    drop(admitted);
                });
            }
            Err(error) => {
                tracing::warn!(%error, "a connection could not be accepted");
                tokio::time::sleep(ACCEPT_PAUSE).await;
            }
        }
    }
    while connections.join_next().await.is_some() {}
}

/// Serves one connection; when told to stop, answers the request under way and closes.
async fn converse<S>(stream: S, router: Router, mut stop: Stop)
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let service = TowerToHyperService::new(router);
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_TIMEOUT)
        .serve_connection(TokioIo::new(stream), service);
    tokio::pin!(connection);
    let ended = tokio::select! {
        ended = connection.as_mut() => ended,
        () = told(&mut stop) => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = ended {
        tracing::debug!(%error, "a connection ended early");
    }
}
