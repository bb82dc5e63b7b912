//! `/buckets/{bucket}/object`: one file, what is said of it, its versions, and what may be done with it.

use std::collections::BTreeMap;
use std::sync::Arc;

use amana_access::{Caller, Operation, Session};
use amana_store::clock;
use amana_vault::{
    Deletion, Error as VaultError, ListedVersion, ObjectInfo, ObjectKey, VersionRef, VersionsQuery,
    WriteConditions,
};
use askama::Template;
use axum::Json;
use axum::extract::{Path, State};
use axum::response::Redirect;
use serde::{Deserialize, Serialize};

use super::buckets::{Bucket, find};
use super::links::link;
use super::locks::Kept;
use super::tags::{Row, rows};
use super::{Official, Receipt, Recorded, index};
use crate::account::form::{Posted, Tokened};
use crate::account::me::seconds;
use crate::frame::Frame;
use crate::query::Query;
use crate::{Console, Error, Language, Page, Result, menu};

/// Versions that a page shows.
const MAX_VERSIONS: usize = 100;
/// How forms and links name the version that was made without versioning.
const NULL: &str = "null";

/// A version of a file.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub(crate) struct Version {
    /// Its id; `null` for the one that was made without versioning.
    version: String,
    /// Whether it is the newest.
    latest: bool,
    /// Whether it says that the file was deleted.
    delete_marker: bool,
    /// Its length.
    size_bytes: u64,
    /// When it was made, in seconds since 1970.
    modified_s: u64,
    /// Index of the entry that made it, for its receipt; nothing for `null`, unless it is the one that is shown.
    index: Option<u64>,
}

impl Version {
    fn of(listed: ListedVersion) -> Self {
        Self {
            version: listed
                .version
                .map_or_else(|| NULL.to_owned(), |id| id.to_string()),
            latest: listed.is_latest,
            delete_marker: listed.delete_marker,
            size_bytes: listed.size_bytes,
            modified_s: seconds(listed.modified_ms),
            index: listed.version.map(|id| id.index),
        }
    }
}

/// What is known of the version that is shown.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub(crate) struct Shown {
    /// Its id.
    version: String,
    /// Whether it is the newest.
    latest: bool,
    /// Its tag.
    etag: String,
    /// Its length.
    size_bytes: u64,
    /// When it was made, in seconds since 1970.
    modified_s: u64,
    /// What its depositor says that it is; nobody checked.
    content_type: Option<String>,
    /// What its depositor says of it.
    metadata: BTreeMap<String, String>,
    /// Its tags.
    tags: BTreeMap<String, String>,
    /// `<ledger>/<index>` of the act that made it.
    receipt: String,
    /// What keeps it from being deleted.
    lock: Kept,
}

/// A file.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub(crate) struct Object {
    /// Its bucket.
    bucket: Bucket,
    /// Its key.
    key: String,
    /// The version that is shown; nothing when that is a delete marker.
    shown: Option<Shown>,
    /// Its versions, the newest first.
    versions: Vec<Version>,
    /// Whether there are more versions.
    more_versions: bool,
}

/// Which file.
#[derive(Deserialize)]
pub(super) struct Asked {
    pub(super) key: String,
    pub(super) version: Option<String>,
    receipt: Option<u64>,
}

/// The version that a link or a form names.
pub(super) fn version_ref(version: Option<&str>) -> Result<VersionRef> {
    match version.filter(|version| !version.is_empty()) {
        Some(version) => Ok(version.parse()?),
        None => Ok(VersionRef::Latest),
    }
}

async fn object(
    console: &Console,
    official: &Official,
    name: &str,
    asked: &Asked,
) -> Result<Object> {
    let caller = &official.caller;
    let bucket = find(console, caller, name).await?;
    let key = ObjectKey::parse(asked.key.as_str())?;
    let wanted = version_ref(asked.version.as_deref())?;
    let (versions, more_versions) = versions(console, caller, name, &key).await?;
    let shown = match console.vault.ask_object(caller, name, &key, wanted).await {
        Ok(info) => Some(shown(console, official, &info).await?),
        Err(VaultError::DeleteMarker { .. } | VaultError::MethodNotAllowed { .. }) => None,
        Err(other) => return Err(other.into()),
    };
    Ok(Object {
        bucket,
        key: asked.key.clone(),
        shown,
        versions,
        more_versions,
    })
}

