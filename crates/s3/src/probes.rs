//! What programs ask of a bucket before they use it, where there is but one answer: all of it belongs to its
//! institution, and access lists don't change that.

use amana_access::Caller;
use s3s::dto::{
    AccessControlPolicy, GetBucketAclInput, GetBucketAclOutput, GetBucketOwnershipControlsInput,
    GetBucketOwnershipControlsOutput, GetBucketRequestPaymentInput, GetBucketRequestPaymentOutput,
    GetObjectAclInput, GetObjectAclOutput, Grant, Grantee, ObjectOwnership, OwnershipControls,
    OwnershipControlsRule, Payer, Permission, PutBucketAclInput, PutBucketAclOutput,
    PutObjectAclInput, PutObjectAclOutput, Type,
};
use s3s::{S3Request, S3Response, S3Result};

use crate::refusal::Refusal;
use crate::service::{Service, owner};
use crate::{etags, gate, get};

fn full_control(caller: &Caller) -> Vec<Grant> {
    vec![Grant {
        grantee: Some(Grantee {
            id: Some(caller.canonical_id.to_string()),
            display_name: Some(caller.name.to_string()),
            email_address: None,
            type_: Type::from_static(Type::CANONICAL_USER),
            uri: None,
        }),
        permission: Some(Permission::from_static(Permission::FULL_CONTROL)),
    }]
}

/// A list that says what is so anyway is taken, any other refused.
fn check_list(caller: &Caller, list: Option<&AccessControlPolicy>) -> Result<(), Refusal> {
    let grants = list
        .and_then(|list| list.grants.as_deref())
        .unwrap_or_default();
    let is_own = |grant: &Grant| {
        let grantee = grant
            .grantee
            .as_ref()
            .and_then(|grantee| grantee.id.as_deref());
        grantee == Some(&*caller.canonical_id)
    };
    if grants.iter().all(is_own) {
        return Ok(());
    }
    Err(Refusal::bad(
        "AccessControlListNotSupported",
        "The bucket does not allow ACLs",
    ))
}

pub(crate) async fn bucket_acl(
    service: &Service,
    request: S3Request<GetBucketAclInput>,
) -> S3Result<S3Response<GetBucketAclOutput>> {
    let caller = gate::caller(&request).await?;
    let input = &request.input;
    service
        .readable(&caller, &input.bucket, &input.expected_bucket_owner)
        .await?;
    Ok(S3Response::new(GetBucketAclOutput {
        grants: Some(full_control(&caller)),
        owner: Some(owner(&caller)),
    }))
}

pub(crate) async fn put_bucket_acl(
    service: &Service,
    request: S3Request<PutBucketAclInput>,
) -> S3Result<S3Response<PutBucketAclOutput>> {
    let caller = gate::caller(&request).await?;
    let input = &request.input;
    service
        .writable(&caller, &input.bucket, &input.expected_bucket_owner)
        .await?;
    check_list(&caller, input.access_control_policy.as_ref())?;
    Ok(S3Response::new(PutBucketAclOutput::default()))
}

pub(crate) async fn object_acl(
    service: &Service,
    request: S3Request<GetObjectAclInput>,
) -> S3Result<S3Response<GetObjectAclOutput>> {
    let caller = gate::caller(&request).await?;
    let input = &request.input;
    service.check_owner(&caller, &input.expected_bucket_owner)?;
    let key = service.key(input.key.clone())?;
    let version = etags::asked(input.version_id.as_deref())?;
    get::look_up(service, &caller, &input.bucket, &key, version).await?;
    Ok(S3Response::new(GetObjectAclOutput {
        grants: Some(full_control(&caller)),
        owner: Some(owner(&caller)),
        ..GetObjectAclOutput::default()
    }))
}

pub(crate) async fn put_object_acl(
    service: &Service,
    request: S3Request<PutObjectAclInput>,
) -> S3Result<S3Response<PutObjectAclOutput>> {
    let caller = gate::caller(&request).await?;
    let input = &request.input;
    service
        .writable(&caller, &input.bucket, &input.expected_bucket_owner)
        .await?;
    let key = service.key(input.key.clone())?;
    let version = etags::asked(input.version_id.as_deref())?;
    get::look_up(service, &caller, &input.bucket, &key, version).await?;
    check_list(&caller, input.access_control_policy.as_ref())?;
    Ok(S3Response::new(PutObjectAclOutput::default()))
}

pub(crate) async fn ownership(
    service: &Service,
    request: S3Request<GetBucketOwnershipControlsInput>,
) -> S3Result<S3Response<GetBucketOwnershipControlsOutput>> {
    let caller = gate::caller(&request).await?;
    let input = &request.input;
    service
        .readable(&caller, &input.bucket, &input.expected_bucket_owner)
        .await?;
    let object_ownership = ObjectOwnership::from_static(ObjectOwnership::BUCKET_OWNER_ENFORCED);
    Ok(S3Response::new(GetBucketOwnershipControlsOutput {
        ownership_controls: Some(OwnershipControls {
            rules: vec![OwnershipControlsRule { object_ownership }],
        }),
    }))
}

pub(crate) async fn payer(
    service: &Service,
    request: S3Request<GetBucketRequestPaymentInput>,
) -> S3Result<S3Response<GetBucketRequestPaymentOutput>> {
    let caller = gate::caller(&request).await?;
    let input = &request.input;
    service
        .readable(&caller, &input.bucket, &input.expected_bucket_owner)
        .await?;
    Ok(S3Response::new(GetBucketRequestPaymentOutput {
        payer: Some(Payer::from_static(Payer::BUCKET_OWNER)),
    }))
}
