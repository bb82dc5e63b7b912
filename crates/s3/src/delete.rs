//! DeleteObject and DeleteObjects.

use amana_vault::{Deleted, Deletion, Error, ObjectKey, VersionRef};
use s3s::dto::{
    DeleteObjectInput, DeleteObjectOutput, DeleteObjectsInput, DeleteObjectsOutput, DeletedObject,
    ObjectIdentifier,
};
use s3s::{S3Request, S3Response, S3Result};

use crate::error::{refusal, refused};
use crate::refusal::Refusal;
use crate::service::{Service, set_receipt};
use crate::{conditions, etags, gate};

/// AWS's bound on one request.
const MAX_DELETIONS: usize = 1000;
/// Bytes of the header that names the receipts of a deletion of many; a longer list is cut at its end.
const MAX_RECEIPTS_BYTES: usize = 4096;

pub(crate) async fn object(
    service: &Service,
    request: S3Request<DeleteObjectInput>,
) -> S3Result<S3Response<DeleteObjectOutput>> {
    let caller = gate::caller(&request).await?;
    let input = request.input;
    service.check_owner(&caller, &input.expected_bucket_owner)?;
    if input.if_match_size.is_some() || input.if_match_last_modified_time.is_some() {
        return Err(
            Refusal::not_implemented("Deletes are conditional on If-Match alone here").into(),
        );
    }
    let deletion = Deletion {
        key: service.key(input.key)?,
        version: etags::asked(input.version_id.as_deref())?,
        if_match: conditions::matching(input.if_match),
        bypass_governance: input.bypass_governance_retention.unwrap_or(false),
    };
    let version = deletion.version;
    let (deleted, receipt) = service
        .vault
        .delete_object(&caller, &input.bucket, deletion)
        .await
        .map_err(refused)?;
    let mut response = S3Response::new(DeleteObjectOutput {
        delete_marker: deleted.marker.then_some(true),
        version_id: told(&deleted, version),
        ..DeleteObjectOutput::default()
    });
    if let Some(receipt) = receipt {
        set_receipt(&mut response, &receipt);
    }
    Ok(response)
}

/// The version that was made or removed; what was asked for, when there was nothing to remove.
fn told(deleted: &Deleted, asked: VersionRef) -> Option<String> {
    match (asked, deleted.version) {
        (_, Some(id)) => Some(id.to_string()),
        (VersionRef::Id(id), None) => Some(id.to_string()),
        (VersionRef::Null, None) => Some("null".into()),
        (VersionRef::Latest, None) => deleted.marker.then(|| "null".into()),
    }
}

pub(crate) async fn objects(
    service: &Service,
    request: S3Request<DeleteObjectsInput>,
) -> S3Result<S3Response<DeleteObjectsOutput>> {
    let caller = gate::caller(&request).await?;
    let input = request.input;
    service.check_owner(&caller, &input.expected_bucket_owner)?;
    let asked = input.delete.objects;
    if asked.is_empty() || asked.len() > MAX_DELETIONS {
        return Err(Refusal::bad(
            "MalformedXML",
            "The XML you provided was not well-formed or did not validate against our published schema",
        )
        .into());
    }
    let bypass = input.bypass_governance_retention.unwrap_or(false);
    let parse = |identifier| deletion(identifier, bypass);
    let parsed: Vec<Result<Deletion, Error>> = asked.iter().map(parse).collect();
    let deletions = parsed.iter().flatten().cloned().collect();
    let done = service
        .vault
        .delete_objects(&caller, &input.bucket, deletions)
        .await
        .map_err(refused)?;
    let mut done = done.into_iter();
    let mut deleted = Vec::new();
    let mut errors = Vec::new();
    let mut receipts = Vec::new();
    for (identifier, parsed) in asked.iter().zip(parsed) {
        let result = parsed.and_then(|deletion| {
            let result = done.next().unwrap_or(Err(Error::ConditionalConflict))?;
            Ok((deletion.version, result))
        });
        match result {
            Ok((version, (removed, receipt))) => {
                receipts.extend(receipt);
                deleted.push(entry(identifier, &removed, version));
            }
            Err(error) => errors.push(failure(identifier, error)),
        }
    }
    let quiet = input.delete.quiet.unwrap_or(false);
    let mut response = S3Response::new(DeleteObjectsOutput {
        deleted: (!quiet).then_some(deleted),
        errors: (!errors.is_empty()).then_some(errors),
        ..DeleteObjectsOutput::default()
    });
    // One header has the form that every write has; the other names each act.
    if let Some(last) = receipts.last() {
        set_receipt(&mut response, last);
        set_receipts(&mut response, &receipts);
    }
    Ok(response)
}

fn set_receipts<T>(response: &mut S3Response<T>, receipts: &[String]) {
    let mut all = String::new();
    for receipt in receipts {
        if all.len() + receipt.len() > MAX_RECEIPTS_BYTES {
            break;
        }
        if !all.is_empty() {
            all.push_str(", ");
        }
        all.push_str(receipt);
    }
    if let Ok(value) = all.try_into() {
        response.headers.insert("x-amana-receipts", value);
    }
}

fn deletion(identifier: &ObjectIdentifier, bypass_governance: bool) -> Result<Deletion, Error> {
    Ok(Deletion {
        key: ObjectKey::parse(identifier.key.as_str())?,
        version: match identifier.version_id.as_deref() {
            None | Some("") => VersionRef::Latest,
            Some(text) => text.parse()?,
        },
        if_match: identifier
            .e_tag
            .clone()
            .map(|etag| conditions::tag_list(&etags::text(etag))),
        bypass_governance,
    })
}

fn entry(identifier: &ObjectIdentifier, removed: &Deleted, version: VersionRef) -> DeletedObject {
    DeletedObject {
        key: Some(identifier.key.clone()),
        version_id: identifier.version_id.clone(),
        delete_marker: removed.marker.then_some(true),
        delete_marker_version_id: removed.marker.then(|| told(removed, version)).flatten(),
    }
}

fn failure(identifier: &ObjectIdentifier, error: Error) -> s3s::dto::Error {
    let refusal = refusal(error);
    s3s::dto::Error {
        key: Some(identifier.key.clone()),
        version_id: identifier.version_id.clone(),
        code: Some(refusal.code.into()),
        message: Some(refusal.message.into_owned()),
    }
}
