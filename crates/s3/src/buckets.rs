//! Buckets: making, deleting, finding, listing, versioning.

use amana_vault::{BucketInfo, BucketName, BucketOptions, Versioning};
use http::HeaderMap;
use s3s::dto::{
    Bucket, BucketLocationConstraint, BucketVersioningStatus, CreateBucketInput,
    CreateBucketOutput, DeleteBucketInput, DeleteBucketOutput, GetBucketLocationInput,
    GetBucketLocationOutput, GetBucketVersioningInput, GetBucketVersioningOutput, HeadBucketInput,
    HeadBucketOutput, ListBucketsInput, ListBucketsOutput, PutBucketVersioningInput,
    PutBucketVersioningOutput,
};
use s3s::{S3Request, S3Response, S3Result};

use crate::error::refused;
use crate::refusal::Refusal;
use crate::service::{Service, owner, with_receipt};
use crate::{gate, list, times};

/// AWS's bound on a page of buckets.
const MAX_BUCKETS: i32 = 10_000;
/// The region that has no name in a `LocationConstraint`.
const UNNAMED_REGION: &str = "us-east-1";

pub(crate) async fn create(
    service: &Service,
    request: S3Request<CreateBucketInput>,
) -> S3Result<S3Response<CreateBucketOutput>> {
    let caller = gate::caller(&request).await?;
    let input = request.input;
    let name = BucketName::parse(&input.bucket).map_err(refused)?;
    let region = input
        .create_bucket_configuration
        .and_then(|configuration| configuration.location_constraint)
        .map(|constraint| constraint.as_str().to_owned())
        .filter(|region| !region.is_empty());
    if region.as_deref().is_some_and(|region| !is_region(region)) {
        return Err(Refusal::bad(
            "InvalidLocationConstraint",
            "The specified location-constraint is not valid",
        )
        .into());
    }
    let options = BucketOptions {
        open_reason: open_reason(&request.headers),
        region,
        object_lock: input.object_lock_enabled_for_bucket.unwrap_or(false),
    };
    let done = service
        .vault
        .create_bucket(&caller, name, options)
        .await
        .map_err(refused)?;
    let output = CreateBucketOutput {
        location: Some(format!("/{}", input.bucket)),
    };
    Ok(with_receipt(output, &done.receipt))
}

/// A region's name, of which there is one data centre, so that any will do.
fn is_region(region: &str) -> bool {
    region.len() <= 64
        && region
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
}

/// Why the bucket is open, when the caller says so; the vault has a reason for callers who don't.
fn open_reason(headers: &HeaderMap) -> Option<String> {
    let value = headers.get("x-amana-open-reason")?;
    Some(std::str::from_utf8(value.as_bytes()).ok()?.to_owned())
}

pub(crate) async fn delete(
    service: &Service,
    request: S3Request<DeleteBucketInput>,
) -> S3Result<S3Response<DeleteBucketOutput>> {
    let caller = gate::caller(&request).await?;
    let input = request.input;
    service.check_owner(&caller, &input.expected_bucket_owner)?;
    let done = service
        .vault
        .delete_bucket(&caller, &input.bucket)
        .await
        .map_err(refused)?;
    Ok(with_receipt(DeleteBucketOutput::default(), &done.receipt))
}

pub(crate) async fn head(
    service: &Service,
    request: S3Request<HeadBucketInput>,
) -> S3Result<S3Response<HeadBucketOutput>> {
    let caller = gate::caller(&request).await?;
    let input = &request.input;
    let bucket = service
        .readable(&caller, &input.bucket, &input.expected_bucket_owner)
        .await?;
    Ok(S3Response::new(HeadBucketOutput {
        bucket_region: Some(region(service, &bucket).to_owned()),
        ..HeadBucketOutput::default()
    }))
}

pub(crate) async fn location(
    service: &Service,
    request: S3Request<GetBucketLocationInput>,
) -> S3Result<S3Response<GetBucketLocationOutput>> {
    let caller = gate::caller(&request).await?;
    let input = &request.input;
    let bucket = service
        .readable(&caller, &input.bucket, &input.expected_bucket_owner)
        .await?;
    let region = region(service, &bucket).to_owned();
    Ok(S3Response::new(GetBucketLocationOutput {
        location_constraint: (region != UNNAMED_REGION)
            .then(|| BucketLocationConstraint::from(region)),
    }))
}

