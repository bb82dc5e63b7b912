//! The side that is called.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;

use crate::{Identity, Stream};

/// A client that isn't done by then is let go, so that its place serves another.
const HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(10);
/// First byte of a handshake (RFC 8446 §5.1).
const HANDSHAKE: u8 = 0x16;
/// What is read of a request that comes without TLS.
const MAX_DRAINED_BYTES: usize = 64 * 1024;
/// For whoever speaks plain HTTP to a port that doesn't.
const NOT_PLAIN: &[u8] =
    b"HTTP/1.1 400 Bad Request\r\ncontent-type: text/plain\r\nconnection: close\r\n\r\n\
    this port speaks TLS: ask for https:// instead of http://\n";

/// Makes streams of accepted connections. Cheap to clone.
#[derive(Clone)]
pub struct Acceptor(Option<Arc<Identity>>);

impl Acceptor {
    /// One that leaves them as they are.
    #[must_use]
    pub fn plain() -> Self {
        Self(None)
    }

    /// One that speaks TLS.
    #[must_use]
    pub fn tls(identity: Arc<Identity>) -> Self {
        Self(Some(identity))
    }

    /// How its URLs begin: `http` or `https`.
    #[must_use]
    pub fn scheme(&self) -> &'static str {
        match self.0 {
            None => "http",
            Some(_) => "https",
        }
    }

    /// Shakes hands, for ten seconds at most. Not for the loop that accepts: who stands still there stops everybody.
    ///
    /// # Errors
    /// When the client speaks no TLS, none that is spoken here, or too slowly.
    pub async fn accept(&self, stream: TcpStream) -> io::Result<Stream> {
        let Some(identity) = &self.0 else {
            return Ok(Stream::Plain(stream));
        };
        timeout(HANDSHAKE_TIMEOUT, shake(identity.clone(), stream))
            .await
            .unwrap_or_else(|_| Err(io::Error::new(io::ErrorKind::TimedOut, "no handshake came")))
    }
}

async fn shake(identity: Arc<Identity>, mut stream: TcpStream) -> io::Result<Stream> {
    let mut first = [0];
    if stream.peek(&mut first).await? == 0 {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    if first[0] != HANDSHAKE {
        stream.write_all(NOT_PLAIN).await?;
        stream.shutdown().await?;
        // A connection that is closed on unread bytes is reset, and the client may never see the answer.
        let mut rest = [0; 4096];
        let mut left = MAX_DRAINED_BYTES;
        while let read @ 1.. = stream.read(&mut rest).await? {
            left = left.saturating_sub(read);
            if left == 0 {
                break;
            }
        }
        return Err(io::Error::other("the client spoke without TLS"));
    }
    let config = tokio::task::spawn_blocking(move || identity.config()).await;
    let accepted = TlsAcceptor::from(config.map_err(io::Error::other)?)
        .accept(stream)
        .await?;
    Ok(Stream::Accepted(Box::new(accepted)))
}
