//! What a signature must cover. `s3s` verifies that the signature is right; this says what is not even looked at.
//!
//! `s3s` 0.14.1 takes a request whose `host` or `x-amz-*` headers are unsigned, SigV2 in a header or a query, any
//! algorithm's name in `Authorization`, the `sts` service, and presigned URLs of any age: each is refused here, with
//! the code that AWS documents.

use http::request::Parts;
use http::{HeaderMap, StatusCode};

use crate::query::Query;
use crate::refusal::Refusal;

/// AWS's own bound on `X-Amz-Expires`: seven days.
const MAX_EXPIRES_S: i64 = 604_800;
const ALGORITHM: &str = "AWS4-HMAC-SHA256";
const V4_QUERY: [&str; 6] = [
    "X-Amz-Algorithm",
    "X-Amz-Credential",
    "X-Amz-Date",
    "X-Amz-Expires",
    "X-Amz-SignedHeaders",
    "X-Amz-Signature",
];

/// Whether a query parameter belongs to a presigned URL's signature.
pub(crate) fn is_signature_parameter(name: &str) -> bool {
    V4_QUERY.contains(&name)
}

/// Refuses a request that isn't signed by SigV4, once, over everything that matters.
pub(crate) fn check(parts: &Parts, query: &Query<'_>) -> Result<(), Refusal> {
    if query.has("AWSAccessKeyId") || query.has("Signature") {
        return Err(sigv2());
    }
    let presigned = V4_QUERY.iter().any(|name| query.has(name));
    let authorization = parts.headers.get(http::header::AUTHORIZATION);
    if query.has("X-Amz-Security-Token") || parts.headers.contains_key("x-amz-security-token") {
        return Err(Refusal::bad(
            "InvalidToken",
            "Temporary credentials are not given out here: send no security token",
        ));
    }
    match (authorization, presigned) {
        (Some(_), true) => Err(Refusal::argument(
            "Only one auth mechanism allowed; only the X-Amz-Algorithm query parameter, Signature query string \
             parameter or the Authorization header should be specified",
        )),
        (Some(value), false) => {
            let value = value.to_str().map_err(|_| malformed_authorization())?;
            check_header(value, &parts.headers)
        }
        (None, true) => check_presigned(query, &parts.headers),
        (None, false) => Err(Refusal::denied(
            "Anonymous requests are refused: sign the request",
        )),
    }
}

fn check_header(authorization: &str, headers: &HeaderMap) -> Result<(), Refusal> {
    let Some((algorithm, fields)) = authorization.split_once(' ') else {
        return Err(malformed_authorization());
    };
    match algorithm {
        ALGORITHM => {}
        "AWS" => return Err(sigv2()),
        _ if algorithm.starts_with("AWS4-") => return Err(other_algorithm()),
        _ => return Err(Refusal::argument("Unsupported Authorization Type")),
    }
    let field = |name: &str| {
        fields
            .split(',')
            .find_map(|field| field.trim().strip_prefix(name)?.strip_prefix('='))
            .ok_or_else(malformed_authorization)
    };
    check_scope(field("Credential")?).map_err(|why| {
        Refusal::bad(
            "AuthorizationHeaderMalformed",
            format!("The authorization header is malformed; {why}"),
        )
    })?;
    if !headers.contains_key("x-amz-date") {
        return Err(Refusal::denied(
            "AWS authentication requires a valid x-amz-date header",
        ));
    }
    check_signed(field("SignedHeaders")?, headers)
}

fn check_presigned(query: &Query<'_>, headers: &HeaderMap) -> Result<(), Refusal> {
    let malformed = |why: String| Refusal::bad("AuthorizationQueryParametersError", why);
    let field = |name: &str| {
        query.only(name).ok_or_else(|| {
            malformed(format!(
                "Query-string authentication version 4 requires the parameters {}, each once",
                V4_QUERY.join(", ")
            ))
        })
    };
    if field("X-Amz-Algorithm")? != ALGORITHM {
        return Err(other_algorithm());
    }
    check_scope(field("X-Amz-Credential")?).map_err(|why| {
        malformed(format!(
            "Error parsing the X-Amz-Credential parameter; {why}"
        ))
    })?;
    field("X-Amz-Date")?;
    field("X-Amz-Signature")?;
    let expires_s: i64 = field("X-Amz-Expires")?
        .parse()
        .map_err(|_| malformed("X-Amz-Expires should be a number".into()))?;
    if expires_s < 0 {
        return Err(malformed("X-Amz-Expires must be non-negative".into()));
    }
    if expires_s > MAX_EXPIRES_S {
        return Err(malformed(format!(
            "X-Amz-Expires must be less than a week (in seconds); that is, the given X-Amz-Expires must be less than \
             {MAX_EXPIRES_S} seconds"
        )));
    }
    check_signed(field("X-Amz-SignedHeaders")?, headers)
}

/// `<access key>/<date>/<region>/s3/aws4_request`. Any region is taken that could be one: it is bound by the signature,
/// and there is one. s3cmd begins with `US`, and goes on with the region that the error names.
fn check_scope(credential: &str) -> Result<(), String> {
    let fields: Vec<&str> = credential.split('/').collect();
    let is_region = |region: &str| {
        let letter = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        !region.is_empty() && region.bytes().all(letter)
    };
    match fields[..] {
        [_, _, region, ..] if !is_region(region) => Err(format!("the region '{region}' is wrong")),
        [_, _, _, "s3", "aws4_request"] => Ok(()),
        [_, _, _, service, "aws4_request"] => Err(format!(
            "incorrect service \"{service}\"; this endpoint belongs to \"s3\""
        )),
        _ => Err("the Credential is mal-formed; expecting \
                  \"<YOUR-AKID>/YYYYMMDD/REGION/s3/aws4_request\""
            .into()),
    }
}

/// Every `x-amz-*` header and `host` must be signed, and every signed header present: a header that somebody on the
/// way may add or take away would change what the signer asked for.
fn check_signed(list: &str, headers: &HeaderMap) -> Result<(), Refusal> {
    let signed: Vec<&str> = list.split(';').collect();
    if !signed.contains(&"host") {
        return Err(unsigned("host"));
    }
    for name in headers.keys() {
        let name = name.as_str();
        if name.starts_with("x-amz-") && !signed.contains(&name) {
            return Err(unsigned(name));
        }
    }
    match signed.iter().find(|name| !headers.contains_key(**name)) {
        Some(absent) => Err(Refusal::new(
            StatusCode::FORBIDDEN,
            "SignatureDoesNotMatch",
            format!("The header {absent} is signed but not in the request"),
        )),
        None => Ok(()),
    }
}

fn unsigned(name: &str) -> Refusal {
    Refusal::denied(format!(
        "There were headers present in the request which were not signed: {name}"
    ))
}

fn malformed_authorization() -> Refusal {
    Refusal::bad(
        "AuthorizationHeaderMalformed",
        "The authorization header is malformed; it needs Credential, SignedHeaders and Signature",
    )
}

fn sigv2() -> Refusal {
    Refusal::request(
        // s3cmd compares this sentence, and then signs by version 4.
        "The authorization mechanism you have provided is not supported. Please use AWS4-HMAC-SHA256.",
    )
}

fn other_algorithm() -> Refusal {
    Refusal::not_implemented("Only AWS4-HMAC-SHA256 signatures are verified here")
}