fn region<'s>(service: &'s Service, bucket: &'s BucketInfo) -> &'s str {
    bucket.region.as_deref().unwrap_or(&service.region)
}

pub(crate) async fn versioning(
    service: &Service,
    request: S3Request<GetBucketVersioningInput>,
) -> S3Result<S3Response<GetBucketVersioningOutput>> {
    let caller = gate::caller(&request).await?;
    let input = &request.input;
    let bucket = service
        .readable(&caller, &input.bucket, &input.expected_bucket_owner)
        .await?;
    let status = match bucket.versioning {
        Versioning::Unversioned => None,
        Versioning::Enabled => Some(BucketVersioningStatus::ENABLED),
        Versioning::Suspended => Some(BucketVersioningStatus::SUSPENDED),
    };
    Ok(S3Response::new(GetBucketVersioningOutput {
        status: status.map(BucketVersioningStatus::from_static),
        ..GetBucketVersioningOutput::default()
    }))
}

pub(crate) async fn set_versioning(
    service: &Service,
    request: S3Request<PutBucketVersioningInput>,
) -> S3Result<S3Response<PutBucketVersioningOutput>> {
    let caller = gate::caller(&request).await?;
    let input = request.input;
    service.check_owner(&caller, &input.expected_bucket_owner)?;
    let configuration = input.versioning_configuration;
    if configuration
        .mfa_delete
        .as_ref()
        .is_some_and(|mfa| mfa.as_str() != "Disabled")
    {
        return Err(Refusal::not_implemented("MFA delete is not offered").into());
    }
    let status = configuration
        .status
        .as_ref()
        .map(BucketVersioningStatus::as_str);
    let versioning = match status {
        Some(BucketVersioningStatus::ENABLED) => Versioning::Enabled,
        Some(BucketVersioningStatus::SUSPENDED) => Versioning::Suspended,
        _ => {
            return Err(Refusal::bad(
                "IllegalVersioningConfigurationException",
                "The Versioning element must be specified: Enabled or Suspended",
            )
            .into());
        }
    };
    let done = service
        .vault
        .set_versioning(&caller, &input.bucket, versioning)
        .await
        .map_err(refused)?;
    Ok(with_receipt(
        PutBucketVersioningOutput::default(),
        &done.receipt,
    ))
}

pub(crate) async fn list(
    service: &Service,
    request: S3Request<ListBucketsInput>,
) -> S3Result<S3Response<ListBucketsOutput>> {
    let caller = gate::caller(&request).await?;
    let input = request.input;
    let max = input.max_buckets.unwrap_or(MAX_BUCKETS);
    if !(1..=MAX_BUCKETS).contains(&max) {
        return Err(Refusal::argument(format!(
            "Argument max-buckets must be an integer between 1 and {MAX_BUCKETS}"
        ))
        .into());
    }
    let prefix = input.prefix.unwrap_or_default();
    let mut after = input
        .continuation_token
        .as_deref()
        .filter(|token| !token.is_empty())
        .map(list::opened)
        .transpose()?;
    let wanted = usize::try_from(max).unwrap_or(0);
    let mut found: Vec<BucketInfo> = Vec::new();
    let mut more = true;
    while more && found.len() < wanted {
        let left = wanted - found.len();
        let (page, rest) = service
            .vault
            .list_buckets(&caller, &prefix, after.as_deref(), left)
            .await
            .map_err(refused)?;
        more = rest && !page.is_empty();
        after = page.last().map(|bucket| bucket.name.clone()).or(after);
        found.extend(page);
    }
    let next = more
        .then(|| found.last().map(|bucket| list::token(&bucket.name)))
        .flatten();
    Ok(S3Response::new(ListBucketsOutput {
        buckets: Some(
            found
                .into_iter()
                .map(|bucket| entry(service, bucket))
                .collect(),
        ),
        owner: Some(owner(&caller)),
        continuation_token: next,
        prefix: (!prefix.is_empty()).then_some(prefix),
    }))
}

fn entry(service: &Service, bucket: BucketInfo) -> Bucket {
    Bucket {
        bucket_region: Some(region(service, &bucket).to_owned()),
        creation_date: Some(times::timestamp(bucket.created_ms)),
        name: Some(bucket.name),
    }
}
