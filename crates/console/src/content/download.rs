//! `/buckets/{bucket}/content`: a version's content, verified, whole or in part, as a file to keep.
//!
//! Whatever it says that it is, a browser gets bytes without a kind, and a policy under which even a mistaken one shows and
//! runs nothing: an institution's own files may come from people who mean it harm.

use std::ops::Range;
use std::sync::Arc;

use amana_vault::{ObjectInfo, ObjectKey};
use axum::body::Body;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use http::{HeaderMap, HeaderValue, StatusCode, header};

use super::Official;
use super::links::encode;
use super::object::{Asked, version_ref};
use crate::query::Query;
use crate::{Console, Error, Result};

/// Nothing of it runs, loads or shows.
const POLICY: HeaderValue =
    HeaderValue::from_static("default-src 'none'; sandbox; frame-ancestors 'none'");

/// The content.
pub(super) async fn content(
    State(console): State<Arc<Console>>,
    official: Official,
    Path(name): Path<String>,
    Query(asked): Query<Asked>,
    headers: HeaderMap,
) -> Result<Response> {
    let key = ObjectKey::parse(asked.key.as_str())?;
    let version = version_ref(asked.version.as_deref())?;
    let object = console
        .vault
        .ask_open(&official.caller, &name, &key, version)
        .await?;
    let etag = format!("\"{}\"", object.etag);
    let part = match part(&headers, &etag, object.size_bytes) {
        Part::Whole => None,
        Part::Of(range) => Some(range),
        Part::Beyond => return Ok(beyond(object.size_bytes)),
    };
    let range = part.clone().unwrap_or(0..object.size_bytes);
    // On return the first chunk is verified; an error later breaks the line off, so that nobody takes it for whole.
    let stream = console.vault.read(&object, range.clone()).await?;
    let mut answer = Body::from_stream(stream).into_response();
    let headers = answer.headers_mut();
    let mut set = |name, value: &str| {
        HeaderValue::try_from(value)
            .map(|value| headers.insert(name, value))
            .map_err(|_| Error::Malformed)
    };
    set(header::CONTENT_TYPE, "application/octet-stream")?;
    set(header::CONTENT_DISPOSITION, &disposition(&object))?;
    set(header::CACHE_CONTROL, "no-store")?;
    set(header::ACCEPT_RANGES, "bytes")?;
    set(header::ETAG, &etag)?;
    set(
        header::CONTENT_LENGTH,
        &(range.end - range.start).to_string(),
    )?;
    if let Some(Range { start, end }) = part {
        let of = object.size_bytes;
        set(
            header::CONTENT_RANGE,
            &format!("bytes {start}-{}/{of}", end - 1),
        )?;
        *answer.status_mut() = StatusCode::PARTIAL_CONTENT;
    }
    answer
        .headers_mut()
        .insert(header::CONTENT_SECURITY_POLICY, POLICY);
    Ok(answer)
}

fn beyond(size_bytes: u64) -> Response {
    let headers = [(header::CONTENT_RANGE, format!("bytes */{size_bytes}"))];
    (StatusCode::RANGE_NOT_SATISFIABLE, headers).into_response()
}

/// What of the content is asked for.
#[derive(PartialEq, Eq, Debug)]
enum Part {
    Whole,
    Of(Range<u64>),
    Beyond,
}

/// One range is given; several, or one of another version, are answered with the whole (RFC 9110 §14.2, §13.1.5).
fn part(headers: &HeaderMap, etag: &str, size_bytes: u64) -> Part {
    let text = |name| {
        let value: Option<&HeaderValue> = headers.get(name);
        value.and_then(|value| value.to_str().ok())
    };
    if text(header::IF_RANGE).is_some_and(|wanted| wanted != etag) {
        return Part::Whole;
    }
    let range = text(header::RANGE).and_then(|range| range.strip_prefix("bytes="));
    let Some((first, last)) = range.and_then(|range| range.split_once('-')) else {
        return Part::Whole;
    };
    let number = |text: &str| text.trim().parse::<u64>().ok();
    let range = match (number(first), number(last)) {
        (Some(first), Some(last)) if first <= last => first..last.saturating_add(1),
        (Some(first), None) if last.trim().is_empty() => first..size_bytes,
        (None, Some(count)) if first.trim().is_empty() => {
            size_bytes.saturating_sub(count)..size_bytes
        }
        _ => return Part::Whole,
    };
    let range = range.start..range.end.min(size_bytes);
    if range.start < range.end {
        Part::Of(range)
    } else {
        Part::Beyond
    }
}

/// `attachment`, with the last part of the key: in ASCII for old programs, in UTF-8 for the others (RFC 6266 §4.3, RFC 8187).
fn disposition(object: &ObjectInfo) -> String {
    named(object.key.as_str())
}

fn named(key: &str) -> String {
    let name = key.trim_end_matches('/').rsplit('/').next().unwrap_or(key);
    let plain: String = name
        .chars()
        .map(|c| match c {
            '"' | '\\' | '%' => '_',
            ' '..='~' => c,
            _ => '_',
        })
        .collect();
    let mut encoded = String::new();
    encode(&mut encoded, name);
    format!("attachment; filename=\"{plain}\"; filename*=UTF-8''{encoded}")
}

#[cfg(test)]
mod tests {
    use http::{HeaderMap, header};

    use super::{Part, named, part};

    fn asked(range: &str, if_range: Option<&str>) -> Part {
        let mut headers = HeaderMap::new();
        headers.insert(
            header::RANGE,
            range.parse().unwrap_or_else(|_| unreachable!()),
        );
        if let Some(etag) = if_range {
            headers.insert(
                header::IF_RANGE,
                etag.parse().unwrap_or_else(|_| unreachable!()),
            );
        }
        part(&headers, "\"tag\"", 100)
    }

    #[test]
    fn a_range_is_within_the_content_or_refused() {
        for (range, expected) in [
            ("bytes=0-9", Part::Of(0..10)),
            ("bytes=90-", Part::Of(90..100)),
            ("bytes=90-4000", Part::Of(90..100)),
            ("bytes=-10", Part::Of(90..100)),
            ("bytes=-400", Part::Of(0..100)),
            ("bytes=99-99", Part::Of(99..100)),
            ("bytes=0-18446744073709551615", Part::Of(0..100)),
            ("bytes=100-", Part::Beyond),
            ("bytes=-0", Part::Beyond),
            ("bytes=9-0", Part::Whole),
            ("bytes=0-1,5-6", Part::Whole),
            ("bytes=-", Part::Whole),
            ("bytes=a-b", Part::Whole),
            ("lines=0-1", Part::Whole),
        ] {
            assert_eq!(asked(range, None), expected, "{range}");
        }
        assert_eq!(asked("bytes=0-9", Some("\"tag\"")), Part::Of(0..10));
        assert_eq!(asked("bytes=0-9", Some("\"other\"")), Part::Whole);
    }

    #[test]
    fn a_name_can_t_add_a_header_or_leave_its_quotes() {
        let made = named("a/b/évil\"\r\nset-cookie: x.html");
        assert_eq!(
            made,
            "attachment; filename=\"_vil___set-cookie: x.html\"; \
             filename*=UTF-8''%C3%A9vil%22%0D%0Aset-cookie%3A%20x.html"
        );
    }
}
