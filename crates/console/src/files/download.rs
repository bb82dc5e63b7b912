//! Content, as a file to keep. It is foreign: whatever it says to be, a browser neither shows it nor runs anything of it.

use std::sync::Arc;

use amana_folders::{Error as FoldersError, Kind, Place, Reading};
use amana_vault::VersionRef;
use axum::body::Body;
use axum::extract::{Path, State};
use axum::response::Response;
use http::{HeaderMap, HeaderValue, StatusCode, header};
use serde::Deserialize;

use super::Files;
use super::places::{name, push_encoded};
use super::session::Signed;
use crate::query::Query;
use crate::{Error, Result};

/// What is read at a time.
const PIECE_BYTES: usize = 256 * 1024;
/// Should a browser show it all the same: as in a frame that may do nothing.
const SANDBOX: HeaderValue =
    HeaderValue::from_static("sandbox; default-src 'none'; frame-ancestors 'none'");

/// Which version.
#[derive(Deserialize)]
pub(super) struct Which {
    version: Option<String>,
}

/// A file, or what it was.
pub(super) async fn file(
    State(files): State<Arc<Files>>,
    signed: Signed,
    Path(path): Path<String>,
    Query(Which { version }): Query<Which>,
    headers: HeaderMap,
) -> Result<Response> {
    let (place, tree) = (Place::parse(&path)?, files.tree(&signed.caller));
    let reading = match version {
        None => tree.open(&place).await?,
        Some(version) => {
            let version: VersionRef = version.parse().map_err(FoldersError::from)?;
            tree.open_version(&place, version).await?
        }
    };
    handed_out(&place, reading, &headers)
}

/// The answer that hands a file out, piece by piece; on thin lines browsers go on from where a line broke.
pub(super) fn handed_out(
    place: &Place,
    mut reading: Reading,
    asker: &HeaderMap,
) -> Result<Response> {
    let Kind::File { size_bytes, etag } = reading.entry().kind else {
        return Err(Error::NotFound);
    };
    let etag = format!("\"{etag}\"");
    let from = begin(asker, &etag).filter(|from| *from < size_bytes);
    reading.seek(from.unwrap_or_default());
    let pieces = futures::stream::try_unfold(reading, |mut reading| async move {
        let piece = reading.read(PIECE_BYTES).await?;
        Ok::<_, FoldersError>((!piece.is_empty()).then_some((piece, reading)))
    });
    let mut answer = as_file(&name(place), Body::from_stream(pieces));
    if let Some(from) = from {
        *answer.status_mut() = StatusCode::PARTIAL_CONTENT;
        let range = format!("bytes {from}-{}/{size_bytes}", size_bytes - 1);
        let range = HeaderValue::try_from(range).expect("digits");
        answer.headers_mut().insert(header::CONTENT_RANGE, range);
    }
    let headers = answer.headers_mut();
    headers.insert(
        header::CONTENT_LENGTH,
        (size_bytes - from.unwrap_or_default()).into(),
    );
    headers.insert(header::ACCEPT_RANGES, HeaderValue::from_static("bytes"));
    headers.extend(HeaderValue::try_from(etag).map(|etag| (header::ETAG, etag)));
    Ok(answer)
}

/// Where to begin, if a browser goes on with this very content (RFC 9110 §13.1.5, §14.2). Any other range may be ignored.
fn begin(asker: &HeaderMap, etag: &str) -> Option<u64> {
    let of = asker.get(header::IF_RANGE).map(HeaderValue::as_bytes);
    let from = asker.get(header::RANGE)?.to_str().ok()?;
    let from = from
        .strip_prefix("bytes=")?
        .strip_suffix('-')?
        .parse()
        .ok()?;
    of.is_none_or(|of| of == etag.as_bytes()).then_some(from)
}

fn as_file(name: &str, body: Body) -> Response {
    // RFC 6266 §4.3, by RFC 8187.
    let mut disposition = "attachment; filename*=UTF-8''".to_owned();
    push_encoded(&mut disposition, &name.replace('/', "_"));
    let disposition = HeaderValue::try_from(disposition).expect("percent-encoded");
    let mut answer = Response::new(body);
    let headers = answer.headers_mut();
    headers.insert(header::CONTENT_DISPOSITION, disposition);
    let bytes = HeaderValue::from_static("application/octet-stream");
    headers.insert(header::CONTENT_TYPE, bytes);
    headers.insert(header::CONTENT_SECURITY_POLICY, SANDBOX);
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    answer
}

/// The receipt of the entry that made a file.
pub(super) async fn receipt(
    State(files): State<Arc<Files>>,
    signed: Signed,
    Path(path): Path<String>,
) -> Result<Response> {
    let (place, tree) = (Place::parse(&path)?, files.tree(&signed.caller));
    let reading = tree.open(&place).await?;
    let receipt = (files.receipts)(reading.entry_index()).await;
    let receipt = receipt.ok_or(Error::NoReceipt)?;
    Ok(as_file(
        &format!("{}.receipt", name(&place)),
        Body::from(receipt),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_broken_download_goes_on() {
        let asked = |range: &str, of: Option<&str>| {
            let mut headers = HeaderMap::new();
            headers.insert(header::RANGE, range.parse().expect("a range"));
            of.map(|of| headers.insert(header::IF_RANGE, of.parse().expect("a tag")));
            begin(&headers, "\"a\"")
        };
        assert_eq!(asked("bytes=5-", None), Some(5));
        assert_eq!(asked("bytes=5-", Some("\"a\"")), Some(5));
        assert_eq!(asked("bytes=5-", Some("\"b\"")), None);
        for other in [
            "bytes=5-9",
            "bytes=-5",
            "bytes=1-,3-",
            "lines=5-",
            "bytes=x-",
        ] {
            assert_eq!(asked(other, None), None, "{other}");
        }
    }
}
