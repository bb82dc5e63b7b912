//! The first exercise: a file is deposited, its entry stands in the ledger, and its receipt proves it.

use std::sync::Arc;

use amana_access::{Lesson, Session};
use amana_vault::{Ingested, ObjectKey, VersionRef};
use askama::Template;
use axum::Json;
use axum::extract::{Request, State};
use axum::response::{IntoResponse as _, Response};
use bytes::Bytes;
use serde::Deserialize;

use super::answer::{Asked, Miss, Outcome, Tried};
use super::exercise::{Exercise, outside};
use super::files::{self, Taking};
use super::trainee::Trainee;
use crate::account::guard::Signed;
use crate::api::Call;
use crate::content::multipart::Multipart;
use crate::frame::Frame;
use crate::query::Query;
use crate::{Console, Error, Language, Result};

/// Fields before the file.
const MAX_FIELDS: usize = 4;
/// The longest file's name that is kept, in characters.
const MAX_NAME_CHARS: usize = 100;
/// Where the file of the exercises lies.
const FOLDER: &str = "depot/";

#[derive(Template)]
#[template(path = "school/deposit.html")]
struct DepositPage {
    frame: Frame,
    exercise: Exercise,
}

/// The page.
pub(super) async fn page(
    State(console): State<Arc<Console>>,
    language: Language,
    Signed(session): Signed,
    Query(asked): Query<Asked>,
) -> Result<Response> {
    let found = Exercise::find(&console, &session, Lesson::Deposit, &asked).await?;
    let Some(exercise) = found else {
        return Ok(outside());
    };
    let page = DepositPage {
        frame: exercise.frame(language),
        exercise,
    };
    Ok(crate::Page::of(&page)?.into_response())
}

/// Takes the file in: the one that was chosen, or the school's own where none was.
pub(super) async fn by_form(
    State(console): State<Arc<Console>>,
    language: Language,
    Signed(session): Signed,
    request: Request,
) -> Result<Response> {
    let (head, body) = request.into_parts();
    let mut form = Multipart::of(&head.headers, body.into_data_stream())?;
    let mut tokened = false;
    for _ in 0..MAX_FIELDS {
        let Some(part) = form.part().await? else {
            break;
        };
        let Some(name) = part.file else {
            let text = form.text().await?;
            tokened |= part.name == "token" && session.is_form(&text);
            continue;
        };
        if !tokened {
            return Err(Error::Form);
        }
        let trainee = ready(&console, &session).await?;
        let mut taking = Taking::begin(&console, &trainee)?;
        let mut first = true;
        while let Some(bytes) = form.chunk().await? {
            first = false;
            taking.write(bytes).await?;
        }
        // A browser sends a part without a name where nothing was chosen.
        let (name, content) = if first && name.is_empty() {
            let sample = language.texts().school.sample;
            let bytes = Bytes::from_static(sample.1.as_bytes());
            let content = files::taken(&console, &trainee, bytes).await?;
            (sample.0, content)
        } else {
            (name.as_str(), taking.finish().await?)
        };
        let tried = deposit(&console, &trainee, name, content).await?;
        return Ok(tried.to("/school/deposit"));
    }
    Err(Error::Form)
}

/// A small text, as programs deposit it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Text {
    name: String,
    text: String,
}

/// `POST /api/v1/school/deposit`
pub(super) async fn call(
    State(console): State<Arc<Console>>,
    call: Call<Text>,
) -> Result<Json<Outcome>> {
    let trainee = ready(&console, &call.session).await?;
    let bytes = Bytes::from(call.body.text);
    let content = files::taken(&console, &trainee, bytes).await?;
    let tried = deposit(&console, &trainee, &call.body.name, content).await?;
    Ok(Json(tried.outcome()))
}

async fn ready(console: &Arc<Console>, session: &Arc<Session>) -> Result<Trainee> {
    let trainee = Trainee::of(console, session).await?;
    trainee.must_not_have(Lesson::Deposit)?;
    trainee.furnish(console).await?;
    Ok(trainee)
}

/// Deposits, and looks: the entry names the file, its receipt can be made, and the content reads as it came.
async fn deposit(
    console: &Arc<Console>,
    trainee: &Trainee,
    name: &str,
    content: Ingested,
) -> Result<Tried> {
    if files::is_full(console, trainee).await? {
        return Ok(Tried::Missed(Miss::Full));
    }
    let name = name.rsplit(['/', '\\']).next().unwrap_or_default();
    let name: String = name.chars().take(MAX_NAME_CHARS).collect();
    let name = if name.is_empty() { "1" } else { &name };
    let key = ObjectKey::parse(format!("{FOLDER}{name}"))?;
    let came = hex::encode(content.sha256);
    let index = files::put(console, trainee, &key, content).await?;
    let ledger = trainee.school.name.vault_ledger();
    let asked = console.clone();
    let receipt = crate::blocking(move || asked.store.receipt(&ledger, index)).await?;
    let reads = files::sha256(console, trainee, &key, VersionRef::Latest).await?;
    let named = serde_json::to_string(key.as_str()).unwrap_or_default();
    let body = receipt.act.body.as_ref();
    let stands = receipt.act.body_stands() && body.is_some_and(|body| body.text.contains(&named));
    if !stands || reads != came {
        // What was recorded isn't what came: nothing that a trainee could mend.
        return Err(Error::NotFound);
    }
    let passed = trainee.pass(console, Lesson::Deposit, Some(index), Some(came));
    Ok(Tried::Passed(passed.await?))
}
