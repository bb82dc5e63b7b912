//! `/api/v1/buckets/{bucket}/uploads`: deposits in parts, which go on where they stopped. Behind them are the vault's multipart
//! uploads; a file is known again by its key, its length and when it was changed.

use std::collections::BTreeMap;
use std::sync::Arc;

use amana_access::Caller;
use amana_vault::{
    CompletedPart, Completion, Error as VaultError, IngestOptions, ListedPart, Metadata,
    ObjectAttrs, ObjectKey, UploadId, UploadInfo, UploadOptions, UploadsQuery, VersionRef,
    WriteConditions,
};
use axum::Json;
use axum::extract::{Path, Request, State};
use futures::StreamExt as _;
use serde::{Deserialize, Serialize};

use super::upload::{in_time, plain, writable};
use super::{Official, Receipt};
use crate::account::form::Tokened;
use crate::account::me::seconds;
use crate::api::Call;
use crate::query::Query;
use crate::{Console, Error, Result};

/// The least that a part but the last has: on a line of 64 kbit/s it takes eleven minutes, and no more is lost by a cut.
const MIN_PART_BYTES: u64 = 5 * 1024 * 1024;
/// The most that a part has, which bounds a file to 640 GiB.
const MAX_PART_BYTES: u64 = 64 * 1024 * 1024;
/// Uploads of one key that are looked at for one to go on with.
const MAX_OF_A_KEY: usize = 20;
/// Uploads on a page, each with its parts.
const PAGE: usize = 20;
/// When the file was changed, in seconds: as rclone writes it, which gives it back to the file.
const CHANGED: &str = "mtime";
/// The length of the whole.
const SIZE: &str = "upload-size";

/// A file that is to be deposited, or gone on with.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct NewUpload {
    key: String,
    size_bytes: u64,
    /// When it was changed, in milliseconds since 1970.
    modified_ms: i64,
    content_type: Option<String>,
    /// Whether it may take the place of a file of that name.
    #[serde(default)]
    replace: bool,
}

/// A part that is there.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub(crate) struct Part {
    /// Its number, from 1 on.
    number: u32,
    /// Its length.
    size_bytes: u64,
}

impl From<&ListedPart> for Part {
    fn from(part: &ListedPart) -> Self {
        Self {
            number: part.number,
            size_bytes: part.size_bytes,
        }
    }
}

/// A deposit under way.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub(crate) struct Upload {
    /// Its id.
    upload: String,
    /// The key of the object that it becomes.
    key: String,
    /// When it was begun, in seconds since 1970.
    begun_s: u64,
    /// Length of the whole; nothing if it was begun by other software.
    size_bytes: Option<u64>,
    /// Length of each part but the last.
    part_bytes: u64,
    /// The parts that are there.
    parts: Vec<Part>,
}

impl Upload {
    fn of(info: &UploadInfo, parts: &[ListedPart]) -> Self {
        let size_bytes = whole(info);
        Self {
            upload: info.id.to_string(),
            key: info.key.to_string(),
            begun_s: seconds(info.initiated_ms),
            size_bytes,
            part_bytes: part_bytes(size_bytes.unwrap_or_default()),
            parts: parts.iter().map(Part::from).collect(),
        }
    }
}

/// Deposits under way.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub(crate) struct Uploads {
    uploads: Vec<Upload>,
}

/// The same for one file and size, whenever it is asked: parts that are there fit those that come.
fn part_bytes(size_bytes: u64) -> u64 {
    size_bytes
        .div_ceil(u64::from(amana_vault::MAX_PARTS))
        .max(MIN_PART_BYTES)
}

fn whole(info: &UploadInfo) -> Option<u64> {
    info.attrs.metadata.pairs().get(SIZE)?.parse().ok()
}

/// Seconds, with a fraction, as rclone writes them.
fn changed(modified_ms: i64) -> String {
    let (seconds, rest) = (modified_ms.div_euclid(1000), modified_ms.rem_euclid(1000));
    format!("{seconds}.{rest:03}000000")
}

/// Of which key.
#[derive(Deserialize)]
pub(super) struct Asked {
    key: String,
}

