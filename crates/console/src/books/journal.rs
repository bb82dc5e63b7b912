//! `/journal`: the institution's ledger as people read it, the newest first, through a filter, a page at a time.

use std::ops::ControlFlow;
use std::sync::Arc;

use amana_store::{Entry, LedgerId, LedgerInfo, Reader, clock, entries};
use askama::Template;
use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};

use super::line::{Body, BucketNames, Group, Line};
use super::names::Names;
use super::space::Space;
use crate::frame::Frame;
use crate::query::{Denied, Query, Unfit, Why, repeated};
use crate::{Console, Error, Language, Page, Result};

/// Lines of a page.
const PAGE_LINES: usize = 50;
/// Entries that are looked at for one page; a page says where it stopped.
pub(super) const MAX_SCANNED: u64 = 20_000;
/// The longest word of a filter, in characters.
const MAX_WORD_CHARS: usize = 200;
/// Texts longer than this aren't searched: they are lists of parts.
const MAX_SEARCHED_BYTES: usize = 256 * 1024;
const DAY_MS: i64 = 24 * 60 * 60 * 1000;

/// What is asked for, as it stands in the address. Everything may be left out.
#[derive(Clone, PartialEq, Eq, Default, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Asked {
    /// Entries before this one.
    pub before: String,
    /// A group of kinds.
    pub group: String,
    /// Who asked, in part.
    pub who: String,
    /// From this day on, `2026-11-22`.
    pub from: String,
    /// Until this day.
    pub to: String,
    /// A bucket.
    pub bucket: String,
    /// A text anywhere in the act.
    pub text: String,
    /// `sites` for the public ledger of the institution's web sites; its private one otherwise.
    pub ledger: String,
}

/// What names the public ledger of sites.
const SITES: &str = "sites";

impl Asked {
    fn is_of_sites(&self) -> bool {
        self.ledger == SITES
    }

    fn ledger(&self, space: &Space) -> Result<String, Unfit> {
        match self.ledger.as_str() {
            "" => Ok(space.ledger()),
            SITES => Ok(format!("{}/{SITES}", space.institution)),
            other => {
                let why = Why::Choice(repeated(other), vec![SITES]);
                Err(Unfit::new("ledger", why))
            }
        }
    }

    fn before(&self) -> Result<Option<u64>, Unfit> {
        match self.before.as_str() {
            "" => Ok(None),
            before => before.parse().map(Some).map_err(|_| {
                let why = Why::Value(repeated(before));
                Unfit::new("before", why)
            }),
        }
    }
}

/// The same, understood.
pub(super) struct Filter {
    group: Option<Group>,
    /// In lower case.
    who: String,
    /// Officials whose names hold `who`, as they stand in acts.
    named: Vec<String>,
    from_ms: Option<i64>,
    until_ms: Option<i64>,
    bucket: String,
    text: String,
}

/// A day that is asked for, if one is.
fn day_ms(name: &str, day: &str) -> Result<Option<i64>, Unfit> {
    if day.is_empty() {
        return Ok(None);
    }
    match clock::parse_rfc3339(&format!("{day}T00:00:00Z")) {
        Some(day_ms) => Ok(Some(day_ms)),
        None => Err(Unfit::new(name, Why::Day(repeated(day)))),
    }
}

fn word(name: &str, word: &str) -> Result<String, Unfit> {
    let word = word.trim().to_lowercase();
    match word.chars().count() > MAX_WORD_CHARS {
        true => Err(Unfit::new(name, Why::Long(MAX_WORD_CHARS))),
        false => Ok(word),
    }
}

fn group(name: &str) -> Result<Option<Group>, Unfit> {
    let found = Group::named(name);
    if found.is_none() && !name.is_empty() {
        let choices = Group::ALL.map(Group::name).into();
        return Err(Unfit::new("group", Why::Choice(repeated(name), choices)));
    }
    Ok(found)
}

impl Filter {
    pub(super) fn of(asked: &Asked, names: &Names) -> Result<Self, Unfit> {
        let who = word("who", &asked.who)?;
        let until_ms = day_ms("to", &asked.to)?;
        Ok(Self {
            group: group(&asked.group)?,
            named: if who.is_empty() {
                Vec::new()
            } else {
                names.holding(&who)
            },
            who,
            from_ms: day_ms("from", &asked.from)?,
            until_ms: until_ms.map(|day_ms| day_ms + DAY_MS),
            bucket: asked.bucket.trim().to_owned(),
            text: word("text", &asked.text)?,
        })
    }

