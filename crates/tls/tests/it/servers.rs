//! A server that greets, over an authority and a clock of the test's own.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use amana_tls::{Acceptor, Authority, ClockSeconds, Connector, Identity, Place, Stream, Trust};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

pub(crate) const GREETING: &[u8; 5] = b"hello";

/// Certificates are judged by the system's clock.
#[expect(
    clippy::disallowed_methods,
    reason = "rustls judges by it, so the test must make certificates by it"
)]
pub(crate) fn now_s() -> i64 {
    let since = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .expect("after 1970");
    i64::try_from(since.as_secs()).expect("before the year 292 billion")
}

/// A clock that the test sets.
#[derive(Clone, Default)]
pub(crate) struct Clock(Arc<AtomicI64>);

impl Clock {
    pub(crate) fn at(now_s: i64) -> Self {
        Self(Arc::new(AtomicI64::new(now_s)))
    }

    pub(crate) fn set(&self, now_s: i64) {
        self.0.store(now_s, Ordering::Relaxed);
    }

    pub(crate) fn reader(&self) -> ClockSeconds {
        let clock = self.0.clone();
        Arc::new(move || clock.load(Ordering::Relaxed))
    }
}

/// The authority in a PEM file, as programs are given it.
pub(crate) struct Pinned {
    pub(crate) folder: tempfile::TempDir,
    pub(crate) authority: Authority,
}

impl Pinned {
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let authority = Authority::generate(now_s()).expect("an authority");
        std::fs::write(folder.path().join("ca.pem"), authority.certificate_pem()).expect("written");
        Self { folder, authority }
    }

    pub(crate) fn file(&self) -> Trust {
        Trust::File(self.folder.path().join("ca.pem"))
    }

    pub(crate) fn digest(&self) -> Trust {
        Trust::Pinned(self.authority.digest())
    }

    /// The same authority once more, as a process that is started again reads it.
    pub(crate) fn copy(&self) -> Authority {
        Authority::of_pem(&self.authority.certificate_pem(), &self.authority.key_pem())
            .expect("what was written")
    }

    pub(crate) fn identity(&self, names: &[&str], clock: &Clock) -> Arc<Identity> {
        let names = names.iter().map(|&name| name.to_owned()).collect();
        Arc::new(Identity::own(self.copy(), names, clock.reader()).expect("a leaf"))
    }
}

/// Greets everybody who shakes hands.
pub(crate) async fn greet(acceptor: Acceptor) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("its address");
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let acceptor = acceptor.clone();
            tokio::spawn(async move {
                if let Ok(mut stream) = acceptor.accept(stream).await {
                    // A client that hung up needs no greeting.
                    let _ = stream.write_all(GREETING).await;
                    let _ = stream.shutdown().await;
                }
            });
        }
    });
    address
}

/// What a client hears at a URL, or the words in which it is told why it hears nothing.
pub(crate) async fn hear(url: &str, trust: Trust) -> Result<Vec<u8>, String> {
    let place: Place = url.parse().expect("a URL");
    let connector = Connector::new(place, trust).map_err(|error| error.to_string())?;
    let mut stream: Stream = connector
        .connect()
        .await
        .map_err(|error| error.to_string())?;
    let mut heard = Vec::new();
    stream
        .read_to_end(&mut heard)
        .await
        .map_err(|error| error.to_string())?;
    Ok(heard)
}
