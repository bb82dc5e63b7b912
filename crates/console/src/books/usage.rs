//! `/usage`: what is held now, and what came and went on each of the last ninety days.

use std::sync::Arc;

use amana_access::{Access, Quota};
use amana_store::{LedgerInfo, Reader, clock};
use amana_vault::{Used as Held, Vault};
use askama::Template;
use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::header;
use serde::Serialize;

use super::plot::Plot;
use super::space::Space;
use super::tally::{DAY_MS, Day, Tally};
use crate::frame::Frame;
use crate::texts::Texts;
use crate::{Console, Error, Language, Page, Result};

/// Days of the page.
const DAYS: i64 = 90;

/// A day and its figures.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Used {
    /// `2026-11-22`, in UTC.
    pub day: String,
    /// Bytes held at its end; nothing where a size was erased, or not all is counted.
    pub held_bytes: Option<u64>,
    /// What came and went.
    #[serde(flatten)]
    pub figures: Day,
}

/// What an institution used.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Usage {
    /// The institution.
    pub institution: String,
    /// Bytes held now.
    pub held_bytes: u64,
    /// How much may be held, if that is limited.
    pub quota: Option<Limited>,
    /// The days, the oldest first.
    pub days: Vec<Used>,
    /// Whether the ledger was read back over all these days; if not, asking again reads on.
    pub whole: bool,
}

/// A quota, and how much of it is used.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
pub struct Limited {
    /// The most bytes.
    pub bytes: Option<u64>,
    /// The most objects: versions of open buckets, pieces of sealed ciphertext.
    pub objects: Option<u64>,
    /// What is held.
    pub held: Held,
    /// How much of the limit that is nearest is used, in percent.
    pub percent: u64,
}

impl Limited {
    /// The quota of an institution; nothing where it has none.
    ///
    /// # Errors
    /// A failure of the rows.
    pub(crate) fn of(rows: &Reader<'_>, ledger: amana_store::LedgerId) -> Result<Option<Self>> {
        let quota = Access::quota(rows, ledger)?;
        if quota == Quota::default() {
            return Ok(None);
        }
        let held = Vault::used(rows, ledger)?;
        let share = |held: u64, most: Option<u64>| match most {
            Some(0) => u64::from(held > 0) * 100,
            Some(most) => {
                u64::try_from(u128::from(held) * 100 / u128::from(most)).unwrap_or(u64::MAX)
            }
            None => 0,
        };
        Ok(Some(Self {
            bytes: quota.bytes,
            objects: quota.objects,
            held,
            percent: share(held.bytes, quota.bytes).max(share(held.objects, quota.objects)),
        }))
    }
}

/// A day's name.
pub(super) fn day_name(day: i64) -> String {
    let mut name = clock::rfc3339(day * DAY_MS);
    name.truncate(10);
    name
}

impl Usage {
    /// Of the days from `first` to `last`, counted since 1970, of which `last` ends now.
    fn of(
        institution: String,
        held_now: Option<u64>,
        tally: &Tally,
        first: i64,
        last: i64,
    ) -> Self {
        let whole = tally.whole || tally.since_ms() < first * DAY_MS;
        // Backward from now: what was held before a day is what was held after it, less what came, and what went.
        let mut held = held_now;
        let mut days = Vec::new();
        for day in (first..=last).rev() {
            let figures = tally.days.get(&day).copied().unwrap_or_default();
            let known = tally.since_ms() <= day * DAY_MS;
            days.push(Used {
                day: day_name(day),
                held_bytes: held,
                figures,
            });
            held = held.filter(|_| known && figures.unknown == 0).map(|after| {
                (after + figures.removed_bytes).saturating_sub(figures.deposited_bytes)
            });
        }
        days.reverse();
        Self {
            institution,
            held_bytes: held_now.unwrap_or_default(),
            quota: None,
            days,
            whole,
        }
    }
}

/// Days of the past, without what was held on them.
pub(super) fn of_days(institution: String, tally: &Tally, first: i64, last: i64) -> Usage {
    Usage::of(institution, None, tally, first, last)
}

pub(super) async fn read(console: &Arc<Console>, space: &Space) -> Result<Usage> {
    let tally = space.tally(console).await?;
    let ledger = space.ledger();
    let held = console
        .read(move |_, rows| {
            let info = LedgerInfo::named(rows, &ledger)?.ok_or(Error::NotFound)?;
            let custody = Vault::custody(rows, info.id)?;
            let bytes: u64 = custody.iter().map(|one| one.bytes).sum();
            Ok((bytes, Limited::of(rows, info.id)?))
        })
        .await?;
    let (held, quota) = held;
    let today = console.store.now_ms().div_euclid(DAY_MS);
    let institution = space.institution.to_string();
    let usage = Usage::of(institution, Some(held), &tally, today - DAYS + 1, today);
    Ok(Usage { quota, ..usage })
}

#[derive(Template)]
#[template(path = "books/usage.html")]
struct UsagePage {
    frame: Frame,
    space: Space,
    usage: Usage,
    plots: Vec<Plot>,
}

