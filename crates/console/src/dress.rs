//! What every answer has in common: the policy that browsers keep to, the asker's language, errors in it, and gzip for thin
//! lines.

use axum::body::{Body, to_bytes};
use axum::extract::Request;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use http_body::Body as _;
use serde_json::json;

use crate::assets::gzip;
use crate::error::Refused;
use crate::language::{LANG, Language, linking};
use crate::page::{Around, Exit, refusal_page};

/// Nothing from elsewhere, nothing inline, no frame around it.
const POLICY: &str = "default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; object-src 'none'";
/// The headers that go with every answer.
const GUARD: [(HeaderName, &str); 4] = [
    (header::CONTENT_SECURITY_POLICY, POLICY),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::REFERRER_POLICY, "no-referrer"),
    (
        HeaderName::from_static("cross-origin-opener-policy"),
        "same-origin",
    ),
];
/// Pages and JSON up to this long are compressed; what is longer is content, which streams.
const MAX_COMPRESSED_BYTES: usize = 4 * 1024 * 1024;
/// Less isn't worth the header.
const MIN_COMPRESSED_BYTES: usize = 256;
/// A year.
const KEPT_S: u32 = 365 * 24 * 60 * 60;

/// Dresses an answer.
pub(crate) async fn dress(request: Request, next: Next) -> Response {
    let query = request.uri().query().unwrap_or_default().to_owned();
    let language = Language::of(&query, request.headers());
    let chosen = Language::chosen(&query);
    let asked = Asked::of(request.uri().path());
    let gzips = accepts_gzip(request.headers());
    let mut answer = linking(&query, next.run(request)).await;
    let unread = asked == Asked::Api && is_unread(&answer);
    let unread = unread.then(|| Refused::coded("malformed-call"));
    if let Some(refused) = answer.extensions_mut().remove::<Refused>().or(unread) {
        answer = told(answer.status(), refused, language, asked);
    }
    let headers = answer.headers_mut();
    for (name, value) in GUARD {
        headers
            .entry(name)
            .or_insert(HeaderValue::from_static(value));
    }
    if is(headers, "text/html") {
        headers.append(
            header::VARY,
            HeaderValue::from_static("accept-language, cookie"),
        );
        headers.insert(
            header::CONTENT_LANGUAGE,
            HeaderValue::from_static(language.texts().tag),
        );
    }
    if let Some(chosen) = chosen {
        let tag = chosen.texts().tag;
        let cookie = format!("{LANG}={tag}; Path=/; Max-Age={KEPT_S}; SameSite=Lax; HttpOnly");
        headers.extend(HeaderValue::try_from(cookie).map(|cookie| (header::SET_COOKIE, cookie)));
    }
    if gzips {
        compressed(answer).await
    } else {
        answer
    }
}

/// Where a request was for, which says how a refusal looks.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Asked {
    Api,
    /// A gateway's folders, whose menu is another.
    Folders,
    Page,
}

impl Asked {
    fn of(path: &str) -> Self {
        match path {
            path if path.starts_with("/api/") => Self::Api,
            path if path.starts_with("/folders") => Self::Folders,
            _ => Self::Page,
        }
    }
}

/// Whether a call was refused before any function of ours read it: its path or its query is no such thing. Ours answer in JSON.
fn is_unread(answer: &Response) -> bool {
    answer.status().is_client_error() && is(answer.headers(), "text/plain")
}

/// A refusal, for a person or for a program.
fn told(status: StatusCode, refused: Refused, language: Language, asked: Asked) -> Response {
    let texts = language.texts();
    if asked == Asked::Api {
        let told = json!({ "code": refused.code, "message": refused.told(texts) });
        return (status, axum::Json(told)).into_response();
    }
    let around = match asked {
        Asked::Folders => Around::Folders,
        _ => Around::Public,
    };
    match refusal_page(texts, refused, around, Exit::default()) {
        Ok(page) => (status, page).into_response(),
        Err(error) => {
            tracing::error!(%error, "the page of an error can't be written");
            status.into_response()
        }
    }
}

fn is(headers: &HeaderMap, kind: &str) -> bool {
    headers
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .is_some_and(|value| value.starts_with(kind))
}

/// Whether the asker takes gzip (RFC 9110 §12.5.3).
pub(crate) fn accepts_gzip(headers: &HeaderMap) -> bool {
    let Some(codings) = headers.get(header::ACCEPT_ENCODING) else {
        return false;
    };
    codings.to_str().unwrap_or_default().split(',').any(|one| {
        let (coding, weight) = one.split_once(';').unwrap_or((one, ""));
        let refused = matches!(weight.trim(), "q=0" | "q=0.0" | "q=0.00" | "q=0.000");
        coding.trim().eq_ignore_ascii_case("gzip") && !refused
    })
}

/// Pages and JSON as gzip. What is secret in a page of a session isn't drawn out by sizes, since its cookie doesn't
/// travel with what another site asks (`SameSite=Strict`).
async fn compressed(answer: Response) -> Response {
    let headers = answer.headers();
    let worth = is(headers, "text/html") || is(headers, "application/json");
    if !worth || headers.contains_key(header::CONTENT_ENCODING) {
        return answer;
    }
    // Only what is whole in memory says how long it is at most.
    let longest = answer.body().size_hint().upper();
    if longest.is_none_or(|bytes| bytes > MAX_COMPRESSED_BYTES as u64) {
        return answer;
    }
    let (mut parts, body) = answer.into_parts();
    let Ok(plain) = to_bytes(body, MAX_COMPRESSED_BYTES).await else {
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    };
    if plain.len() < MIN_COMPRESSED_BYTES {
        return Response::from_parts(parts, Body::from(plain));
    }
    parts.headers.remove(header::CONTENT_LENGTH);
    parts
        .headers
        .append(header::VARY, HeaderValue::from_static("accept-encoding"));
    parts
        .headers
        .insert(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"));
    Response::from_parts(parts, Body::from(gzip(&plain)))
}
