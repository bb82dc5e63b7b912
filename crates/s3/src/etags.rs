//! Tags and version ids, between the vault's types and the wire.

use amana_vault::{ETag, VersionId, VersionRef, Versioning};
use s3s::S3Result;
use s3s::dto;

use crate::error::refused;

/// A tag; the wire puts the quotes.
pub(crate) fn quoted(etag: ETag) -> dto::ETag {
    dto::ETag::Strong(etag.to_string())
}

/// The text of a tag that a client sent.
pub(crate) fn text(etag: dto::ETag) -> String {
    match etag {
        dto::ETag::Strong(text) | dto::ETag::Weak(text) => text,
    }
}

/// How a version that was just made is told: not at all where there are no versions.
pub(crate) fn made(version: Option<VersionId>, versioning: Versioning) -> Option<String> {
    match (version, versioning) {
        (Some(id), _) => Some(id.to_string()),
        (None, Versioning::Unversioned) => None,
        (None, _) => Some("null".into()),
    }
}

/// A version's name in a listing.
pub(crate) fn name(version: Option<VersionId>) -> String {
    version.map_or_else(|| "null".into(), |id| id.to_string())
}

/// Which version a request asks for.
pub(crate) fn asked(version_id: Option<&str>) -> S3Result<VersionRef> {
    match version_id {
        None => Ok(VersionRef::Latest),
        Some(text) => text.parse().map_err(refused),
    }
}