impl UsagePage {
    fn held(&self) -> String {
        let texts = self.frame.texts;
        texts.size(&self.usage.held_bytes)
    }

    /// The quota in words, if there is one.
    fn quota(&self) -> Option<String> {
        let texts = self.frame.texts;
        let quota = self.usage.quota.as_ref()?;
        let of =
            |held: String, most: Option<String>| most.map(|most| (texts.usage.of)(&held, &most));
        let bytes = quota.bytes.map(|most| texts.size(&most));
        let objects = quota.objects.map(|most| texts.number(&most));
        let objects = of(texts.number(&quota.held.objects), objects);
        let told = [
            of(texts.size(&quota.held.bytes), bytes),
            objects.map(|told| (texts.usage.objects)(&told)),
        ];
        let told: Vec<_> = told.into_iter().flatten().collect();
        Some((texts.usage.quota)(&told.join(", "), quota.percent))
    }

    /// How it stands with it, for its colour and a word beside it.
    fn level(&self) -> Option<(&'static str, &'static str)> {
        let words = &self.frame.texts.usage;
        match self.usage.quota.as_ref()?.percent {
            95.. => Some(("bad", words.full)),
            80.. => Some(("warn", words.nearly_full)),
            _ => None,
        }
    }

    /// The days on which anything happened, the newest first.
    fn busy(&self) -> Vec<&Used> {
        let busy = self.usage.days.iter().rev();
        busy.filter(|used| used.figures.acts > 0).collect()
    }

    fn held_then(&self, used: &Used) -> String {
        let held = used.held_bytes.as_ref();
        held.map_or_else(|| "–".to_owned(), |bytes| self.frame.texts.size(bytes))
    }
}

/// The plots: what was held, if it is known on every day, and what came.
fn plots(texts: &'static Texts, usage: &Usage) -> Vec<Plot> {
    let words = &texts.usage;
    let of = |figure: fn(&Used) -> u64| usage.days.iter().map(figure).collect::<Vec<_>>();
    let mut plots = Vec::new();
    if usage.days.iter().all(|used| used.held_bytes.is_some()) {
        let held = of(|used| used.held_bytes.unwrap_or_default());
        let most = usage.quota.as_ref().and_then(|quota| quota.bytes);
        plots.push((Plot::new("held", words.held_plot, held).below(most), true));
    }
    let deposited = of(|used| used.figures.deposited_bytes);
    plots.push((
        Plot::new("deposited", words.deposited_plot, deposited),
        true,
    ));
    plots.push((
        Plot::new("acts", words.acts_plot, of(|used| used.figures.acts)),
        false,
    ));
    let day = |used: Option<&Used>| used.map(|used| used.day.clone()).unwrap_or_default();
    let (from, to) = (day(usage.days.first()), day(usage.days.last()));
    plots
        .into_iter()
        .map(|(mut plot, is_size)| {
            let largest = plot.largest();
            let top = if is_size {
                texts.size(&largest)
            } else {
                texts.number(&largest)
            };
            plot.told = (words.plot_told)(&from, &to, &top);
            if let Some(most) = plot.most() {
                plot.told = format!("{} {}", plot.told, (words.line)(&texts.size(&most)));
            }
            (plot.top, plot.from, plot.to) = (top, from.clone(), to.clone());
            plot
        })
        .collect()
}

/// The page.
pub(super) async fn page(
    State(console): State<Arc<Console>>,
    language: Language,
    space: Space,
) -> Result<Page> {
    let usage = read(&console, &space).await?;
    let texts = language.texts();
    Page::of(&UsagePage {
        frame: space.frame(texts, "/usage", texts.usage.title),
        space,
        plots: plots(texts, &usage),
        usage,
    })
}

/// The same for programs.
pub(super) async fn api(State(console): State<Arc<Console>>, space: Space) -> Result<Json<Usage>> {
    read(&console, &space).await.map(Json)
}

/// The days as a table for spreadsheets.
pub(super) fn table(texts: &Texts, usage: &Usage) -> String {
    let mut table = format!("{}\r\n", texts.usage.columns.join(","));
    for used in &usage.days {
        let held = used
            .held_bytes
            .map(|bytes| bytes.to_string())
            .unwrap_or_default();
        let Day {
            acts,
            deposits,
            deposited_bytes,
            removals,
            removed_bytes,
            unknown,
        } = used.figures;
        table += &format!(
            "{},{held},{acts},{deposits},{deposited_bytes},{removals},{removed_bytes},{unknown}\r\n",
            used.day
        );
    }
    table
}

/// The same as a file.
pub(super) async fn csv(
    State(console): State<Arc<Console>>,
    language: Language,
    space: Space,
) -> Result<Response> {
    let usage = read(&console, &space).await?;
    let name = format!("{}-usage.csv", space.institution);
    let headers = [
        (header::CONTENT_TYPE, "text/csv; charset=utf-8".to_owned()),
        (
            header::CONTENT_DISPOSITION,
            format!("attachment; filename=\"{name}\""),
        ),
    ];
    Ok((headers, table(language.texts(), &usage)).into_response())
}
