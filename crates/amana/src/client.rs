//! Speaks to a data centre: through the socket in its folder, or over HTTP with an institution's access key.

mod download;

use std::fmt;
use std::path::{Path, PathBuf};

use amana_tls::{Connector, Stream};
use anyhow::{Context as _, Result, anyhow, bail};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http::{HeaderValue, Method, Request, StatusCode, header};
use http_body_util::{BodyExt as _, Full, Limited};
use hyper_util::rt::TokioIo;
use serde::Serialize;
use serde_json::Value;
use tokio::io::{AsyncRead, AsyncWrite};
use zeroize::Zeroizing;

use crate::config::path_in;
use crate::gateway::folder::Folder;
use crate::socket;

/// The longest answer, in bytes.
const MAX_ANSWER_BYTES: usize = 64 * 1024 * 1024;

/// A running data centre.
pub(crate) struct Client {
    way: Way,
    basic: Option<HeaderValue>,
}

/// How it is reached.
enum Way {
    /// Through the socket in this folder.
    Socket(PathBuf),
    /// At this place.
    Web(Connector),
}

impl Client {
    /// The data centre in that folder.
    pub(crate) fn new(data: &Path) -> Self {
        Self {
            way: Way::Socket(data.to_owned()),
            basic: None,
        }
    }

    /// The data centre at that place, asked by whoever holds the access key, if one is given.
    ///
    /// # Errors
    /// When the key would be shown to everybody on the way.
    pub(crate) fn at(connector: Connector, key: Option<(&str, &str)>) -> Result<Self> {
        let place = connector.place();
        if key.is_some() && !place.is_tls && !place.is_loopback() {
            bail!("{place}: an access key's secret isn't sent without TLS: take https://");
        }
        let basic = key.map(|(id, secret)| {
            let pair = Zeroizing::new(format!("{id}:{secret}"));
            let mut value =
                HeaderValue::try_from(format!("Basic {}", STANDARD.encode(pair.as_bytes())))?;
            value.set_sensitive(true);
            anyhow::Ok(value)
        });
        Ok(Self {
            way: Way::Web(connector),
            basic: basic.transpose()?,
        })
    }

    /// Asks for something.
    pub(crate) async fn get(&self, path: &str) -> Result<Value> {
        json(self.get_bytes(path).await?)
    }

    /// Asks for something that isn't JSON.
    pub(crate) async fn get_bytes(&self, path: &str) -> Result<Bytes> {
        self.ask(Method::GET, path, Bytes::new()).await
    }

    /// Has something done.
    pub(crate) async fn post(&self, path: &str, body: &impl Serialize) -> Result<Value> {
        let body = serde_json::to_vec(body)?;
        json(self.ask(Method::POST, path, body.into()).await?)
    }

    /// Has something ended.
    pub(crate) async fn delete(&self, path: &str) -> Result<Value> {
        json(self.ask(Method::DELETE, path, Bytes::new()).await?)
    }

    async fn ask(&self, method: Method, path: &str, body: Bytes) -> Result<Bytes> {
        match &self.way {
            Way::Socket(data) => {
                let stream = socket::connect(data).await.map_err(|error| {
                    let is_gateway = Folder::new(data).institution().exists();
                    // Who may not look there is told the system's reason.
                    let is_centre = path_in(data).try_exists().unwrap_or(true);
                    let data = data.display();
                    let (what, command) = match (is_gateway, is_centre) {
                        (true, _) => ("gateway", "gateway run"),
                        (false, true) => ("data centre", "serve"),
                        (false, false) => {
                            return anyhow!(
                                "neither a data centre nor a gateway is in {data}: name its folder with --data"
                            );
                        }
                    };
                    anyhow!(
                        "no {what} runs in {data} ({error}); start it with: amana {command} --data {data}"
                    )
                })?;
                self.converse(stream, "amana", method, path, body).await
            }
            Way::Web(connector) => {
                let stream = dialled(connector).await?;
                let host = connector.place().authority();
                self.converse(stream, &host, method, path, body).await
            }
        }
    }

    async fn converse<S>(
        &self,
        stream: S,
        host: &str,
        method: Method,
        path: &str,
        body: Bytes,
    ) -> Result<Bytes>
    where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let (mut sender, connection) =
            hyper::client::conn::http1::handshake(TokioIo::new(stream)).await?;
        // The connection ends with the answer; how it ends adds nothing to the answer's own outcome.
        let driver = tokio::spawn(connection);
        let mut request = Request::builder()
            .method(method)
            .uri(path)
            .header(header::HOST, host)
            .header(header::CONTENT_TYPE, "application/json")
            .body(Full::new(body))?;
        if let Some(basic) = &self.basic {
            request
                .headers_mut()
                .insert(header::AUTHORIZATION, basic.clone());
        }
        let lost = "the data centre did not answer; what was asked may or may not have been done";
        let answer = sender.send_request(request).await.context(lost)?;
        let status = answer.status();
        let body = Limited::new(answer.into_body(), MAX_ANSWER_BYTES);
        let body = body.collect().await.map_err(|error| anyhow!(error));
        let body = body.context(lost)?.to_bytes();
        driver.abort();
        refused(status, body)
    }
}

async fn dialled(connector: &Connector) -> Result<Stream> {
    let stream = connector.connect().await;
    stream.with_context(|| format!("no data centre answers at {}", connector.place()))
}

/// The data centre's refusal: its status, for whoever can do something about it, and its words.
#[derive(Debug)]
pub(crate) struct Refused {
    /// The HTTP status.
    pub(crate) status: StatusCode,
    message: String,
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Refused {}

fn refused(status: StatusCode, body: Bytes) -> Result<Bytes> {
    if status.is_success() {
        return Ok(body);
    }
    let said: Option<Value> = serde_json::from_slice(&body).ok();
    let said = said.as_ref().and_then(|said| {
        let nested = said["error"]["message"].as_str();
        nested.or(said["message"].as_str())
    });
    let message = match said {
        Some(message) => message.to_owned(),
        None if status == StatusCode::NOT_FOUND => {
            "there is none, or it is not yours to see".to_owned()
        }
        None => format!(
            "the data centre answered {status} {}",
            String::from_utf8_lossy(&body).trim()
        ),
    };
    Err(Refused { status, message }.into())
}

fn json(body: Bytes) -> Result<Value> {
    serde_json::from_slice(&body).context("the data centre's answer is not JSON")
}

/// One segment of a path, with everything escaped that isn't plain (RFC 3986 §2.3).
pub(crate) fn segment(text: &str) -> String {
    let plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.' | b'_' | b'~');
    text.bytes()
        .map(|b| {
            if plain(b) {
                char::from(b).to_string()
            } else {
                format!("%{b:02X}")
            }
        })
        .collect()
}
