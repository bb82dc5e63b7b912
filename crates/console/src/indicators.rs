//! Indicators for who paid for a data centre: how many institutions rely on it, what is kept, whether restores were tried and
//! keys rebuilt, who was trained. To the operator; to everybody where it chose so.

use std::sync::Arc;

use amana_access::{DrillOutcome, Exercise, Exercised, Operation, Session};
use amana_store::LedgerInfo;
use amana_vault::Vault;
use askama::Template;
use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use http::{Method, header};
use serde::{Deserialize, Serialize};

use crate::account::form::Fields;
use crate::account::guard::{Guarded, Signed};
use crate::account::me::seconds;
use crate::api::{Asked, Asks};
use crate::content::Receipt;
use crate::fault::Fault;
use crate::frame::{Frame, Place};
use crate::texts::Texts;
use crate::{Console, Error, Language, Page, Result, menu};

/// The indicators at one moment.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub(crate) struct Indicators {
    /// When, in seconds since 1970.
    now_s: u64,
    /// Institutions that may deposit.
    institutions: u64,
    /// Deposits that are kept.
    deposits: u64,
    /// Acts in all ledgers but the national log.
    acts: u64,
    /// Restores that were tried.
    restores: u64,
    /// People who were trained, as the operator recorded.
    trained: u64,
    /// People who hold a certificate of the school.
    certified: u64,
    /// Drills in which custodians tried to rebuild their institution's keys.
    drills: u64,
    /// Those of them that rebuilt the keys.
    drills_rebuilt: u64,
    /// What was exercised lately, with its receipts.
    exercises: Vec<Exercised>,
}

impl Indicators {
    async fn read(console: &Arc<Console>) -> Result<Self> {
        let now_s = seconds(console.store.now_ms());
        let (acts, deposits) = console
            .read(|_, rows| {
                let (_, acts) = LedgerInfo::totals(rows)?;
                Ok((acts, Vault::deposits(rows)?))
            })
            .await?;
        console
            .ask(move |access| {
                let counted = access.count_institutions()?;
                let drills_rebuilt = access.count_drills(DrillOutcome::Rebuilt)?;
                Ok(Self {
                    now_s,
                    institutions: counted.institutions - counted.suspended,
                    deposits,
                    acts,
                    restores: access.exercise_totals(Exercise::Restore)?.0,
                    trained: access.exercise_totals(Exercise::Training)?.1,
                    certified: access.certified_people()?,
                    drills: drills_rebuilt + access.count_drills(DrillOutcome::Failed)?,
                    drills_rebuilt,
                    exercises: access.exercises()?,
                })
            })
            .await
    }

    /// Name, in a language, and value, in the order of the page.
    fn rows(&self, texts: &Texts) -> [(&'static str, String); 8] {
        let words = &texts.indicators;
        [
            (words.institutions, texts.number(&self.institutions)),
            (words.deposits, texts.number(&self.deposits)),
            (words.acts, texts.number(&self.acts)),
            (words.restores, texts.number(&self.restores)),
            (words.trained, texts.number(&self.trained)),
            (words.certified, texts.number(&self.certified)),
            (words.drills, texts.number(&self.drills)),
            (words.drills_rebuilt, texts.number(&self.drills_rebuilt)),
        ]
    }

    /// RFC 4180; the names are those of the API, so that a table of many months fits together.
    fn csv(&self) -> Response {
        let Self {
            now_s,
            institutions,
            deposits,
            acts,
            restores,
            trained,
            certified,
            drills,
            drills_rebuilt,
            ..
        } = self;
        let at = crate::clock::rfc3339(*now_s);
        let text = format!(
            "at,institutions,deposits,acts,restores,trained,certified,drills,drills_rebuilt\r\n\
             {at},{institutions},{deposits},{acts},{restores},{trained},{certified},{drills},{drills_rebuilt}\r\n"
        );
        let headers = [
            (header::CONTENT_TYPE, "text/csv; charset=utf-8"),
            (
                header::CONTENT_DISPOSITION,
                "attachment; filename=\"indicators.csv\"",
            ),
        ];
        (headers, text).into_response()
    }
}

/// The routes for everybody. Where the operator didn't choose so, they answer as if they weren't there.
pub(crate) fn routes() -> Router<Arc<Console>> {
    Router::new()
        .route("/indicators", get(public_page))
        .route("/indicators.csv", get(public_csv))
        .route("/api/v1/indicators", get(public_api))
}

/// The operator's routes, each with what it is.
pub(crate) fn guarded() -> Guarded {
    use Operation::{AnswerMessages, ReadCentre};
    Guarded::new()
        .route("/operator/indicators", ReadCentre, get(page))
        .route("/operator/indicators.csv", ReadCentre, get(csv))
        .verbs(
            "/api/v1/operator/indicators",
            [(Method::GET, ReadCentre), (Method::POST, AnswerMessages)],
            get(api).post(record),
        )
        .route("/operator/indicators/record", AnswerMessages, post(record))
}

#[derive(Template)]
#[template(path = "operators/indicators.html")]
struct IndicatorsPage {
    frame: Frame,
    /// Who may record; nobody on the public page.
    session: Option<Arc<Session>>,
    indicators: Indicators,
    csv: &'static str,
    kinds: [(&'static str, &'static str); 2],
}

impl IndicatorsPage {
    fn rows(&self) -> [(&'static str, String); 8] {
        self.indicators.rows(self.frame.texts)
    }

    fn kind(&self, exercised: &Exercised) -> &'static str {
        (self.frame.texts.indicators.exercise)(exercised.exercise)
    }

