//! CopyObject.

use amana_access::Caller;
use amana_vault::{
    Checksum, ChecksumAlgorithm, ChecksumType, Done, IngestOptions, Ingested, ObjectAttrs,
    ObjectInfo, ObjectKey, Put, VersionRef, WriteConditions,
};
use futures::StreamExt as _;
use http::HeaderMap;
use s3s::dto::{self, CopyObjectInput, CopyObjectOutput, CopyObjectResult, CopySource};
use s3s::{S3Request, S3Response, S3Result};

use crate::conditions::{self, ReadConditions};
use crate::error::refused;
use crate::guard::MAX_PUT_BYTES;
use crate::refusal::Refusal;
use crate::service::{Service, with_receipt};
use crate::{attrs, checksums, etags, gate, get, times};

pub(crate) async fn object(
    service: &Service,
    mut request: S3Request<CopyObjectInput>,
) -> S3Result<S3Response<CopyObjectOutput>> {
    let caller = gate::caller(&request).await?;
    let headers = std::mem::take(&mut request.headers);
    let mut input = request.input;
    let bucket = service
        .writable(&caller, &input.bucket, &input.expected_bucket_owner)
        .await?;
    let key = service.key(std::mem::take(&mut input.key))?;
    service.check_owner(&caller, &input.expected_source_bucket_owner)?;
    let (source, versioned) = find(service, &caller, &input.copy_source).await?;
    judge(
        &ReadConditions {
            if_match: conditions::matching(input.copy_source_if_match.take()),
            if_none_match: conditions::matching(input.copy_source_if_none_match.take()),
            if_modified_since: input.copy_source_if_modified_since.take(),
            if_unmodified_since: input.copy_source_if_unmodified_since.take(),
        },
        &source,
    )?;
    if source.size_bytes > MAX_PUT_BYTES {
        return Err(Refusal::request(
            "The specified copy source is larger than the maximum allowable size for a copy source: 5368709120",
        )
        .into());
    }
    let replaces = directive(
        input
            .metadata_directive
            .as_ref()
            .map(dto::MetadataDirective::as_str),
    )?;
    let retags = directive(
        input
            .tagging_directive
            .as_ref()
            .map(dto::TaggingDirective::as_str),
    )?;
    let onto_itself = *source.bucket == *input.bucket && source.key == key && source.is_latest;
    if onto_itself && versioned.is_none() && !replaces && !changes(&headers) {
        return Err(changes_nothing().into());
    }
    let given = attrs::given(&headers, input.metadata.take())?;
    let tags = if retags {
        given.tags.clone()
    } else {
        let version = source.version.map_or(VersionRef::Null, VersionRef::Id);
        let found = service
            .vault
            .tags(&caller, &source.bucket, &source.key, version);
        found.map_err(refused)?.0
    };
    let mut attrs = merged(&source, given, replaces);
    attrs.tags = tags;
    let conditions = conditions::write(
        tag_condition(&headers, "if-match")?,
        tag_condition(&headers, "if-none-match")?,
    )?;
    let to = Target {
        bucket: &input.bucket,
        key: &key,
        algorithm: checksums::asked(&headers, "x-amz-checksum-algorithm")?,
    };
    let (done, checksum) = write(service, &caller, &source, to, attrs, conditions).await?;
    let output = CopyObjectOutput {
        copy_object_result: Some(result(&done.value, checksum.as_ref())),
        copy_source_version_id: source.version.map(|id| id.to_string()),
        version_id: etags::made(done.value.version, bucket.versioning),
        ..CopyObjectOutput::default()
    };
    Ok(with_receipt(output, &done.receipt))
}

/// Where a copy goes, and the checksum that it is to have.
struct Target<'t> {
    bucket: &'t str,
    key: &'t ObjectKey,
    algorithm: Option<ChecksumAlgorithm>,
}

/// Shares the content, or reads it through where another checksum is asked for.
async fn write(
    service: &Service,
    caller: &Caller,
    source: &ObjectInfo,
    to: Target<'_>,
    mut attrs: ObjectAttrs,
    conditions: WriteConditions,
) -> S3Result<(Done<Put>, Option<Checksum>)> {
    let recomputed = match to.algorithm {
        Some(algorithm) if !has_whole(source, algorithm) => {
            Some(recompute(service, source, to.bucket, algorithm).await?)
        }
        _ => None,
    };
    let vault = &service.vault;
    let (checksum, done) = match recomputed {
        Some((content, checksum)) => {
            attrs.checksum = Some(checksum.clone());
            let put = vault.put_object(caller, to.bucket, to.key, content, attrs, conditions);
            (Some(checksum), put.await)
        }
        None => {
            let checksum = attrs.checksum.clone();
            let copy = vault.copy_object(caller, source, to.bucket, to.key, attrs, conditions);
            (checksum, copy.await)
        }
    };
    Ok((done.map_err(refused)?, checksum))
}