    fn asks_for_all(&self) -> bool {
        let words = [&self.who, &self.bucket, &self.text];
        self.group.is_none()
            && self.from_ms.is_none()
            && self.until_ms.is_none()
            && words.iter().all(|word| word.is_empty())
    }

    /// The line of an entry that is asked for.
    pub(super) fn line(
        &self,
        rows: &Reader<'_>,
        entry: &Entry,
        buckets: &mut BucketNames,
    ) -> Result<Option<Line>> {
        let line = Line::of(rows, entry, buckets)?;
        let time_ms = entry.at()?.time_ms;
        let by = line.by.to_lowercase();
        let fits = self.group.is_none_or(|group| group == line.group)
            && self.from_ms.is_none_or(|from_ms| time_ms >= from_ms)
            && self.until_ms.is_none_or(|until_ms| time_ms < until_ms)
            && (by.contains(&self.who) || self.named.contains(&line.by))
            && (self.bucket.is_empty() || line.facts.bucket.as_ref() == Some(&self.bucket))
            && (self.text.is_empty() || holds(entry, &self.text));
        Ok(fits.then_some(line))
    }

    /// Where to begin, so that a past day is found without reading all after it: times rise with the entries, but for
    /// what the operator's clock did, and a day of it is forgiven.
    fn begin(&self, rows: &Reader<'_>, ledger: LedgerId, before: u64) -> Result<u64> {
        match self.until_ms {
            Some(until_ms) => first_after(rows, ledger, before, until_ms + DAY_MS),
            None => Ok(before),
        }
    }

    fn is_past(&self, entry: &Entry) -> Result<bool> {
        let Some(from_ms) = self.from_ms else {
            return Ok(false);
        };
        Ok(entry.at()?.time_ms < from_ms - DAY_MS)
    }
}

fn holds(entry: &Entry, text: &str) -> bool {
    let body = entry.body.as_ref().map(|(_, body)| body.as_slice());
    [Some(entry.text.as_slice()), body]
        .into_iter()
        .flatten()
        .filter(|bytes| bytes.len() <= MAX_SEARCHED_BYTES)
        .any(|bytes| String::from_utf8_lossy(bytes).to_lowercase().contains(text))
}

