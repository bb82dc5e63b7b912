//! UploadPart, UploadPartCopy and ListParts.

use std::ops::Range;

use amana_vault::{ChecksumAlgorithm, ListedPart, ObjectInfo, UploadInfo};
use s3s::dto::{
    CopyPartResult, ListPartsInput, ListPartsOutput, Part, UploadPartCopyInput,
    UploadPartCopyOutput, UploadPartInput, UploadPartOutput,
};
use s3s::{S3Request, S3Response, S3Result};

use crate::conditions::{self, ReadConditions};
use crate::content::{self, Declarations};
use crate::error::{invalid_range, refused};
use crate::guard::MAX_PUT_BYTES;
use crate::list::page_size;
use crate::refusal::Refusal;
use crate::service::{Service, initiator, owner, with_receipt};
use crate::uploads::storage_class;
use crate::{checksums, copy, etags, gate, times};

pub(crate) async fn upload(
    service: &Service,
    mut request: S3Request<UploadPartInput>,
) -> S3Result<S3Response<UploadPartOutput>> {
    let caller = gate::caller(&request).await?;
    let input = &mut request.input;
    let number = part_number(input.part_number)?;
    service.check_owner(&caller, &input.expected_bucket_owner)?;
    let key = service.key(std::mem::take(&mut input.key))?;
    let id = input.upload_id.parse().map_err(refused)?;
    let upload = service
        .vault
        .upload(&caller, &input.bucket, &key, id)
        .map_err(refused)?;
    let declarations = Declarations::read(&request.headers)?;
    let algorithms = algorithms(&upload, &declarations)?;
    let content = content::take(
        &service.vault,
        &input.bucket,
        input.body.take(),
        &declarations,
        algorithms,
        request.trailing_headers.as_ref(),
    )
    .await?;
    // The client's own checksum is confirmed even where the upload keeps another.
    let confirmed = declarations.checksum.as_ref().and_then(|declared| {
        let value = content.checksums.get(&declared.algorithm)?.clone();
        Some(amana_vault::Checksum {
            algorithm: declared.algorithm,
            kind: amana_vault::ChecksumType::FullObject,
            value,
            parts: None,
        })
    });
    let done = service
        .vault
        .put_part(&caller, &input.bucket, &key, id, number, content)
        .await
        .map_err(refused)?;
    let shown = checksums::shown(confirmed.as_ref().or(done.value.checksum.as_ref()));
    let output = UploadPartOutput {
        e_tag: Some(etags::quoted(done.value.etag)),
        checksum_crc32: shown.checksum_crc32,
        checksum_crc32c: shown.checksum_crc32c,
        checksum_crc64nvme: shown.checksum_crc64nvme,
        checksum_sha1: shown.checksum_sha1,
        checksum_sha256: shown.checksum_sha256,
        ..UploadPartOutput::default()
    };
    Ok(with_receipt(output, &done.receipt))
}

/// The upload's own algorithm, and the client's. They may differ only where the client chose none for the upload, and
/// it has S3's default.
fn algorithms(
    upload: &UploadInfo,
    declarations: &Declarations,
) -> Result<Vec<ChecksumAlgorithm>, Refusal> {
    let own = upload.checksum.map(|(algorithm, _)| algorithm);
    let declared = declarations
        .checksum
        .as_ref()
        .map(|declared| declared.algorithm);
    match (own, declared) {
        (Some(own), Some(declared)) if own != declared && own != ChecksumAlgorithm::Crc64Nvme => {
            Err(Refusal::request(format!(
                "Checksum Type mismatch occurred, expected checksum Type: {}, actual checksum Type: {}",
                checksums::name(own).as_str().to_ascii_lowercase(),
                checksums::name(declared).as_str().to_ascii_lowercase()
            )))
        }
        (own, declared) => Ok(own.into_iter().chain(declared).collect()),
    }
}

