//! `/custodians`: who together rebuilds the institution's keys, and when they last tried.

use std::collections::BTreeSet;
use std::sync::Arc;

use amana_access::{DrillOutcome, MAX_CUSTODIANS, NewDrill, Operation};
use amana_store::{EntryId, LedgerInfo, Reader, clock, entries};
use askama::Template;
use axum::Json;
use axum::extract::State;
use axum::response::{Redirect, Response};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::names::Names;
use super::space::Space;
use super::tally::{DAY_MS, Tally};
use super::usage::day_name;
use crate::account::form::Fields;
use crate::api::{Asked, Asks};
use crate::content::Receipt;
use crate::fault::Fault;
use crate::frame::Frame;
use crate::{Console, Error, Language, Page, Result};

/// A drill is due a year after the last one, or after the keys were made.
const YEAR_MS: i64 = 365 * DAY_MS;
/// Drills on the page.
const MAX_DRILLS: usize = 20;

/// A drill that was recorded.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Drill {
    /// The entry's number.
    pub index: u64,
    /// The day, as `2026-11-22`.
    pub held_on: String,
    /// `rebuilt` or `failed`.
    pub outcome: String,
    /// Who took part, by the numbers on their pages; nobody once that was erased.
    pub custodians: Vec<u64>,
    /// Who recorded it, by number.
    pub official: u64,
    /// What else was said.
    pub note: Option<String>,
}

/// The custodians, as the ledger knows them.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Custodians {
    /// How many of how many, `3-of-5`; nothing before a gateway enrolled.
    pub plan: Option<String>,
    /// Number of their set of shares.
    pub set: Option<u64>,
    /// Number of the keyring that says so.
    pub keyring: Option<u64>,
    /// When it was recorded, in seconds since 1970.
    pub keyring_s: Option<u64>,
    /// The drills that were recorded, the newest first, twenty at most.
    pub drills: Vec<Drill>,
    /// The day on which the next one is due; nothing without keys.
    pub due: Option<String>,
    /// Whether that day is past.
    pub overdue: bool,
}

pub(super) async fn read(console: &Arc<Console>, space: &Space) -> Result<Custodians> {
    let tally = space.tally(console).await?;
    let institution = space.institution.clone();
    let keyring = console
        .ask(move |access| match access.keyring(&institution)? {
            Some(bundle) => {
                let parsed = bundle.parse()?;
                let keyring = parsed.keyring();
                let custodians = &keyring.custodians;
                Ok(Some((
                    custodians.plan.to_string(),
                    custodians.set,
                    keyring.number,
                )))
            }
            None => Ok(None),
        })
        .await?;
    let ledger = space.ledger();
    let now_ms = console.store.now_ms();
    let (drills, tally) = console
        .read(move |_, rows| {
            let info = LedgerInfo::named(rows, &ledger)?.ok_or(Error::NotFound)?;
            Ok((drills(rows, &info, &tally)?, tally))
        })
        .await?;
    let published_ms = tally.newest("keyring.publish").map(|(_, at_ms)| at_ms);
    let held_ms = drills.iter().find_map(|drill| {
        let worked = drill.outcome == "rebuilt";
        worked.then(|| clock::parse_rfc3339(&format!("{}T00:00:00Z", drill.held_on)))?
    });
    // Keys older than what was counted were made more than a year ago.
    let made_ms = published_ms.unwrap_or_else(|| tally.since_ms());
    let due_ms = keyring
        .as_ref()
        .map(|_| held_ms.unwrap_or(made_ms) + YEAR_MS);
    Ok(Custodians {
        plan: keyring.as_ref().map(|(plan, _, _)| plan.clone()),
        set: keyring.as_ref().map(|(_, set, _)| u64::from(*set)),
        keyring: keyring.as_ref().map(|(_, _, number)| *number),
        keyring_s: published_ms.and_then(|at_ms| u64::try_from(at_ms / 1000).ok()),
        drills,
        due: due_ms.map(|due_ms| day_name(due_ms.div_euclid(DAY_MS))),
        overdue: due_ms.is_some_and(|due_ms| due_ms < now_ms),
    })
}