/// `POST …/uploads`: begins a deposit, or finds the one of that file that is under way.
pub(super) async fn begin(
    State(console): State<Arc<Console>>,
    Path(bucket): Path<String>,
    call: Call<NewUpload>,
) -> Result<Json<Upload>> {
    let caller = Official::of(&console, &call.session).await?.caller;
    writable(&console, &caller, &bucket).await?;
    let new = call.body;
    let key = ObjectKey::parse(new.key.as_str())?;
    let part_bytes = part_bytes(new.size_bytes);
    if part_bytes > MAX_PART_BYTES {
        return Err(Error::Vault(VaultError::EntityTooLarge {
            max_bytes: MAX_PART_BYTES * u64::from(amana_vault::MAX_PARTS),
        }));
    }
    if !new.replace {
        // Told before hours of a thin line, and judged again at the end.
        absent(&console, &caller, &bucket, &key).await?;
    }
    let metadata = BTreeMap::from([
        (CHANGED.to_owned(), changed(new.modified_ms)),
        (SIZE.to_owned(), new.size_bytes.to_string()),
    ]);
    let attrs = ObjectAttrs {
        content_type: new.content_type.filter(|kind| plain(kind)),
        metadata: Metadata::parse(metadata)?,
        ..ObjectAttrs::default()
    };
    if let Some(upload) = begun(&console, &caller, &bucket, &key, &attrs).await? {
        return Ok(Json(upload));
    }
    let options = UploadOptions {
        attrs,
        checksum: None,
    };
    let id = console
        .vault
        .create_upload(&caller, &bucket, &key, options)
        .await?
        .value;
    let info = console.vault.upload(&caller, &bucket, &key, id)?;
    Ok(Json(Upload::of(&info, &[])))
}

async fn absent(console: &Console, caller: &Caller, bucket: &str, key: &ObjectKey) -> Result<()> {
    let latest = VersionRef::Latest;
    match console.vault.ask_object(caller, bucket, key, latest).await {
        Ok(_) => Err(Error::Exists),
        Err(VaultError::NoSuchKey | VaultError::DeleteMarker { .. }) => Ok(()),
        Err(other) => Err(other.into()),
    }
}

/// The deposit of the same file that is under way.
async fn begun(
    console: &Console,
    caller: &Caller,
    bucket: &str,
    key: &ObjectKey,
    attrs: &ObjectAttrs,
) -> Result<Option<Upload>> {
    let query = UploadsQuery {
        prefix: key.as_str().to_owned(),
        max: MAX_OF_A_KEY,
        ..UploadsQuery::default()
    };
    let found = console.vault.list_uploads(caller, bucket, query).await?;
    for one in found.uploads.iter().filter(|one| one.key == key.as_str()) {
        let info = match console.vault.upload(caller, bucket, key, one.id) {
            Ok(info) => info,
            // Completed, or given up, since it was listed.
            Err(VaultError::NoSuchUpload) => continue,
            Err(other) => return Err(other.into()),
        };
        if info.attrs.metadata == attrs.metadata {
            let parts = all_parts(console, caller, bucket, key, one.id).await?;
            return Ok(Some(Upload::of(&info, &parts)));
        }
    }
    Ok(None)
}

async fn all_parts(
    console: &Console,
    caller: &Caller,
    bucket: &str,
    key: &ObjectKey,
    id: UploadId,
) -> Result<Vec<ListedPart>> {
    let (mut parts, mut after) = (Vec::new(), Some(0));
    while let Some(number) = after {
        let page = console
            .vault
            .list_parts(caller, bucket, key, id, number, amana_vault::MAX_PAGE)
            .await?;
        parts.extend(page.parts);
        after = page.next;
    }
    Ok(parts)
}

/// `GET …/uploads`: those under way whose keys begin so.
pub(super) async fn list(
    State(console): State<Arc<Console>>,
    official: Official,
    Path(bucket): Path<String>,
    Query(asked): Query<Prefix>,
) -> Result<Json<Uploads>> {
    let caller = &official.caller;
    let query = UploadsQuery {
        prefix: asked.prefix,
        max: PAGE,
        ..UploadsQuery::default()
    };
    let page = console.vault.list_uploads(caller, &bucket, query).await?;
    let mut uploads = Vec::new();
    for one in page.uploads {
        let key = ObjectKey::parse(one.key)?;
        match console.vault.upload(caller, &bucket, &key, one.id) {
            Ok(info) => {
                let parts = all_parts(&console, caller, &bucket, &key, one.id).await;
                uploads.push(Upload::of(&info, &parts?));
            }
            Err(VaultError::NoSuchUpload) => {}
            Err(other) => return Err(other.into()),
        }
    }
    Ok(Json(Uploads { uploads }))
}

/// Which keys.
#[derive(Default, Deserialize)]
pub(super) struct Prefix {
    #[serde(default)]
    prefix: String,
}

/// `GET …/uploads/{upload}`: which parts are there.
pub(super) async fn parts(
    State(console): State<Arc<Console>>,
    official: Official,
    Path((bucket, upload)): Path<(String, String)>,
    Query(asked): Query<Asked>,
) -> Result<Json<Upload>> {
    let (caller, id) = (&official.caller, upload.parse()?);
    let key = ObjectKey::parse(asked.key)?;
    let info = console.vault.upload(caller, &bucket, &key, id)?;
    let parts = all_parts(&console, caller, &bucket, &key, id).await?;
    Ok(Json(Upload::of(&info, &parts)))
}

