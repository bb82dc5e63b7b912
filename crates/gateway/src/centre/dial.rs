//! How the data centre is reached: the place where TLS comes in.

use std::future::Future;
use std::io;
use std::pin::Pin;

use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;

/// A stream to the data centre.
pub trait Line: AsyncRead + AsyncWrite + Unpin + Send {}

impl<T: AsyncRead + AsyncWrite + Unpin + Send> Line for T {}

/// A connection under way.
pub type Dialling<'d> = Pin<Box<dyn Future<Output = io::Result<Box<dyn Line>>> + Send + 'd>>;

/// Makes connections to one data centre.
pub trait Dial: Send + Sync {
    /// A new connection. Whoever calls bounds the time.
    fn dial(&self) -> Dialling<'_>;
}

/// Plain TCP to `host:port`.
pub struct Tcp(pub String);

impl Tcp {
    /// To the host and port of that URL.
    ///
    /// # Errors
    /// [`crate::Error::Setting`].
    pub fn of_url(url: &str) -> crate::Result<Self> {
        super::authority(url).map(Self)
    }
}

impl Dial for Tcp {
    fn dial(&self) -> Dialling<'_> {
        Box::pin(async {
            let stream = TcpStream::connect(self.0.as_str()).await?;
            stream.set_nodelay(true)?;
            Ok(Box::new(stream) as Box<dyn Line>)
        })
    }
}