pub(crate) async fn copy(
    service: &Service,
    request: S3Request<UploadPartCopyInput>,
) -> S3Result<S3Response<UploadPartCopyOutput>> {
    let caller = gate::caller(&request).await?;
    let input = request.input;
    let number = part_number(input.part_number)?;
    service.check_owner(&caller, &input.expected_bucket_owner)?;
    service.check_owner(&caller, &input.expected_source_bucket_owner)?;
    let key = service.key(input.key)?;
    let id = input.upload_id.parse().map_err(refused)?;
    let (source, _) = copy::find(service, &caller, &input.copy_source).await?;
    copy::judge(
        &ReadConditions {
            if_match: conditions::matching(input.copy_source_if_match),
            if_none_match: conditions::matching(input.copy_source_if_none_match),
            if_modified_since: input.copy_source_if_modified_since,
            if_unmodified_since: input.copy_source_if_unmodified_since,
        },
        &source,
    )?;
    let range = input
        .copy_source_range
        .map(|range| source_range(&range, &source))
        .transpose()?;
    let size_bytes = range
        .as_ref()
        .map_or(source.size_bytes, |range| range.end - range.start);
    if size_bytes > MAX_PUT_BYTES {
        return Err(Refusal::request(
            "The specified copy source is larger than the maximum allowable size for a copy source: 5368709120",
        )
        .into());
    }
    let done = service
        .vault
        .copy_part(&caller, &source, range, &input.bucket, &key, id, number)
        .await
        .map_err(refused)?;
    let shown = checksums::shown(done.value.checksum.as_ref());
    let output = UploadPartCopyOutput {
        copy_source_version_id: source.version.map(|id| id.to_string()),
        copy_part_result: Some(CopyPartResult {
            e_tag: Some(etags::quoted(done.value.etag)),
            last_modified: Some(times::timestamp(done.value.modified_ms)),
            checksum_crc32: shown.checksum_crc32,
            checksum_crc32c: shown.checksum_crc32c,
            checksum_crc64nvme: shown.checksum_crc64nvme,
            checksum_sha1: shown.checksum_sha1,
            checksum_sha256: shown.checksum_sha256,
        }),
        ..UploadPartCopyOutput::default()
    };
    Ok(with_receipt(output, &done.receipt))
}

/// `bytes=first-last`, both given, within the source.
fn source_range(text: &str, source: &ObjectInfo) -> Result<Range<u64>, Refusal> {
    let parsed = text
        .strip_prefix("bytes=")
        .and_then(|range| range.split_once('-'))
        .and_then(|(first, last)| Some((decimal(first)?, decimal(last)?)))
        .filter(|(first, last)| first <= last);
    let Some((first, last)) = parsed else {
        return Err(Refusal::argument(
            "The x-amz-copy-source-range value must be of the form bytes=first-last where first and last are the \
             zero-based offsets of the first and last bytes to copy",
        ));
    };
    if last >= source.size_bytes {
        return Err(invalid_range(source.size_bytes));
    }
    Ok(first..last + 1)
}

fn decimal(digits: &str) -> Option<u64> {
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    digits.parse().ok()
}

fn part_number(number: i32) -> Result<u32, Refusal> {
    u32::try_from(number)
        .ok()
        .filter(|number| (1..=amana_vault::MAX_PARTS).contains(number))
        .ok_or_else(|| {
            Refusal::argument(format!(
                "Part number must be an integer between 1 and {}, inclusive",
                amana_vault::MAX_PARTS
            ))
        })
}

pub(crate) async fn list(
    service: &Service,
    request: S3Request<ListPartsInput>,
) -> S3Result<S3Response<ListPartsOutput>> {
    let caller = gate::caller(&request).await?;
    let input = request.input;
    service.check_owner(&caller, &input.expected_bucket_owner)?;
    let key = service.key(input.key)?;
    let id = input.upload_id.parse().map_err(refused)?;
    let max = page_size(input.max_parts, "max-parts")?;
    let marker = input.part_number_marker.unwrap_or(0);
    let after = u32::try_from(marker)
        .map_err(|_| Refusal::argument("Argument part-number-marker must not be negative"))?;
    let page = service
        .vault
        .list_parts(&caller, &input.bucket, &key, id, after, max)
        .await
        .map_err(refused)?;
    let checksum = page.upload.checksum;
    let last = page.parts.last().map(|part| part.number);
    let output = ListPartsOutput {
        bucket: Some(input.bucket),
        key: Some(key.as_str().to_owned()),
        upload_id: Some(input.upload_id),
        checksum_algorithm: checksum.map(|(algorithm, _)| checksums::name(algorithm)),
        checksum_type: checksum.map(|(_, kind)| checksums::kind(kind)),
        storage_class: Some(storage_class(page.upload.attrs.storage_class.as_deref())),
        max_parts: i32::try_from(max).ok(),
        part_number_marker: Some(marker),
        is_truncated: Some(page.next.is_some()),
        next_part_number_marker: page.next.or(last).and_then(|number| number.try_into().ok()),
        parts: (!page.parts.is_empty()).then(|| page.parts.iter().map(entry).collect()),
        owner: Some(owner(&caller)),
        initiator: Some(initiator(&caller)),
        ..ListPartsOutput::default()
    };
    Ok(S3Response::new(output))
}

fn entry(part: &ListedPart) -> Part {
    let shown = checksums::shown(part.checksum.as_ref());
    Part {
        part_number: i32::try_from(part.number).ok(),
        e_tag: Some(etags::quoted(part.etag)),
        size: i64::try_from(part.size_bytes).ok(),
        last_modified: Some(times::timestamp(part.modified_ms)),
        checksum_crc32: shown.checksum_crc32,
        checksum_crc32c: shown.checksum_crc32c,
        checksum_crc64nvme: shown.checksum_crc64nvme,
        checksum_sha1: shown.checksum_sha1,
        checksum_sha256: shown.checksum_sha256,
    }
}
