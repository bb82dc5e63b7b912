//! The verbs that are offered: which file answers which, and what all of them ask first.

use std::sync::Arc;

use amana_access::{Caller, Right};
use amana_vault::{BucketInfo, ObjectKey, Vault};
use http::HeaderValue;
use s3s::dto::*;
use s3s::{S3, S3Request, S3Response, S3Result};

use crate::error::refused;
use crate::refusal::Refusal;
use crate::{
    attributes, buckets, complete, copy, delete, gate, get, list, locks, parts, probes, put, tags,
    uploads,
};

const RECEIPT: &str = "x-amana-receipt";
/// In place of a receipt: the gateway has the change, and the data centre hasn't yet.
const STATE: &str = "x-amana-state";

/// The vault as an S3 service.
#[derive(Clone)]
pub(crate) struct Service {
    pub(crate) vault: Arc<Vault>,
    pub(crate) region: Arc<str>,
}

impl Service {
    /// `x-amz-expected-bucket-owner`: an account of AWS has 12 digits, an institution its canonical id and its name.
    pub(crate) fn check_owner(
        &self,
        caller: &Caller,
        expected: &Option<String>,
    ) -> Result<(), Refusal> {
        match expected.as_deref() {
            Some(owner) if *owner != *caller.canonical_id && *owner != *caller.name => {
                Err(Refusal::denied("Access Denied"))
            }
            _ => Ok(()),
        }
    }

    /// The bucket, before anything of it is told.
    pub(crate) async fn readable(
        &self,
        caller: &Caller,
        bucket: &str,
        expected_owner: &Option<String>,
    ) -> S3Result<BucketInfo> {
        self.check_owner(caller, expected_owner)?;
        self.vault
            .ask_bucket(caller, bucket, Right::Read)
            .await
            .map_err(refused)
    }

    /// The bucket, before a body is read for it.
    pub(crate) async fn writable(
        &self,
        caller: &Caller,
        bucket: &str,
        expected_owner: &Option<String>,
    ) -> S3Result<BucketInfo> {
        self.check_owner(caller, expected_owner)?;
        self.vault
            .ask_bucket(caller, bucket, Right::Write)
            .await
            .map_err(refused)
    }

    pub(crate) fn key(&self, key: String) -> S3Result<ObjectKey> {
        ObjectKey::parse(key).map_err(refused)
    }
}

pub(crate) fn owner(caller: &Caller) -> Owner {
    Owner {
        id: Some(caller.canonical_id.to_string()),
        display_name: Some(caller.name.to_string()),
    }
}

pub(crate) fn initiator(caller: &Caller) -> Initiator {
    Initiator {
        id: Some(caller.canonical_id.to_string()),
        display_name: Some(caller.name.to_string()),
    }
}

/// The answer to a write, with the receipt of its act.
pub(crate) fn with_receipt<T>(output: T, receipt: &str) -> S3Response<T> {
    let mut response = S3Response::new(output);
    set_receipt(&mut response, receipt);
    response
}

pub(crate) fn set_receipt<T>(response: &mut S3Response<T>, receipt: &str) {
    if receipt == amana_vault::SPOOLED {
        let state = HeaderValue::from_static(amana_vault::SPOOLED);
        response.headers.insert(STATE, state);
        return;
    }
    if let Ok(value) = HeaderValue::from_str(receipt) {
        response.headers.insert(RECEIPT, value);
    }
}

