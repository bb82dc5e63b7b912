//! GetObjectAttributes.

use amana_vault::{MAX_PAGE, ObjectInfo, PartInfo};
use s3s::dto::{
    GetObjectAttributesInput, GetObjectAttributesOutput, GetObjectAttributesParts,
    ObjectAttributes, ObjectPart,
};
use s3s::{S3Request, S3Response, S3Result};

use crate::answer::UnquotedTag;
use crate::list::page_size;
use crate::refusal::Refusal;
use crate::service::Service;
use crate::uploads::storage_class;
use crate::{checksums, etags, gate, get, times};

pub(crate) async fn object(
    service: &Service,
    request: S3Request<GetObjectAttributesInput>,
) -> S3Result<S3Response<GetObjectAttributesOutput>> {
    let caller = gate::caller(&request).await?;
    let input = &request.input;
    service.check_owner(&caller, &input.expected_bucket_owner)?;
    let asked = asked(&input.object_attributes)?;
    let asks = |name: &str| asked.contains(&name);
    let key = service.key(input.key.clone())?;
    let version = etags::asked(input.version_id.as_deref())?;
    let object = get::look_up(service, &caller, &input.bucket, &key, version).await?;
    let class = object.attrs.storage_class.as_deref();
    let mut response = S3Response::new(GetObjectAttributesOutput {
        e_tag: asks(ObjectAttributes::ETAG).then(|| etags::quoted(object.etag)),
        checksum: object
            .attrs
            .checksum
            .as_ref()
            .filter(|_| asks(ObjectAttributes::CHECKSUM))
            .map(|checksum| checksums::shown(Some(checksum))),
        object_parts: asks(ObjectAttributes::OBJECT_PARTS)
            .then(|| parts(&object, input))
            .transpose()?
            .flatten(),
        object_size: i64::try_from(object.size_bytes)
            .ok()
            .filter(|_| asks(ObjectAttributes::OBJECT_SIZE)),
        storage_class: asks(ObjectAttributes::STORAGE_CLASS).then(|| storage_class(class)),
        last_modified: Some(times::timestamp(object.modified_ms)),
        version_id: object.version.map(|id| id.to_string()),
        ..GetObjectAttributesOutput::default()
    });
    response.extensions.insert(UnquotedTag);
    Ok(response)
}

/// The attributes asked for, in one header or several.
fn asked(attributes: &[ObjectAttributes]) -> Result<Vec<&str>, Refusal> {
    const KNOWN: [&str; 5] = [
        ObjectAttributes::CHECKSUM,
        ObjectAttributes::ETAG,
        ObjectAttributes::OBJECT_PARTS,
        ObjectAttributes::OBJECT_SIZE,
        ObjectAttributes::STORAGE_CLASS,
    ];
    let asked: Vec<&str> = attributes
        .iter()
        .flat_map(|value| value.as_str().split(','))
        .map(str::trim)
        .filter(|name| !name.is_empty())
        .collect();
    if asked.is_empty() || asked.iter().any(|name| !KNOWN.contains(name)) {
        return Err(Refusal::argument("Invalid attribute name specified."));
    }
    Ok(asked)
}

/// The parts, a page of them; S3 lists them only for uploads whose parts have checksums, and counts them for all.
fn parts(
    object: &ObjectInfo,
    input: &GetObjectAttributesInput,
) -> Result<Option<GetObjectAttributesParts>, Refusal> {
    let all = object.parts();
    if all.is_empty() {
        return Ok(None);
    }
    let max = page_size(input.max_parts, "max-parts")?.min(MAX_PAGE);
    let marker = input.part_number_marker.unwrap_or(0);
    let after = |part: &&PartInfo| i64::from(part.number) > i64::from(marker);
    let page: Vec<&PartInfo> = all.iter().filter(after).take(max).collect();
    let is_truncated = all.iter().filter(after).count() > page.len();
    let last = page.last().and_then(|part| i32::try_from(part.number).ok());
    let with_checksums = all.iter().any(|part| part.checksum.is_some());
    Ok(Some(GetObjectAttributesParts {
        total_parts_count: i32::try_from(all.len()).ok(),
        is_truncated: Some(is_truncated),
        max_parts: i32::try_from(max).ok(),
        part_number_marker: Some(marker),
        next_part_number_marker: last,
        parts: with_checksums.then(|| page.into_iter().map(entry).collect()),
    }))
}

fn entry(part: &PartInfo) -> ObjectPart {
    let shown = checksums::shown(part.checksum.as_ref());
    ObjectPart {
        part_number: i32::try_from(part.number).ok(),
        size: i64::try_from(part.size_bytes).ok(),
        checksum_crc32: shown.checksum_crc32,
        checksum_crc32c: shown.checksum_crc32c,
        checksum_crc64nvme: shown.checksum_crc64nvme,
        checksum_sha1: shown.checksum_sha1,
        checksum_sha256: shown.checksum_sha256,
    }
}
