//! What the last months of a ledger add up to: each day's figures, and the few entries that an alert or a drill is. Counted
//! from the newest entry back, in bounded steps, and kept in memory: it follows from the entries, so losing it costs reading.

use std::collections::{BTreeMap, HashMap};
use std::ops::ControlFlow;
use std::sync::{Arc, Mutex, PoisonError};

use amana_store::{Entry, EntryId, LedgerInfo, Reader, entries};
use serde::Serialize;
use serde_json::Value;

use super::line::{Group, bytes};
use crate::{Console, Error, Result};

/// How far back it goes: a year and what a yearly drill may be late.
const WINDOW_MS: i64 = 400 * DAY_MS;
/// Entries that one question counts; the next one goes on from there.
const STEP_ENTRIES: u64 = 20_000;
/// Notable entries that are remembered, the newest.
const MAX_NOTES: usize = 2000;
/// Institutions whose tallies are in memory; beyond, another one's is forgotten.
const MAX_TALLIES: usize = 256;
/// Milliseconds of a day.
pub(super) const DAY_MS: i64 = 24 * 60 * 60 * 1000;
const HOUR_MS: i64 = 60 * 60 * 1000;

/// One day's figures.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug, Serialize)]
pub struct Day {
    /// Acts recorded.
    pub acts: u64,
    /// Objects deposited.
    pub deposits: u64,
    /// Bytes of them.
    pub deposited_bytes: u64,
    /// Versions or pieces that went for good.
    pub removals: u64,
    /// Bytes of them.
    pub removed_bytes: u64,
    /// Of those, how many whose size was erased.
    pub unknown: u64,
}

/// A count so far.
#[derive(Clone, Default)]
pub(crate) struct Tally {
    /// Entries `low..high` are counted.
    low: u64,
    high: u64,
    /// When the entry at `low` was recorded; nothing while nothing is counted.
    low_ms: Option<i64>,
    /// Whether it goes back to the ledger's beginning, or far enough.
    pub(crate) whole: bool,
    /// By day since 1970.
    pub(crate) days: BTreeMap<i64, Day>,
    /// Notable entries by index: the kind, and when in milliseconds.
    pub(crate) notes: BTreeMap<u64, (String, i64)>,
    /// By official and hour since 1970: passwords tried, and sessions opened.
    pub(crate) tries: BTreeMap<(u64, i64), (u64, u64)>,
    /// When each actor acted last, milliseconds since 1970.
    pub(crate) actors: BTreeMap<String, i64>,
}

/// The counts of this process.
#[derive(Default)]
pub(crate) struct Tallies(Mutex<HashMap<String, Arc<Mutex<Tally>>>>);

impl Tallies {
    /// The ledger's count, a step further. Whoever asks for the same one meanwhile waits for that step.
    pub(crate) async fn of(
        self: &Arc<Self>,
        console: &Arc<Console>,
        ledger: String,
    ) -> Result<Tally> {
        let tallies = self.clone();
        console
            .read(move |console, rows| {
                let info = LedgerInfo::named(rows, &ledger)?.ok_or(Error::NotFound)?;
                let tally = tallies.slot(&ledger);
                let mut tally = tally.lock().unwrap_or_else(PoisonError::into_inner);
                tally.advance(rows, &info, console.store.now_ms())?;
                Ok(tally.clone())
            })
            .await
    }

    fn slot(&self, ledger: &str) -> Arc<Mutex<Tally>> {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if all.len() >= MAX_TALLIES && !all.contains_key(ledger) {
            let any = all.keys().next().cloned();
            any.and_then(|any| all.remove(&any));
        }
        all.entry(ledger.to_owned()).or_default().clone()
    }
}

impl Tally {
    /// Since when everything is counted, milliseconds since 1970.
    pub(crate) fn since_ms(&self) -> i64 {
        match (self.low, self.low_ms) {
            (0, _) => 0,
            (_, Some(low_ms)) => low_ms,
            (_, None) => i64::MAX,
        }
    }

    /// The newest notable entry of that kind, and when it was recorded.
    pub(crate) fn newest(&self, kind: &str) -> Option<(u64, i64)> {
        let mut back = self.notes.iter().rev();
        back.find(|(_, (noted, _))| noted == kind)
            .map(|(index, (_, at_ms))| (*index, *at_ms))
    }