    fn day(&self, time_ms: &i64) -> String {
        self.frame.texts.day(&seconds(*time_ms))
    }
}

fn shown(
    texts: &'static Texts,
    frame: Frame,
    session: Option<Arc<Session>>,
    indicators: Indicators,
) -> Result<Page> {
    let named = |one: Exercise| (one.as_str(), (texts.indicators.exercise)(one));
    Page::of(&IndicatorsPage {
        frame,
        csv: match session {
            Some(_) => "/operator/indicators.csv",
            None => "/indicators.csv",
        },
        session,
        indicators,
        kinds: Exercise::ALL.map(named),
    })
}

async fn page(
    State(console): State<Arc<Console>>,
    language: Language,
    Signed(session): Signed,
) -> Result<Page> {
    let indicators = Indicators::read(&console).await?;
    let texts = language.texts();
    let title = texts.indicators.title;
    let frame = menu::frame(texts, &session, "/operator/indicators", title);
    shown(texts, frame, Some(session), indicators)
}

async fn csv(State(console): State<Arc<Console>>) -> Result<Response> {
    Ok(Indicators::read(&console).await?.csv())
}

async fn api(State(console): State<Arc<Console>>) -> Result<Json<Indicators>> {
    Indicators::read(&console).await.map(Json)
}

/// What was exercised.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Done {
    exercise: Exercise,
    people: u64,
    what: String,
}

impl Asks for Done {
    fn of_form(fields: &Fields) -> Result<Self> {
        let exercise = Exercise::of_text(fields.text("exercise"));
        let people = fields.text("people").parse();
        Ok(Self {
            exercise: exercise.ok_or_else(|| Error::typed("exercise", Fault::Unchosen))?,
            people: people.map_err(|_| Error::typed("people", Fault::People))?,
            what: fields.text("what").to_owned(),
        })
    }
}

async fn record(State(console): State<Arc<Console>>, asked: Asked<Done>) -> Result<Response> {
    let Asked { session, body, way } = asked;
    let recorded = console
        .access
        .record_exercise(&session, body.exercise, body.people, &body.what);
    let receipt = recorded.await?;
    let to = Redirect::to("/operator/indicators");
    Ok(way.answer(Receipt::of(receipt), to))
}

async fn public(console: &Arc<Console>) -> Result<Indicators> {
    match console.public_indicators {
        true => Indicators::read(console).await,
        false => Err(Error::NotFound),
    }
}

async fn public_page(State(console): State<Arc<Console>>, language: Language) -> Result<Page> {
    let indicators = public(&console).await?;
    let texts = language.texts();
    let title = texts.indicators.title;
    let frame = Frame::public(texts, title, &console.centre, Place::Nowhere);
    shown(texts, frame, None, indicators)
}

async fn public_csv(State(console): State<Arc<Console>>) -> Result<Response> {
    Ok(public(&console).await?.csv())
}

async fn public_api(State(console): State<Arc<Console>>) -> Result<Json<Indicators>> {
    public(&console).await.map(Json)
}
