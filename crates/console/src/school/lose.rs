//! The second exercise: the file is lost, as it happens in an office: deleted, or overwritten.

use std::sync::Arc;

use amana_access::Lesson;
use amana_vault::{Deletion, VersionRef};
use askama::Template;
use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse as _, Response};
use bytes::Bytes;
use serde::Deserialize;

use super::answer::{Asked, Miss, Outcome, Tried};
use super::exercise::{Exercise, outside};
use super::files;
use super::trainee::Trainee;
use crate::account::form::Posted;
use crate::account::guard::Signed;
use crate::api::Call;
use crate::frame::Frame;
use crate::query::Query;
use crate::{Console, Error, Language, Result};

/// What stands in the place of a file that was overwritten.
const OTHER: &[u8] = b"?\n";

#[derive(Template)]
#[template(path = "school/lose.html")]
struct LosePage {
    frame: Frame,
    exercise: Exercise,
    file: Option<String>,
}

/// The page.
pub(super) async fn page(
    State(console): State<Arc<Console>>,
    language: Language,
    Signed(session): Signed,
    Query(asked): Query<Asked>,
) -> Result<Response> {
    let found = Exercise::find(&console, &session, Lesson::Lose, &asked).await?;
    let Some(exercise) = found else {
        return Ok(outside());
    };
    let school = exercise.trainee.school.clone();
    let file = console
        .read(move |_, rows| files::deposited(rows, &school))
        .await?;
    let page = LosePage {
        frame: exercise.frame(language),
        exercise,
        file: file.map(|key| key.as_str().to_owned()),
    };
    Ok(crate::Page::of(&page)?.into_response())
}

/// How it gets lost.
#[derive(Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum How {
    Delete,
    Overwrite,
}

/// As programs ask for it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Loss {
    how: How,
}

/// By the form.
pub(super) async fn by_form(
    State(console): State<Arc<Console>>,
    posted: Posted,
) -> Result<Response> {
    let how = match posted.fields.text("how") {
        "delete" => How::Delete,
        "overwrite" => How::Overwrite,
        _ => return Err(Error::Form),
    };
    let trainee = Trainee::of(&console, &posted.session).await?;
    Ok(lose(&console, &trainee, how).await?.to("/school/lose"))
}

/// `POST /api/v1/school/lose`
pub(super) async fn call(
    State(console): State<Arc<Console>>,
    call: Call<Loss>,
) -> Result<Json<Outcome>> {
    let trainee = Trainee::of(&console, &call.session).await?;
    let tried = lose(&console, &trainee, call.body.how).await?;
    Ok(Json(tried.outcome()))
}

/// Loses it, and looks: whoever reads the newest version no longer gets what was deposited.
async fn lose(console: &Arc<Console>, trainee: &Trainee, how: How) -> Result<Tried> {
    trainee.must_not_have(Lesson::Lose)?;
    let school = trainee.school.clone();
    let key = console
        .read(move |_, rows| files::deposited(rows, &school))
        .await?;
    let (Some(key), Some(deposit)) = (key, trainee.school.passed(Lesson::Deposit)) else {
        return Ok(Tried::Missed(Miss::TooEarly));
    };
    if files::is_full(console, trainee).await? {
        return Ok(Tried::Missed(Miss::Full));
    }
    let index = match how {
        How::Delete => {
            let deletion = Deletion {
                key: key.clone(),
                version: VersionRef::Latest,
                if_match: None,
                bypass_governance: false,
            };
            let deleted = console
                .vault
                .delete_object(&trainee.caller, trainee.bucket(), deletion);
            deleted.await?.1.as_deref().map(files::index).transpose()?
        }
        How::Overwrite => {
            let bytes = Bytes::from_static(OTHER);
            let content = files::taken(console, trainee, bytes).await?;
            Some(files::put(console, trainee, &key, content).await?)
        }
    };
    let newest = files::sha256(console, trainee, &key, VersionRef::Latest).await;
    if newest.is_ok_and(|newest| Some(newest) == deposit.sha256) {
        // The file that was deposited was the very one that overwrote it.
        return Ok(Tried::Missed(Miss::OtherContent));
    }
    let passed = trainee.pass(console, Lesson::Lose, index, None);
    Ok(Tried::Passed(passed.await?))
}
