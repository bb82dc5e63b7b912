//! Checksums that requests declare, and how answers show them.

use amana_vault::{Checksum, ChecksumAlgorithm, ChecksumType};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::HeaderMap;
use s3s::TrailingHeaders;
use s3s::dto;

use crate::document::{CHECKSUMS, checksum_mismatch};
use crate::refusal::Refusal;

/// What a client says of its content's checksum.
#[derive(Clone, Debug)]
pub(crate) struct Declared {
    pub(crate) algorithm: ChecksumAlgorithm,
    expected: Expected,
}

#[derive(Clone, Debug)]
enum Expected {
    Value(Vec<u8>),
    Trailer,
}

/// Reads the one declaration that a request may make.
pub(crate) fn declared(headers: &HeaderMap) -> Result<Option<Declared>, Refusal> {
    let mut found = given(headers)?.map(|(algorithm, value)| Declared {
        algorithm,
        expected: Expected::Value(value),
    });
    if let Some(names) = headers.get("x-amz-trailer") {
        let names = names.to_str().unwrap_or_default();
        for name in names
            .split(',')
            .map(|name| name.trim().to_ascii_lowercase())
        {
            let Some(algorithm) = of_header(&name) else {
                return Err(Refusal::request(
                    "The value specified in the x-amz-trailer header is not supported",
                ));
            };
            let declared = Declared {
                algorithm,
                expected: Expected::Trailer,
            };
            if found.replace(declared).is_some() {
                return Err(several());
            }
        }
    }
    if let Some(asked) = asked(headers, "x-amz-sdk-checksum-algorithm")? {
        match &found {
            None => {
                return Err(Refusal::request(
                    "x-amz-sdk-checksum-algorithm specified, but no corresponding x-amz-checksum-* or x-amz-trailer \
                     headers were found.",
                ));
            }
            Some(found) if found.algorithm != asked => {
                return Err(Refusal::request(
                    "Value for x-amz-sdk-checksum-algorithm header is invalid.",
                ));
            }
            Some(_) => {}
        }
    }
    Ok(found)
}

/// The value of the one `x-amz-checksum-<algorithm>` header.
pub(crate) fn given(headers: &HeaderMap) -> Result<Option<(ChecksumAlgorithm, Vec<u8>)>, Refusal> {
    let mut found = None;
    for name in CHECKSUMS {
        let (Some(value), Some(algorithm)) = (headers.get(name), of_header(name)) else {
            continue;
        };
        let value = value.to_str().ok().and_then(|text| parse(algorithm, text));
        let value = value.ok_or_else(|| invalid_value(name))?;
        if found.replace((algorithm, value)).is_some() {
            return Err(several());
        }
    }
    Ok(found)
}

/// The algorithm that a header names, `x-amz-checksum-algorithm` for one.
pub(crate) fn asked(
    headers: &HeaderMap,
    header: &str,
) -> Result<Option<ChecksumAlgorithm>, Refusal> {
    let Some(value) = headers.get(header).filter(|value| !value.is_empty()) else {
        return Ok(None);
    };
    let name = value.to_str().unwrap_or_default().to_ascii_lowercase();
    of_header(&format!("x-amz-checksum-{name}"))
        .map(Some)
        .ok_or_else(|| {
            Refusal::request(
                "Checksum algorithm provided is unsupported. Please try again with any of the valid types: [CRC32, \
                 CRC32C, CRC64NVME, SHA1, SHA256]",
            )
        })
}

impl Declared {
    /// Compares with what was computed; `trailers` are those that came after the body.
    pub(crate) fn verify(
        &self,
        computed: &[u8],
        trailers: Option<&TrailingHeaders>,
    ) -> Result<(), Refusal> {
        let name = header(self.algorithm);
        let expected = match &self.expected {
            Expected::Value(value) => value.clone(),
            Expected::Trailer => trailers
                .and_then(|trailers| {
                    trailers.read(|map| map.get(name)?.to_str().ok().map(str::to_owned))
                })
                .flatten()
                .ok_or_else(|| {
                    Refusal::bad(
                        "MalformedTrailerError",
                        format!("The request declares the trailer {name}, but it did not arrive"),
                    )
                })
                .and_then(|text| parse(self.algorithm, &text).ok_or_else(|| invalid_value(name)))?,
        };
        if expected == computed {
            Ok(())
        } else {
            Err(checksum_mismatch(name))
        }
    }
}

