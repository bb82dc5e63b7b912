//! ListObjects, ListObjectsV2 and ListObjectVersions.

use amana_access::Caller;
use amana_vault::{ListQuery, ListedObject, ListedVersion, MAX_PAGE, VersionRef, VersionsQuery};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use s3s::dto::{
    CommonPrefix, DeleteMarkerEntry, EncodingType, ListObjectVersionsInput,
    ListObjectVersionsOutput, ListObjectsInput, ListObjectsOutput, ListObjectsV2Input,
    ListObjectsV2Output, Object, ObjectStorageClass, ObjectVersion, ObjectVersionStorageClass,
};
use s3s::{S3Request, S3Response, S3Result};

use crate::error::refused;
use crate::refusal::Refusal;
use crate::service::{Service, owner};
use crate::{checksums, etags, gate, query, times};

/// How names are written in an answer.
#[derive(Clone, Copy)]
pub(crate) struct Encoding(bool);

impl Encoding {
    pub(crate) fn asked(encoding: Option<&EncodingType>) -> Result<Self, Refusal> {
        match encoding.map(EncodingType::as_str) {
            None | Some("") => Ok(Self(false)),
            Some(EncodingType::URL) => Ok(Self(true)),
            Some(_) => Err(Refusal::argument(
                "Invalid Encoding Method specified in Request",
            )),
        }
    }

    pub(crate) fn text(self, text: &str) -> String {
        if self.0 {
            query::encode(text)
        } else {
            text.to_owned()
        }
    }

    pub(crate) fn told(self) -> Option<EncodingType> {
        self.0.then(|| EncodingType::from_static(EncodingType::URL))
    }

    pub(crate) fn prefixes(self, prefixes: &[String]) -> Option<Vec<CommonPrefix>> {
        let common = |prefix: &String| CommonPrefix {
            prefix: Some(self.text(prefix)),
        };
        (!prefixes.is_empty()).then(|| prefixes.iter().map(common).collect())
    }
}

/// How many a page may have: 1,000 unless fewer are asked for.
pub(crate) fn page_size(asked: Option<i32>, name: &str) -> Result<usize, Refusal> {
    match asked {
        None => Ok(MAX_PAGE),
        Some(max) => usize::try_from(max)
            .map(|max| max.min(MAX_PAGE))
            .map_err(|_| {
                Refusal::argument(format!(
                    "Argument {name} must be an integer between 0 and 2147483647"
                ))
            }),
    }
}

/// An empty delimiter is none.
pub(crate) fn delimiter(given: Option<String>) -> Option<String> {
    given.filter(|delimiter| !delimiter.is_empty())
}

pub(crate) async fn objects(
    service: &Service,
    request: S3Request<ListObjectsInput>,
) -> S3Result<S3Response<ListObjectsOutput>> {
    let caller = gate::caller(&request).await?;
    let input = request.input;
    service.check_owner(&caller, &input.expected_bucket_owner)?;
    let encoding = Encoding::asked(input.encoding_type.as_ref())?;
    let max = page_size(input.max_keys, "maxKeys")?;
    let delimiter = delimiter(input.delimiter);
    let prefix = input.prefix.unwrap_or_default();
    let marker = input.marker.unwrap_or_default();
    let listing = ListQuery {
        prefix: prefix.clone(),
        delimiter: delimiter.clone(),
        after: (!marker.is_empty()).then(|| marker.clone()),
        max,
    };
    let page = service
        .vault
        .list_objects(&caller, &input.bucket, listing)
        .await
        .map_err(refused)?;
    let next_marker = page.next.as_deref().filter(|_| delimiter.is_some());
    let output = ListObjectsOutput {
        name: Some(input.bucket),
        prefix: Some(encoding.text(&prefix)),
        marker: Some(encoding.text(&marker)),
        max_keys: i32::try_from(max).ok(),
        is_truncated: Some(page.next.is_some()),
        next_marker: next_marker.map(|next| encoding.text(next)),
        contents: contents(&page.objects, encoding, Some(&caller)),
        common_prefixes: encoding.prefixes(&page.prefixes),
        delimiter: delimiter
            .as_deref()
            .map(|delimiter| encoding.text(delimiter)),
        encoding_type: encoding.told(),
        ..ListObjectsOutput::default()
    };
    Ok(S3Response::new(output))
}

