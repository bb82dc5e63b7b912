//! XML bodies: what their headers say they hash to.
//!
//! `s3s` 0.14.1 answers a wrong payload hash of a document with 500, and looks at no `Content-MD5` or
//! `x-amz-checksum-*` of it.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http::HeaderMap;
use s3s::checksum::ChecksumHasher;
use s3s::crypto::{Checksum as _, Crc32, Crc32c, Crc64Nvme, Md5, Sha1, Sha256};
use s3s::dto;

use crate::refusal::Refusal;

/// Digests that a document must have.
#[derive(Debug, Default)]
pub(crate) struct Digests {
    sha256: Option<[u8; 32]>,
    md5: Option<[u8; 16]>,
    checksums: Vec<(&'static str, String)>,
}

impl Digests {
    /// What the headers declare. `with_checksums` is false where they speak of an object, not of the document.
    pub(crate) fn declared(headers: &HeaderMap, with_checksums: bool) -> Result<Self, Refusal> {
        let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
        let sha256 = text("x-amz-content-sha256").and_then(|digits| {
            let mut digest = [0; 32];
            hex::decode_to_slice(digits, &mut digest).ok()?;
            Some(digest)
        });
        let md5 = text("content-md5")
            .map(|value| parse_md5(value).ok_or_else(invalid_md5))
            .transpose()?;
        let checksums = CHECKSUMS
            .into_iter()
            .filter(|_| with_checksums)
            .filter_map(|name| Some((name, text(name)?.to_owned())))
            .collect();
        Ok(Self {
            sha256,
            md5,
            checksums,
        })
    }

    pub(crate) fn check(&self, document: &[Bytes]) -> Result<(), Refusal> {
        if let Some(expected) = &self.sha256 {
            let mut hasher = Sha256::new();
            document.iter().for_each(|piece| hasher.update(piece));
            if hasher.finalize() != *expected {
                return Err(sha256_mismatch());
            }
        }
        if let Some(expected) = &self.md5 {
            let mut hasher = Md5::new();
            document.iter().for_each(|piece| hasher.update(piece));
            if hasher.finalize() != *expected {
                return Err(md5_mismatch());
            }
        }
        for (name, expected) in &self.checksums {
            if checksum(name, document).as_ref() != Some(expected) {
                return Err(checksum_mismatch(name));
            }
        }
        Ok(())
    }
}

/// The headers that carry a checksum.
pub(crate) const CHECKSUMS: [&str; 5] = [
    "x-amz-checksum-crc32",
    "x-amz-checksum-crc32c",
    "x-amz-checksum-crc64nvme",
    "x-amz-checksum-sha1",
    "x-amz-checksum-sha256",
];

fn checksum(name: &str, document: &[Bytes]) -> Option<String> {
    let mut hasher = ChecksumHasher::default();
    match name {
        "x-amz-checksum-crc32" => hasher.crc32 = Some(Crc32::new()),
        "x-amz-checksum-crc32c" => hasher.crc32c = Some(Crc32c::new()),
        "x-amz-checksum-crc64nvme" => hasher.crc64nvme = Some(Crc64Nvme::new()),
        "x-amz-checksum-sha1" => hasher.sha1 = Some(Sha1::new()),
        _ => hasher.sha256 = Some(Sha256::new()),
    }
    document.iter().for_each(|piece| hasher.update(piece));
    let dto::Checksum {
        checksum_crc32,
        checksum_crc32c,
        checksum_crc64nvme,
        checksum_sha1,
        checksum_sha256,
        ..
    } = hasher.finalize();
    checksum_crc32
        .or(checksum_crc32c)
        .or(checksum_crc64nvme)
        .or(checksum_sha1)
        .or(checksum_sha256)
}

/// A `Content-MD5`: base64 of 16 bytes.
pub(crate) fn parse_md5(value: &str) -> Option<[u8; 16]> {
    STANDARD.decode(value.trim()).ok()?.try_into().ok()
}

pub(crate) fn invalid_md5() -> Refusal {
    Refusal::bad(
        "InvalidDigest",
        "The Content-MD5 you specified was invalid.",
    )
}

pub(crate) fn md5_mismatch() -> Refusal {
    Refusal::bad(
        "BadDigest",
        "The Content-MD5 you specified did not match what we received.",
    )
}

pub(crate) fn sha256_mismatch() -> Refusal {
    Refusal::bad(
        "XAmzContentSHA256Mismatch",
        "The provided 'x-amz-content-sha256' header does not match what was computed.",
    )
}

/// `name` is a header of [`CHECKSUMS`].
pub(crate) fn checksum_mismatch(name: &str) -> Refusal {
    let algorithm = name
        .trim_start_matches("x-amz-checksum-")
        .to_ascii_uppercase();
    Refusal::bad(
        "BadDigest",
        format!("The {algorithm} you specified did not match the calculated checksum."),
    )
}
