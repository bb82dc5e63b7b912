//! Where an application listens, and how it is reached.

use std::io;
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpStream, UnixStream};
use tokio::time::{Instant, sleep, timeout_at};

/// Tries of one request: an application that is started anew refuses for a moment.
const MAX_TRIES: u32 = 4;
/// Before the second try, doubled before each further one.
const FIRST_PAUSE: Duration = Duration::from_millis(50);

/// Where an application listens.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Place {
    /// A host and a port.
    Tcp(String),
    /// A socket of this machine.
    Unix(PathBuf),
}

/// A connection.
pub(super) trait Stream: AsyncRead + AsyncWrite + Unpin + Send {}

impl<S: AsyncRead + AsyncWrite + Unpin + Send> Stream for S {}

impl Place {
    /// A connection, tried a few times within that time. Nothing was sent before, so that trying again does nothing twice.
    pub(super) async fn connect(&self, within: Duration) -> io::Result<Box<dyn Stream>> {
        let end = Instant::now() + within;
        let mut pause = FIRST_PAUSE;
        let mut tries = 1;
        loop {
            let tried = match timeout_at(end, self.once()).await {
                Ok(tried) => tried,
                Err(_) => return Err(io::ErrorKind::TimedOut.into()),
            };
            match tried {
                Ok(stream) => return Ok(stream),
                Err(error) if tries == MAX_TRIES || Instant::now() + pause >= end => {
                    return Err(error);
                }
                Err(_) => sleep(pause).await,
            }
            pause *= 2;
            tries += 1;
        }
    }

    async fn once(&self) -> io::Result<Box<dyn Stream>> {
        Ok(match self {
            Self::Tcp(place) => {
                let stream = TcpStream::connect(place).await?;
                stream.set_nodelay(true)?;
                Box::new(stream)
            }
            Self::Unix(path) => Box::new(UnixStream::connect(path).await?),
        })
    }
}

impl FromStr for Place {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if let Some(path) = text.strip_prefix("unix:") {
            return match path.starts_with('/') {
                true => Ok(Self::Unix(path.into())),
                false => Err("a socket's path begins with /, as in unix:/run/php/site.sock"),
            };
        }
        match text.rsplit_once(':') {
            Some((host, port))
                if !host.is_empty() && port.parse().is_ok_and(|port: u16| port > 0) =>
            {
                Ok(Self::Tcp(text.to_owned()))
            }
            _ => Err("it is neither host:port nor unix:/path"),
        }
    }
}

#[cfg(test)]
mod tests {
    use tokio::net::UnixListener;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn an_application_that_is_being_started_is_waited_for() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("socket");
        let place = Place::Unix(path.clone());
        let starting = tokio::spawn(async move {
            sleep(FIRST_PAUSE * 2).await;
            UnixListener::bind(path).unwrap()
        });
        assert!(place.connect(Duration::from_secs(10)).await.is_ok());
        drop(starting.await.unwrap());
        let refused = place.connect(Duration::from_secs(10)).await.err().unwrap();
        assert_eq!(refused.kind(), io::ErrorKind::ConnectionRefused);
    }

    #[test]
    fn places_are_parsed() {
        for right in [
            "127.0.0.1:9000",
            "[::1]:9000",
            "app.local:80",
            "unix:/run/x.sock",
        ] {
            assert!(right.parse::<Place>().is_ok(), "{right}");
        }
        for wrong in ["", "x", ":80", "x:0", "x:99999", "unix:x"] {
            assert!(wrong.parse::<Place>().is_err(), "{wrong}");
        }
    }
}
