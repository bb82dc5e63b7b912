//! Multipart uploads: beginning, aborting, listing.

use amana_vault::{ChecksumAlgorithm, ChecksumType, ListedUpload, UploadOptions, UploadsQuery};
use s3s::dto::{
    AbortMultipartUploadInput, AbortMultipartUploadOutput, CreateMultipartUploadInput,
    CreateMultipartUploadOutput, ListMultipartUploadsInput, ListMultipartUploadsOutput,
    MultipartUpload, StorageClass,
};
use s3s::{S3Request, S3Response, S3Result};

use crate::error::refused;
use crate::list::{Encoding, delimiter, page_size};
use crate::refusal::Refusal;
use crate::service::{Service, initiator, owner, with_receipt};
use crate::{attrs, checksums, gate, times};

/// What S3 computes for an upload whose client asks for nothing.
const DEFAULT_CHECKSUM: (ChecksumAlgorithm, ChecksumType) =
    (ChecksumAlgorithm::Crc64Nvme, ChecksumType::FullObject);

pub(crate) async fn create(
    service: &Service,
    request: S3Request<CreateMultipartUploadInput>,
) -> S3Result<S3Response<CreateMultipartUploadOutput>> {
    let caller = gate::caller(&request).await?;
    let headers = &request.headers;
    let input = request.input;
    service.check_owner(&caller, &input.expected_bucket_owner)?;
    let key = service.key(input.key)?;
    let asked = checksums::asked(headers, "x-amz-checksum-algorithm")?;
    let kind = input
        .checksum_type
        .as_ref()
        .map(s3s::dto::ChecksumType::as_str);
    let checksum = chosen(asked, kind)?;
    let options = UploadOptions {
        attrs: attrs::given(headers, input.metadata)?,
        checksum: Some(checksum.unwrap_or(DEFAULT_CHECKSUM)),
    };
    let done = service
        .vault
        .create_upload(&caller, &input.bucket, &key, options)
        .await
        .map_err(refused)?;
    let output = CreateMultipartUploadOutput {
        bucket: Some(input.bucket),
        key: Some(key.as_str().to_owned()),
        upload_id: Some(done.value.to_string()),
        checksum_algorithm: checksum.map(|(algorithm, _)| checksums::name(algorithm)),
        checksum_type: checksum.map(|(_, kind)| checksums::kind(kind)),
        ..CreateMultipartUploadOutput::default()
    };
    Ok(with_receipt(output, &done.receipt))
}

fn chosen(
    algorithm: Option<ChecksumAlgorithm>,
    kind: Option<&str>,
) -> Result<Option<(ChecksumAlgorithm, ChecksumType)>, Refusal> {
    let Some(algorithm) = algorithm else {
        return match kind {
            None => Ok(None),
            Some(_) => Err(Refusal::request(
                "The x-amz-checksum-type header can only be used with the x-amz-checksum-algorithm header.",
            )),
        };
    };
    let kind = match kind {
        None => algorithm.multipart_default(),
        Some("FULL_OBJECT") => ChecksumType::FullObject,
        Some("COMPOSITE") => ChecksumType::Composite,
        Some(_) => {
            return Err(Refusal::request(
                "Value for x-amz-checksum-type header is invalid.",
            ));
        }
    };
    if !algorithm.allows(kind) {
        return Err(Refusal::request(format!(
            "The {} checksum type cannot be used with the {} checksum algorithm.",
            checksums::kind(kind).as_str(),
            checksums::name(algorithm).as_str().to_ascii_lowercase()
        )));
    }
    Ok(Some((algorithm, kind)))
}

pub(crate) async fn abort(
    service: &Service,
    request: S3Request<AbortMultipartUploadInput>,
) -> S3Result<S3Response<AbortMultipartUploadOutput>> {
    let caller = gate::caller(&request).await?;
    let input = request.input;
    service.check_owner(&caller, &input.expected_bucket_owner)?;
    let key = service.key(input.key)?;
    let id = input.upload_id.parse().map_err(refused)?;
    let done = service
        .vault
        .abort_upload(&caller, &input.bucket, &key, id)
        .await
        .map_err(refused)?;
    Ok(with_receipt(
        AbortMultipartUploadOutput::default(),
        &done.receipt,
    ))
}

pub(crate) async fn list(
    service: &Service,
    request: S3Request<ListMultipartUploadsInput>,
) -> S3Result<S3Response<ListMultipartUploadsOutput>> {
    let caller = gate::caller(&request).await?;
    let input = request.input;
    service.check_owner(&caller, &input.expected_bucket_owner)?;
    let encoding = Encoding::asked(input.encoding_type.as_ref())?;
    let max = page_size(input.max_uploads, "max-uploads")?;
    let delimiter = delimiter(input.delimiter);
    let prefix = input.prefix.unwrap_or_default();
    let key_marker = input.key_marker.unwrap_or_default();
    // An upload marker without a key marker is ignored, as documented.
    let upload_marker = input
        .upload_id_marker
        .filter(|marker| !marker.is_empty() && !key_marker.is_empty());
    let query = UploadsQuery {
        prefix: prefix.clone(),
        delimiter: delimiter.clone(),
        key_marker: (!key_marker.is_empty()).then(|| key_marker.clone()),
        upload_marker: upload_marker
            .as_deref()
            .map(str::parse)
            .transpose()
            .map_err(|_| Refusal::argument("Invalid uploadId marker"))?,
        max,
    };
    let page = service
        .vault
        .list_uploads(&caller, &input.bucket, query)
        .await
        .map_err(refused)?;
    let upload = |upload: &ListedUpload| MultipartUpload {
        key: Some(encoding.text(&upload.key)),
        upload_id: Some(upload.id.to_string()),
        initiated: Some(times::timestamp(upload.initiated_ms)),
        checksum_algorithm: upload
            .checksum
            .map(|(algorithm, _)| checksums::name(algorithm)),
        checksum_type: upload.checksum.map(|(_, kind)| checksums::kind(kind)),
        storage_class: Some(storage_class(upload.storage_class.as_deref())),
        owner: Some(owner(&caller)),
        initiator: Some(initiator(&caller)),
    };
    let (next_key, next_upload) = page.next.clone().unzip();
    let output = ListMultipartUploadsOutput {
        bucket: Some(input.bucket),
        prefix: Some(encoding.text(&prefix)),
        key_marker: Some(encoding.text(&key_marker)),
        upload_id_marker: Some(upload_marker.unwrap_or_default()),
        max_uploads: i32::try_from(max).ok(),
        is_truncated: Some(page.next.is_some()),
        next_key_marker: next_key.map(|key| encoding.text(&key)),
        next_upload_id_marker: next_upload.flatten().map(|id| id.to_string()),
        uploads: (!page.uploads.is_empty()).then(|| page.uploads.iter().map(upload).collect()),
        common_prefixes: encoding.prefixes(&page.prefixes),
        delimiter: delimiter
            .as_deref()
            .map(|delimiter| encoding.text(delimiter)),
        encoding_type: encoding.told(),
        ..ListMultipartUploadsOutput::default()
    };
    Ok(S3Response::new(output))
}

pub(crate) fn storage_class(class: Option<&str>) -> StorageClass {
    StorageClass::from(class.unwrap_or(StorageClass::STANDARD).to_owned())
}
