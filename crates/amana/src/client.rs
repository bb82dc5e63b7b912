//! Speaks to the running server through its socket.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, anyhow, bail};
use bytes::Bytes;
use http::{Method, Request, StatusCode, header};
use http_body_util::{BodyExt as _, Full, Limited};
use hyper_util::rt::TokioIo;
use serde::Serialize;
use serde_json::Value;

use crate::socket;

/// The longest answer, in bytes.
const MAX_ANSWER_BYTES: usize = 64 * 1024 * 1024;

/// A running server's administration.
pub(crate) struct Client {
    data: PathBuf,
}

impl Client {
    /// Of the data centre in that folder.
    pub(crate) fn new(data: &Path) -> Self {
        Self {
            data: data.to_owned(),
        }
    }

    /// Asks for something.
    pub(crate) async fn get(&self, path: &str) -> Result<Value> {
        json(self.ask(Method::GET, path, Bytes::new()).await?)
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
        let stream = socket::connect(&self.data).await.map_err(|error| {
            let data = self.data.display();
            anyhow!(
                "no data centre runs in {data} ({error}); start it with: amana serve --data {data}"
            )
        })?;
        let (mut sender, connection) =
            hyper::client::conn::http1::handshake(TokioIo::new(stream)).await?;
        // The connection ends with the answer; how it ends adds nothing to the answer's own outcome.
        let driver = tokio::spawn(connection);
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header(header::HOST, "amana")
            .header(header::CONTENT_TYPE, "application/json")
            .body(Full::new(body))?;
        let lost = || {
            format!(
                "the data centre in {} did not answer; what was asked may or may not have been done",
                self.data.display()
            )
        };
        let answer = sender.send_request(request).await.with_context(lost)?;
        let status = answer.status();
        let body = Limited::new(answer.into_body(), MAX_ANSWER_BYTES);
        let body = body
            .collect()
            .await
            .map_err(|error| anyhow!(error))
            .with_context(lost)?;
        driver.abort();
        refused(status, body.to_bytes())
    }
}

fn refused(status: StatusCode, body: Bytes) -> Result<Bytes> {
    if status.is_success() {
        return Ok(body);
    }
    let said: Option<Value> = serde_json::from_slice(&body).ok();
    match said
        .as_ref()
        .and_then(|said| said["error"]["message"].as_str())
    {
        Some(message) => bail!("{message}"),
        None => bail!(
            "the data centre answered {status} {}",
            String::from_utf8_lossy(&body).trim()
        ),
    }
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