pub(crate) async fn objects_v2(
    service: &Service,
    request: S3Request<ListObjectsV2Input>,
) -> S3Result<S3Response<ListObjectsV2Output>> {
    let caller = gate::caller(&request).await?;
    let input = request.input;
    service.check_owner(&caller, &input.expected_bucket_owner)?;
    let encoding = Encoding::asked(input.encoding_type.as_ref())?;
    let max = page_size(input.max_keys, "max-keys")?;
    let delimiter = delimiter(input.delimiter);
    let prefix = input.prefix.unwrap_or_default();
    let after = match input
        .continuation_token
        .as_deref()
        .filter(|token| !token.is_empty())
    {
        Some(token) => Some(opened(token)?),
        None => input.start_after.clone().filter(|start| !start.is_empty()),
    };
    let listing = ListQuery {
        prefix: prefix.clone(),
        delimiter: delimiter.clone(),
        after,
        max,
    };
    let page = service
        .vault
        .list_objects(&caller, &input.bucket, listing)
        .await
        .map_err(refused)?;
    let with_owner = input.fetch_owner.unwrap_or(false).then_some(&*caller);
    let output = ListObjectsV2Output {
        name: Some(input.bucket),
        prefix: Some(encoding.text(&prefix)),
        max_keys: i32::try_from(max).ok(),
        key_count: i32::try_from(page.objects.len() + page.prefixes.len()).ok(),
        continuation_token: input.continuation_token,
        is_truncated: Some(page.next.is_some()),
        next_continuation_token: page.next.as_deref().map(token),
        contents: contents(&page.objects, encoding, with_owner),
        common_prefixes: encoding.prefixes(&page.prefixes),
        delimiter: delimiter
            .as_deref()
            .map(|delimiter| encoding.text(delimiter)),
        encoding_type: encoding.told(),
        start_after: input
            .start_after
            .as_deref()
            .map(|start| encoding.text(start)),
        ..ListObjectsV2Output::default()
    };
    Ok(S3Response::new(output))
}

/// A continuation token is a key, so that it holds on any node and after a restart.
pub(crate) fn token(key: &str) -> String {
    URL_SAFE_NO_PAD.encode(key)
}

pub(crate) fn opened(token: &str) -> Result<String, Refusal> {
    URL_SAFE_NO_PAD
        .decode(token)
        .ok()
        .and_then(|bytes| String::from_utf8(bytes).ok())
        .ok_or_else(|| Refusal::argument("The continuation token provided is incorrect"))
}

fn contents(
    objects: &[ListedObject],
    encoding: Encoding,
    with_owner: Option<&Caller>,
) -> Option<Vec<Object>> {
    let listed = |object: &ListedObject| Object {
        key: Some(encoding.text(&object.key)),
        e_tag: Some(etags::quoted(object.etag)),
        size: i64::try_from(object.size_bytes).ok(),
        last_modified: Some(times::timestamp(object.modified_ms)),
        storage_class: Some(ObjectStorageClass::from_static(
            ObjectStorageClass::STANDARD,
        )),
        owner: with_owner.map(owner),
        checksum_algorithm: object
            .checksum
            .map(|(algorithm, _)| vec![checksums::name(algorithm)]),
        checksum_type: object.checksum.map(|(_, kind)| checksums::kind(kind)),
        ..Object::default()
    };
    (!objects.is_empty()).then(|| objects.iter().map(listed).collect())
}

