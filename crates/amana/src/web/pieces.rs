//! Ciphertext in and out: sent before the act that names it, given back by range.

use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;

use amana_seal::statement::PieceId;
use axum::body::Body;
use axum::extract::{Path, Query, Request, State};
use axum::response::{IntoResponse, Response};
use futures::TryStreamExt as _;
use http::{HeaderMap, HeaderValue, StatusCode, header};
use http_body_util::BodyExt as _;
use serde::Deserialize;

use super::member::AsMember;
use super::refusal::Refusal;
use super::sealed::of;
use crate::centre::{Centre, blocking};

/// A gateway that sends nothing for this long is let go; what it sent stays.
const SILENCE: Duration = Duration::from_secs(60);
const UPLOAD_OFFSET: &str = "upload-offset";
const UPLOAD_LENGTH: &str = "upload-length";

fn name(piece: &str) -> Result<PieceId, Refusal> {
    piece
        .parse()
        .map_err(|error: amana_seal::Error| Refusal::wrong("piece", error.to_string()))
}

/// How long a piece will be, and where this request goes on. A piece that is sealed while it is sent has no length before
/// its last bytes: then they announce it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Place {
    #[serde(default)]
    size: Option<u64>,
    #[serde(default)]
    offset: u64,
}

/// Takes bytes of a piece in. What came before the gateway went away stays, and the next request goes on there.
pub(super) async fn take(
    State(centre): State<Arc<Centre>>,
    Path((institution, piece)): Path<(String, String)>,
    Query(place): Query<Place>,
    asker: AsMember,
    request: Request,
) -> Result<Response, Refusal> {
    let (member, piece) = (of(asker, &institution)?, name(&piece)?);
    let receive = centre
        .staging
        .receive(&member, piece, place.size, place.offset);
    let mut receiving = receive.await?;
    let mut body = request.into_body();
    while let Ok(Some(Ok(frame))) = tokio::time::timeout(SILENCE, body.frame()).await {
        if let Ok(bytes) = frame.into_data() {
            receiving.write(bytes).await?;
        }
    }
    let received = receiving.finish().await?;
    let status = if place.size == Some(received) {
        StatusCode::CREATED
    } else {
        StatusCode::ACCEPTED
    };
    Ok((status, offsets(received, place.size)).into_response())
}

fn offsets(received: u64, size: Option<u64>) -> HeaderMap {
    let mut headers = HeaderMap::new();
    headers.insert(UPLOAD_OFFSET, received.into());
    if let Some(size) = size {
        headers.insert(UPLOAD_LENGTH, size.into());
    }
    headers
}

/// How much of a piece is here: of one that waits for its act, or all of one that a bucket holds.
pub(super) async fn received(
    State(centre): State<Arc<Centre>>,
    Path((institution, piece)): Path<(String, String)>,
    asker: AsMember,
) -> Result<Response, Refusal> {
    let (member, piece) = (of(asker, &institution)?, name(&piece)?);
    let (staged, sender) = (centre.clone(), member.clone());
    let received = blocking(move || staged.staging.received(&sender, piece)).await?;
    if let Some((received, size)) = received {
        return Ok(offsets(received, size).into_response());
    }
    let found = blocking(move || centre.vault.sealed_piece(&member.caller, piece)).await?;
    Ok(offsets(found.size_bytes, Some(found.size_bytes)).into_response())
}

/// Gives a piece, or a range of it, each chunk verified before any of it is sent.
pub(super) async fn give(
    State(centre): State<Arc<Centre>>,
    Path((institution, piece)): Path<(String, String)>,
    headers: HeaderMap,
    asker: AsMember,
) -> Result<Response, Refusal> {
    let (member, piece) = (of(asker, &institution)?, name(&piece)?);
    let (reader, caller) = (centre.clone(), member.caller.clone());
    let found = blocking(move || reader.vault.sealed_piece(&caller, piece)).await?;
    let size = found.size_bytes;
    let asked = headers
        .get(header::RANGE)
        .map(|range| parse_range(range, size));
    let range = match asked {
        None => 0..size,
        Some(Some(range)) => range,
        Some(None) => {
            return Err(Refusal::new(
                StatusCode::RANGE_NOT_SATISFIABLE,
                "invalid-range",
                format!("the piece has {size} bytes, and one range of them can be had at a time"),
            )
            .with_header("content-range", content_range(None, size)));
        }
    };
    let stream = centre
        .vault
        .read_sealed(&member.caller, &found, range.clone())
        .await?;
    let logged = stream.inspect_err(|error| tracing::error!(%error, "a piece ends early"));
    let mut answer = Response::new(Body::from_stream(logged));
    let to = answer.headers_mut();
    to.insert(header::CONTENT_LENGTH, (range.end - range.start).into());
    to.insert(header::ACCEPT_RANGES, HeaderValue::from_static("bytes"));
    to.insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static("application/octet-stream"),
    );
    if headers.contains_key(header::RANGE) {
        to.insert(header::CONTENT_RANGE, content_range(Some(&range), size));
        *answer.status_mut() = StatusCode::PARTIAL_CONTENT;
    }
    Ok(answer)
}

fn content_range(range: Option<&Range<u64>>, size: u64) -> HeaderValue {
    let text = match range {
        Some(range) => format!("bytes {}-{}/{size}", range.start, range.end - 1),
        None => format!("bytes */{size}"),
    };
    HeaderValue::try_from(text).expect("digits and punctuation make a header's value")
}

/// One range of at least a byte (RFC 9110 §14.1.2); nothing if it lies outside, or is more than one.
fn parse_range(value: &HeaderValue, size: u64) -> Option<Range<u64>> {
    let (first, last) = value
        .to_str()
        .ok()?
        .strip_prefix("bytes=")?
        .split_once('-')?;
    let range = match (first, last) {
        ("", suffix) => size.saturating_sub(suffix.parse().ok()?)..size,
        (first, "") => first.parse().ok()?..size,
        (first, last) => first.parse().ok()?..last.parse::<u64>().ok()?.saturating_add(1).min(size),
    };
    (range.start < range.end).then_some(range)
}