async fn versions(
    console: &Console,
    caller: &Caller,
    bucket: &str,
    key: &ObjectKey,
) -> Result<(Vec<Version>, bool)> {
    let query = VersionsQuery {
        prefix: key.as_str().to_owned(),
        max: MAX_VERSIONS,
        ..VersionsQuery::default()
    };
    let page = console.vault.list_versions(caller, bucket, query).await?;
    let own = |version: &ListedVersion| version.key == key.as_str();
    let next = page.next.filter(|(next, _)| next == key.as_str());
    let own = page.versions.into_iter().take_while(own);
    Ok((own.map(Version::of).collect(), next.is_some()))
}

async fn shown(console: &Console, official: &Official, info: &ObjectInfo) -> Result<Shown> {
    let wanted = info.version.map_or(VersionRef::Null, VersionRef::Id);
    let (caller, key) = (official.caller.clone(), info.key.clone());
    let (vault, bucket) = (console.vault.clone(), info.bucket.clone());
    // Tags may have been replaced since the deposit.
    let tags = crate::blocking(move || vault.tags(&caller, &bucket, &key, wanted)).await?;
    let ledger = official.session.account.owner.ledger_name();
    Ok(Shown {
        version: info
            .version
            .map_or_else(|| NULL.to_owned(), |id| id.to_string()),
        latest: info.is_latest,
        etag: info.etag.to_string(),
        size_bytes: info.size_bytes,
        modified_s: seconds(info.modified_ms),
        content_type: info.attrs.content_type.clone(),
        metadata: info.attrs.metadata.pairs().clone(),
        tags: tags.0.pairs().iter().cloned().collect(),
        receipt: format!("{ledger}/{}", info.entry.index()),
        lock: Kept::of(info.lock, console.store.now_ms()),
    })
}

#[derive(Template)]
#[template(path = "content/object.html")]
struct ObjectPage {
    frame: Frame,
    session: Arc<Session>,
    recorded: Option<Recorded>,
    object: Object,
    path: String,
    now_ms: i64,
}

impl ObjectPage {
    fn may(&self, operation: Operation) -> bool {
        self.session.may(operation)
    }

    fn name(&self) -> &str {
        let key = self.object.key.trim_end_matches('/');
        key.rsplit('/').next().unwrap_or_default()
    }

    /// The folder that it is in.
    fn folder(&self) -> String {
        let folder = self.object.key.trim_end_matches('/');
        let prefix = folder.rfind('/').map(|at| &folder[..=at]);
        link(&format!("{}s", self.path), &[("prefix", prefix)])
    }

    fn content(&self, version: &str) -> String {
        let path = format!("/buckets/{}/content", self.object.bucket.name);
        let pairs = [
            ("key", Some(self.object.key.as_str())),
            ("version", Some(version)),
        ];
        link(&path, &pairs)
    }

    fn version(&self, version: &str) -> String {
        let pairs = [
            ("key", Some(self.object.key.as_str())),
            ("version", Some(version)),
        ];
        link(&self.path, &pairs)
    }

    /// The delete marker that stands before the file's versions.
    fn marker(&self) -> Option<&Version> {
        let newest = self.object.versions.first();
        newest.filter(|version| version.latest && version.delete_marker)
    }

    fn keeps_versions(&self) -> bool {
        self.object.bucket.versioning == amana_vault::Versioning::Enabled
    }

    fn kept(&self, kept: &Kept) -> Option<String> {
        kept.told(self.frame.texts)
    }

    fn modes(&self) -> [(&'static str, &'static str); 2] {
        super::locks::modes(self.frame.texts)
    }

    fn tag_rows(&self, shown: &Shown) -> Vec<Row> {
        rows(&shown.tags)
    }

    /// The first day that a retention may end on.
    fn tomorrow(&self) -> String {
        const DAY_MS: i64 = 24 * 60 * 60 * 1000;
        let mut day = clock::rfc3339(self.now_ms + DAY_MS);
        day.truncate(10);
        day
    }

    fn is_shown(&self, version: &Version) -> bool {
        let shown = self.object.shown.as_ref();
        shown.is_some_and(|shown| shown.version == version.version)
    }

    fn receipt_index<'r>(&self, receipt: &'r str) -> &'r str {
        index(receipt)
    }
}

/// The page.
pub(super) async fn page(
    State(console): State<Arc<Console>>,
    language: Language,
    official: Official,
    Path(name): Path<String>,
    Query(asked): Query<Asked>,
) -> Result<Page> {
    let object = object(&console, &official, &name, &asked).await?;
    let texts = language.texts();
    let frame = menu::frame(texts, &official.session, "/buckets", object.key.clone());
    Page::of(&ObjectPage {
        frame,
        session: official.session,
        recorded: Recorded::of(asked.receipt),
        object,
        path: format!("/buckets/{name}/object"),
        now_ms: console.store.now_ms(),
    })
}