fn result(put: &Put, checksum: Option<&Checksum>) -> CopyObjectResult {
    let shown = checksums::shown(checksum);
    CopyObjectResult {
        e_tag: Some(etags::quoted(put.etag)),
        last_modified: Some(times::timestamp(put.modified_ms)),
        checksum_crc32: shown.checksum_crc32,
        checksum_crc32c: shown.checksum_crc32c,
        checksum_crc64nvme: shown.checksum_crc64nvme,
        checksum_sha1: shown.checksum_sha1,
        checksum_sha256: shown.checksum_sha256,
        checksum_type: shown.checksum_type,
    }
}

/// The object that a copy is made of, and the version that was asked for by name.
pub(crate) async fn find(
    service: &Service,
    caller: &Caller,
    source: &CopySource,
) -> S3Result<(ObjectInfo, Option<String>)> {
    let CopySource::Bucket {
        bucket,
        key,
        version_id,
    } = source
    else {
        return Err(Refusal::not_implemented("There are no access points here").into());
    };
    let version = etags::asked(version_id.as_deref())?;
    let key = service.key(key.to_string())?;
    let object = get::look_up(service, caller, bucket, &key, version).await?;
    Ok((object, version_id.as_deref().map(str::to_owned)))
}

/// A condition on the source that doesn't hold is 412, whichever it is.
pub(crate) fn judge(conditions: &ReadConditions, source: &ObjectInfo) -> Result<(), Refusal> {
    conditions
        .judge(source)
        .map_err(|_| conditions::precondition_failed())
}

fn directive(given: Option<&str>) -> Result<bool, Refusal> {
    match given {
        None | Some("COPY") => Ok(false),
        Some("REPLACE") => Ok(true),
        Some(_) => Err(Refusal::argument("Unknown metadata directive.")),
    }
}

/// Those of the source, or those of the request; storage class, redirect and lock are the request's in any case.
fn merged(source: &ObjectInfo, given: ObjectAttrs, replaces: bool) -> ObjectAttrs {
    let checksum = source
        .attrs
        .checksum
        .clone()
        .filter(|checksum| checksum.kind == ChecksumType::FullObject);
    let (storage_class, website_redirect, lock) = (
        given.storage_class.clone(),
        given.website_redirect.clone(),
        given.lock,
    );
    let kept = if replaces {
        given
    } else {
        ObjectAttrs::clone(&source.attrs)
    };
    ObjectAttrs {
        storage_class,
        website_redirect,
        checksum,
        lock,
        ..kept
    }
}

/// What a copy onto itself may change beside the metadata.
fn changes(headers: &HeaderMap) -> bool {
    headers.contains_key("x-amz-storage-class")
        || headers.contains_key("x-amz-website-redirect-location")
}

fn changes_nothing() -> Refusal {
    Refusal::request(
        "This copy request is illegal because it is trying to copy an object to itself without changing the object's \
         metadata, storage class, website redirect location or encryption attributes.",
    )
}

fn tag_condition(headers: &HeaderMap, name: &str) -> Result<Option<dto::ETagCondition>, Refusal> {
    headers
        .get(name)
        .map(|value| dto::ETagCondition::parse_http_header(value.as_bytes()))
        .transpose()
        .map_err(|_| Refusal::argument(format!("The header {name} is not an entity tag")))
}

fn has_whole(source: &ObjectInfo, algorithm: ChecksumAlgorithm) -> bool {
    source.attrs.checksum.as_ref().is_some_and(|checksum| {
        checksum.algorithm == algorithm && checksum.kind == ChecksumType::FullObject
    })
}

/// Reads the source through once more, for a checksum that it doesn't have.
async fn recompute(
    service: &Service,
    source: &ObjectInfo,
    bucket: &str,
    algorithm: ChecksumAlgorithm,
) -> S3Result<(Ingested, Checksum)> {
    let options = IngestOptions {
        algorithms: vec![algorithm],
        max_bytes: MAX_PUT_BYTES,
    };
    let mut ingest = service.vault.ingest(bucket, options).map_err(refused)?;
    if source.size_bytes > 0 {
        let mut content = service
            .vault
            .read(source, 0..source.size_bytes)
            .await
            .map_err(refused)?;
        while let Some(piece) = content.next().await {
            ingest
                .write(piece.map_err(refused)?)
                .await
                .map_err(refused)?;
        }
    }
    let content = ingest.finish().await.map_err(refused)?;
    let value = content
        .checksums
        .get(&algorithm)
        .cloned()
        .unwrap_or_default();
    let checksum = Checksum {
        algorithm,
        kind: ChecksumType::FullObject,
        value,
        parts: None,
    };
    Ok((content, checksum))
}
