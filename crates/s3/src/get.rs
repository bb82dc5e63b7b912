//! GetObject and HeadObject.

use std::ops::Range;

use amana_access::Caller;
use amana_vault::{Checksum, Error, ObjectAttrs, ObjectInfo, ObjectKey, Vault, VersionRef};
use futures::future::join;
use futures::{StreamExt as _, TryStreamExt as _};
use http::{HeaderMap, StatusCode};
use http_body::Frame;
use http_body_util::StreamBody;
use s3s::dto::{GetObjectInput, GetObjectOutput, HeadObjectInput, HeadObjectOutput, StreamingBlob};
use s3s::{Body, S3Request, S3Response, S3Result, StdError};

use crate::conditions::{self, Failed, ReadConditions};
use crate::error::{invalid_range, refused};
use crate::refusal::Refusal;
use crate::rewrite::TagLists;
use crate::service::Service;
use crate::{checksums, etags, gate, locks, times};

/// How often a read begins again when the version that it found is replaced under it.
const MAX_TRIES: usize = 4;
const DEFAULT_CONTENT_TYPE: &str = "binary/octet-stream";

/// What of the object is asked for.
struct Slice {
    range: Range<u64>,
    /// Whether it is told apart from the whole, by 206.
    partial: bool,
    /// How many parts the object has, when one was asked for.
    parts: Option<i32>,
}

pub(crate) async fn object(
    service: &Service,
    mut request: S3Request<GetObjectInput>,
) -> S3Result<S3Response<GetObjectOutput>> {
    let (caller, stands) = (gate::claimed(&request)?, gate::stands(&request));
    let lists = request.extensions.remove::<TagLists>();
    let input = request.input;
    service.check_owner(&caller, &input.expected_bucket_owner)?;
    let key = service.key(input.key)?;
    let version = etags::asked(input.version_id.as_deref())?;
    let conditions = ReadConditions {
        if_match: conditions::matching(input.if_match),
        if_none_match: conditions::matching(input.if_none_match),
        if_modified_since: input.if_modified_since,
        if_unmodified_since: input.if_unmodified_since,
    };
    let conditions = TagLists::merge(lists, conditions);
    let asked = Asked {
        range: input.range,
        part_number: input.part_number,
        headers: &request.headers,
    };
    let open = || {
        let vault = &service.vault;
        vault.ask_open(&caller, &input.bucket, &key, version)
    };
    let (stands, mut opened) = join(stands, open()).await;
    stands?;
    let mut tries = 0;
    let (object, slice, body) = loop {
        let object = opened.map_err(refused)?;
        judge(&conditions, &object)?;
        let slice = asked.slice(&object)?;
        match body(&service.vault, &object, slice.range.clone()).await {
            Ok(body) => break (object, slice, body),
            Err(Error::ConditionalConflict) if tries < MAX_TRIES => tries += 1,
            Err(error) => return Err(refused(error)),
        }
        opened = open().await;
    };
    let with_checksum = input.checksum_mode.is_some();
    let mut found = answer(&object, &slice, body, with_checksum, version);
    if input.response_expires.is_some() {
        // `s3s` puts the other one, and ours would take its place.
        found.headers.remove(http::header::EXPIRES);
    }
    Ok(found)
}

pub(crate) async fn head(
    service: &Service,
    mut request: S3Request<HeadObjectInput>,
) -> S3Result<S3Response<HeadObjectOutput>> {
    let (caller, stands) = (gate::claimed(&request)?, gate::stands(&request));
    let lists = request.extensions.remove::<TagLists>();
    let input = request.input;
    service.check_owner(&caller, &input.expected_bucket_owner)?;
    let key = service.key(input.key)?;
    let version = etags::asked(input.version_id.as_deref())?;
    let conditions = ReadConditions {
        if_match: conditions::matching(input.if_match),
        if_none_match: conditions::matching(input.if_none_match),
        if_modified_since: input.if_modified_since,
        if_unmodified_since: input.if_unmodified_since,
    };
    let object = look_up(service, &caller, &input.bucket, &key, version);
    let (stands, object) = join(stands, object).await;
    stands?;
    let object = object?;
    judge(&TagLists::merge(lists, conditions), &object)?;
    let asked = Asked {
        range: input.range,
        part_number: input.part_number,
        headers: &request.headers,
    };
    let slice = asked.slice(&object)?;
    let body = StreamingBlob::from(Body::empty());
    let with_checksum = input.checksum_mode.is_some();
    let mut found = answer(&object, &slice, body, with_checksum, version);
    let expires = input.response_expires.and_then(times::told);
    let overrides = [
        ("expires", expires),
        ("cache-control", input.response_cache_control),
        ("content-disposition", input.response_content_disposition),
        ("content-encoding", input.response_content_encoding),
        ("content-language", input.response_content_language),
        ("content-type", input.response_content_type),
    ];
    for (name, value) in overrides {
        if let Some(value) = value.and_then(|value| value.try_into().ok()) {
            found.headers.insert(name, value);
        }
    }
    Ok(found.map_output(headers_only))
}