/// Writes the trait's implementation from a table: `verbs` are answered by a function of another file; `absent` are
/// configurations that no bucket has, with the error that says so; `without_effect` are answered as for a bucket
/// where nothing is set. Whatever isn't here is NotImplemented.
macro_rules! offer {
    (
        verbs { $($verb:ident($input:ty) -> $output:ty = $function:path;)* }
        absent { $($asked:ident($asked_input:ty) -> $asked_output:ty = $code:literal, $message:literal;)* }
        without_effect { $($nothing:ident($nothing_input:ty) -> $nothing_output:ty;)* }
    ) => {
        #[async_trait::async_trait]
        impl S3 for Service {
            $(async fn $verb(&self, request: S3Request<$input>) -> S3Result<S3Response<$output>> {
                $function(self, request).await
            })*
            $(async fn $asked(&self, request: S3Request<$asked_input>) -> S3Result<S3Response<$asked_output>> {
                let caller = gate::caller(&request).await?;
                self.readable(&caller, &request.input.bucket, &request.input.expected_bucket_owner).await?;
                Err(Refusal::missing($code, $message).into())
            })*
            $(async fn $nothing(&self, request: S3Request<$nothing_input>) -> S3Result<S3Response<$nothing_output>> {
                let caller = gate::caller(&request).await?;
                self.readable(&caller, &request.input.bucket, &request.input.expected_bucket_owner).await?;
                Ok(S3Response::new(<$nothing_output>::default()))
            })*
        }
    };
}