/// Deletes the file, takes the delete marker away again, puts a version again, or deletes a version for good, as the form's `act` says.
pub(super) async fn change(
    State(console): State<Arc<Console>>,
    Path(name): Path<String>,
    posted: Posted,
) -> Result<Redirect> {
    let caller = Official::of(&console, &posted.session).await?.caller;
    let (given, fields) = (posted.fields.text("key"), &posted.fields);
    let key = ObjectKey::parse(given)?;
    let version = version_ref(fields.filled("version"))?;
    if fields.text("act") == "return" {
        let session = &posted.session;
        let receipt = returned(&console, session, &caller, &name, (&key, version)).await?;
        let pairs = [("key", Some(given)), ("receipt", Some(index(&receipt)))];
        return Ok(Redirect::to(&link(
            &format!("/buckets/{name}/object"),
            &pairs,
        )));
    }
    let versions = versions(&console, &caller, &name, &key).await?.0;
    let version = match fields.text("act") {
        "delete" => VersionRef::Latest,
        "restore" => {
            // Only a marker is taken away so: a version that was named by mistake would be gone.
            let named = |one: &&Version| Some(one.version.as_str()) == fields.filled("version");
            let marker = versions.iter().find(named);
            marker
                .filter(|one| one.delete_marker)
                .ok_or(VaultError::NoSuchVersion)?;
            version
        }
        "destroy" if version != VersionRef::Latest => {
            fields.must_be_sure()?;
            version
        }
        _ => return Err(Error::Form),
    };
    let receipt = deleted(&console, &caller, &name, key, version).await?;
    let receipt = receipt.as_deref().map(index);
    let left = match version {
        VersionRef::Latest => versions.iter().any(|one| one.version != NULL),
        _ => versions.len() > 1,
    };
    let to = match left {
        true => (format!("/buckets/{name}/object"), Some(given)),
        false => (format!("/buckets/{name}/objects"), None),
    };
    Ok(Redirect::to(&link(
        &to.0,
        &[("key", to.1), ("receipt", receipt)],
    )))
}

/// Puts an older version again, as the newest.
async fn returned(
    console: &Console,
    session: &Session,
    caller: &Caller,
    bucket: &str,
    (key, version): (&ObjectKey, VersionRef),
) -> Result<String> {
    if !session.may(Operation::Deposit) {
        return Err(amana_access::Error::Forbidden.into());
    }
    let older = console.vault.ask_open(caller, bucket, key, version).await?;
    let (attrs, conditions) = ((*older.attrs).clone(), WriteConditions::default());
    let put = console
        .vault
        .copy_object(caller, &older, bucket, key, attrs, conditions)
        .await?;
    Ok(put.receipt)
}

async fn deleted(
    console: &Console,
    caller: &Caller,
    bucket: &str,
    key: ObjectKey,
    version: VersionRef,
) -> Result<Option<String>> {
    let deletion = Deletion {
        key,
        version,
        if_match: None,
        bypass_governance: false,
    };
    let deleted = console.vault.delete_object(caller, bucket, deletion);
    Ok(deleted.await?.1)
}

/// `GET /api/v1/buckets/{bucket}/object`
pub(super) async fn call(
    State(console): State<Arc<Console>>,
    official: Official,
    Path(name): Path<String>,
    Query(asked): Query<Asked>,
) -> Result<Json<Object>> {
    object(&console, &official, &name, &asked).await.map(Json)
}

/// `POST /api/v1/buckets/{bucket}/object`: puts an older version again, as the newest.
pub(super) async fn return_call(
    State(console): State<Arc<Console>>,
    Path(name): Path<String>,
    Query(asked): Query<Asked>,
    tokened: Tokened,
) -> Result<Json<Receipt>> {
    let session = &tokened.session;
    let caller = Official::of(&console, session).await?.caller;
    let key = ObjectKey::parse(asked.key.as_str())?;
    let version = version_ref(asked.version.as_deref())?;
    let receipt = returned(&console, session, &caller, &name, (&key, version)).await?;
    Ok(Json(Receipt::of(receipt)))
}

/// `DELETE /api/v1/buckets/{bucket}/object`: with `version` for good, without as S3 does.
pub(super) async fn delete_call(
    State(console): State<Arc<Console>>,
    Path(name): Path<String>,
    Query(asked): Query<Asked>,
    tokened: Tokened,
) -> Result<Json<Receipt>> {
    let caller = Official::of(&console, &tokened.session).await?.caller;
    let key = ObjectKey::parse(asked.key.as_str())?;
    let version = version_ref(asked.version.as_deref())?;
    let receipt = deleted(&console, &caller, &name, key, version).await?;
    Ok(Json(Receipt::of(receipt)))
}
