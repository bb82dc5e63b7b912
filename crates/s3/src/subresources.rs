//! Which subresources (`?acl`, `?uploads`…) each method has.
//!
//! `s3s` 0.14.1 ignores a subresource that it doesn't know, so that `DELETE /bucket?inventory-x` would delete the
//! bucket and `PUT /bucket/key?uploadId=…` overwrite the object. A request that asks for something else than what
//! would be done is refused here.

use http::Method;

use crate::query::Query;
use crate::refusal::Refusal;

/// Parameters that take a value and name no subresource. Those of signatures (`X-Amz-…`) come on top.
const VALUES: [&str; 31] = [
    "bucket-region",
    "continuation-token",
    "delimiter",
    "encoding-type",
    "fetch-owner",
    "id",
    "key-marker",
    "list-type",
    "marker",
    "max-buckets",
    "max-keys",
    "max-parts",
    "max-uploads",
    "part-number-marker",
    "partNumber",
    "prefix",
    "response-cache-control",
    "response-content-disposition",
    "response-content-encoding",
    "response-content-language",
    "response-content-type",
    "response-expires",
    "select-type",
    "start-after",
    "upload-id-marker",
    "uploadId",
    "version-id-marker",
    "versionId",
    "versionIdMarker",
    "x-id",
    "x-source",
];

const BUCKET: [&str; 25] = [
    "accelerate",
    "acl",
    "analytics",
    "cors",
    "encryption",
    "intelligent-tiering",
    "inventory",
    "lifecycle",
    "location",
    "logging",
    "metadataTable",
    "metrics",
    "notification",
    "object-lock",
    "ownershipControls",
    "policy",
    "policyStatus",
    "publicAccessBlock",
    "replication",
    "requestPayment",
    "tagging",
    "uploads",
    "versioning",
    "versions",
    "website",
];
/// What a bucket has that can't be put.
const BUCKET_READ_ONLY: [&str; 5] = [
    "location",
    "metadataTable",
    "policyStatus",
    "uploads",
    "versions",
];
const BUCKET_DELETE: [&str; 14] = [
    "analytics",
    "cors",
    "encryption",
    "intelligent-tiering",
    "inventory",
    "lifecycle",
    "metadataTable",
    "metrics",
    "ownershipControls",
    "policy",
    "publicAccessBlock",
    "replication",
    "tagging",
    "website",
];
const OBJECT_GET: [&str; 6] = [
    "acl",
    "attributes",
    "legal-hold",
    "retention",
    "tagging",
    "torrent",
];
const OBJECT_PUT: [&str; 4] = ["acl", "legal-hold", "retention", "tagging"];
const OBJECT_POST: [&str; 3] = ["restore", "select", "uploads"];

/// The subresource asked for, if any.
///
/// # Errors
/// One that the method doesn't have, or several at once.
pub(crate) fn check<'q>(
    method: &Method,
    is_object: bool,
    query: &'q Query<'_>,
) -> Result<Option<&'q str>, Refusal> {
    let mut found = None;
    for (name, value) in query.iter() {
        if VALUES.contains(&name) || is_amz(name) {
            continue;
        }
        if !has(method, is_object, name) {
            // A parameter with a value that nobody knows is somebody's cache buster, and AWS ignores it.
            if value.is_empty() || is_subresource(name) {
                return Err(unserved(name));
            }
            continue;
        }
        if found.replace(name).is_some() {
            return Err(Refusal::argument(
                "Conflicting query string parameters: one subresource at a time",
            ));
        }
    }
    if *method == Method::PUT && is_object && found.is_none() {
        check_put_parameters(query)?;
    }
    Ok(found)
}

fn check_put_parameters(query: &Query<'_>) -> Result<(), Refusal> {
    if query.has("versionId") {
        return Err(Refusal::argument(
            "This operation does not accept a version-id",
        ));
    }
    if query.has("partNumber") != query.has("uploadId") {
        return Err(Refusal::argument(
            "A part is uploaded with both partNumber and uploadId",
        ));
    }
    Ok(())
}

fn has(method: &Method, is_object: bool, name: &str) -> bool {
    match (method, is_object) {
        (&Method::GET, false) => BUCKET.contains(&name),
        (&Method::PUT, false) => BUCKET.contains(&name) && !BUCKET_READ_ONLY.contains(&name),
        (&Method::POST, false) => name == "delete",
        (&Method::DELETE, false) => BUCKET_DELETE.contains(&name),
        (&Method::GET, true) => OBJECT_GET.contains(&name),
        (&Method::PUT, true) => OBJECT_PUT.contains(&name),
        (&Method::POST, true) => OBJECT_POST.contains(&name),
        (&Method::DELETE, true) => name == "tagging",
        _ => false,
    }
}

fn is_subresource(name: &str) -> bool {
    name == "delete"
        || BUCKET.contains(&name)
        || OBJECT_GET.contains(&name)
        || OBJECT_POST.contains(&name)
}

/// `X-Amz-…` of signatures, and headers that a presigned URL carries in its query.
pub(crate) fn is_amz(name: &str) -> bool {
    name.get(..6)
        .is_some_and(|start| start.eq_ignore_ascii_case("x-amz-"))
}

fn unserved(name: &str) -> Refusal {
    Refusal::not_implemented(format!("This method has no subresource \"{name}\" here"))
}
