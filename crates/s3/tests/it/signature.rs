//! Signature Version 4, from the client's side.

use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::{Digest as _, Sha256};

pub(crate) const REGION: &str = "us-east-1";

/// An access key.
#[derive(Clone, Debug)]
pub(crate) struct Key {
    pub(crate) id: String,
    pub(crate) secret: String,
}

pub(crate) fn sha256(data: &[u8]) -> String {
    hex::encode(Sha256::digest(data))
}

fn hmac(key: &[u8], data: &str) -> Vec<u8> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).unwrap();
    mac.update(data.as_bytes());
    mac.finalize().into_bytes().to_vec()
}

/// Everything but `A-Za-z0-9-_.~`, and the slash where it separates.
pub(crate) fn encode(text: &str, keep_slash: bool) -> String {
    text.bytes()
        .map(|byte| match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => {
                char::from(byte).to_string()
            }
            b'/' if keep_slash => "/".into(),
            _ => format!("%{byte:02X}"),
        })
        .collect()
}

pub(crate) fn query_string(query: &[(String, String)]) -> String {
    let mut pairs: Vec<String> = query
        .iter()
        .map(|(name, value)| format!("{}={}", encode(name, false), encode(value, false)))
        .collect();
    pairs.sort();
    pairs.join("&")
}

/// When a request is signed: `YYYYMMDDTHHMMSSZ`.
pub(crate) fn stamp(skew_s: i64) -> String {
    let at = time::OffsetDateTime::now_utc() + time::Duration::seconds(skew_s);
    format!(
        "{:04}{:02}{:02}T{:02}{:02}{:02}Z",
        at.year(),
        u8::from(at.month()),
        at.day(),
        at.hour(),
        at.minute(),
        at.second()
    )
}

pub(crate) fn scope(stamp: &str) -> String {
    format!("{}/{REGION}/s3/aws4_request", &stamp[..8])
}

/// The signature of a string that is already put together.
pub(crate) fn sign(key: &Key, stamp: &str, text: &str) -> String {
    let date = hmac(format!("AWS4{}", key.secret).as_bytes(), &stamp[..8]);
    let signing = hmac(&hmac(&hmac(&date, REGION), "s3"), "aws4_request");
    hex::encode(hmac(&signing, text))
}

/// What a request's signature covers.
pub(crate) struct Covered<'c> {
    pub(crate) method: &'c str,
    pub(crate) path: &'c str,
    pub(crate) query: &'c [(String, String)],
    pub(crate) headers: &'c [(String, String)],
    pub(crate) payload: &'c str,
}

/// The names of the headers, as `SignedHeaders` lists them.
pub(crate) fn signed_names(headers: &[(String, String)]) -> String {
    let mut names: Vec<String> = headers
        .iter()
        .map(|(name, _)| name.to_lowercase())
        .collect();
    names.sort();
    names.join(";")
}

pub(crate) fn sign_request(key: &Key, stamp: &str, covered: &Covered<'_>) -> String {
    let mut headers: Vec<(String, &str)> = covered
        .headers
        .iter()
        .map(|(name, value)| (name.to_lowercase(), value.as_str()))
        .collect();
    headers.sort();
    let lines: String = headers
        .iter()
        .map(|(name, value)| {
            let value: Vec<&str> = value.split_whitespace().collect();
            format!("{name}:{}\n", value.join(" "))
        })
        .collect();
    let canonical = format!(
        "{}\n{}\n{}\n{}\n{}\n{}",
        covered.method,
        covered.path,
        query_string(covered.query),
        lines,
        signed_names(covered.headers),
        covered.payload
    );
    let text = format!(
        "AWS4-HMAC-SHA256\n{stamp}\n{}\n{}",
        scope(stamp),
        sha256(canonical.as_bytes())
    );
    sign(key, stamp, &text)
}

pub(crate) fn sign_chunk(key: &Key, stamp: &str, before: &str, data: &[u8]) -> String {
    let text = format!(
        "AWS4-HMAC-SHA256-PAYLOAD\n{stamp}\n{}\n{before}\n{}\n{}",
        scope(stamp),
        sha256(b""),
        sha256(data)
    );
    sign(key, stamp, &text)
}

pub(crate) fn sign_trailer(key: &Key, stamp: &str, before: &str, trailer: &str) -> String {
    let text = format!(
        "AWS4-HMAC-SHA256-TRAILER\n{stamp}\n{}\n{before}\n{}",
        scope(stamp),
        sha256(trailer.as_bytes())
    );
    sign(key, stamp, &text)
}
