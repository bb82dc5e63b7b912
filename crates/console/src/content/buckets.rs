//! `/buckets`: what the institution has, who can read it, and how it is kept.

use std::sync::Arc;

use amana_access::{Caller, Operation, Session};
use amana_vault::{BucketInfo, BucketName, BucketOptions, Figures, Mode, Versioning};
use askama::Template;
use axum::Json;
use axum::extract::{Path, State};
use axum::response::Redirect;
use serde::{Deserialize, Serialize};

use super::links::link;
use super::locks::Lock;
use super::{Official, Receipt, Recorded, index};
use crate::account::form::{Posted, Tokened};
use crate::account::me::seconds;
use crate::api::Call;
use crate::frame::Frame;
use crate::query::Query;
use crate::{Console, Error, Language, Page, Result, menu};

/// Buckets on a page.
const PAGE: usize = 50;
/// The longest reason for which a bucket is open, in bytes.
const MAX_REASON_BYTES: usize = 1000;

/// A bucket.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub(crate) struct Bucket {
    /// Its name.
    pub(crate) name: String,
    /// Who can read it.
    pub(crate) mode: Mode,
    /// Whether it keeps versions.
    pub(crate) versioning: Versioning,
    /// When it was made, in seconds since 1970.
    pub(crate) created_s: u64,
    /// Versions that it holds, of a sealed bucket pieces.
    pub(crate) items: u64,
    /// Their bytes.
    pub(crate) size_bytes: u64,
    /// Whether nothing is left in it, not even a delete marker.
    pub(crate) empty: bool,
    /// Whether its versions can be locked, and what new ones get.
    pub(crate) lock: Option<Lock>,
}

impl Bucket {
    fn of((info, figures): (BucketInfo, Figures)) -> Self {
        Self {
            name: info.name,
            mode: info.mode,
            versioning: info.versioning,
            created_s: seconds(info.created_ms),
            items: figures.items,
            size_bytes: figures.size_bytes,
            empty: figures.empty,
            lock: info.lock.map(Lock::of),
        }
    }

    pub(crate) fn is_sealed(&self) -> bool {
        self.mode == Mode::Sealed
    }
}

/// A page of buckets.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub(crate) struct Buckets {
    /// By name.
    buckets: Vec<Bucket>,
    /// After which name the next page begins, when there is more.
    next: Option<String>,
}

/// Which page, and what was just done.
#[derive(Default, Deserialize)]
pub(super) struct Asked {
    after: Option<String>,
    receipt: Option<u64>,
}

pub(super) async fn find(console: &Console, caller: &Caller, bucket: &str) -> Result<Bucket> {
    Ok(Bucket::of(console.vault.figures(caller, bucket).await?))
}

async fn listed(console: &Console, caller: &Caller, after: Option<&str>) -> Result<Buckets> {
    let page = console.vault.list_buckets(caller, "", after, PAGE).await?;
    let mut buckets = Vec::new();
    for bucket in page.0 {
        match find(console, caller, &bucket.name).await {
            Ok(bucket) => buckets.push(bucket),
            // Deleted since it was listed.
            Err(error) if error.code() == "no-such-bucket" => {}
            Err(error) => return Err(error),
        }
    }
    let next = buckets.last().filter(|_| page.1);
    Ok(Buckets {
        next: next.map(|bucket| bucket.name.clone()),
        buckets,
    })
}

#[derive(Template)]
#[template(path = "content/buckets.html")]
struct BucketsPage {
    frame: Frame,
    session: Arc<Session>,
    recorded: Option<Recorded>,
    page: Buckets,
}

impl BucketsPage {
    fn may(&self, operation: Operation) -> bool {
        self.session.may(operation)
    }

    fn holds(&self, bucket: &Bucket) -> String {
        holds(&self.frame, bucket)
    }

