//! `/evidence`: what an auditor is handed of one month: usage, availability, the ledger's head, receipts, and how to verify them
//! without us; as a page to print, and as a pack to keep.

use std::sync::Arc;

use amana_store::{LedgerInfo, clock};
use askama::Template;
use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::header;
use serde::{Deserialize, Serialize};

use super::availability::{Availability, Gap};
use super::export::{Export, Shape};
use super::journal::{Asked, first_after};
use super::space::Space;
use super::standing::Standing;
use super::tally::{DAY_MS, Day};
use super::usage::{day_name, of_days, table};
use super::zip::Zip;
use crate::assets::Asset;
use crate::frame::Frame;
use crate::query::{Denied, Query, Unfit, Why, repeated};
use crate::{Console, Error, Language, Page, Result};

/// Receipts in a pack: those asked for, or the newest of the month.
const MAX_RECEIPTS: usize = 20;
/// The journal in a pack; a longer one is exported by itself.
const MAX_JOURNAL_BYTES: usize = 16 * 1024 * 1024;
/// What people write between numbers.
const BETWEEN: [&str; 2] = ["et", "and"];
/// Months that one may choose.
const MONTHS: usize = 13;

/// What is asked for.
#[derive(Clone, Default, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Wanted {
    /// `2026-11`; without one, this month.
    month: String,
    /// Entries whose receipts come along, as `12,15`; without any, the newest of the month.
    entries: String,
}

/// A month, in UTC.
#[derive(Clone, PartialEq, Eq, Debug)]
struct Month {
    /// `2026-11`.
    name: String,
    /// Its first day and the first day after it, since 1970.
    first: i64,
    end: i64,
}

impl Month {
    fn of(name: &str) -> Option<Self> {
        let first_ms = clock::parse_rfc3339(&format!("{name}-01T00:00:00Z"))?;
        let first = first_ms.div_euclid(DAY_MS);
        // Never more than 31 days on, and always within the next month.
        let after = day_name(first + 31);
        let next_ms = clock::parse_rfc3339(&format!("{}-01T00:00:00Z", &after[..7]))?;
        let end = next_ms.div_euclid(DAY_MS);
        // Past the last year that has a name, there is no month.
        (end > first).then(|| Self {
            name: name.to_owned(),
            first,
            end,
        })
    }

    /// This one and those before it, the newest first.
    fn newest(now_ms: i64) -> Vec<Self> {
        let mut months: Vec<Self> = Vec::new();
        let mut day = now_ms.div_euclid(DAY_MS);
        while months.len() < MONTHS
            && let Some(month) = Self::of(&day_name(day)[..7])
        {
            day = month.first - 1;
            months.push(month);
        }
        months
    }
}

/// The evidence of a month.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Evidence {
    /// The institution.
    pub institution: String,
    /// The data centre.
    pub centre: String,
    /// `2026-11`, in UTC.
    pub month: String,
    /// When this was made, in seconds since 1970, by the operator's clock.
    pub made_s: u64,
    /// How far the ledger is proved now.
    pub standing: Standing,
    /// The first entry of the month, and the first one after it.
    pub entries: [u64; 2],
    /// What the month's acts add up to.
    pub figures: Day,
    /// Whether all of the month was counted.
    pub counted: bool,
    /// When the data centre was there.
    pub availability: Availability,
    /// SHA-256 of the trust policy, hexadecimal.
    pub policy_sha256: String,
    /// Entries whose receipts come along.
    pub receipts: Vec<u64>,
}

impl Wanted {
    fn month(&self, now_ms: i64) -> Result<Month, Unfit> {
        let named = match self.month.as_str() {
            "" => day_name(now_ms.div_euclid(DAY_MS))[..7].to_owned(),
            name => name.to_owned(),
        };
        Month::of(&named).ok_or_else(|| {
            let why = Why::Month(repeated(&self.month));
            Unfit::new("month", why)
        })
    }

    /// The entries that are asked for, of a ledger of that size.
    fn entries(&self, size: u64) -> Result<Vec<u64>, Unfit> {
        let words = self
            .entries
            .split(|letter: char| !letter.is_alphanumeric())
            .filter(|word| !word.is_empty() && !BETWEEN.contains(word));
        let (mut chosen, mut wrong) = (Vec::new(), Vec::new());
        for word in words {
            match word.parse().ok().filter(|index| *index < size) {
                Some(index) if chosen.contains(&index) => {}
                Some(index) => chosen.push(index),
                None => wrong.push(repeated(word)),
            }
        }
        if !wrong.is_empty() {
            wrong.truncate(MAX_RECEIPTS);
            return Err(Unfit::new("entries", Why::Entries(wrong)));
        }
        match chosen.len() > MAX_RECEIPTS {
            true => Err(Unfit::new("entries", Why::Many(MAX_RECEIPTS))),
            false => Ok(chosen),
        }
    }
}