pub(crate) async fn versions(
    service: &Service,
    request: S3Request<ListObjectVersionsInput>,
) -> S3Result<S3Response<ListObjectVersionsOutput>> {
    let caller = gate::caller(&request).await?;
    let input = request.input;
    service.check_owner(&caller, &input.expected_bucket_owner)?;
    let encoding = Encoding::asked(input.encoding_type.as_ref())?;
    let max = page_size(input.max_keys, "max-keys")?;
    let delimiter = delimiter(input.delimiter);
    let prefix = input.prefix.unwrap_or_default();
    let key_marker = input.key_marker.unwrap_or_default();
    let version_marker = input.version_id_marker.unwrap_or_default();
    if key_marker.is_empty() && !version_marker.is_empty() {
        return Err(Refusal::argument(
            "A version-id marker cannot be specified without a key marker.",
        )
        .into());
    }
    let listing = VersionsQuery {
        prefix: prefix.clone(),
        delimiter: delimiter.clone(),
        key_marker: (!key_marker.is_empty()).then(|| key_marker.clone()),
        version_marker: (!version_marker.is_empty())
            .then(|| etags::asked(Some(&version_marker)))
            .transpose()?,
        max,
    };
    let page = service
        .vault
        .list_versions(&caller, &input.bucket, listing)
        .await
        .map_err(refused)?;
    let (markers, versions): (Vec<_>, Vec<_>) = page
        .versions
        .iter()
        .partition(|version| version.delete_marker);
    let (next_key, next_version) = page.next.clone().unzip();
    let output = ListObjectVersionsOutput {
        name: Some(input.bucket),
        prefix: Some(encoding.text(&prefix)),
        key_marker: Some(encoding.text(&key_marker)),
        version_id_marker: Some(version_marker),
        max_keys: i32::try_from(max).ok(),
        is_truncated: Some(page.next.is_some()),
        next_key_marker: next_key.map(|key| encoding.text(&key)),
        next_version_id_marker: next_version.flatten().map(marker_text),
        versions: (!versions.is_empty()).then(|| {
            let entry = |version: &&ListedVersion| version_entry(version, encoding, &caller);
            versions.iter().map(entry).collect()
        }),
        delete_markers: (!markers.is_empty()).then(|| {
            let entry = |version: &&ListedVersion| marker_entry(version, encoding, &caller);
            markers.iter().map(entry).collect()
        }),
        common_prefixes: encoding.prefixes(&page.prefixes),
        delimiter: delimiter
            .as_deref()
            .map(|delimiter| encoding.text(delimiter)),
        encoding_type: encoding.told(),
        ..ListObjectVersionsOutput::default()
    };
    Ok(S3Response::new(output))
}

fn marker_text(version: VersionRef) -> String {
    match version {
        VersionRef::Id(id) => id.to_string(),
        VersionRef::Null | VersionRef::Latest => "null".into(),
    }
}

fn version_entry(version: &ListedVersion, encoding: Encoding, caller: &Caller) -> ObjectVersion {
    ObjectVersion {
        key: Some(encoding.text(&version.key)),
        version_id: Some(etags::name(version.version)),
        is_latest: Some(version.is_latest),
        e_tag: version.etag.map(etags::quoted),
        size: i64::try_from(version.size_bytes).ok(),
        last_modified: Some(times::timestamp(version.modified_ms)),
        storage_class: Some(ObjectVersionStorageClass::from_static(
            ObjectVersionStorageClass::STANDARD,
        )),
        owner: Some(owner(caller)),
        checksum_algorithm: version
            .checksum
            .map(|(algorithm, _)| vec![checksums::name(algorithm)]),
        checksum_type: version.checksum.map(|(_, kind)| checksums::kind(kind)),
        ..ObjectVersion::default()
    }
}

fn marker_entry(marker: &ListedVersion, encoding: Encoding, caller: &Caller) -> DeleteMarkerEntry {
    DeleteMarkerEntry {
        key: Some(encoding.text(&marker.key)),
        version_id: Some(etags::name(marker.version)),
        is_latest: Some(marker.is_latest),
        last_modified: Some(times::timestamp(marker.modified_ms)),
        owner: Some(owner(caller)),
    }
}