/// Base64 of as many bytes as the algorithm has.
pub(crate) fn parse(algorithm: ChecksumAlgorithm, text: &str) -> Option<Vec<u8>> {
    let value = STANDARD.decode(text.trim()).ok()?;
    (value.len() == algorithm.size_bytes()).then_some(value)
}

pub(crate) fn header(algorithm: ChecksumAlgorithm) -> &'static str {
    match algorithm {
        ChecksumAlgorithm::Crc32 => "x-amz-checksum-crc32",
        ChecksumAlgorithm::Crc32c => "x-amz-checksum-crc32c",
        ChecksumAlgorithm::Crc64Nvme => "x-amz-checksum-crc64nvme",
        ChecksumAlgorithm::Sha1 => "x-amz-checksum-sha1",
        ChecksumAlgorithm::Sha256 => "x-amz-checksum-sha256",
    }
}

fn of_header(name: &str) -> Option<ChecksumAlgorithm> {
    Some(match name {
        "x-amz-checksum-crc32" => ChecksumAlgorithm::Crc32,
        "x-amz-checksum-crc32c" => ChecksumAlgorithm::Crc32c,
        "x-amz-checksum-crc64nvme" => ChecksumAlgorithm::Crc64Nvme,
        "x-amz-checksum-sha1" => ChecksumAlgorithm::Sha1,
        "x-amz-checksum-sha256" => ChecksumAlgorithm::Sha256,
        _ => return None,
    })
}

/// The algorithm's name in S3.
pub(crate) fn name(algorithm: ChecksumAlgorithm) -> dto::ChecksumAlgorithm {
    dto::ChecksumAlgorithm::from_static(match algorithm {
        ChecksumAlgorithm::Crc32 => dto::ChecksumAlgorithm::CRC32,
        ChecksumAlgorithm::Crc32c => dto::ChecksumAlgorithm::CRC32C,
        ChecksumAlgorithm::Crc64Nvme => dto::ChecksumAlgorithm::CRC64NVME,
        ChecksumAlgorithm::Sha1 => dto::ChecksumAlgorithm::SHA1,
        ChecksumAlgorithm::Sha256 => dto::ChecksumAlgorithm::SHA256,
    })
}

/// The type's name in S3.
pub(crate) fn kind(kind: ChecksumType) -> dto::ChecksumType {
    dto::ChecksumType::from_static(match kind {
        ChecksumType::FullObject => dto::ChecksumType::FULL_OBJECT,
        ChecksumType::Composite => dto::ChecksumType::COMPOSITE,
    })
}

/// A checksum as the fields that S3's answers have for it.
pub(crate) fn shown(checksum: Option<&Checksum>) -> dto::Checksum {
    let mut fields = dto::Checksum::default();
    let Some(checksum) = checksum else {
        return fields;
    };
    let mut value = STANDARD.encode(&checksum.value);
    if let Some(parts) = checksum.parts {
        value.push_str(&format!("-{parts}"));
    }
    fields.checksum_type = Some(kind(checksum.kind));
    let field = match checksum.algorithm {
        ChecksumAlgorithm::Crc32 => &mut fields.checksum_crc32,
        ChecksumAlgorithm::Crc32c => &mut fields.checksum_crc32c,
        ChecksumAlgorithm::Crc64Nvme => &mut fields.checksum_crc64nvme,
        ChecksumAlgorithm::Sha1 => &mut fields.checksum_sha1,
        ChecksumAlgorithm::Sha256 => &mut fields.checksum_sha256,
    };
    *field = Some(value);
    fields
}

fn invalid_value(header: &str) -> Refusal {
    Refusal::request(format!("Value for {header} header is invalid."))
}

fn several() -> Refusal {
    Refusal::request(
        "Expecting a single x-amz-checksum- header. Multiple checksum Types are not allowed.",
    )
}
