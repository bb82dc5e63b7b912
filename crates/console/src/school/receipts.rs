//! The fourth exercise: four receipts, of which some were altered. Nothing but a verification tells which.

use std::sync::Arc;

use amana_access::{Lesson, School};
use amana_ledger::Receipt;
use askama::Template;
use axum::Json;
use axum::extract::{Path, State};
use axum::response::{IntoResponse as _, Response};
use http::header;
use serde::{Deserialize, Serialize};

use super::answer::{Asked, Miss, Outcome, Tried};
use super::exercise::{Exercise, outside};
use super::trainee::{Trainee, lot};
use crate::account::form::Posted;
use crate::account::guard::Signed;
use crate::api::Call;
use crate::fault::Fault;
use crate::frame::Frame;
use crate::query::Query;
use crate::{Console, Error, Language, Result};

/// The files, in their order: each is the receipt of the sandbox's entry of that index, which is there once a file was deposited.
const FILES: [&str; 4] = ["a", "b", "c", "d"];

#[derive(Template)]
#[template(path = "school/verify.html")]
struct VerifyPage {
    frame: Frame,
    exercise: Exercise,
    files: [&'static str; 4],
}

impl VerifyPage {
    fn is_early(&self) -> bool {
        !self.exercise.has(Lesson::Deposit)
    }

    /// Of the receipt of the deposit, which the trainee may keep.
    fn own(&self) -> Option<u64> {
        self.exercise.trainee.school.passed(Lesson::Deposit)?.entry
    }

    fn name(&self, file: &str) -> String {
        file_name(file)
    }
}

/// The page.
pub(super) async fn page(
    State(console): State<Arc<Console>>,
    language: Language,
    Signed(session): Signed,
    Query(asked): Query<Asked>,
) -> Result<Response> {
    let found = Exercise::find(&console, &session, Lesson::Verify, &asked).await?;
    let Some(exercise) = found else {
        return Ok(outside());
    };
    let page = VerifyPage {
        frame: exercise.frame(language),
        exercise,
        files: FILES,
    };
    Ok(crate::Page::of(&page)?.into_response())
}

/// What is to be told apart.
#[derive(Serialize)]
pub(super) struct Files {
    /// The names of the files, at `/school/files/<name>`; none before a file was deposited.
    files: Vec<&'static str>,
}

/// The same for programs.
pub(super) async fn api(
    State(console): State<Arc<Console>>,
    Signed(session): Signed,
) -> Result<Json<Files>> {
    let trainee = Trainee::find(&console, &session).await?;
    let deposited = trainee.is_some_and(|one| one.school.passed(Lesson::Deposit).is_some());
    let files = if deposited {
        FILES.to_vec()
    } else {
        Vec::new()
    };
    Ok(Json(Files { files }))
}

/// `/school/receipts/{index}`: the receipt of an entry of one's own sandbox, open or not.
pub(super) async fn own(
    State(console): State<Arc<Console>>,
    Signed(session): Signed,
    Path(index): Path<u64>,
) -> Result<Response> {
    let asker = session.clone();
    let school = console
        .ask(move |access| Ok(access.school(&asker)?))
        .await?;
    let school = school.ok_or(Error::NotFound)?;
    let receipt = receipt(&console, &school, index).await?;
    let name = format!("{}-{index}.receipt", school.name);
    Ok(as_file(&name, &receipt))
}

/// `/school/files/{file}`: one of the four.
pub(super) async fn file(
    State(console): State<Arc<Console>>,
    Signed(session): Signed,
    Path(file): Path<String>,
) -> Result<Response> {
    let trainee = Trainee::of(&console, &session).await?;
    let place = FILES.iter().position(|one| *one == file);
    let place = place.ok_or(Error::NotFound)?;
    let index = place as u64;
    let mut receipt = receipt(&console, &trainee.school, index).await?;
    if !genuine(&trainee.school)[place] {
        alter(&mut receipt, place);
    }
    Ok(as_file(&file_name(&file), &receipt))
}

fn file_name(file: &str) -> String {
    format!("{file}.receipt")
}

async fn receipt(console: &Arc<Console>, school: &School, index: u64) -> Result<Receipt> {
    let (console, ledger) = (console.clone(), school.name.vault_ledger());
    Ok(crate::blocking(move || console.store.receipt(&ledger, index)).await?)
}

fn as_file(name: &str, receipt: &Receipt) -> Response {
    let headers = [
        (header::CONTENT_TYPE, "text/plain; charset=utf-8".to_owned()),
        (
            header::CONTENT_DISPOSITION,
            format!("attachment; filename=\"{name}\""),
        ),
    ];
    (headers, receipt.to_string()).into_response()
}

/// Which of the four are: drawn by lot, neither none nor all.
fn genuine(school: &School) -> [bool; 4] {
    let drawn = 1 + lot(school, "receipts")[0] % 14;
    [0, 1, 2, 3].map(|place| drawn & (1 << place) != 0)
}

/// Alters a receipt as a forger would: what was done, or when. It still reads like one.
fn alter(receipt: &mut Receipt, place: usize) {
    let body = receipt.act.body.as_mut().filter(|_| place % 2 == 1);
    match body.and_then(|body| Some((another_word(&body.text)?, body))) {
        Some((other, body)) => body.text = other,
        None => receipt.act.core = another_hour(&receipt.act.core),
    }
}

/// The same body, whose first word begins with another letter.
fn another_word(body: &str) -> Option<String> {
    let at = body.find(":\"")? + 2;
    let (before, after) = body.split_at(at);
    let first = after.chars().next().filter(char::is_ascii_alphanumeric)?;
    let other = if first == 'x' { 'y' } else { 'x' };
    Some(format!("{before}{other}{}", &after[1..]))
}

/// The same core, recorded at another time: its minutes are others.
pub(super) fn another_hour(core: &str) -> String {
    let mark = "\"at\":\"";
    // `2026-05-28T14:03:22Z`: the minute's last digit.
    let digit = core.find(mark).map(|at| at + mark.len() + 15);
    let Some(at) = digit.filter(|at| core.is_char_boundary(*at)) else {
        return core.to_owned();
    };
    let (before, after) = core.split_at(at);
    let mut rest = after.chars();
    let minute = rest.next().and_then(|digit| digit.to_digit(10));
    let other = minute.map_or(0, |minute| (minute + 7) % 10);
    format!("{before}{other}{}", rest.as_str())
}

/// As programs answer: each file, and whether it is genuine.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Verdicts {
    genuine: Vec<String>,
}