/// `PUT …/uploads/{upload}/parts/{number}`: the body is the part. One that is cut leaves nothing; sent again it takes the
/// place of the one before.
pub(super) async fn part(
    State(console): State<Arc<Console>>,
    Path((bucket, upload, number)): Path<(String, String, u32)>,
    Query(asked): Query<Asked>,
    tokened: Tokened,
    request: Request,
) -> Result<Json<Part>> {
    let caller = Official::of(&console, &tokened.session).await?.caller;
    let (key, id) = (ObjectKey::parse(asked.key)?, upload.parse()?);
    // Before any of it is read.
    console.vault.upload(&caller, &bucket, &key, id)?;
    let options = IngestOptions {
        algorithms: Vec::new(),
        max_bytes: MAX_PART_BYTES,
    };
    let mut ingest = console.vault.ingest(&bucket, options)?;
    let mut body = request.into_body().into_data_stream();
    while let Some(bytes) = in_time(body.next()).await? {
        ingest.write(bytes.map_err(|_| Error::Cut)?).await?;
    }
    let content = ingest.finish().await?;
    let put = console
        .vault
        .put_part(&caller, &bucket, &key, id, number, content);
    Ok(Json(Part::from(&put.await?.value)))
}

/// How a deposit ends.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct End {
    key: String,
    /// Whether it may take the place of a file of that name.
    #[serde(default)]
    replace: bool,
}

/// `POST …/uploads/{upload}`: joins the parts. Asked again it answers the same.
pub(super) async fn complete(
    State(console): State<Arc<Console>>,
    Path((bucket, upload)): Path<(String, String)>,
    call: Call<End>,
) -> Result<Json<Receipt>> {
    let caller = Official::of(&console, &call.session).await?.caller;
    let (key, id) = (ObjectKey::parse(call.body.key)?, upload.parse()?);
    let listed = |number, etag| CompletedPart {
        number,
        etag,
        checksums: Vec::new(),
    };
    let (size_bytes, parts) = match console.vault.upload(&caller, &bucket, &key, id) {
        Ok(info) => {
            let parts = all_parts(&console, &caller, &bucket, &key, id).await?;
            let parts = parts.iter();
            let parts = parts.map(|part| listed(part.number, part.etag.to_string()));
            (whole(&info), parts.collect())
        }
        // Completed before, and the answer was lost: the vault tells it again, whatever the parts.
        Err(VaultError::NoSuchUpload) => (None, vec![listed(1, String::new())]),
        Err(other) => return Err(other.into()),
    };
    let completion = Completion {
        parts,
        conditions: WriteConditions {
            if_none_match_any: !call.body.replace,
            ..WriteConditions::default()
        },
        size_bytes,
        ..Completion::default()
    };
    let done = console
        .vault
        .complete_upload(&caller, &bucket, &key, id, completion);
    Ok(Json(Receipt::of(done.await?.receipt)))
}

/// `DELETE …/uploads/{upload}`: gives it up.
pub(super) async fn abort(
    State(console): State<Arc<Console>>,
    Path((bucket, upload)): Path<(String, String)>,
    Query(asked): Query<Asked>,
    tokened: Tokened,
) -> Result<Json<Receipt>> {
    let caller = Official::of(&console, &tokened.session).await?.caller;
    let (key, id) = (ObjectKey::parse(asked.key)?, upload.parse()?);
    let ended = console.vault.abort_upload(&caller, &bucket, &key, id);
    Ok(Json(Receipt::of(ended.await?.receipt)))
}

#[cfg(test)]
mod tests {
    use super::{MAX_PART_BYTES, MIN_PART_BYTES, changed, part_bytes};

    #[test]
    fn parts_are_small_on_thin_lines_and_never_too_many() {
        assert_eq!(part_bytes(0), MIN_PART_BYTES);
        assert_eq!(part_bytes(MIN_PART_BYTES * 10_000), MIN_PART_BYTES);
        assert_eq!(part_bytes(MIN_PART_BYTES * 10_000 + 1), MIN_PART_BYTES + 1);
        assert_eq!(part_bytes(MAX_PART_BYTES * 10_000), MAX_PART_BYTES);
    }

    #[test]
    fn times_are_as_rclone_writes_them() {
        assert_eq!(changed(1_700_000_000_007), "1700000000.007000000");
        assert_eq!(changed(-1), "-1.999000000");
    }
}