async fn read(
    console: &Arc<Console>,
    space: &Space,
    wanted: &Wanted,
) -> Result<(Evidence, Month), Denied> {
    let now_ms = console.store.now_ms();
    let month = wanted.month(now_ms)?;
    let chosen = wanted.entries(space.size(console).await?)?;
    let tally = space.tally(console).await?;
    let mut figures = Day::default();
    for (_, day) in tally.days.range(month.first..month.end) {
        figures.add(day);
    }
    let (ledger, institution, own) = (space.ledger(), space.institution.to_string(), month.clone());
    let evidence = console
        .read(move |console, rows| {
            let info = LedgerInfo::named(rows, &ledger)?.ok_or(Error::NotFound)?;
            let [first_ms, end_ms] = [own.first, own.end].map(|day| day * DAY_MS);
            let first = first_after(rows, info.id, info.size, first_ms)?;
            let end = first_after(rows, info.id, info.size, end_ms)?;
            let newest = (first..end).rev().take(MAX_RECEIPTS).collect();
            let policy = console.store.policy();
            Ok(Evidence {
                institution,
                centre: console.centre.clone(),
                month: own.name,
                made_s: now_ms.unsigned_abs() / 1000,
                standing: Standing::of(console, rows, &info)?,
                entries: [first, end],
                figures,
                counted: tally.whole || tally.since_ms() <= first_ms,
                availability: Availability::of(rows, first_ms, end_ms.min(now_ms))?,
                policy_sha256: hex::encode(<sha2::Sha256 as sha2::Digest>::digest(&policy.text)),
                receipts: if chosen.is_empty() { newest } else { chosen },
            })
        })
        .await?;
    Ok((evidence, month))
}

#[derive(Template)]
#[template(path = "books/evidence.html")]
struct EvidencePage {
    frame: Frame,
    evidence: Evidence,
    months: Vec<String>,
    entries: String,
    /// Whether it is the page in a pack, whose links lead to the files beside it.
    packed: bool,
}

impl EvidencePage {
    fn witnessed(&self) -> String {
        let (texts, standing) = (self.frame.texts, &self.evidence.standing);
        match (standing.witnessed, standing.witnessed_s) {
            (Some(entries), Some(at_s)) => {
                (texts.evidence.witnessed)(&texts.number(&entries), &texts.moment(&at_s))
            }
            _ => texts.books.not_witnessed.to_owned(),
        }
    }

    fn acts(&self) -> String {
        let texts = self.frame.texts;
        let [first, end] = self.evidence.entries;
        let last = end.saturating_sub(1);
        match end - first {
            0 => texts.evidence.no_acts.to_owned(),
            count => (texts.evidence.acts)(&texts.number(&count), first, last),
        }
    }

    fn came(&self) -> String {
        let (texts, figures) = (self.frame.texts, &self.evidence.figures);
        format!(
            "{} ({})",
            texts.number(&figures.deposits),
            texts.size(&figures.deposited_bytes)
        )
    }

    fn went(&self) -> String {
        let (texts, figures) = (self.frame.texts, &self.evidence.figures);
        format!(
            "{} ({})",
            texts.number(&figures.removals),
            texts.size(&figures.removed_bytes)
        )
    }

    fn there(&self) -> String {
        let (texts, found) = (self.frame.texts, &self.evidence.availability);
        let (epochs, minutes) = (
            texts.number(&found.epochs),
            texts.number(&(found.gone_s / 60)),
        );
        (texts.evidence.there)(&epochs, found.gaps.len(), &minutes)
    }

    fn gap(&self, gap: &Gap) -> String {
        let texts = self.frame.texts;
        (texts.evidence.gap)(&texts.moment(&gap.from_s), &texts.moment(&gap.until_s))
    }

    /// How the first of the receipts is verified; one that no quorum stands behind yet needs leave to be taken.
    fn commands(&self) -> Vec<String> {
        let Some(first) = self.evidence.receipts.first() else {
            return Vec::new();
        };
        let witnessed = self.evidence.standing.witnessed.unwrap_or_default();
        let leave = match *first < witnessed {
            true => "",
            false => " --allow-recorded",
        };
        ["python3 verify-receipt.py", "amana receipt verify"]
            .map(|verify| format!("{verify} receipts/{first}.receipt --policy policy{leave}"))
            .into()
    }

