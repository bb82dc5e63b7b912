//! How an authority is called: by our own TLS, believing whom the configuration names.

use std::pin::Pin;
use std::time::Duration;

use amana_tls::{Connector, Trust};
use bytes::Bytes;
use http::header::HOST;
use http::{HeaderValue, Request, Response};
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use instant_acme::{BodyWrapper, BytesResponse, Error, HttpClient};
use tokio::time::timeout;

/// For one request, from the connection to the last byte.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(60);
/// The longest answer: a chain of certificates.
const MAX_ANSWER_BYTES: usize = 1024 * 1024;

/// One connection a request: an order has a dozen of them, in two months.
pub(super) struct Calls(pub(super) Trust);

type Called = Pin<Box<dyn Future<Output = Result<BytesResponse, Error>> + Send>>;

impl HttpClient for Calls {
    fn request(&self, request: Request<BodyWrapper<Bytes>>) -> Called {
        let trust = self.0.clone();
        Box::pin(async move {
            match timeout(REQUEST_TIMEOUT, call(trust, request)).await {
                Ok(answer) => answer,
                Err(_) => Err(Error::Str("the authority took too long to answer")),
            }
        })
    }
}

async fn call(trust: Trust, request: Request<BodyWrapper<Bytes>>) -> Result<BytesResponse, Error> {
    let uri = request.uri().clone();
    let authority = uri.authority().ok_or("the authority's URL has no host")?;
    let scheme = uri.scheme_str().unwrap_or_default();
    let place = format!("{scheme}://{authority}").parse().map_err(other)?;
    let stream = Connector::new(place, trust)
        .map_err(other)?
        .connect()
        .await
        .map_err(other)?;
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream))
        .await
        .map_err(other)?;
    let (mut head, body) = request.into_parts();
    let host = HeaderValue::try_from(authority.as_str()).map_err(other)?;
    head.headers.insert(HOST, host);
    let target = uri.path_and_query().map_or("/", |target| target.as_str());
    head.uri = target.parse().map_err(other)?;
    let answer = sender.send_request(Request::from_parts(head, body));
    // The connection lives as long as its one request.
    let read = async {
        let (head, body) = answer.await.map_err(other)?.into_parts();
        let body = Limited::new(body, MAX_ANSWER_BYTES).collect().await;
        let body = body.map_err(Error::Other)?.to_bytes();
        Ok(BytesResponse::from(Response::from_parts(
            head,
            Full::new(body),
        )))
    };
    tokio::pin!(read);
    tokio::pin!(connection);
    let mut is_open = true;
    loop {
        tokio::select! {
            answer = &mut read => return answer,
            ended = &mut connection, if is_open => {
                ended.map_err(other)?;
                is_open = false;
            }
        }
    }
}

fn other(error: impl std::error::Error + Send + Sync + 'static) -> Error {
    Error::Other(Box::new(error))
}
