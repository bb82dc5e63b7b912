//! The third exercise: the version that was deposited comes back, to the byte.

use std::sync::Arc;

use amana_access::Lesson;
use amana_vault::{ObjectKey, VersionRef, WriteConditions};
use askama::Template;
use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse as _, Response};
use serde::{Deserialize, Serialize};

use super::answer::{Asked, Miss, Outcome, Tried};
use super::exercise::{Exercise, outside};
use super::files;
use super::trainee::Trainee;
use crate::account::form::Posted;
use crate::account::guard::Signed;
use crate::account::me::seconds;
use crate::api::Call;
use crate::frame::Frame;
use crate::query::Query;
use crate::{Console, Language, Result};

/// A version of the file.
#[derive(Serialize)]
pub(super) struct Version {
    /// Its id.
    version: String,
    /// Whether it is the newest.
    latest: bool,
    /// Whether it says that the file was deleted.
    delete_marker: bool,
    /// Its length.
    size_bytes: u64,
    /// When it was made, in seconds since 1970.
    modified_s: u64,
}

/// The file, and its versions.
#[derive(Serialize)]
pub(super) struct Versions {
    /// The file; nothing before it was deposited.
    file: Option<String>,
    /// SHA-256 of what was deposited, hexadecimal.
    sha256: Option<String>,
    /// The newest first.
    versions: Vec<Version>,
}

async fn read(console: &Arc<Console>, trainee: Option<&Trainee>) -> Result<Versions> {
    let mut found = Versions {
        file: None,
        sha256: None,
        versions: Vec::new(),
    };
    let Some(trainee) = trainee else {
        return Ok(found);
    };
    let school = trainee.school.clone();
    let key = console
        .read(move |_, rows| files::deposited(rows, &school))
        .await?;
    let Some(key) = key else { return Ok(found) };
    let listed = files::versions(console, &trainee.caller, trainee.bucket(), key.as_str()).await?;
    found.versions = listed
        .into_iter()
        .filter(|one| one.key == key.as_str())
        .filter_map(|one| {
            Some(Version {
                version: one.version?.to_string(),
                latest: one.is_latest,
                delete_marker: one.delete_marker,
                size_bytes: one.size_bytes,
                modified_s: seconds(one.modified_ms),
            })
        })
        .collect();
    found.file = Some(key.as_str().to_owned());
    let deposit = trainee.school.passed(Lesson::Deposit);
    found.sha256 = deposit.and_then(|one| one.sha256.clone());
    Ok(found)
}

#[derive(Template)]
#[template(path = "school/restore.html")]
struct RestorePage {
    frame: Frame,
    exercise: Exercise,
    found: Versions,
}

impl RestorePage {
    fn is_lost(&self) -> bool {
        self.exercise.has(Lesson::Lose)
    }
}

/// The page.
pub(super) async fn page(
    State(console): State<Arc<Console>>,
    language: Language,
    Signed(session): Signed,
    Query(asked): Query<Asked>,
) -> Result<Response> {
    let found = Exercise::find(&console, &session, Lesson::Restore, &asked).await?;
    let Some(exercise) = found else {
        return Ok(outside());
    };
    let found = read(&console, Some(&exercise.trainee)).await?;
    let page = RestorePage {
        frame: exercise.frame(language),
        exercise,
        found,
    };
    Ok(crate::Page::of(&page)?.into_response())
}

/// The same for programs.
pub(super) async fn api(
    State(console): State<Arc<Console>>,
    Signed(session): Signed,
) -> Result<Json<Versions>> {
    let trainee = Trainee::find(&console, &session).await?;
    read(&console, trainee.as_ref()).await.map(Json)
}

/// As programs ask for it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Wanted {
    version: String,
}

/// By the form.
pub(super) async fn by_form(
    State(console): State<Arc<Console>>,
    posted: Posted,
) -> Result<Response> {
    let trainee = Trainee::of(&console, &posted.session).await?;
    let tried = restore(&console, &trainee, posted.fields.text("version"));
    Ok(tried.await?.to("/school/restore"))
}

/// `POST /api/v1/school/restore`
pub(super) async fn call(
    State(console): State<Arc<Console>>,
    call: Call<Wanted>,
) -> Result<Json<Outcome>> {
    let trainee = Trainee::of(&console, &call.session).await?;
    let tried = restore(&console, &trainee, &call.body.version).await?;
    Ok(Json(tried.outcome()))
}

/// Puts that version again, as the newest, and looks: what is read now is what was deposited.
async fn restore(console: &Arc<Console>, trainee: &Trainee, version: &str) -> Result<Tried> {
    trainee.must_not_have(Lesson::Restore)?;
    let school = trainee.school.clone();
    let key: Option<ObjectKey> = console
        .read(move |_, rows| files::deposited(rows, &school))
        .await?;
    let deposited = trainee.school.passed(Lesson::Deposit);
    let expected = deposited.and_then(|one| one.sha256.clone());
    let (Some(key), Some(expected), Some(_)) = (key, expected, trainee.school.passed(Lesson::Lose))
    else {
        return Ok(Tried::Missed(Miss::TooEarly));
    };
    if files::is_full(console, trainee).await? {
        return Ok(Tried::Missed(Miss::Full));
    }
    let (vault, caller, bucket) = (&console.vault, &trainee.caller, trainee.bucket());
    let older = vault
        .ask_open(caller, bucket, &key, version.parse::<VersionRef>()?)
        .await?;
    let (attrs, conditions) = ((*older.attrs).clone(), WriteConditions::default());
    let put = vault
        .copy_object(caller, &older, bucket, &key, attrs, conditions)
        .await?;
    let reads = files::sha256(console, trainee, &key, VersionRef::Latest).await?;
    if reads != expected {
        return Ok(Tried::Missed(Miss::OtherContent));
    }
    let index = files::index(&put.receipt)?;
    let passed = trainee.pass(console, Lesson::Restore, Some(index), Some(reads));
    Ok(Tried::Passed(passed.await?))
}
