//! Applications that speak HTTP/1.1: requests and answers go through as they come, and websockets both ways.

use std::io;
use std::time::Duration;

use bytes::Bytes;
use http::header::{CONNECTION, CONTENT_LENGTH, HOST, UPGRADE};
use http::{HeaderMap, HeaderName, HeaderValue, Request, Response, StatusCode};
use http_body::Body as _;
use http_body_util::BodyExt as _;
use hyper::body::Incoming;
use hyper::client::conn::http1;
use hyper::upgrade::Upgraded;
use hyper_util::rt::TokioIo;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio::time::timeout;

use super::asked::{Asked, answer_headers};
use super::passed::{self, Passed};
use super::upload::{Upgrade, Upload};
use super::upstream::{Failure, Permit, within};
use super::{Limits, Place};
use crate::serve::Body;

/// The head of an answer, in bytes, and its headers.
const MAX_HEAD_BYTES: usize = 64 * 1024;
const MAX_HEADERS: usize = 200;
const WEBSOCKET: HeaderValue = HeaderValue::from_static("websocket");
const UPGRADED: HeaderValue = HeaderValue::from_static("upgrade");

/// Asks, over a connection of the request's own.
pub(super) async fn ask(
    place: &Place,
    limits: &Limits,
    asked: Asked,
    permit: Permit,
) -> Result<Response<Body>, Failure> {
    let connected = place.connect(limits.connect).await;
    let stream = TokioIo::new(connected.map_err(Failure::Connect)?);
    let (mut sender, connection) = http1::Builder::new()
        .max_buf_size(MAX_HEAD_BYTES)
        .max_headers(MAX_HEADERS)
        .handshake(stream)
        .await
        .map_err(broken)?;
    let held = permit.clone();
    // It ends with its answer, or with whoever waits for that.
    let line = OwnLine(tokio::spawn(async move {
        if let Err(error) = connection.with_upgrades().await {
            tracing::debug!(%error, "a connection to an application ended early");
        }
        drop(held);
    }));
    let progress = asked.upload.progress();
    let (request, upgrade) = request(asked).ok_or(Failure::Refused(StatusCode::BAD_REQUEST))?;
    let answer = within(limits.head, &progress, sender.send_request(request)).await?;
    let mut answer = answer.map_err(|error| match error.is_parse() {
        true => Failure::Malformed("it isn't HTTP"),
        false => broken(error),
    })?;
    if answer.status() == StatusCode::SWITCHING_PROTOCOLS {
        let ours = upgrade.ok_or(Failure::Malformed(
            "it changes to a protocol that nobody asked for",
        ))?;
        return Ok(switched(&mut answer, ours, (line, permit)));
    }
    let (head, body) = answer.into_parts();
    let body = match body.is_end_stream() {
        true => Body::empty(),
        false => {
            let (parts, passed) = mpsc::channel(passed::MAX_PARTS);
            let passing = tokio::spawn(pass(body, parts, limits.idle, line));
            Body::stream(Passed::new(passed, passing).boxed_unsync())
        }
    };
    let mut answer = Response::new(body);
    *answer.status_mut() = head.status;
    *answer.headers_mut() = answer_headers(head.headers);
    Ok(answer)
}

fn request(asked: Asked) -> Option<(Request<Upload>, Option<Upgrade>)> {
    let mut headers = asked.headers.clone();
    let mut say = |name: HeaderName, value: &str| {
        headers.insert(name, HeaderValue::try_from(value).ok()?);
        Some(())
    };
    say(HOST, &asked.name)?;
    say(
        HeaderName::from_static("x-forwarded-for"),
        &asked.visitor.to_string(),
    )?;
    say(HeaderName::from_static("x-forwarded-host"), &asked.name)?;
    say(HeaderName::from_static("x-forwarded-proto"), asked.scheme())?;
    if let Some(bytes) = asked.upload.declared_bytes().filter(|bytes| *bytes > 0) {
        headers.insert(CONTENT_LENGTH, HeaderValue::from(bytes));
    }
    if asked.upgrade.is_some() {
        headers.insert(CONNECTION, UPGRADED);
        headers.insert(UPGRADE, WEBSOCKET);
    }
    let mut request = Request::builder()
        .method(&asked.method)
        .uri(asked.target())
        .body(asked.upload)
        .ok()?;
    *request.headers_mut() = headers;
    Some((request, asked.upgrade))
}

/// The answer that both protocols change by, and what goes through after it.
fn switched(
    answer: &mut Response<Incoming>,
    ours: Upgrade,
    held: (OwnLine, Permit),
) -> Response<Body> {
    let theirs = hyper::upgrade::on(&mut *answer);
    tokio::spawn(async move {
        match tokio::try_join!(ours.on, theirs) {
            Ok((ours, theirs)) => tunnel(ours, theirs).await,
            Err(error) => tracing::debug!(%error, "a websocket didn't begin"),
        }
        drop((held, ours.place));
    });
    let mut headers: HeaderMap = answer_headers(answer.headers().clone());
    headers.insert(CONNECTION, UPGRADED);
    headers.insert(UPGRADE, WEBSOCKET);
    let mut answer = Response::new(Body::empty());
    *answer.status_mut() = StatusCode::SWITCHING_PROTOCOLS;
    *answer.headers_mut() = headers;
    answer
}

/// Until either side ends it, or the visitor's connection is silent for too long, as any of ours may be.
async fn tunnel(ours: Upgraded, theirs: Upgraded) {
    let (mut ours, mut theirs) = (TokioIo::new(ours), TokioIo::new(theirs));
    if let Err(error) = tokio::io::copy_bidirectional(&mut ours, &mut theirs).await {
        tracing::debug!(%error, "a websocket broke off");
    }
}

fn broken(error: hyper::Error) -> Failure {
    Failure::Broken(error.to_string())
}

/// A connection, which ends with whoever has this: an upload that still trickles would hold its place.
struct OwnLine(JoinHandle<()>);

impl Drop for OwnLine {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// Passes a body on. An application that is silent for too long, and a visitor who takes nothing, end it.
async fn pass(
    mut body: Incoming,
    parts: mpsc::Sender<io::Result<Bytes>>,
    idle: Duration,
    _line: OwnLine,
) {
    loop {
        let part = match timeout(idle, body.frame()).await {
            Ok(Some(Ok(frame))) => match frame.into_data() {
                Ok(data) if !data.is_empty() => Ok(data),
                // Trailers belong to one connection.
                _ => continue,
            },
            Ok(Some(Err(error))) => Err(io::Error::other(error)),
            Ok(None) => Ok(passed::END),
            Err(_) => {
                let why = "an application was silent in the midst of its answer";
                Err(io::Error::new(io::ErrorKind::TimedOut, why))
            }
        };
        let is_last = part.as_ref().map_or(true, Bytes::is_empty);
        let taken = timeout(idle, parts.send(part)).await;
        if is_last || !matches!(taken, Ok(Ok(()))) {
            return;
        }
    }
}
