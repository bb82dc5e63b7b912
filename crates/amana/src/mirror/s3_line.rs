//! The line to a bucket, for threads that block: one request after the other, each with its deadlines, all cut off when
//! the server stops.

use std::sync::{Mutex, PoisonError};

use amana_tls::Connector;
use anyhow::{Result, anyhow, bail};
use tokio::runtime::{Builder, Runtime};

use super::stop::Stop;
use crate::patience::{Patience, Silent};
use crate::s3_client::{AccessKey, Answer, Call, S3Client};

/// Tries of a request whose connection broke.
const TRIES: usize = 3;

/// A connection with a small runtime of its own.
pub(super) struct S3Line {
    stop: Stop,
    /// None once it fell silent: whoever waited for it is told at once.
    open: Mutex<Option<Open>>,
}

struct Open {
    runtime: Runtime,
    client: S3Client,
}

impl Open {
    fn close(self) {
        drop(self.client);
        // A runtime may not be waited for where others run.
        self.runtime.shutdown_background();
    }
}

impl Drop for S3Line {
    fn drop(&mut self) {
        let open = self.open.get_mut().unwrap_or_else(PoisonError::into_inner);
        if let Some(open) = open.take() {
            open.close();
        }
    }
}

impl S3Line {
    /// Connects. Blocking.
    ///
    /// # Errors
    /// When nobody answers there in time, or the server stops.
    pub(super) fn connect(
        connector: Connector,
        key: AccessKey,
        region: Option<&str>,
        stop: Stop,
        patience: Patience,
    ) -> Result<Self> {
        let runtime = Builder::new_current_thread().enable_all().build()?;
        let client = runtime.block_on(async {
            tokio::select! {
                client = S3Client::connect(connector, key, patience) => client,
                () = stop.said() => Err(stopping()),
            }
        });
        let client = match client {
            Ok(client) => client,
            Err(error) => {
                // A name that is still being looked up must not keep whoever waits.
                runtime.shutdown_background();
                return Err(error);
            }
        };
        let client = match region {
            Some(region) => client.in_region(region),
            None => client,
        };
        Ok(Self {
            stop,
            open: Mutex::new(Some(Open { runtime, client })),
        })
    }

    /// Asks, and asks again when the line broke: every request of a place may be asked twice. Blocking.
    ///
    /// # Errors
    /// When no answer came in time, the other side can't answer, or the server stops.
    pub(super) fn ask(&self, call: &dyn Fn() -> Call) -> Result<Answer> {
        let mut line = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(mut open) = line.take() else {
            bail!("it fell silent, and the line to it was closed");
        };
        let answer = self.try_on(&mut open, call);
        match &answer {
            // Asking again would keep those who wait for this lock as long once more.
            Err(error) if self.stop.is_said() || error.is::<Silent>() => open.close(),
            _ => *line = Some(open),
        }
        answer
    }

    fn try_on(&self, open: &mut Open, call: &dyn Fn() -> Call) -> Result<Answer> {
        let Open { runtime, client } = open;
        let mut last = anyhow!("it was never asked");
        for _ in 0..TRIES {
            let answer = runtime.block_on(async {
                tokio::select! {
                    answer = client.call(call()) => answer,
                    () = self.stop.said() => Err(stopping()),
                }
            });
            match answer {
                Ok(answer) if answer.status.is_server_error() => last = anyhow!(answer.said()),
                Err(error) if !self.stop.is_said() && !error.is::<Silent>() => last = error,
                ended => return ended,
            }
        }
        Err(last)
    }
}

fn stopping() -> anyhow::Error {
    anyhow!("the server is being stopped")
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;
    use std::time::Duration;

    use amana_tls::Trust;
    use http::Method;
    use zeroize::Zeroizing;

    use super::*;

    /// Somebody who takes connections and never says a word, and a line to them.
    fn silent(stop: Stop, patience: Patience) -> (TcpListener, S3Line) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let connector = Connector::new(url.parse().unwrap(), Trust::System).unwrap();
        let key = AccessKey {
            id: "id".to_owned(),
            secret: Zeroizing::new("secret".to_owned()),
        };
        let line = S3Line::connect(connector, key, None, stop, patience).unwrap();
        (listener, line)
    }

    fn look() -> Call {
        Call::new(Method::GET, "/bucket/head".to_owned())
    }

    #[test]
    fn whoever_stays_silent_is_left_and_who_waits_behind_is_told_at_once() {
        let patience = Patience {
            asked: Some(Duration::from_millis(40)),
            ..Patience::default()
        };
        let (_listener, line) = silent(Stop::default(), patience);
        let error = line.ask(&look).err().unwrap();
        assert!(error.is::<Silent>(), "{error:#}");
        let error = line.ask(&look).err().unwrap();
        assert!(error.to_string().contains("was closed"), "{error:#}");
    }

    #[test]
    fn a_connection_without_an_end_of_its_handshake_is_left() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("https://{}", listener.local_addr().unwrap());
        let digest = format!("sha256:{}", "00".repeat(32));
        let connector = Connector::new(url.parse().unwrap(), digest.parse().unwrap()).unwrap();
        let key = AccessKey {
            id: "id".to_owned(),
            secret: Zeroizing::new("secret".to_owned()),
        };
        let patience = Patience {
            connect: Some(Duration::from_millis(40)),
            ..Patience::default()
        };
        let line = S3Line::connect(connector, key, None, Stop::default(), patience);
        assert!(line.err().unwrap().is::<Silent>());
    }

    #[test]
    fn a_stop_is_heard_while_nobody_answers() {
        let stop = Stop::default();
        let (_listener, line) = silent(stop.clone(), Patience::default());
        let asked = std::thread::spawn(move || line.ask(&look).err().unwrap().to_string());
        stop.say();
        assert_eq!(asked.join().unwrap(), "the server is being stopped");
    }
}
