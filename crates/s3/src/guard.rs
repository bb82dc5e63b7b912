//! What stands in front of `s3s`: a request is refused here, from its head alone, before anything is read or looked up.
//!
//! `s3s` 0.14.1 is a protocol adapter; what it lets through and AWS wouldn't is closed here, each gap with a test:
//! signatures ([`signing`]), subresources ([`subresources`]), sizes and framing of bodies ([`Plan`]), repeated
//! headers and parameters, forms, CORS preflights, website hosts, and headers that ask for what isn't offered.

use http::request::Parts;
use http::{HeaderMap, Method, StatusCode};

use crate::document::Digests;
use crate::framing::Framing;
use crate::hosts::Hosts;
use crate::intake::Plan;
use crate::query::Query;
use crate::refusal::Refusal;
use crate::{signing, subresources};

/// AWS's bound on one PUT, and on one part: 5 GiB.
pub(crate) const MAX_PUT_BYTES: u64 = 5 * 1024 * 1024 * 1024;
/// Bound on an XML body: AWS's own 2 MiB for a deletion of 1,000 keys.
pub(crate) const MAX_DOCUMENT_BYTES: u64 = 2 * 1024 * 1024;

/// Canned ACLs that say what is so anyway: all belongs to the institution.
const OWN_ACLS: [&str; 3] = ["private", "bucket-owner-read", "bucket-owner-full-control"];

/// Decides whether `s3s` may see this request, and how its body is bounded.
///
/// # Errors
/// The answer to give instead.
pub(crate) fn admit(parts: &Parts, hosts: &Hosts) -> Result<Plan, Refusal> {
    check_repeated(&parts.headers)?;
    let host = text(&parts.headers, "host").unwrap_or_default();
    if parts.method == Method::OPTIONS {
        return Err(preflight(&parts.headers));
    }
    if hosts.is_website(host) {
        return Err(Refusal::missing(
            "NoSuchWebsiteConfiguration",
            "The specified bucket does not have a website configuration",
        ));
    }
    refuse_forms(parts)?;
    let query = Query::parse(parts.uri.query());
    if let Some(name) = query.repeated() {
        return Err(Refusal::argument(format!(
            "The query parameter {name} is given twice"
        )));
    }
    signing::check(parts, &query)?;
    let is_object = names_object(parts.uri.path(), hosts.label(host).is_some());
    let subresource = subresources::check(&parts.method, is_object, &query)?;
    for (name, value) in &parts.headers {
        refuse_unoffered(name.as_str(), value.as_bytes())?;
    }
    for (name, value) in query.iter().filter(|(name, _)| subresources::is_amz(name)) {
        refuse_unoffered(&name.to_ascii_lowercase(), value.as_bytes())?;
    }
    let is_copy = parts.headers.contains_key("x-amz-copy-source");
    let stores = parts.method == Method::PUT && is_object && subresource.is_none() && !is_copy;
    let completes = parts.method == Method::POST && query.has("uploadId");
    plan(&parts.headers, stores, !completes)
}

fn plan(headers: &HeaderMap, stores: bool, with_checksums: bool) -> Result<Plan, Refusal> {
    let length = content_length(headers)?;
    let chunked_transfer = headers.contains_key("transfer-encoding");
    let hash = payload_hash(headers)?;
    if !stores {
        if !chunked_transfer && length.unwrap_or(0) == 0 {
            return Ok(Plan::Empty);
        }
        if hash.is_framed() {
            return Err(Refusal::not_implemented(
                "aws-chunked is for the content of objects and parts",
            ));
        }
        let length = bounded(length, MAX_DOCUMENT_BYTES, "MaxMessageLengthExceeded")?
            .ok_or_else(|| missing_length("Content-Length"))?;
        let digests = Digests::declared(headers, with_checksums)?;
        return Ok(Plan::Document { length, digests });
    }
    if let PayloadHash::Framed { signed } = hash {
        let declared = text(headers, "x-amz-decoded-content-length")
            .and_then(|value| decimal(value.as_bytes()));
        let declared = declared.ok_or_else(|| missing_length("x-amz-decoded-content-length"))?;
        bounded(Some(declared), MAX_PUT_BYTES, "EntityTooLarge")?;
        return Ok(Plan::Framed(Framing::new(signed, declared)));
    }
    match bounded(length, MAX_PUT_BYTES, "EntityTooLarge")? {
        Some(0) => Ok(Plan::Empty),
        Some(length) => Ok(Plan::Exact(length)),
        None => Err(missing_length("Content-Length")),
    }
}

/// What `x-amz-content-sha256` says.
enum PayloadHash {
    Plain,
    Framed { signed: bool },
}

impl PayloadHash {
    fn is_framed(&self) -> bool {
        matches!(self, Self::Framed { .. })
    }
}

