//! Answers too long for memory.

use anyhow::{Context as _, Result, anyhow};
use bytes::Bytes;
use http::{Method, Request, StatusCode, header};
use http_body_util::{BodyExt as _, Full, Limited};
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite};

use super::{Client, MAX_ANSWER_BYTES, Way, dialled, refused};
use crate::socket;

impl Client {
    /// Asks for something long, and gives it on piece by piece; says whether there was any.
    ///
    /// # Errors
    /// When it is refused, when the connection breaks before its end, and what `each` returns.
    pub(crate) async fn download(
        &self,
        path: &str,
        each: &mut dyn FnMut(&[u8]) -> Result<()>,
    ) -> Result<bool> {
        match &self.way {
            Way::Socket(data) => {
                let stream = socket::connect(data)
                    .await
                    .with_context(|| format!("no data centre runs in {}", data.display()))?;
                self.receive(stream, "amana", path, each).await
            }
            Way::Web(connector) => {
                let stream = dialled(connector).await?;
                let host = connector.place().authority();
                self.receive(stream, &host, path, each).await
            }
        }
    }

    async fn receive<S>(
        &self,
        stream: S,
        host: &str,
        path: &str,
        each: &mut dyn FnMut(&[u8]) -> Result<()>,
    ) -> Result<bool>
    where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let (mut sender, connection) =
            hyper::client::conn::http1::handshake(TokioIo::new(stream)).await?;
        // It ends with the answer; how it ends adds nothing to the answer's own outcome.
        let driver = tokio::spawn(connection);
        let mut request = Request::builder()
            .method(Method::GET)
            .uri(path)
            .header(header::HOST, host)
            .body(Full::new(Bytes::new()))?;
        if let Some(basic) = &self.basic {
            request
                .headers_mut()
                .insert(header::AUTHORIZATION, basic.clone());
        }
        let answer = sender.send_request(request).await?;
        let status = answer.status();
        let mut body = answer.into_body();
        if status == StatusCode::NOT_FOUND {
            return Ok(false);
        }
        if !status.is_success() {
            let said = Limited::new(body, MAX_ANSWER_BYTES).collect().await;
            let said = said.map_err(|error| anyhow!(error))?.to_bytes();
            return refused(status, said).map(|_| true);
        }
        while let Some(frame) = body.frame().await {
            let frame = frame.context(
                "the data centre ended its answer early: what it was reading may be damaged",
            )?;
            if let Some(bytes) = frame.data_ref() {
                each(bytes)?;
            }
        }
        driver.abort();
        Ok(true)
    }
}
