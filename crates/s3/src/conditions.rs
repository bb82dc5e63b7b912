//! Conditional requests, RFC 9110 §13, as far as S3 has them.

use amana_vault::{ETagMatch, ObjectInfo, WriteConditions};
use http::{HeaderMap, StatusCode};
use s3s::dto::{ETag, ETagCondition, Timestamp};

use crate::refusal::Refusal;
use crate::times;

/// The conditions of a read, or on the source of a copy.
#[derive(Debug, Default)]
pub(crate) struct ReadConditions {
    pub(crate) if_match: Option<ETagMatch>,
    pub(crate) if_none_match: Option<ETagMatch>,
    pub(crate) if_modified_since: Option<Timestamp>,
    pub(crate) if_unmodified_since: Option<Timestamp>,
}

/// Which condition did not hold.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Failed {
    /// What must be so isn't: 412.
    Precondition,
    /// The client has it already: 304.
    NotModified,
}

impl ReadConditions {
    /// Judges them in the order of RFC 9110 §13.2.2: a tag outweighs a date.
    pub(crate) fn judge(&self, object: &ObjectInfo) -> Result<(), Failed> {
        let modified = times::whole_second(object.modified_ms);
        match (&self.if_match, &self.if_unmodified_since) {
            (Some(wanted), _) if !wanted.matches(object.etag) => return Err(Failed::Precondition),
            (None, Some(since)) if modified > *since => return Err(Failed::Precondition),
            _ => {}
        }
        match (&self.if_none_match, &self.if_modified_since) {
            (Some(known), _) if known.matches(object.etag) => Err(Failed::NotModified),
            (None, Some(since)) if modified <= *since => Err(Failed::NotModified),
            _ => Ok(()),
        }
    }
}

/// 412, for reads, writes and copies alike.
pub(crate) fn precondition_failed() -> Refusal {
    Refusal::new(
        StatusCode::PRECONDITION_FAILED,
        "PreconditionFailed",
        "At least one of the pre-conditions you specified did not hold",
    )
}

/// 304, with the headers that RFC 9110 §15.4.5 wants.
pub(crate) fn not_modified(object: &ObjectInfo) -> Refusal {
    let refusal = Refusal::new(StatusCode::NOT_MODIFIED, "NotModified", "Not Modified")
        .with_header("etag", &format!("\"{}\"", object.etag))
        .with_header("last-modified", &times::http_date(object.modified_ms));
    match object.version {
        Some(version) => refusal.with_header("x-amz-version-id", &version.to_string()),
        None => refusal,
    }
}

/// What a read's condition means: `*`, or one tag. A weak tag matches as a strong one: tags here are digests.
pub(crate) fn matching(condition: Option<ETagCondition>) -> Option<ETagMatch> {
    condition.map(|condition| match condition {
        ETagCondition::Any => ETagMatch::Any,
        ETagCondition::ETag(ETag::Strong(tag) | ETag::Weak(tag)) => ETagMatch::OneOf(vec![tag]),
    })
}

/// A list of tags in a header; what is no tag is left out.
pub(crate) fn tag_list(value: &str) -> ETagMatch {
    if value.trim() == "*" {
        return ETagMatch::Any;
    }
    ETagMatch::OneOf(
        value
            .split(',')
            .map(|tag| {
                tag.trim()
                    .trim_start_matches("W/")
                    .trim_matches('"')
                    .to_owned()
            })
            .filter(|tag| !tag.is_empty())
            .collect(),
    )
}

/// The conditions of a write.
pub(crate) fn write(
    if_match: Option<ETagCondition>,
    if_none_match: Option<ETagCondition>,
) -> Result<WriteConditions, Refusal> {
    if if_none_match
        .as_ref()
        .is_some_and(|condition| !condition.is_any())
    {
        return Err(Refusal::not_implemented(
            "A header you provided implies functionality that is not implemented: If-None-Match takes * on a write",
        ));
    }
    Ok(WriteConditions {
        if_match: matching(if_match),
        if_none_match_any: if_none_match.is_some(),
    })
}

/// Whether `If-Range` lets the range be: with another representation, all of it is sent.
pub(crate) fn range_holds(headers: &HeaderMap, object: &ObjectInfo) -> bool {
    let Some(value) = headers.get(http::header::IF_RANGE) else {
        return true;
    };
    let Ok(value) = value.to_str() else {
        return false;
    };
    match times::parse_http_date(value) {
        Some(date) => times::whole_second(object.modified_ms) == date,
        None => !value.starts_with("W/") && tag_list(value).matches(object.etag),
    }
}