fn payload_hash(headers: &HeaderMap) -> Result<PayloadHash, Refusal> {
    let Some(value) = headers.get("x-amz-content-sha256") else {
        return Ok(PayloadHash::Plain);
    };
    match value.as_bytes() {
        b"UNSIGNED-PAYLOAD" => Ok(PayloadHash::Plain),
        b"STREAMING-UNSIGNED-PAYLOAD-TRAILER" => Ok(PayloadHash::Framed { signed: false }),
        b"STREAMING-AWS4-HMAC-SHA256-PAYLOAD" | b"STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER" => {
            Ok(PayloadHash::Framed { signed: true })
        }
        ecdsa if ecdsa.starts_with(b"STREAMING-AWS4-ECDSA-") => Err(Refusal::not_implemented(
            "Only AWS4-HMAC-SHA256 signatures are verified here",
        )),
        digits if digits.len() == 64 && digits.iter().all(u8::is_ascii_hexdigit) => {
            Ok(PayloadHash::Plain)
        }
        _ => Err(Refusal::argument(
            "x-amz-content-sha256 must be UNSIGNED-PAYLOAD, STREAMING-UNSIGNED-PAYLOAD-TRAILER, \
             STREAMING-AWS4-HMAC-SHA256-PAYLOAD, STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER or a valid sha256 value.",
        )),
    }
}

fn bounded(length: Option<u64>, max: u64, code: &'static str) -> Result<Option<u64>, Refusal> {
    match length {
        Some(length) if length > max => Err(Refusal::bad(
            code,
            format!(
                "Your proposed upload of {length} bytes exceeds the maximum allowed size of {max} bytes"
            ),
        )),
        length => Ok(length),
    }
}

fn missing_length(header: &str) -> Refusal {
    Refusal::new(
        StatusCode::LENGTH_REQUIRED,
        "MissingContentLength",
        format!("You must provide the {header} HTTP header."),
    )
}

/// `Content-Length`; `s3s` reads `12abc` as 12.
fn content_length(headers: &HeaderMap) -> Result<Option<u64>, Refusal> {
    headers
        .get("content-length")
        .map(|value| {
            decimal(value.as_bytes())
                .ok_or_else(|| Refusal::argument("Content-Length is not a number"))
        })
        .transpose()
}

fn decimal(digits: &[u8]) -> Option<u64> {
    if digits.is_empty() || !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    std::str::from_utf8(digits).ok()?.parse().ok()
}

/// Headers of which a second one would be read differently by the signature and by the service.
fn check_repeated(headers: &HeaderMap) -> Result<(), Refusal> {
    const SINGLE: [&str; 12] = [
        "authorization",
        "content-encoding",
        "content-length",
        "content-md5",
        "content-type",
        "host",
        "if-match",
        "if-modified-since",
        "if-none-match",
        "if-unmodified-since",
        "range",
        "transfer-encoding",
    ];
    // Some SDKs send these lists as one header a value.
    const LISTS: [&str; 2] = [
        "x-amz-object-attributes",
        "x-amz-optional-object-attributes",
    ];
    if headers.len() == headers.keys_len() {
        return Ok(());
    }
    for name in headers.keys() {
        let is_single = SINGLE.contains(&name.as_str())
            || (name.as_str().starts_with("x-amz-") && !LISTS.contains(&name.as_str()));
        if is_single && headers.get_all(name).iter().nth(1).is_some() {
            return Err(Refusal::argument(format!(
                "The header {name} is given twice"
            )));
        }
    }
    Ok(())
}

/// Browser forms sign a policy, not the request, and `s3s` holds their file in memory.
fn refuse_forms(parts: &Parts) -> Result<(), Refusal> {
    let kind = text(&parts.headers, "content-type").unwrap_or_default();
    if parts.method == Method::POST && kind.trim().to_ascii_lowercase().starts_with("multipart/") {
        return Err(Refusal::not_implemented(
            "Uploads by HTML forms are not offered: use PUT, or a presigned URL",
        ));
    }
    Ok(())
}

/// The answer to a CORS preflight: no bucket allows other origins.
fn preflight(headers: &HeaderMap) -> Refusal {
    if !headers.contains_key("origin") {
        return Refusal::bad(
            "BadRequest",
            "Insufficient information. Origin request header needed.",
        );
    }
    if !headers.contains_key("access-control-request-method") {
        return Refusal::bad("BadRequest", "Invalid Access-Control-Request-Method: null");
    }
    Refusal::new(
        StatusCode::FORBIDDEN,
        "AccessForbidden",
        "CORSResponse: CORS is not enabled for this bucket.",
    )
}

/// Headers that ask for a promise which isn't kept yet. To take them and do nothing would be a lie.
fn refuse_unoffered(name: &str, value: &[u8]) -> Result<(), Refusal> {
    let Some(name) = name.strip_prefix("x-amz-") else {
        return Ok(());
    };
    if name.starts_with("server-side-encryption")
        || name.starts_with("copy-source-server-side-encryption")
    {
        return Err(Refusal::not_implemented(
            "Encryption by the data centre is not offered: it would hold the key. Seal before depositing",
        ));
    }
    if name == "write-offset-bytes" {
        return Err(Refusal::not_implemented("Appending is not offered"));
    }
    let is_own = OWN_ACLS.iter().any(|acl| acl.as_bytes() == value);
    if name.starts_with("grant-") || (name == "acl" && !is_own) {
        return Err(Refusal::bad(
            "AccessControlListNotSupported",
            "The bucket does not allow ACLs",
        ));
    }
    Ok(())
}

/// Whether the path names an object, not a bucket or the service.
fn names_object(path: &str, bucket_in_host: bool) -> bool {
    let path = path.strip_prefix('/').unwrap_or(path);
    if bucket_in_host {
        return !path.is_empty();
    }
    // `s3s` splits after decoding, so an encoded slash separates as well.
    let decoded = crate::query::percent_decode(path);
    decoded
        .iter()
        .position(|&byte| byte == b'/')
        .is_some_and(|slash| slash + 1 < decoded.len())
}

fn text<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}