/// The first entry of a ledger of `size` entries that isn't before `time_ms`, by halves.
pub(super) fn first_after(
    rows: &Reader<'_>,
    ledger: LedgerId,
    size: u64,
    time_ms: i64,
) -> Result<u64> {
    let (mut low, mut high) = (0, size);
    while low < high {
        let middle = low + (high - low) / 2;
        let id = amana_store::EntryId::new(ledger, middle).ok_or(Error::NotFound)?;
        let entry = entries::entry(rows, id)?.ok_or(Error::NotFound)?;
        if entry.at()?.time_ms < time_ms {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    Ok(low)
}

/// A page of the journal.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Journal {
    /// The ledger's name.
    pub ledger: String,
    /// Entries in it.
    pub size: u64,
    /// The lines, the newest first.
    pub lines: Vec<Line>,
    /// Entries that were looked at.
    pub scanned: u64,
    /// Where the next page goes on; nothing once the ledger's beginning, or that of the days asked for, is reached.
    pub next: Option<u64>,
    /// Whether the institution has a ledger of web sites as well.
    pub has_sites: bool,
    /// Whether it stopped because enough was looked at, and not because the page is full.
    pub stopped: bool,
}

impl Journal {
    pub(super) fn of(
        rows: &Reader<'_>,
        info: &LedgerInfo,
        filter: &Filter,
        before: Option<u64>,
    ) -> Result<Self> {
        let before = before.unwrap_or(info.size).min(info.size);
        let begin = filter.begin(rows, info.id, before)?;
        let mut journal = Self {
            ledger: info.name.clone(),
            size: info.size,
            lines: Vec::new(),
            scanned: 0,
            next: None,
            has_sites: false,
            stopped: false,
        };
        let (mut buckets, mut failed) = (BucketNames::default(), None);
        entries::each_entry_back(rows, info.id, 0..begin, |entry| {
            let index = entry.id.index();
            if journal.lines.len() == PAGE_LINES || journal.scanned == MAX_SCANNED {
                journal.stopped = journal.lines.len() < PAGE_LINES;
                journal.next = Some(index + 1);
                return Ok(ControlFlow::Break(()));
            }
            journal.scanned += 1;
            let read = filter.is_past(&entry).and_then(|past| {
                let line = filter.line(rows, &entry, &mut buckets)?;
                Ok((past, line))
            });
            match read {
                Ok((true, _)) => Ok(ControlFlow::Break(())),
                Ok((false, line)) => {
                    journal.lines.extend(line);
                    Ok(ControlFlow::Continue(()))
                }
                Err(error) => {
                    failed = Some(error);
                    Ok(ControlFlow::Break(()))
                }
            }
        })?;
        failed.map_or(Ok(journal), Err)
    }
}

#[derive(Template)]
#[template(path = "books/journal.html")]
struct JournalPage {
    frame: Frame,
    space: Space,
    journal: Journal,
    asked: Asked,
    filtered: bool,
    names: Names,
}

impl JournalPage {
    fn who(&self, line: &Line) -> String {
        self.names.who(self.frame.texts, &line.by)
    }

    fn did(&self, line: &Line) -> String {
        self.names.did(self.frame.texts, line)
    }

    fn moment(&self, line: &Line) -> String {
        self.frame.texts.moment(&line.at_s())
    }

    fn is_erased(&self, line: &Line) -> bool {
        line.body == Body::Erased
    }

    fn groups(&self) -> Vec<(&'static str, &'static str, bool)> {
        let word = self.frame.texts.journal.group;
        let chosen = Group::named(&self.asked.group);
        let option = |group: Group| (group.name(), word(group), chosen == Some(group));
        Group::ALL.map(option).into()
    }

    /// The filter's part of an address.
    fn query(&self) -> String {
        let asked = &self.asked;
        let pairs = [
            ("group", &asked.group),
            ("who", &asked.who),
            ("from", &asked.from),
            ("to", &asked.to),
            ("bucket", &asked.bucket),
            ("text", &asked.text),
            ("ledger", &asked.ledger),
        ];
        let filled = pairs.iter().filter(|(_, value)| !value.is_empty());
        filled
            .map(|(name, value)| format!("{name}={}&", super::encoded(value)))
            .collect()
    }

    fn told(&self) -> String {
        let (texts, journal) = (self.frame.texts, &self.journal);
        let number = |number: u64| texts.number(&number);
        (texts.journal.scanned)(&number(journal.scanned), &number(journal.size))
    }
}

pub(super) async fn read(
    console: &Arc<Console>,
    space: &Space,
    asked: &Asked,
) -> Result<(Journal, Names), Denied> {
    let names = space.names(console).await?;
    let filter = Filter::of(asked, &names)?;
    let before = asked.before()?;
    let ledger = asked.ledger(space)?;
    let institution = space.institution.to_string();
    let journal = console
        .read(move |_, rows| {
            let info = LedgerInfo::named(rows, &ledger)?.ok_or(Error::NotFound)?;
            let mut journal = Journal::of(rows, &info, &filter, before)?;
            let sites = format!("{institution}/{SITES}");
            journal.has_sites = LedgerInfo::named(rows, &sites)?.is_some();
            Ok(journal)
        })
        .await?;
    Ok((journal, names))
}

/// The page.
pub(super) async fn page(
    State(console): State<Arc<Console>>,
    language: Language,
    space: Space,
    Query(asked): Query<Asked>,
) -> Result<Page, Denied> {
    let (journal, names) = read(&console, &space, &asked).await?;
    let texts = language.texts();
    let filtered = !Filter::of(&asked, &names)?.asks_for_all();
    let page = JournalPage {
        frame: space.frame(texts, "/journal", texts.journal.title),
        space,
        journal,
        asked,
        filtered,
        names,
    };
    Ok(Page::of(&page)?)
}

/// The same for programs.
pub(super) async fn api(
    State(console): State<Arc<Console>>,
    space: Space,
    Query(asked): Query<Asked>,
) -> Result<Json<Journal>, Denied> {
    let (journal, _) = read(&console, &space, &asked).await?;
    Ok(Json(journal))
}