offer! {
    verbs {
        create_bucket(CreateBucketInput) -> CreateBucketOutput = buckets::create;
        delete_bucket(DeleteBucketInput) -> DeleteBucketOutput = buckets::delete;
        head_bucket(HeadBucketInput) -> HeadBucketOutput = buckets::head;
        list_buckets(ListBucketsInput) -> ListBucketsOutput = buckets::list;
        get_bucket_location(GetBucketLocationInput) -> GetBucketLocationOutput = buckets::location;
        get_bucket_versioning(GetBucketVersioningInput) -> GetBucketVersioningOutput = buckets::versioning;
        put_bucket_versioning(PutBucketVersioningInput) -> PutBucketVersioningOutput = buckets::set_versioning;
        put_object(PutObjectInput) -> PutObjectOutput = put::object;
        get_object(GetObjectInput) -> GetObjectOutput = get::object;
        head_object(HeadObjectInput) -> HeadObjectOutput = get::head;
        get_object_attributes(GetObjectAttributesInput) -> GetObjectAttributesOutput = attributes::object;
        copy_object(CopyObjectInput) -> CopyObjectOutput = copy::object;
        delete_object(DeleteObjectInput) -> DeleteObjectOutput = delete::object;
        delete_objects(DeleteObjectsInput) -> DeleteObjectsOutput = delete::objects;
        list_objects(ListObjectsInput) -> ListObjectsOutput = list::objects;
        list_objects_v2(ListObjectsV2Input) -> ListObjectsV2Output = list::objects_v2;
        list_object_versions(ListObjectVersionsInput) -> ListObjectVersionsOutput = list::versions;
        get_object_tagging(GetObjectTaggingInput) -> GetObjectTaggingOutput = tags::get;
        put_object_tagging(PutObjectTaggingInput) -> PutObjectTaggingOutput = tags::put;
        delete_object_tagging(DeleteObjectTaggingInput) -> DeleteObjectTaggingOutput = tags::delete;
        get_object_lock_configuration(GetObjectLockConfigurationInput) -> GetObjectLockConfigurationOutput
            = locks::configuration;
        put_object_lock_configuration(PutObjectLockConfigurationInput) -> PutObjectLockConfigurationOutput
            = locks::configure;
        get_object_retention(GetObjectRetentionInput) -> GetObjectRetentionOutput = locks::retention;
        put_object_retention(PutObjectRetentionInput) -> PutObjectRetentionOutput = locks::retain;
        get_object_legal_hold(GetObjectLegalHoldInput) -> GetObjectLegalHoldOutput = locks::legal_hold;
        put_object_legal_hold(PutObjectLegalHoldInput) -> PutObjectLegalHoldOutput = locks::hold;
        create_multipart_upload(CreateMultipartUploadInput) -> CreateMultipartUploadOutput = uploads::create;
        abort_multipart_upload(AbortMultipartUploadInput) -> AbortMultipartUploadOutput = uploads::abort;
        list_multipart_uploads(ListMultipartUploadsInput) -> ListMultipartUploadsOutput = uploads::list;
        upload_part(UploadPartInput) -> UploadPartOutput = parts::upload;
        upload_part_copy(UploadPartCopyInput) -> UploadPartCopyOutput = parts::copy;
        list_parts(ListPartsInput) -> ListPartsOutput = parts::list;
        complete_multipart_upload(CompleteMultipartUploadInput) -> CompleteMultipartUploadOutput = complete::upload;
        get_bucket_acl(GetBucketAclInput) -> GetBucketAclOutput = probes::bucket_acl;
        put_bucket_acl(PutBucketAclInput) -> PutBucketAclOutput = probes::put_bucket_acl;
        get_object_acl(GetObjectAclInput) -> GetObjectAclOutput = probes::object_acl;
        put_object_acl(PutObjectAclInput) -> PutObjectAclOutput = probes::put_object_acl;
        get_bucket_ownership_controls(GetBucketOwnershipControlsInput) -> GetBucketOwnershipControlsOutput
            = probes::ownership;
        get_bucket_request_payment(GetBucketRequestPaymentInput) -> GetBucketRequestPaymentOutput = probes::payer;
    }
    absent {
        get_bucket_policy(GetBucketPolicyInput) -> GetBucketPolicyOutput
            = "NoSuchBucketPolicy", "The bucket policy does not exist";
        get_bucket_policy_status(GetBucketPolicyStatusInput) -> GetBucketPolicyStatusOutput
            = "NoSuchBucketPolicy", "The bucket policy does not exist";
        get_bucket_tagging(GetBucketTaggingInput) -> GetBucketTaggingOutput
            = "NoSuchTagSet", "The TagSet does not exist";
        get_bucket_lifecycle_configuration(GetBucketLifecycleConfigurationInput)
            -> GetBucketLifecycleConfigurationOutput
            = "NoSuchLifecycleConfiguration", "The lifecycle configuration does not exist";
        get_bucket_cors(GetBucketCorsInput) -> GetBucketCorsOutput
            = "NoSuchCORSConfiguration", "The CORS configuration does not exist";
        get_bucket_website(GetBucketWebsiteInput) -> GetBucketWebsiteOutput
            = "NoSuchWebsiteConfiguration", "The specified bucket does not have a website configuration";
        get_bucket_encryption(GetBucketEncryptionInput) -> GetBucketEncryptionOutput
            = "ServerSideEncryptionConfigurationNotFoundError",
              "The server side encryption configuration was not found";
        get_bucket_replication(GetBucketReplicationInput) -> GetBucketReplicationOutput
            = "ReplicationConfigurationNotFoundError", "The replication configuration was not found";
        get_public_access_block(GetPublicAccessBlockInput) -> GetPublicAccessBlockOutput
            = "NoSuchPublicAccessBlockConfiguration", "The public access block configuration was not found";
    }
    without_effect {
        get_bucket_logging(GetBucketLoggingInput) -> GetBucketLoggingOutput;
        get_bucket_accelerate_configuration(GetBucketAccelerateConfigurationInput)
            -> GetBucketAccelerateConfigurationOutput;
        get_bucket_notification_configuration(GetBucketNotificationConfigurationInput)
            -> GetBucketNotificationConfigurationOutput;
        delete_bucket_policy(DeleteBucketPolicyInput) -> DeleteBucketPolicyOutput;
        delete_bucket_tagging(DeleteBucketTaggingInput) -> DeleteBucketTaggingOutput;
        delete_bucket_lifecycle(DeleteBucketLifecycleInput) -> DeleteBucketLifecycleOutput;
        delete_bucket_cors(DeleteBucketCorsInput) -> DeleteBucketCorsOutput;
        delete_bucket_website(DeleteBucketWebsiteInput) -> DeleteBucketWebsiteOutput;
        delete_bucket_encryption(DeleteBucketEncryptionInput) -> DeleteBucketEncryptionOutput;
        delete_bucket_replication(DeleteBucketReplicationInput) -> DeleteBucketReplicationOutput;
        delete_public_access_block(DeletePublicAccessBlockInput) -> DeletePublicAccessBlockOutput;
    }
}