    /// What is new first, then what is older.
    fn advance(&mut self, rows: &Reader<'_>, info: &LedgerInfo, now_ms: i64) -> Result<()> {
        if self.low_ms.is_none() {
            (self.low, self.high) = (info.size, info.size);
        }
        let until = info.size.min(self.high + STEP_ENTRIES);
        let mut left = STEP_ENTRIES - (until - self.high);
        while self.high < until {
            let id = EntryId::new(info.id, self.high).ok_or(Error::NotFound)?;
            let entry = entries::entry(rows, id)?.ok_or(Error::NotFound)?;
            self.count(rows, &entry)?;
            self.high += 1;
        }
        let mut failed = None;
        if !self.whole {
            entries::each_entry_back(rows, info.id, 0..self.low, |entry| {
                if left == 0
                    || self
                        .low_ms
                        .is_some_and(|low_ms| low_ms < now_ms - WINDOW_MS)
                {
                    return Ok(ControlFlow::Break(()));
                }
                left -= 1;
                match self.count(rows, &entry) {
                    Ok(at_ms) => (self.low, self.low_ms) = (entry.id.index(), Some(at_ms)),
                    Err(error) => {
                        failed = Some(error);
                        return Ok(ControlFlow::Break(()));
                    }
                }
                Ok(ControlFlow::Continue(()))
            })?;
        }
        self.whole = self.low == 0
            || self
                .low_ms
                .is_some_and(|low_ms| low_ms < now_ms - WINDOW_MS);
        failed.map_or(Ok(()), Err)
    }

    /// Counts an entry; sums don't depend on the order.
    fn count(&mut self, rows: &Reader<'_>, entry: &Entry) -> Result<i64> {
        let (core, at_ms) = (entry.core()?, entry.at()?.time_ms);
        let links: Value = serde_json::from_str(core.links.get()).unwrap_or_default();
        let day = self.days.entry(at_ms.div_euclid(DAY_MS)).or_default();
        day.acts += 1;
        if Group::of(&core.kind) == Group::Deposits {
            day.content(rows, entry, &core.kind, &links)?;
        }
        let last_ms = self.actors.entry(core.by.clone().into_owned()).or_default();
        *last_ms = at_ms.max(*last_ms);
        if let ("sign-in.try" | "session.open", Some(official)) =
            (&*core.kind, links["official"].as_u64())
        {
            let hour = self
                .tries
                .entry((official, at_ms.div_euclid(HOUR_MS)))
                .or_default();
            match &*core.kind {
                "sign-in.try" => hour.0 += 1,
                _ => hour.1 += 1,
            }
        }
        if is_notable(&core.kind, &links) {
            let note = (core.kind.clone().into_owned(), at_ms);
            self.notes.insert(entry.id.index(), note);
            if self.notes.len() > MAX_NOTES {
                self.notes.pop_first();
            }
        }
        Ok(at_ms)
    }
}

/// Whether people may ask about it long after: who could come in, what was wrong, what was changed for good.
fn is_notable(kind: &str, links: &Value) -> bool {
    match kind {
        // A clean pass says only that; of a pass every few days the damaged ones count.
        "scrub.pass" => links["healed"] != 0 || links["damaged"] != 0,
        "bucket.create" | "bucket.delete" | "bucket.versioning" | "bucket.lock" => false,
        // Two officials ended what was to be kept.
        "object.release" => true,
        "sealed.act" | "sign-in.try" | "session.open" | "session.end" => false,
        _ => Group::of(kind) != Group::Deposits,
    }
}

impl Day {
    /// Adds another day's.
    pub(super) fn add(&mut self, other: &Self) {
        self.acts += other.acts;
        self.deposits += other.deposits;
        self.deposited_bytes += other.deposited_bytes;
        self.removals += other.removals;
        self.removed_bytes += other.removed_bytes;
        self.unknown += other.unknown;
    }

    fn content(
        &mut self,
        rows: &Reader<'_>,
        entry: &Entry,
        kind: &str,
        links: &Value,
    ) -> Result<()> {
        let body = parsed(entry);
        // Parts count when they become an object.
        let brings = matches!(kind, "object.put" | "upload.complete" | "sealed.act");
        if brings && let Some(size) = body.as_ref().and_then(bytes) {
            self.deposits += 1;
            self.deposited_bytes += size;
        }
        let gone = ["removes", "replaces"].map(|name| links[name].as_u64());
        let freed = body.as_ref().and_then(|body| body["frees"].as_array());
        let freed = freed.into_iter().flatten().filter_map(Value::as_u64);
        for index in gone.into_iter().flatten().chain(freed) {
            self.removals += 1;
            let id = EntryId::new(entry.id.ledger(), index).ok_or(Error::NotFound)?;
            let removed = entries::entry(rows, id)?;
            match removed.as_ref().and_then(parsed) {
                Some(body) => self.removed_bytes += bytes(&body).unwrap_or_default(),
                None => self.unknown += 1,
            }
        }
        Ok(())
    }
}

fn parsed(entry: &Entry) -> Option<Value> {
    let (_, body) = entry.body.as_ref()?;
    serde_json::from_slice(body).ok()
}