pub(crate) async fn look_up(
    service: &Service,
    caller: &Caller,
    bucket: &str,
    key: &ObjectKey,
    version: VersionRef,
) -> S3Result<ObjectInfo> {
    service
        .vault
        .ask_object(caller, bucket, key, version)
        .await
        .map_err(refused)
}

fn judge(conditions: &ReadConditions, object: &ObjectInfo) -> Result<(), Refusal> {
    conditions.judge(object).map_err(|failed| match failed {
        Failed::Precondition => conditions::precondition_failed(),
        Failed::NotModified => conditions::not_modified(object),
    })
}

/// What the request asks of the object's bytes.
struct Asked<'r> {
    range: Option<s3s::dto::Range>,
    part_number: Option<i32>,
    headers: &'r HeaderMap,
}

impl Asked<'_> {
    fn slice(&self, object: &ObjectInfo) -> Result<Slice, Refusal> {
        let whole = 0..object.size_bytes;
        match (self.range, self.part_number) {
            (Some(_), Some(_)) => Err(Refusal::request(
                "Cannot specify both Range header and partNumber query parameter",
            )),
            (Some(range), None) if conditions::range_holds(self.headers, object) => Ok(Slice {
                range: range
                    .check(object.size_bytes)
                    .map_err(|_| invalid_range(object.size_bytes))?,
                partial: true,
                parts: None,
            }),
            (_, None) => Ok(Slice {
                range: whole,
                partial: false,
                parts: None,
            }),
            (None, Some(number)) => part(object, number, whole),
        }
    }
}

/// A part by its number; an object that was put whole is its own part 1.
fn part(object: &ObjectInfo, number: i32, whole: Range<u64>) -> Result<Slice, Refusal> {
    if !(1..=10_000).contains(&number) {
        return Err(Refusal::argument(
            "Part number must be an integer between 1 and 10000, inclusive",
        ));
    }
    let parts = object.parts();
    let found = parts
        .iter()
        .find(|part| i64::from(part.number) == i64::from(number));
    let (range, parts) = match found {
        Some(part) => (part.range.clone(), i32::try_from(parts.len()).ok()),
        None if parts.is_empty() && number == 1 => (whole, None),
        None => {
            return Err(Refusal::new(
                StatusCode::RANGE_NOT_SATISFIABLE,
                "InvalidPartNumber",
                "The requested partnumber is not satisfiable",
            ));
        }
    };
    Ok(Slice {
        partial: !range.is_empty(),
        range,
        parts,
    })
}

/// The bytes: in one piece when they lie in rows, otherwise as a stream whose first chunk is verified already.
async fn body(
    vault: &Vault,
    object: &ObjectInfo,
    range: Range<u64>,
) -> Result<StreamingBlob, Error> {
    if range.is_empty() {
        return Ok(StreamingBlob::from(Body::empty()));
    }
    if let Some(bytes) = vault.read_small(object).await? {
        let from = usize::try_from(range.start)
            .unwrap_or(usize::MAX)
            .min(bytes.len());
        let until = usize::try_from(range.end)
            .unwrap_or(usize::MAX)
            .min(bytes.len());
        return Ok(StreamingBlob::from(Body::from(bytes.slice(from..until))));
    }
    let stream = vault
        .read(object, range)
        .await?
        .map_ok(Frame::data)
        .map(|frame| {
            frame.map_err(|error| {
                // The status is sent: all that is left is to break off, so that nobody takes it for whole.
                tracing::error!(%error, "a read broke off");
                StdError::from(error)
            })
        });
    Ok(StreamingBlob::from(Body::http_body_unsync(
        StreamBody::new(stream),
    )))
}

