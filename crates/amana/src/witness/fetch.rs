//! HTTP to the data centre, over lines that are thin and break.

use std::convert::Infallible;
use std::fmt;
use std::time::Duration;

use amana_tls::{Connector, Stream};
use anyhow::{Context as _, Result, anyhow, bail};
use bytes::Bytes;
use http::{Method, Request, StatusCode, header};
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use tokio::time::timeout;

/// A connection that isn't there by then is given up.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(20);
/// A whole exchange: half a megabyte at 2 kB a second.
const EXCHANGE_TIMEOUT: Duration = Duration::from_secs(300);
/// The longest answer, in bytes.
const MAX_ANSWER_BYTES: usize = 32 * 1024 * 1024;
/// What is shown of an answer that says why not, in letters.
const MAX_SHOWN: usize = 500;

/// Where the data centre's web listener is reached.
#[derive(Clone)]
pub(crate) struct Centre(Connector);

impl fmt::Display for Centre {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.place().fmt(f)
    }
}

impl Centre {
    /// The one at that place.
    pub(crate) fn new(connector: Connector) -> Self {
        Self(connector)
    }

    /// What is at a path.
    ///
    /// # Errors
    /// When the line fails, or the answer is a refusal.
    pub(crate) async fn get(&self, path: &str) -> Result<Bytes> {
        self.exchange(Method::GET, path, "text/plain", Bytes::new())
            .await
    }

    /// The answer to a body.
    ///
    /// # Errors
    /// As [`Centre::get`].
    pub(crate) async fn post(&self, path: &str, kind: &str, body: String) -> Result<Bytes> {
        self.exchange(Method::POST, path, kind, body.into()).await
    }

    async fn exchange(&self, method: Method, path: &str, kind: &str, body: Bytes) -> Result<Bytes> {
        let stream = timeout(CONNECT_TIMEOUT, self.0.connect())
            .await
            .map_err(|_| anyhow!("no connection within {} s", CONNECT_TIMEOUT.as_secs()))
            .and_then(|connected| Ok(connected?))
            .with_context(|| format!("{self} can't be reached"))?;
        let place = self.0.place();
        let request = Request::builder()
            .method(method)
            .uri(format!("{}{path}", place.prefix))
            .header(header::HOST, place.authority())
            .header(header::CONTENT_TYPE, kind)
            .header(header::CONNECTION, "close")
            .body(Full::new(body))?;
        let exchange = timeout(EXCHANGE_TIMEOUT, converse(stream, request));
        let (status, body) = exchange
            .await
            .map_err(|_| anyhow!("no whole answer within {} s", EXCHANGE_TIMEOUT.as_secs()))
            .flatten()
            .with_context(|| format!("{self}{path}"))?;
        if status.is_success() {
            return Ok(body);
        }
        let said = String::from_utf8_lossy(&body);
        let said: String = said
            .trim()
            .chars()
            .map(|c| if c.is_control() { ' ' } else { c })
            .take(MAX_SHOWN)
            .collect();
        bail!("{self}{path} answered {status}: {said}")
    }
}

async fn converse(stream: Stream, request: Request<Full<Bytes>>) -> Result<(StatusCode, Bytes)> {
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
    let ask = async {
        let answer = sender.send_request(request).await?;
        let status = answer.status();
        let body = Limited::new(answer.into_body(), MAX_ANSWER_BYTES).collect();
        let body = body.await.map_err(|error| anyhow!(error))?;
        Ok((status, body.to_bytes()))
    };
    // The connection is driven here, so that giving up on the exchange closes it. How it ends adds nothing to the
    // exchange's own outcome.
    let drive = async {
        let _ = connection.await;
        std::future::pending::<Infallible>().await
    };
    tokio::select! {
        asked = ask => asked,
        never = drive => match never {},
    }
}
