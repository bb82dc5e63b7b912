//! Retention and legal hold, as officials set them: what a bucket gives new versions, what one version has.

use std::sync::Arc;

use amana_access::{Operation, Session, Subject};
use amana_store::clock;
use amana_vault::{
    BucketLock, DefaultRetention, ObjectKey, ObjectLock, Period, Retention, RetentionMode,
    VersionRef, subject,
};
use axum::Json;
use axum::extract::{Path, State};
use axum::response::Redirect;
use serde::{Deserialize, Serialize};

use super::buckets::find;
use super::links::link;
use super::object::{Asked, version_ref};
use super::{Official, Receipt, index};
use crate::account::form::Posted;
use crate::account::me::seconds;
use crate::account::proposals::propose;
use crate::api::{Call, Numbered, Reason};
use crate::fault::Fault;
use crate::query::Query;
use crate::texts::Texts;
use crate::{Console, Error, Result};

/// What a bucket gives new versions.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Lock {
    /// Who may end it; nothing where new versions are retained only if their deposit says so.
    mode: Option<RetentionMode>,
    /// For how many days.
    days: Option<u32>,
    /// For how many years.
    years: Option<u32>,
}

impl Lock {
    pub(super) fn of(lock: BucketLock) -> Self {
        let period = lock.default.map(|default| default.period);
        Self {
            mode: lock.default.map(|default| default.mode),
            days: period.and_then(|period| match period {
                Period::Days(days) => Some(days),
                Period::Years(_) => None,
            }),
            years: period.and_then(|period| match period {
                Period::Years(years) => Some(years),
                Period::Days(_) => None,
            }),
        }
    }

    fn parsed(self) -> Result<BucketLock> {
        let default = match (self.mode, self.days, self.years) {
            (None, None, None) => None,
            (Some(mode), Some(days), None) => Some((mode, Period::of_days(days.into())?)),
            (Some(mode), None, Some(years)) => Some((mode, Period::of_years(years.into())?)),
            _ => return Err(amana_vault::Error::InvalidRetentionPeriod.into()),
        };
        Ok(BucketLock {
            default: default.map(|(mode, period)| DefaultRetention { mode, period }),
        })
    }

    /// In a sentence.
    pub(super) fn told(&self, texts: &Texts) -> String {
        let words = &texts.locks;
        match (self.mode, self.days, self.years) {
            (Some(mode), Some(days), _) => (words.default_days)((words.mode)(mode), days),
            (Some(mode), None, Some(years)) => (words.default_years)((words.mode)(mode), years),
            _ => words.no_default.to_owned(),
        }
    }

    pub(super) fn is_of(&self, mode: &str) -> bool {
        self.mode.map_or("", mode_name) == mode
    }

    pub(super) fn is_in_years(&self) -> bool {
        self.years.is_some()
    }

    pub(super) fn count(&self) -> u32 {
        self.days.or(self.years).unwrap_or(1)
    }
}

fn mode_name(mode: RetentionMode) -> &'static str {
    match mode {
        RetentionMode::Governance => "governance",
        RetentionMode::Compliance => "compliance",
    }
}

/// The choices of a form, and what they mean.
pub(super) fn modes(texts: &Texts) -> [(&'static str, &'static str); 2] {
    [RetentionMode::Governance, RetentionMode::Compliance]
        .map(|mode| (mode_name(mode), (texts.locks.mode)(mode)))
}

fn mode_named(name: &str) -> Option<RetentionMode> {
    [RetentionMode::Governance, RetentionMode::Compliance]
        .into_iter()
        .find(|mode| mode_name(*mode) == name)
}

/// What keeps a version from being deleted.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
pub(crate) struct Kept {
    /// Who may end its retention, if it has one.
    mode: Option<RetentionMode>,
    /// Until when it is retained, in seconds since 1970; it may be over.
    until_s: Option<u64>,
    /// Whether it is under legal hold.
    pub(super) held: bool,
    /// Whether it can't be deleted now, by the data centre's clock.
    pub(super) stands: bool,
}

impl Kept {
    pub(super) fn of(lock: Option<ObjectLock>, now_ms: i64) -> Self {
        let lock = lock.unwrap_or_default();
        let held = lock.legal_hold == Some(true);
        let until_ms = lock.retention.map(|one| one.until_ms);
        Self {
            mode: lock.retention.map(|one| one.mode),
            until_s: until_ms.map(seconds),
            held,
            stands: held || until_ms.is_some_and(|until_ms| until_ms > now_ms),
        }
    }