fn answer(
    object: &ObjectInfo,
    slice: &Slice,
    body: StreamingBlob,
    with_checksum: bool,
    version: VersionRef,
) -> S3Response<GetObjectOutput> {
    let attrs = &object.attrs;
    let length = slice.range.end - slice.range.start;
    let checksum = checksum_of(object, slice).filter(|_| with_checksum);
    let shown = checksums::shown(checksum.as_ref());
    let lock = locks::shown(object.lock);
    let output = GetObjectOutput {
        accept_ranges: Some("bytes".into()),
        body: Some(body),
        cache_control: attrs.cache_control.clone(),
        checksum_crc32: shown.checksum_crc32,
        checksum_crc32c: shown.checksum_crc32c,
        checksum_crc64nvme: shown.checksum_crc64nvme,
        checksum_sha1: shown.checksum_sha1,
        checksum_sha256: shown.checksum_sha256,
        checksum_type: shown.checksum_type,
        content_disposition: attrs.content_disposition.clone(),
        content_encoding: attrs.content_encoding.clone(),
        content_language: attrs.content_language.clone(),
        content_length: i64::try_from(length).ok(),
        content_range: slice.partial.then(|| {
            format!(
                "bytes {}-{}/{}",
                slice.range.start,
                slice.range.end.saturating_sub(1),
                object.size_bytes
            )
        }),
        content_type: Some(
            attrs
                .content_type
                .clone()
                .unwrap_or_else(|| DEFAULT_CONTENT_TYPE.into()),
        ),
        e_tag: Some(etags::quoted(object.etag)),
        last_modified: Some(times::timestamp(object.modified_ms)),
        metadata: metadata(attrs),
        object_lock_legal_hold_status: lock.hold,
        object_lock_mode: lock.mode,
        object_lock_retain_until_date: lock.until,
        parts_count: slice.parts,
        storage_class: attrs
            .storage_class
            .clone()
            .filter(|class| class != "STANDARD")
            .map(Into::into),
        tag_count: i32::try_from(object.tag_count)
            .ok()
            .filter(|count| *count > 0),
        version_id: version_told(object, version),
        website_redirect_location: attrs.website_redirect.clone(),
        ..GetObjectOutput::default()
    };
    let mut response = S3Response::new(output);
    // As it was given, which need not be a date.
    if let Some(value) = attrs
        .expires
        .as_deref()
        .and_then(|text| text.try_into().ok())
    {
        response.headers.insert(http::header::EXPIRES, value);
    }
    response
}

/// A checksum of the whole says nothing of a range; a part has its own.
fn checksum_of(object: &ObjectInfo, slice: &Slice) -> Option<Checksum> {
    match slice {
        Slice { partial: false, .. } => object.attrs.checksum.clone(),
        Slice { parts: Some(_), .. } => object
            .parts()
            .into_iter()
            .find(|part| part.range == slice.range)
            .and_then(|part| part.checksum),
        _ => None,
    }
}

fn metadata(attrs: &ObjectAttrs) -> Option<s3s::dto::Metadata> {
    let pairs = attrs.metadata.pairs();
    let pair = |(name, value): (&String, &String)| (name.clone(), value.clone());
    (!pairs.is_empty()).then(|| pairs.iter().map(pair).collect())
}

/// The null version has no name where there are no versions.
fn version_told(object: &ObjectInfo, asked: VersionRef) -> Option<String> {
    match (object.version, asked) {
        (Some(id), _) => Some(id.to_string()),
        (None, VersionRef::Latest) => etags::made(None, object.versioning),
        (None, _) => Some("null".into()),
    }
}

fn headers_only(output: GetObjectOutput) -> HeadObjectOutput {
    HeadObjectOutput {
        accept_ranges: output.accept_ranges,
        cache_control: output.cache_control,
        checksum_crc32: output.checksum_crc32,
        checksum_crc32c: output.checksum_crc32c,
        checksum_crc64nvme: output.checksum_crc64nvme,
        checksum_sha1: output.checksum_sha1,
        checksum_sha256: output.checksum_sha256,
        checksum_type: output.checksum_type,
        content_disposition: output.content_disposition,
        content_encoding: output.content_encoding,
        content_language: output.content_language,
        content_length: output.content_length,
        content_range: output.content_range,
        content_type: output.content_type,
        e_tag: output.e_tag,
        last_modified: output.last_modified,
        metadata: output.metadata,
        object_lock_legal_hold_status: output.object_lock_legal_hold_status,
        object_lock_mode: output.object_lock_mode,
        object_lock_retain_until_date: output.object_lock_retain_until_date,
        parts_count: output.parts_count,
        storage_class: output.storage_class,
        version_id: output.version_id,
        website_redirect_location: output.website_redirect_location,
        ..HeadObjectOutput::default()
    }
}