    fn mode(&self, bucket: &Bucket) -> &'static str {
        self.mode_of(bucket.mode)
    }

    fn mode_of(&self, mode: Mode) -> &'static str {
        (self.frame.texts.content.mode)(mode)
    }

    fn means(&self, mode: Mode) -> &'static str {
        (self.frame.texts.content.mode_means)(mode)
    }

    fn versioning(&self, bucket: &Bucket) -> &'static str {
        (self.frame.texts.content.versioning)(bucket.versioning)
    }

    fn next(&self, name: &str) -> String {
        link("/buckets", &[("after", Some(name))])
    }
}

fn holds(frame: &Frame, bucket: &Bucket) -> String {
    let (texts, words) = (frame.texts, &frame.texts.content);
    let items = (words.items)(&texts.number(&bucket.items), bucket.items, bucket.mode);
    format!("{items}, {}", texts.size(&bucket.size_bytes))
}

/// The list.
pub(super) async fn page(
    State(console): State<Arc<Console>>,
    language: Language,
    official: Official,
    Query(asked): Query<Asked>,
) -> Result<Page> {
    let page = listed(&console, &official.caller, asked.after.as_deref()).await?;
    let texts = language.texts();
    Page::of(&BucketsPage {
        frame: menu::frame(texts, &official.session, "/buckets", texts.content.buckets),
        session: official.session,
        recorded: Recorded::of(asked.receipt),
        page,
    })
}

#[derive(Template)]
#[template(path = "content/bucket.html")]
struct BucketPage {
    frame: Frame,
    session: Arc<Session>,
    recorded: Option<Recorded>,
    bucket: Bucket,
}

impl BucketPage {
    fn may(&self, operation: Operation) -> bool {
        self.session.may(operation)
    }

    fn holds(&self) -> String {
        holds(&self.frame, &self.bucket)
    }

    fn mode(&self) -> &'static str {
        (self.frame.texts.content.mode)(self.bucket.mode)
    }

    fn means(&self) -> &'static str {
        (self.frame.texts.content.mode_means)(self.bucket.mode)
    }

    fn versioning(&self) -> &'static str {
        (self.frame.texts.content.versioning)(self.bucket.versioning)
    }

    fn modes(&self) -> [(&'static str, &'static str); 2] {
        super::locks::modes(self.frame.texts)
    }

    fn is_of(&self, mode: &str) -> bool {
        self.bucket.lock.is_some_and(|lock| lock.is_of(mode))
    }

    fn count(&self) -> u32 {
        self.bucket.lock.map_or(1, |lock| lock.count())
    }

    fn is_in_years(&self) -> bool {
        self.bucket.lock.is_some_and(|lock| lock.is_in_years())
    }

    fn lock(&self) -> String {
        let texts = self.frame.texts;
        match &self.bucket.lock {
            Some(lock) => lock.told(texts),
            None => texts.locks.none.to_owned(),
        }
    }

    fn keeps_versions(&self) -> bool {
        self.bucket.versioning == Versioning::Enabled
    }
}

/// One bucket.
pub(super) async fn one(
    State(console): State<Arc<Console>>,
    language: Language,
    official: Official,
    Path(name): Path<String>,
    Query(asked): Query<Asked>,
) -> Result<Page> {
    let bucket = find(&console, &official.caller, &name).await?;
    Page::of(&BucketPage {
        frame: menu::frame(language.texts(), &official.session, "/buckets", name),
        session: official.session,
        recorded: Recorded::of(asked.receipt),
        bucket,
    })
}

/// What a new bucket is.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct NewBucket {
    name: String,
    /// Why the data centre may read it.
    reason: String,
    /// Whether it keeps versions.
    #[serde(default)]
    versions: bool,
    /// Whether they can be locked; it keeps versions then, for good.
    #[serde(default)]
    locks: bool,
}

async fn made(console: &Console, caller: &Caller, new: NewBucket) -> Result<String> {
    let reason = new.reason.trim();
    if !(1..=MAX_REASON_BYTES).contains(&reason.len()) {
        return Err(Error::Access(amana_access::Error::Invalid {
            what: "the reason",
            why: "must be there, and have at most 1000 bytes",
        }));
    }
    let options = BucketOptions {
        open_reason: Some(reason.to_owned()),
        region: None,
        object_lock: new.locks,
    };
    let name = BucketName::parse(&new.name)?;
    let done = console.vault.create_bucket(caller, name, options).await?;
    if new.versions && !new.locks {
        let set = console
            .vault
            .set_versioning(caller, &new.name, Versioning::Enabled);
        set.await?;
    }
    Ok(done.receipt)
}

