//! What requests say of an object beside its content.

use amana_vault::{Metadata, ObjectAttrs, Tags};
use http::{HeaderMap, StatusCode};

use crate::error::refusal;
use crate::locks;
use crate::query::Query;
use crate::refusal::Refusal;

const STORAGE_CLASSES: [&str; 11] = [
    "STANDARD",
    "REDUCED_REDUNDANCY",
    "STANDARD_IA",
    "ONEZONE_IA",
    "INTELLIGENT_TIERING",
    "GLACIER",
    "DEEP_ARCHIVE",
    "OUTPOSTS",
    "GLACIER_IR",
    "SNOW",
    "EXPRESS_ONEZONE",
];

/// The attributes that a PUT, a copy or the beginning of an upload gives. `metadata` was decoded from RFC 2047.
pub(crate) fn given(
    headers: &HeaderMap,
    metadata: Option<s3s::dto::Metadata>,
) -> Result<ObjectAttrs, Refusal> {
    let text = |name: &str| match headers.get(name).filter(|value| !value.is_empty()) {
        Some(value) => std::str::from_utf8(value.as_bytes())
            .map(|text| Some(text.to_owned()))
            .map_err(|_| Refusal::argument(format!("The header {name} is not UTF-8"))),
        None => Ok(None),
    };
    let metadata = metadata.unwrap_or_default().into_iter().collect();
    Ok(ObjectAttrs {
        content_type: text("content-type")?,
        content_encoding: text("content-encoding")?.and_then(|value| without_chunked(&value)),
        content_language: text("content-language")?,
        content_disposition: text("content-disposition")?,
        cache_control: text("cache-control")?,
        expires: text("expires")?,
        metadata: Metadata::parse(metadata).map_err(refusal)?,
        tags: tags(text("x-amz-tagging")?.as_deref())?,
        storage_class: storage_class(text("x-amz-storage-class")?)?,
        website_redirect: text("x-amz-website-redirect-location")?,
        checksum: None,
        lock: locks::given(headers)?,
    })
}

/// `aws-chunked` says how the body came, not what it is.
fn without_chunked(value: &str) -> Option<String> {
    let kept: Vec<&str> = value
        .split(',')
        .map(str::trim)
        .filter(|coding| !coding.is_empty() && !coding.eq_ignore_ascii_case("aws-chunked"))
        .collect();
    (!kept.is_empty()).then(|| kept.join(","))
}

fn storage_class(given: Option<String>) -> Result<Option<String>, Refusal> {
    match given {
        Some(class) if !STORAGE_CLASSES.contains(&class.as_str()) => Err(Refusal::bad(
            "InvalidStorageClass",
            "The storage class you specified is not valid",
        )),
        class => Ok(class),
    }
}

/// Tags in a header: a query string.
pub(crate) fn tags(header: Option<&str>) -> Result<Tags, Refusal> {
    let query = Query::parse(header);
    if query.repeated().is_some() {
        return Err(Refusal::new(
            StatusCode::BAD_REQUEST,
            "InvalidArgument",
            "The header 'x-amz-tagging' shall be encoded as UTF-8 then URLEncoded URL query parameters without tag \
             name duplicates.",
        ));
    }
    let pairs = query
        .iter()
        .map(|(key, value)| (key.to_owned(), value.to_owned()))
        .collect();
    Tags::parse(pairs).map_err(refusal)
}