/// By the form.
pub(super) async fn by_form(
    State(console): State<Arc<Console>>,
    posted: Posted,
) -> Result<Response> {
    let mut genuine = Vec::new();
    for file in FILES {
        match posted.fields.text(&format!("file-{file}")) {
            "genuine" => genuine.push(file.to_owned()),
            "false" => {}
            _ => return Err(Error::typed(format!("file-{file}"), Fault::Unchosen)),
        }
    }
    let trainee = Trainee::of(&console, &posted.session).await?;
    let tried = judge(&console, &trainee, &genuine).await?;
    Ok(tried.to("/school/verify"))
}

/// `POST /api/v1/school/verify`
pub(super) async fn call(
    State(console): State<Arc<Console>>,
    call: Call<Verdicts>,
) -> Result<Json<Outcome>> {
    let trainee = Trainee::of(&console, &call.session).await?;
    let tried = judge(&console, &trainee, &call.body.genuine).await?;
    Ok(Json(tried.outcome()))
}

async fn judge(console: &Console, trainee: &Trainee, told: &[String]) -> Result<Tried> {
    trainee.must_not_have(Lesson::Verify)?;
    if trainee.school.passed(Lesson::Deposit).is_none() {
        return Ok(Tried::Missed(Miss::TooEarly));
    }
    let told = FILES.map(|file| told.iter().any(|one| one == file));
    if told != genuine(&trainee.school) {
        return Ok(Tried::Missed(Miss::WrongReceipts));
    }
    let passed = trainee.pass(console, Lesson::Verify, None, None);
    Ok(Tried::Passed(passed.await?))
}

#[cfg(test)]
mod tests {
    use super::{another_hour, another_word};

    #[test]
    fn another_hour_is_never_the_same_and_reads_like_one() {
        for minute in 0..60 {
            let core = format!(
                "{{\"kind\":\"object.put\",\"at\":\"2026-05-28T14:{minute:02}:22.123Z\",\"by\":\"x\"}}"
            );
            let other = another_hour(&core);
            assert_ne!(other, core);
            assert_eq!(other.len(), core.len());
            assert_eq!(other[..41], core[..41]);
        }
        assert_eq!(another_hour("{}"), "{}");
    }

    #[test]
    fn another_word_is_never_the_same() {
        for (body, other) in [
            (
                "{\"n\":1,\"key\":\"abc\"}",
                Some("{\"n\":1,\"key\":\"xbc\"}"),
            ),
            ("{\"key\":\"xbc\"}", Some("{\"key\":\"ybc\"}")),
            ("{\"key\":\"ébc\"}", None),
            ("{\"n\":1}", None),
        ] {
            assert_eq!(another_word(body).as_deref(), other);
        }
    }
}