fn drills(rows: &Reader<'_>, info: &LedgerInfo, tally: &Tally) -> Result<Vec<Drill>> {
    let recorded = tally.notes.iter().rev();
    let recorded = recorded.filter(|(_, (kind, _))| kind == "custodians.drill");
    let mut drills = Vec::new();
    for (index, _) in recorded.take(MAX_DRILLS) {
        let id = EntryId::new(info.id, *index).ok_or(Error::NotFound)?;
        let entry = entries::entry(rows, id)?.ok_or(Error::NotFound)?;
        let core = entry.core()?;
        let links: Value = serde_json::from_str(core.links.get()).unwrap_or_default();
        let body = entry.body.as_ref();
        let body: Value = body
            .and_then(|(_, body)| serde_json::from_slice(body).ok())
            .unwrap_or_default();
        let text = |value: &Value| value.as_str().map(str::to_owned);
        let numbers = body["custodians"].as_array();
        drills.push(Drill {
            index: *index,
            held_on: text(&links["held_on"]).unwrap_or_default(),
            outcome: text(&links["outcome"]).unwrap_or_default(),
            custodians: numbers
                .into_iter()
                .flatten()
                .filter_map(Value::as_u64)
                .collect(),
            official: links["official"].as_u64().unwrap_or_default(),
            note: text(&body["note"]),
        });
    }
    Ok(drills)
}

#[derive(Template)]
#[template(path = "books/custodians.html")]
struct CustodiansPage {
    frame: Frame,
    space: Space,
    custodians: Custodians,
    names: Names,
    today: String,
}

impl CustodiansPage {
    /// Where there are no keys there is nothing to rebuild.
    fn may_record(&self) -> bool {
        self.custodians.plan.is_some() && self.space.may(Operation::RecordDrill)
    }

    fn plan(&self, plan: &str) -> String {
        let plan = plan.parse();
        // It was a plan's own text.
        plan.map_or_else(
            |_| String::new(),
            |plan| self.frame.texts.custodians.of_plan(&plan),
        )
    }

    fn reads_journal(&self) -> bool {
        self.space.may(Operation::ReadJournal)
    }

    fn worked(&self, drill: &Drill) -> bool {
        drill.outcome == "rebuilt"
    }

    fn took_part(&self, drill: &Drill) -> String {
        let numbers: Vec<_> = drill.custodians.iter().map(u64::to_string).collect();
        if numbers.is_empty() {
            "–".to_owned()
        } else {
            numbers.join(", ")
        }
    }

    fn who(&self, drill: &Drill) -> String {
        self.names.person(drill.official)
    }

    /// When the next one is due, in a sentence.
    fn due(&self) -> Option<String> {
        let words = &self.frame.texts.custodians;
        let due = self.custodians.due.as_ref()?;
        Some(match self.custodians.overdue {
            true => (words.overdue)(due),
            false => (words.due)(due),
        })
    }
}

/// The page.
pub(super) async fn page(
    State(console): State<Arc<Console>>,
    language: Language,
    space: Space,
) -> Result<Page> {
    let custodians = read(&console, &space).await?;
    let names = space.names(&console).await?;
    let texts = language.texts();
    Page::of(&CustodiansPage {
        frame: space.frame(texts, "/custodians", texts.custodians.title),
        space,
        custodians,
        names,
        today: day_name(console.store.now_ms().div_euclid(DAY_MS)),
    })
}

/// The same for programs.
pub(super) async fn api(
    State(console): State<Arc<Console>>,
    space: Space,
) -> Result<Json<Custodians>> {
    read(&console, &space).await.map(Json)
}

/// A drill that was held.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Held {
    held_on: String,
    /// By the numbers on their pages.
    custodians: Vec<u8>,
    outcome: DrillOutcome,
    note: Option<String>,
}

impl Asks for Held {
    fn of_form(fields: &Fields) -> Result<Self> {
        Ok(Self {
            held_on: fields.text("held-on").to_owned(),
            custodians: numbers(fields.text("custodians"))?,
            outcome: match fields.text("outcome") {
                "rebuilt" => DrillOutcome::Rebuilt,
                "failed" => DrillOutcome::Failed,
                _ => return Err(Error::typed("outcome", Fault::Unchosen)),
            },
            note: fields.filled("note").map(str::to_owned),
        })
    }
}

/// Records a drill.
pub(super) async fn record(
    State(console): State<Arc<Console>>,
    asked: Asked<Held>,
) -> Result<Response> {
    let Asked { session, body, way } = asked;
    let drill = NewDrill {
        held_on: body.held_on,
        custodians: body.custodians,
        outcome: body.outcome,
        note: body.note,
    };
    let receipt = console.access.record_drill(&session, drill).await?;
    Ok(way.answer(Receipt::of(receipt), Redirect::to("/custodians")))
}

/// Numbers as people write them: `1, 3 and 4`.
fn numbers(text: &str) -> Result<Vec<u8>> {
    let parts = text.split(|letter: char| !letter.is_ascii_digit());
    let parts: BTreeSet<_> = parts.filter(|part| !part.is_empty()).collect();
    let parsed: Option<Vec<u8>> = parts
        .into_iter()
        .map(|part| part.parse().ok().filter(|number| *number <= MAX_CUSTODIANS))
        .collect();
    parsed.ok_or_else(|| Error::typed("custodians", Fault::Custodians))
}