    /// Until when, and who may say otherwise; nothing where nothing is retained.
    pub(super) fn told(&self, texts: &Texts) -> Option<String> {
        let (mode, until_s) = (self.mode?, self.until_s?);
        Some((texts.locks.until)(
            &texts.moment(&until_s),
            (texts.locks.mode)(mode),
        ))
    }

    pub(super) fn is_of(&self, mode: &str) -> bool {
        self.mode.map_or("", mode_name) == mode
    }

    /// Whether two officials may end it.
    pub(super) fn is_bendable(&self) -> bool {
        self.stands && self.mode == Some(RetentionMode::Governance)
    }

    /// Its last day, as a field of a form has it.
    pub(super) fn day(&self) -> String {
        let Some(until_s) = self.until_s else {
            return String::new();
        };
        let mut day = clock::rfc3339(i64::try_from(until_s).unwrap_or_default() * 1000);
        day.truncate(10);
        day
    }
}

/// Sets what a bucket gives new versions.
pub(super) async fn set_default(
    State(console): State<Arc<Console>>,
    Path(name): Path<String>,
    posted: Posted,
) -> Result<Redirect> {
    let official = Official::of(&console, &posted.session).await?;
    let fields = &posted.fields;
    let mode = match fields.text("mode") {
        "" => None,
        name => Some(mode_named(name).ok_or_else(|| Error::typed("mode", Fault::Unchosen))?),
    };
    // A number that is none is told even where it isn't asked for: who typed it meant something by it.
    let count = fields.filled("count").map(str::parse::<u32>).transpose();
    let count = count.map_err(|_| amana_vault::Error::InvalidRetentionPeriod)?;
    let needed = || count.ok_or(amana_vault::Error::InvalidRetentionPeriod);
    let (days, years) = match (mode, fields.text("unit")) {
        (None, _) => (None, None),
        (Some(_), "years") => (None, Some(needed()?)),
        (Some(_), _) => (Some(needed()?), None),
    };
    // The first time is for good: from then on the bucket's versions can be locked.
    let bucket = find(&console, &official.caller, &name).await?;
    if bucket.lock.is_none() {
        fields.must_be_sure()?;
    }
    let lock = Lock { mode, days, years }.parsed()?;
    let set = console.vault.set_bucket_lock(&official.caller, &name, lock);
    let receipt = set.await?.receipt;
    let to = link(
        &format!("/buckets/{name}"),
        &[("receipt", Some(index(&receipt)))],
    );
    Ok(Redirect::to(&to))
}

/// The version that a form or a call is about.
struct Meant<'m> {
    bucket: &'m str,
    key: ObjectKey,
    version: VersionRef,
}

impl<'m> Meant<'m> {
    fn of(bucket: &'m str, asked: &Asked) -> Result<Self> {
        Ok(Self {
            bucket,
            key: ObjectKey::parse(asked.key.as_str())?,
            version: version_ref(asked.version.as_deref())?,
        })
    }
}

/// What a form or a call asks for.
enum Wanted {
    Retention(Retention),
    Hold(bool),
}

async fn kept(
    console: &Arc<Console>,
    session: &Arc<Session>,
    meant: &Meant<'_>,
    wanted: Wanted,
) -> Result<String> {
    let caller = Official::of(console, session).await?.caller;
    let (bucket, key, version) = (meant.bucket, &meant.key, meant.version);
    let vault = &console.vault;
    let done = match wanted {
        Wanted::Retention(retention) => {
            let retain = vault.retain(&caller, bucket, key, version, Some(retention), false);
            retain.await
        }
        Wanted::Hold(on) => vault.hold(&caller, bucket, key, version, on).await,
    };
    Ok(done?.receipt)
}