    fn query(&self) -> String {
        format!(
            "month={}&entries={}",
            self.evidence.month,
            super::encoded(&self.entries)
        )
    }

    fn receipt(&self, index: &u64) -> String {
        match self.packed {
            true => format!("receipts/{index}.receipt"),
            false => format!("/receipt/{index}"),
        }
    }
}

fn filled(
    console: &Console,
    space: &Space,
    language: Language,
    evidence: Evidence,
    wanted: &Wanted,
    packed: bool,
) -> EvidencePage {
    let texts = language.texts();
    let months = Month::newest(console.store.now_ms());
    EvidencePage {
        frame: space.frame(texts, "/evidence", texts.evidence.title),
        evidence,
        months: months.into_iter().map(|month| month.name).collect(),
        entries: wanted.entries.clone(),
        packed,
    }
}

/// The page.
pub(super) async fn page(
    State(console): State<Arc<Console>>,
    language: Language,
    space: Space,
    Query(wanted): Query<Wanted>,
) -> Result<Page, Denied> {
    let (evidence, _) = read(&console, &space, &wanted).await?;
    let page = filled(&console, &space, language, evidence, &wanted, false);
    Ok(Page::of(&page)?)
}

/// The same for programs.
pub(super) async fn api(
    State(console): State<Arc<Console>>,
    space: Space,
    Query(wanted): Query<Wanted>,
) -> Result<Json<Evidence>, Denied> {
    let (evidence, _) = read(&console, &space, &wanted).await?;
    Ok(Json(evidence))
}

#[derive(Template)]
#[template(path = "books/pack.html")]
struct PackPage<'a> {
    texts: &'static crate::texts::Texts,
    page: &'a EvidencePage,
    journal_is_cut: bool,
}

/// The pack: the page, the journal and usage of the month, receipts, the policy, and a program that verifies receipts.
pub(super) async fn pack(
    State(console): State<Arc<Console>>,
    language: Language,
    space: Space,
    Query(wanted): Query<Wanted>,
) -> Result<Response, Denied> {
    let (evidence, month) = read(&console, &space, &wanted).await?;
    let names = space.names(&console).await?;
    let asked = Asked {
        from: day_name(month.first),
        to: day_name(month.end - 1),
        ..Asked::default()
    };
    let mut export = Export::new(&space, language.texts(), names, &asked, Shape::Csv)?;
    export.begin_at(evidence.entries[0]);
    let [_, end] = evidence.entries;
    let (journal, cut) = console
        .read(move |_, rows| export.gathered(rows, end, MAX_JOURNAL_BYTES))
        .await?;
    let tally = space.tally(&console).await?;
    let usage = of_days(
        space.institution.to_string(),
        &tally,
        month.first,
        month.end - 1,
    );
    let receipts = receipts(&console, space.ledger(), evidence.receipts.clone()).await?;
    let name = format!("{}-{}.zip", space.institution, month.name);
    let page = filled(&console, &space, language, evidence, &wanted, true);
    let mut zip = Zip::default();
    let index = PackPage {
        texts: language.texts(),
        page: &page,
        journal_is_cut: cut,
    };
    zip.add("index.html", index.render()?.as_bytes());
    zip.add("style.css", Asset::Style.text().as_bytes());
    zip.add("journal.csv", journal.as_bytes());
    zip.add("usage.csv", table(language.texts(), &usage).as_bytes());
    zip.add("policy", console.store.policy().text.as_bytes());
    let program = include_str!("../../../../tools/verify-receipt.py");
    zip.add("verify-receipt.py", program.as_bytes());
    zip.add(
        "receipt.md",
        include_str!("../../../../docs/formats/receipt.md").as_bytes(),
    );
    for (index, receipt) in receipts {
        zip.add(&format!("receipts/{index}.receipt"), receipt.as_bytes());
    }
    let headers = [
        (header::CONTENT_TYPE, "application/zip".to_owned()),
        (
            header::CONTENT_DISPOSITION,
            format!("attachment; filename=\"{name}\""),
        ),
    ];
    Ok((headers, zip.finish()).into_response())
}

async fn receipts(
    console: &Arc<Console>,
    ledger: String,
    indexes: Vec<u64>,
) -> Result<Vec<(u64, String)>> {
    let console = console.clone();
    crate::blocking(move || {
        let receipt = |index: u64| Ok((index, console.store.receipt(&ledger, index)?.to_string()));
        indexes.into_iter().map(receipt).collect()
    })
    .await
}
