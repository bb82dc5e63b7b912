//! CompleteMultipartUpload.

use amana_vault::{ChecksumAlgorithm, ChecksumType, CompletedPart, Completion};
use s3s::dto::{self, CompleteMultipartUploadInput, CompleteMultipartUploadOutput};
use s3s::{S3Request, S3Response, S3Result};

use crate::error::{refusal, refused};
use crate::refusal::Refusal;
use crate::service::{Service, with_receipt};
use crate::{checksums, conditions, etags, gate};

pub(crate) async fn upload(
    service: &Service,
    request: S3Request<CompleteMultipartUploadInput>,
) -> S3Result<S3Response<CompleteMultipartUploadOutput>> {
    let caller = gate::caller(&request).await?;
    let host = request
        .headers
        .get("host")
        .and_then(|host| host.to_str().ok())
        .unwrap_or_default();
    let location = format!("http://{host}{}", request.uri.path());
    let input = request.input;
    let bucket = service
        .writable(&caller, &input.bucket, &input.expected_bucket_owner)
        .await?;
    let key = service.key(input.key)?;
    let id = input.upload_id.parse().map_err(refused)?;
    // Nothing once it is completed: the vault answers a repetition from what it became.
    let own = service
        .vault
        .upload(&caller, &input.bucket, &key, id)
        .ok()
        .and_then(|upload| upload.checksum);
    check_kind(input.checksum_type.as_ref(), own)?;
    let parts = input
        .multipart_upload
        .and_then(|upload| upload.parts)
        .unwrap_or_default()
        .into_iter()
        .map(|part| listed(part, own.map(|(algorithm, _)| algorithm)))
        .collect::<Result<_, Refusal>>()?;
    let completion = Completion {
        parts,
        conditions: conditions::write(input.if_match, input.if_none_match)?,
        checksum: expected(&request.headers)?,
        size_bytes: input
            .mpu_object_size
            .map(|size| {
                u64::try_from(size).map_err(|_| Refusal::argument("Invalid x-amz-mp-object-size"))
            })
            .transpose()?,
    };
    let done = service
        .vault
        .complete_upload(&caller, &input.bucket, &key, id, completion)
        .await
        .map_err(refused)?;
    let shown = checksums::shown(done.value.checksum.as_ref());
    let output = CompleteMultipartUploadOutput {
        location: Some(location),
        bucket: Some(input.bucket),
        key: Some(key.as_str().to_owned()),
        e_tag: Some(etags::quoted(done.value.put.etag)),
        version_id: etags::made(done.value.put.version, bucket.versioning),
        checksum_crc32: shown.checksum_crc32,
        checksum_crc32c: shown.checksum_crc32c,
        checksum_crc64nvme: shown.checksum_crc64nvme,
        checksum_sha1: shown.checksum_sha1,
        checksum_sha256: shown.checksum_sha256,
        checksum_type: shown.checksum_type,
        ..CompleteMultipartUploadOutput::default()
    };
    Ok(with_receipt(output, &done.receipt))
}

/// The type that the client names is the upload's.
fn check_kind(
    named: Option<&dto::ChecksumType>,
    own: Option<(ChecksumAlgorithm, ChecksumType)>,
) -> Result<(), Refusal> {
    let own = own.map(|(_, kind)| checksums::kind(kind));
    match (named, own) {
        (Some(named), Some(own)) if *named != own => Err(Refusal::request(format!(
            "The upload was created using the {} checksum mode. The complete request must use the same checksum mode.",
            own.as_str()
        ))),
        _ => Ok(()),
    }
}

/// A composite checksum comes with `-<parts>`, which the vault counts itself.
fn expected(headers: &http::HeaderMap) -> Result<Option<(ChecksumAlgorithm, Vec<u8>)>, Refusal> {
    let mut plain = http::HeaderMap::new();
    for name in crate::document::CHECKSUMS {
        let value = headers.get(name).and_then(|value| value.to_str().ok());
        let value = value.map(|text| text.split('-').next().unwrap_or(text));
        if let Some(value) = value.and_then(|text| text.parse().ok()) {
            plain.insert(name, value);
        }
    }
    checksums::given(&plain)
}

/// A part as the client lists it; of its checksums only those of the upload's own algorithm can be compared.
fn listed(
    part: dto::CompletedPart,
    own: Option<ChecksumAlgorithm>,
) -> Result<CompletedPart, Refusal> {
    let malformed = || {
        Refusal::bad(
            "MalformedXML",
            "The XML you provided was not well-formed or did not validate against our published schema",
        )
    };
    let number = part
        .part_number
        .and_then(|number| u32::try_from(number).ok())
        .ok_or_else(malformed)?;
    let given = [
        (ChecksumAlgorithm::Crc32, part.checksum_crc32),
        (ChecksumAlgorithm::Crc32c, part.checksum_crc32c),
        (ChecksumAlgorithm::Crc64Nvme, part.checksum_crc64nvme),
        (ChecksumAlgorithm::Sha1, part.checksum_sha1),
        (ChecksumAlgorithm::Sha256, part.checksum_sha256),
    ];
    let checksums = given
        .into_iter()
        .filter(|(algorithm, _)| own.is_none_or(|own| own == *algorithm))
        .filter_map(|(algorithm, text)| Some((algorithm, text?)))
        .map(|(algorithm, text)| {
            let value = checksums::parse(algorithm, &text);
            let value = value.ok_or_else(|| refusal(amana_vault::Error::InvalidPart { number }))?;
            Ok((algorithm, value))
        })
        .collect::<Result<_, Refusal>>()?;
    Ok(CompletedPart {
        number,
        etag: part.e_tag.map(etags::text).ok_or_else(malformed)?,
        checksums,
    })
}