/// Makes an open bucket.
pub(super) async fn make(State(console): State<Arc<Console>>, posted: Posted) -> Result<Redirect> {
    let official = Official::of(&console, &posted.session).await?;
    let new = NewBucket {
        name: posted.fields.text("name").trim().to_owned(),
        reason: posted.fields.text("reason").to_owned(),
        versions: posted.fields.filled("versions").is_some(),
        locks: posted.fields.filled("locks").is_some(),
    };
    let path = format!("/buckets/{}", new.name);
    let receipt = made(&console, &official.caller, new).await?;
    let to = link(&path, &[("receipt", Some(index(&receipt)))]);
    Ok(Redirect::to(&to))
}

async fn versioned(console: &Console, caller: &Caller, name: &str, on: bool) -> Result<String> {
    let versioning = match on {
        true => Versioning::Enabled,
        false => Versioning::Suspended,
    };
    let set = console.vault.set_versioning(caller, name, versioning);
    Ok(set.await?.receipt)
}

/// Keeps versions, keeps none from now on, or deletes the bucket, as the form's `act` says.
pub(super) async fn change(
    State(console): State<Arc<Console>>,
    Path(name): Path<String>,
    posted: Posted,
) -> Result<Redirect> {
    let caller = Official::of(&console, &posted.session).await?.caller;
    let (path, receipt) = match posted.fields.text("act") {
        "enable" => (
            format!("/buckets/{name}"),
            versioned(&console, &caller, &name, true).await?,
        ),
        "suspend" => (
            format!("/buckets/{name}"),
            versioned(&console, &caller, &name, false).await?,
        ),
        "delete" => {
            let deleted = console.vault.delete_bucket(&caller, &name).await?;
            ("/buckets".to_owned(), deleted.receipt)
        }
        _ => return Err(Error::Form),
    };
    let to = link(&path, &[("receipt", Some(index(&receipt)))]);
    Ok(Redirect::to(&to))
}

/// `GET /api/v1/buckets`
pub(super) async fn list_call(
    State(console): State<Arc<Console>>,
    official: Official,
    Query(asked): Query<Asked>,
) -> Result<Json<Buckets>> {
    let page = listed(&console, &official.caller, asked.after.as_deref());
    page.await.map(Json)
}

/// `POST /api/v1/buckets`
pub(super) async fn make_call(
    State(console): State<Arc<Console>>,
    call: Call<NewBucket>,
) -> Result<Json<Receipt>> {
    let official = Official::of(&console, &call.session).await?;
    let receipt = made(&console, &official.caller, call.body).await?;
    Ok(Json(Receipt::of(receipt)))
}

/// `GET /api/v1/buckets/{bucket}`
pub(super) async fn one_call(
    State(console): State<Arc<Console>>,
    official: Official,
    Path(name): Path<String>,
) -> Result<Json<Bucket>> {
    find(&console, &official.caller, &name).await.map(Json)
}

/// How a bucket is to be kept.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Settings {
    /// Whether it keeps versions from now on.
    versions: bool,
}

/// `PUT /api/v1/buckets/{bucket}`
pub(super) async fn change_call(
    State(console): State<Arc<Console>>,
    Path(name): Path<String>,
    call: Call<Settings>,
) -> Result<Json<Receipt>> {
    let official = Official::of(&console, &call.session).await?;
    let set = versioned(&console, &official.caller, &name, call.body.versions);
    Ok(Json(Receipt::of(set.await?)))
}

/// `DELETE /api/v1/buckets/{bucket}`
pub(super) async fn delete_call(
    State(console): State<Arc<Console>>,
    Path(name): Path<String>,
    tokened: Tokened,
) -> Result<Json<Receipt>> {
    let official = Official::of(&console, &tokened.session).await?;
    let done = console.vault.delete_bucket(&official.caller, &name).await?;
    Ok(Json(Receipt::of(done.receipt)))
}
