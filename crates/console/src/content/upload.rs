//! `/buckets/{bucket}/upload`: depositing a file, by a form alone or in parts by the page's script.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use amana_access::{Caller, Right, Session};
use amana_vault::{
    IngestOptions, Ingested, ListedUpload, ObjectAttrs, ObjectKey, UploadsQuery, WriteConditions,
};
use askama::Template;
use axum::extract::{Path, Request, State};
use axum::response::Redirect;
use serde::Deserialize;

use super::links::link;
use super::multipart::{Multipart, Part, Source};
use super::{Official, Recorded, index};
use crate::account::form::Posted;
use crate::account::guard::Signed;
use crate::account::me::seconds;
use crate::assets::Asset;
use crate::frame::Frame;
use crate::query::Query;
use crate::{Console, Error, Language, Page, Result, menu};

/// As S3 has it for what is put whole.
const MAX_FILE_BYTES: u64 = 5 * 1024 * 1024 * 1024;
/// Fields before the file.
const MAX_FIELDS: usize = 8;
/// Uploads under way that the page shows.
const MAX_SHOWN: usize = 50;
/// How long a line may stand still in the middle of a body.
const PATIENCE: Duration = Duration::from_secs(60);

#[derive(Template)]
#[template(path = "content/upload.html")]
struct UploadPage {
    frame: Frame,
    session: Arc<Session>,
    recorded: Option<Recorded>,
    bucket: String,
    prefix: String,
    script: &'static str,
    under_way: Vec<ListedUpload>,
}

impl UploadPage {
    fn folder(&self) -> String {
        let path = format!("/buckets/{}/objects", self.bucket);
        link(&path, &[("prefix", Some(self.prefix.as_str()))])
    }

    fn moment(&self, upload: &ListedUpload) -> String {
        self.frame.texts.moment(&seconds(upload.initiated_ms))
    }
}

/// Into which folder, and what was just done.
#[derive(Default, Deserialize)]
pub(super) struct Asked {
    #[serde(default)]
    prefix: String,
    receipt: Option<u64>,
}

/// The page.
pub(super) async fn page(
    State(console): State<Arc<Console>>,
    language: Language,
    official: Official,
    Path(bucket): Path<String>,
    Query(asked): Query<Asked>,
) -> Result<Page> {
    writable(&console, &official.caller, &bucket).await?;
    let query = UploadsQuery {
        prefix: asked.prefix.clone(),
        max: MAX_SHOWN,
        ..UploadsQuery::default()
    };
    let uploads = console.vault.list_uploads(&official.caller, &bucket, query);
    let under_way = uploads.await?.uploads;
    let texts = language.texts();
    let title = texts.upload.title;
    let frame = menu::frame(texts, &official.session, "/buckets", title);
    Page::of(&UploadPage {
        frame,
        session: official.session,
        recorded: Recorded::of(asked.receipt),
        bucket,
        prefix: asked.prefix,
        script: Asset::Upload.path(),
        under_way,
    })
}

/// Whether the official's institution may put anything there: before any of it is read.
pub(super) async fn writable(console: &Console, caller: &Caller, bucket: &str) -> Result<()> {
    console
        .vault
        .ask_bucket(caller, bucket, Right::Write)
        .await?;
    Ok(())
}

/// Waits for the next bytes of a body, unless the line stands still.
pub(super) async fn in_time<T>(next: impl Future<Output = T>) -> Result<T> {
    let next = tokio::time::timeout(PATIENCE, next);
    next.await.map_err(|_| Error::Cut)
}

/// Takes a file in from a form: its fields first, the token among them, then the file, which nobody holds in memory.
pub(super) async fn by_form(
    State(console): State<Arc<Console>>,
    Path(bucket): Path<String>,
    Signed(session): Signed,
    request: Request,
) -> Result<Redirect> {
    let (head, body) = request.into_parts();
    let mut form = Multipart::of(&head.headers, body.into_data_stream())?;
    let mut fields = HashMap::new();
    while let Some(part) = form.part().await? {
        let Some(file) = &part.file else {
            if fields.len() == MAX_FIELDS {
                return Err(Error::Form);
            }
            fields.insert(part.name, form.text().await?);
            continue;
        };
        let field = |name: &str| fields.get(name).map_or("", String::as_str);
        if !session.is_form(field("token")) {
            return Err(Error::Form);
        }
        let caller = Official::of(&console, &session).await?.caller;
        writable(&console, &caller, &bucket).await?;
        let key = key(field("prefix"), file)?;
        let conditions = WriteConditions {
            if_none_match_any: field("replace").is_empty(),
            ..WriteConditions::default()
        };
        let content = taken(&console, &bucket, &mut form).await?;
        let attrs = ObjectAttrs {
            content_type: kind(&part),
            ..ObjectAttrs::default()
        };
        let put = console
            .vault
            .put_object(&caller, &bucket, &key, content, attrs, conditions);
        let receipt = put.await?.receipt;
        let path = format!("/buckets/{bucket}/object");
        let pairs = [
            ("key", Some(key.as_str())),
            ("receipt", Some(index(&receipt))),
        ];
        return Ok(Redirect::to(&link(&path, &pairs)));
    }
    Err(Error::Form)
}

/// The key of a file in a folder. Browsers give its name alone; old ones a path of the person's machine, which is nobody's
/// business.
fn key(prefix: &str, file: &str) -> Result<ObjectKey> {
    let name = file.rsplit(['/', '\\']).next().unwrap_or_default();
    if name.is_empty() {
        return Err(amana_vault::Error::KeyEmpty.into());
    }
    Ok(ObjectKey::parse(format!("{prefix}{name}"))?)
}

/// What the browser takes the file for, if that could be a header.
fn kind(part: &Part) -> Option<String> {
    let kind = part.content_type.clone();
    kind.filter(|kind| plain(kind))
}

/// Whether it could stand in a header.
pub(super) fn plain(kind: &str) -> bool {
    (1..=255).contains(&kind.len()) && kind.bytes().all(|byte| matches!(byte, b' '..=b'~'))
}

async fn taken<S: Source>(
    console: &Console,
    bucket: &str,
    form: &mut Multipart<S>,
) -> Result<Ingested> {
    let options = IngestOptions {
        algorithms: Vec::new(),
        max_bytes: MAX_FILE_BYTES,
    };
    let mut ingest = console.vault.ingest(bucket, options)?;
    while let Some(bytes) = form.chunk().await? {
        ingest.write(bytes).await?;
    }
    Ok(ingest.finish().await?)
}

/// Gives an upload up that is under way.
pub(super) async fn end(
    State(console): State<Arc<Console>>,
    Path(bucket): Path<String>,
    posted: Posted,
) -> Result<Redirect> {
    let caller = Official::of(&console, &posted.session).await?.caller;
    let key = ObjectKey::parse(posted.fields.text("key"))?;
    let upload = posted.fields.text("upload").parse()?;
    let ended = console
        .vault
        .abort_upload(&caller, &bucket, &key, upload)
        .await?;
    let prefix = Some(posted.fields.text("prefix"));
    let receipt = Some(index(&ended.receipt));
    let path = format!("/buckets/{bucket}/upload");
    Ok(Redirect::to(&link(
        &path,
        &[("prefix", prefix), ("receipt", receipt)],
    )))
}
