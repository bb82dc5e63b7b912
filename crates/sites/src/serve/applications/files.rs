//! Files of an application's folder that are no scripts: styles, pictures, what its editors just put there.

use std::fs::Metadata;
use std::io;
use std::path::Path;
use std::time::UNIX_EPOCH;

use bytes::Bytes;
use futures::stream;
use http::header::{
    CACHE_CONTROL, CONTENT_LENGTH, CONTENT_TYPE, ETAG, IF_NONE_MATCH, X_CONTENT_TYPE_OPTIONS,
};
use http::{HeaderMap, HeaderValue, Method, Response, StatusCode};
use http_body::Frame;
use http_body_util::{BodyExt as _, StreamBody};
use tokio::fs::File;
use tokio::io::AsyncReadExt as _;

use super::asked::Asked;
use super::fastcgi::only_read;
use super::upstream::Failure;
use crate::media_type;
use crate::model::says_too_much;
use crate::serve::Body;

const PART_BYTES: usize = 64 * 1024;

/// Sends a file as it is.
pub(super) async fn answer(place: &Path, asked: Asked) -> Result<Response<Body>, Failure> {
    if ![Method::GET, Method::HEAD].contains(&asked.method) {
        return Ok(only_read());
    }
    let broken = |error: io::Error| Failure::Broken(error.to_string());
    let mut file = File::open(place).await.map_err(broken)?;
    let about = file.metadata().await.map_err(broken)?;
    if !about.is_file() {
        return Err(Failure::Refused(StatusCode::NOT_FOUND));
    }
    let first = part(&mut file, about.len()).await.map_err(broken)?;
    let media_type = media_type(&place.to_string_lossy(), &first);
    // A copy of a program under another ending holds its passwords all the same.
    if is_source(&media_type, &first) {
        return Err(Failure::Refused(StatusCode::NOT_FOUND));
    }
    let mut headers = HeaderMap::new();
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    let etag = etag(&about);
    let is_known = asked
        .headers
        .get(IF_NONE_MATCH)
        .is_some_and(|known| *known == etag);
    headers.insert(ETAG, etag);
    if is_known {
        return Ok(with(StatusCode::NOT_MODIFIED, headers, Body::empty()));
    }
    if let Ok(media_type) = HeaderValue::try_from(media_type) {
        headers.insert(CONTENT_TYPE, media_type);
    }
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(CONTENT_LENGTH, HeaderValue::from(about.len()));
    let left = about.len() - first.len() as u64;
    Ok(with(StatusCode::OK, headers, body(file, first, left)))
}

/// Whether a file that is of no kind that browsers show is a program, a key or a dump by what it says.
fn is_source(media_type: &str, first: &[u8]) -> bool {
    let is_shown =
        !media_type.starts_with("text/plain") && media_type != "application/octet-stream";
    !is_shown && says_too_much(first)
}

fn body(file: File, first: Bytes, left: u64) -> Body {
    if left == 0 {
        return Body::whole(first);
    }
    let parts = stream::try_unfold(
        (file, Some(first), left),
        |(mut file, first, left)| async move {
            if let Some(first) = first {
                return Ok(Some((Frame::data(first), (file, None, left))));
            }
            if left == 0 {
                return Ok(None);
            }
            let part = part(&mut file, left).await?;
            // A file that was cut meanwhile isn't the one whose length was said.
            if part.is_empty() {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            let left = left - part.len() as u64;
            Ok(Some((Frame::data(part), (file, None, left))))
        },
    );
    Body::stream(StreamBody::new(parts).boxed_unsync())
}

async fn part(file: &mut File, left: u64) -> io::Result<Bytes> {
    let wanted = usize::try_from(left).map_or(PART_BYTES, |left| left.min(PART_BYTES));
    let mut bytes = Vec::with_capacity(wanted);
    file.take(wanted as u64).read_to_end(&mut bytes).await?;
    Ok(bytes.into())
}

/// Weak (RFC 9110 §8.8.1): nobody has read it, it is only as long and as new as before.
fn etag(about: &Metadata) -> HeaderValue {
    let changed = about.modified().ok();
    let since = changed.and_then(|at| at.duration_since(UNIX_EPOCH).ok());
    let text = format!(
        "W/\"{:x}-{:x}\"",
        about.len(),
        since.unwrap_or_default().as_nanos()
    );
    HeaderValue::try_from(text).expect("digits and quotes can stand in a header")
}

fn with(status: StatusCode, headers: HeaderMap, body: Body) -> Response<Body> {
    let mut answer = Response::new(body);
    *answer.status_mut() = status;
    *answer.headers_mut() = headers;
    answer
}
