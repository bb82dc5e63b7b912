//! How the data centre is reached. What lies between is changed here: limits, and in tests a line that fails.

use std::future::Future;
use std::io;
use std::pin::Pin;

use amana_tls::Connector;
use tokio::io::{AsyncRead, AsyncWrite};

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

impl Dial for Connector {
    fn dial(&self) -> Dialling<'_> {
        Box::pin(async { Ok(Box::new(self.connect().await?) as Box<dyn Line>) })
    }
}