/// Retains a version, holds it, lifts the hold, or proposes to end the retention, as the form's `act` says.
pub(super) async fn change(
    State(console): State<Arc<Console>>,
    Path(name): Path<String>,
    posted: Posted,
) -> Result<Redirect> {
    let (session, fields) = (&posted.session, &posted.fields);
    let meant = Meant {
        bucket: &name,
        key: ObjectKey::parse(fields.text("key"))?,
        version: version_ref(fields.filled("version"))?,
    };
    let wanted = match fields.text("act") {
        "retain" => {
            // The day that is named is the last one, and all of it counts.
            let until = format!("{}T23:59:59Z", fields.text("until").trim());
            let until_ms = clock::parse_rfc3339(&until);
            let until_ms = until_ms.ok_or_else(|| Error::typed("until", Fault::Day))?;
            let mode = mode_named(fields.text("mode"));
            let mode = mode.ok_or_else(|| Error::typed("mode", Fault::Unchosen))?;
            Wanted::Retention(Retention { mode, until_ms })
        }
        "hold" => Wanted::Hold(true),
        "lift" => Wanted::Hold(false),
        "end" => {
            let reason = fields.filled("reason");
            ended(&console, session, &meant, reason).await?;
            return Ok(Redirect::to("/account/officials#proposals"));
        }
        _ => return Err(Error::Form),
    };
    let receipt = kept(&console, session, &meant, wanted).await?;
    let pairs = [
        ("key", Some(meant.key.as_str())),
        ("version", fields.filled("version")),
        ("receipt", Some(index(&receipt))),
    ];
    let path = format!("/buckets/{name}/object");
    Ok(Redirect::to(&link(&path, &pairs)))
}

/// Proposes to end what retains a version.
async fn ended(
    console: &Arc<Console>,
    session: &Arc<Session>,
    meant: &Meant<'_>,
    reason: Option<&str>,
) -> Result<Numbered> {
    let caller = Official::of(console, session).await?.caller;
    let (bucket, key) = (meant.bucket, &meant.key);
    let found = console
        .vault
        .ask_object(&caller, bucket, key, meant.version);
    let version = found
        .await?
        .version
        .map_or(VersionRef::Null, VersionRef::Id);
    if !session.may(Operation::Propose) {
        return Err(amana_access::Error::Forbidden.into());
    }
    let named = Subject::EndRetention(subject(bucket, key.as_str(), version));
    propose(console, session, named, reason).await
}

/// `PUT /api/v1/buckets/{bucket}/lock`
pub(super) async fn default_call(
    State(console): State<Arc<Console>>,
    Path(name): Path<String>,
    call: Call<Lock>,
) -> Result<Json<Receipt>> {
    let caller = Official::of(&console, &call.session).await?.caller;
    let lock = call.body.parsed()?;
    let set = console.vault.set_bucket_lock(&caller, &name, lock).await?;
    Ok(Json(Receipt::of(set.receipt)))
}

/// What is to become of a version: one of the two.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Keep {
    /// Who may end the retention; with `until_s`.
    mode: Option<RetentionMode>,
    /// Until when, in seconds since 1970.
    until_s: Option<u32>,
    /// Whether it is under legal hold.
    held: Option<bool>,
}

/// `PUT /api/v1/buckets/{bucket}/object/lock`
pub(super) async fn change_call(
    State(console): State<Arc<Console>>,
    Path(name): Path<String>,
    Query(asked): Query<Asked>,
    call: Call<Keep>,
) -> Result<Json<Receipt>> {
    let meant = Meant::of(&name, &asked)?;
    let Keep {
        mode,
        until_s,
        held,
    } = call.body;
    let wanted = match (mode, until_s, held) {
        (Some(mode), Some(until_s), None) => Wanted::Retention(Retention {
            mode,
            until_ms: i64::from(until_s) * 1000,
        }),
        (None, None, Some(held)) => Wanted::Hold(held),
        _ => return Err(Error::Malformed),
    };
    let receipt = kept(&console, &call.session, &meant, wanted).await?;
    Ok(Json(Receipt::of(Some(receipt))))
}

/// `POST /api/v1/buckets/{bucket}/object/lock`: proposes to end the retention.
pub(super) async fn end_call(
    State(console): State<Arc<Console>>,
    Path(name): Path<String>,
    Query(asked): Query<Asked>,
    call: Call<Reason>,
) -> Result<Json<Numbered>> {
    let meant = Meant::of(&name, &asked)?;
    let reason = call.body.reason.as_deref();
    let proposed = ended(&console, &call.session, &meant, reason);
    proposed.await.map(Json)
}
