//! Tags of objects.

use amana_vault::Tags;
use s3s::dto::{
    DeleteObjectTaggingInput, DeleteObjectTaggingOutput, GetObjectTaggingInput,
    GetObjectTaggingOutput, PutObjectTaggingInput, PutObjectTaggingOutput, Tag,
};
use s3s::{S3Request, S3Response, S3Result};

use crate::error::refused;
use crate::service::{Service, with_receipt};
use crate::{etags, gate};

pub(crate) async fn put(
    service: &Service,
    request: S3Request<PutObjectTaggingInput>,
) -> S3Result<S3Response<PutObjectTaggingOutput>> {
    let caller = gate::caller(&request).await?;
    let input = request.input;
    service.check_owner(&caller, &input.expected_bucket_owner)?;
    let pairs = input
        .tagging
        .tag_set
        .into_iter()
        .map(|tag| (tag.key.unwrap_or_default(), tag.value.unwrap_or_default()))
        .collect();
    let tags = Tags::parse(pairs).map_err(refused)?;
    let key = service.key(input.key)?;
    let version = etags::asked(input.version_id.as_deref())?;
    let done = service
        .vault
        .set_tags(&caller, &input.bucket, &key, version, tags)
        .await
        .map_err(refused)?;
    let output = PutObjectTaggingOutput {
        version_id: done.value.map(|id| id.to_string()),
    };
    Ok(with_receipt(output, &done.receipt))
}

pub(crate) async fn get(
    service: &Service,
    request: S3Request<GetObjectTaggingInput>,
) -> S3Result<S3Response<GetObjectTaggingOutput>> {
    let caller = gate::caller(&request).await?;
    let input = &request.input;
    service.check_owner(&caller, &input.expected_bucket_owner)?;
    let key = service.key(input.key.clone())?;
    let version = etags::asked(input.version_id.as_deref())?;
    let (tags, version) = service
        .vault
        .tags(&caller, &input.bucket, &key, version)
        .map_err(refused)?;
    let tag = |(key, value): &(String, String)| Tag {
        key: Some(key.clone()),
        value: Some(value.clone()),
    };
    Ok(S3Response::new(GetObjectTaggingOutput {
        tag_set: tags.pairs().iter().map(tag).collect(),
        version_id: version.map(|id| id.to_string()),
    }))
}

pub(crate) async fn delete(
    service: &Service,
    request: S3Request<DeleteObjectTaggingInput>,
) -> S3Result<S3Response<DeleteObjectTaggingOutput>> {
    let caller = gate::caller(&request).await?;
    let input = request.input;
    service.check_owner(&caller, &input.expected_bucket_owner)?;
    let key = service.key(input.key)?;
    let version = etags::asked(input.version_id.as_deref())?;
    let done = service
        .vault
        .set_tags(&caller, &input.bucket, &key, version, Tags::default())
        .await
        .map_err(refused)?;
    let output = DeleteObjectTaggingOutput {
        version_id: done.value.map(|id| id.to_string()),
    };
    Ok(with_receipt(output, &done.receipt))
}
