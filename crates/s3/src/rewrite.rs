//! Requests that are in order, but not in the form that `s3s` reads: set right after their signature is verified.
//!
//! RFC 9110 has a server ignore a range, a date or a tag that it can't read, and AWS does; `s3s` 0.14.1 answers 400.
//! AWS also takes headers from a presigned URL's query. Neither can be changed before the signature is verified, since
//! it covers both; so such a request is taken out of `s3s` once it is verified, and given to a second one that has
//! no keys.

use amana_vault::ETagMatch;
use http::header::{
    AUTHORIZATION, HeaderName, IF_MATCH, IF_MODIFIED_SINCE, IF_NONE_MATCH, IF_UNMODIFIED_SINCE,
    RANGE,
};
use http::{Extensions, HeaderMap, HeaderValue, Method, Uri};
use s3s::dto::{ETagCondition, Range};
use s3s::route::S3Route;
use s3s::service::S3Service;
use s3s::{Body, S3Request, S3Response, S3Result, s3_error};

use crate::conditions::{ReadConditions, tag_list};
use crate::gate::Gate;
use crate::query::{self, Query};
use crate::signing::is_signature_parameter;
use crate::{subresources, times};

/// Conditions with several tags, for which `s3s` has no place.
#[derive(Clone, Debug, Default)]
pub(crate) struct TagLists {
    if_match: Option<ETagMatch>,
    if_none_match: Option<ETagMatch>,
}

impl TagLists {
    /// Puts the lists where the header had none that `s3s` could read.
    pub(crate) fn merge(lists: Option<Self>, conditions: ReadConditions) -> ReadConditions {
        let lists = lists.unwrap_or_default();
        ReadConditions {
            if_match: conditions.if_match.or(lists.if_match),
            if_none_match: conditions.if_none_match.or(lists.if_none_match),
            ..conditions
        }
    }
}

/// Takes those requests out, and gives them to `inner`.
pub(crate) struct Rewrite {
    pub(crate) gate: Gate,
    pub(crate) inner: S3Service,
}

#[async_trait::async_trait]
impl S3Route for Rewrite {
    fn is_match(
        &self,
        method: &Method,
        uri: &Uri,
        headers: &HeaderMap,
        _: &mut Extensions,
    ) -> bool {
        let is_read = *method == Method::GET || *method == Method::HEAD;
        (is_read && has_unreadable(headers)) || hoisted(uri).next().is_some()
    }

    async fn check_access(&self, request: &mut S3Request<Body>) -> S3Result<()> {
        self.gate
            .admit(request.credentials.as_ref(), &mut request.extensions)
            .await
    }

    async fn call(&self, request: S3Request<Body>) -> S3Result<S3Response<Body>> {
        let S3Request {
            input: body,
            method,
            uri,
            mut headers,
            mut extensions,
            ..
        } = request;
        for (name, value) in hoisted(&uri) {
            if !headers.contains_key(&name) {
                headers.insert(name, value);
            }
        }
        headers.remove(AUTHORIZATION);
        if method == Method::GET || method == Method::HEAD {
            extensions.insert(set_right(&mut headers));
        }
        let mut request = http::Request::new(body);
        *request.method_mut() = method;
        *request.uri_mut() = without_signature(&uri)?;
        *request.headers_mut() = headers;
        *request.extensions_mut() = extensions;
        let answer = self
            .inner
            .call(request)
            .await
            .map_err(|_| s3_error!(InternalError))?;
        let (parts, body) = answer.into_parts();
        Ok(S3Response {
            output: body,
            status: Some(parts.status),
            headers: parts.headers,
            extensions: parts.extensions,
        })
    }
}

fn has_unreadable(headers: &HeaderMap) -> bool {
    let unreadable = |name: &HeaderName, readable: fn(&str) -> bool| {
        headers
            .get(name)
            .is_some_and(|value| !value.is_empty() && !value.to_str().is_ok_and(readable))
    };
    unreadable(&RANGE, is_range)
        || unreadable(&IF_MATCH, is_tag)
        || unreadable(&IF_NONE_MATCH, is_tag)
        || unreadable(&IF_MODIFIED_SINCE, is_date)
        || unreadable(&IF_UNMODIFIED_SINCE, is_date)
}

fn is_range(text: &str) -> bool {
    Range::parse(text).is_ok()
}

/// One tag; `s3s` reads a list as one long tag.
fn is_tag(text: &str) -> bool {
    !text.contains(',') && ETagCondition::parse_http_header(text.as_bytes()).is_ok()
}

fn is_date(text: &str) -> bool {
    times::parse_http_date(text).is_some()
}

/// Takes away what can't be read, and keeps lists of tags.
fn set_right(headers: &mut HeaderMap) -> TagLists {
    let mut drop_unless = |name: HeaderName, readable: fn(&str) -> bool| {
        let value = headers.get(&name)?;
        let text = value.to_str().ok().map(str::to_owned);
        if text.as_deref().is_some_and(readable) {
            return None;
        }
        headers.remove(&name);
        text
    };
    drop_unless(RANGE, is_range);
    drop_unless(IF_MODIFIED_SINCE, is_date);
    drop_unless(IF_UNMODIFIED_SINCE, is_date);
    TagLists {
        if_match: drop_unless(IF_MATCH, is_tag).map(|text| tag_list(&text)),
        if_none_match: drop_unless(IF_NONE_MATCH, is_tag).map(|text| tag_list(&text)),
    }
}

/// Headers that a presigned URL carries in its query; the signature covers them there.
fn hoisted(uri: &Uri) -> impl Iterator<Item = (HeaderName, HeaderValue)> {
    let presigned = uri
        .query()
        .filter(|query| query.contains("X-Amz-Signature"));
    let query = Query::parse(presigned);
    let found: Vec<_> = query
        .iter()
        .filter(|(name, _)| {
            subresources::is_amz(name)
                && !is_signature_parameter(name)
                && !name.eq_ignore_ascii_case("x-amz-content-sha256")
        })
        .filter_map(|(name, value)| {
            let name = HeaderName::try_from(name.to_ascii_lowercase()).ok()?;
            Some((name, HeaderValue::try_from(value).ok()?))
        })
        .collect();
    found.into_iter()
}

/// The same request without its signature: the inner service has no keys to verify it with.
fn without_signature(uri: &Uri) -> S3Result<Uri> {
    let query = Query::parse(uri.query());
    let kept: Vec<String> = query
        .iter()
        .filter(|(name, _)| !subresources::is_amz(name))
        .map(|(name, value)| format!("{}={}", query::encode(name), query::encode(value)))
        .collect();
    let path_and_query = format!("{}?{}", uri.path(), kept.join("&"));
    path_and_query.parse().map_err(|_| s3_error!(InvalidURI))
}
