//! The scrub: everything is read again within a set period, mended from parity and mirrors, and told to whose it was.
//!
//! A pass goes through the ledgers, entry by entry, so that it can go on after a restart: entries against their tiles,
//! content that still stands against its digests. It gives way while anybody asks anything, unless it is late; and what
//! can't be read, it counts and goes on. It ends with an act in each institution's ledger ([`amana_store::scrub`]).

mod among;
mod pace;

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use amana_store::scrub::{
    MAX_NAMED, RecordHealed, RecordScrub, STEP_ENTRIES, Scanned, ScrubLinks, scan,
};
use amana_store::{LedgerId, LedgerInfo, Repair, Store, TRACES, Wanted};
use amana_vault::{Held, Vault};
use anyhow::Result;
use serde::{Deserialize, Serialize};
use tokio::sync::Notify;

use crate::centre::{Centre, blocking};
use crate::durable::write_whole;
use pace::{is_late, pause};

/// How far it is, in the data folder; where there are several nodes, in a memo.
const FILE: &str = "scrub.json";
/// Steps between two notes of how far it is.
const NOTE_EVERY: u64 = 16;
/// It looks this often whether anybody asks, and waits at most this many looks.
const LOOK: Duration = Duration::from_millis(25);
const MAX_LOOKS: u32 = 80;
/// Before a longer pause it notes how far it is.
const LONG_PAUSE: Duration = Duration::from_secs(5);
/// After a failure to read or to record it tries again.
const AGAIN: Duration = Duration::from_secs(10);
/// What fails as often as this is counted as damaged, and gone past.
const MAX_TRIES: u32 = 3;
/// Repairs in one act at most.
const MAX_REPAIRS: usize = 64;

/// How far a pass is, and how the one before ended.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct State {
    /// When the pass began, milliseconds since 1970; 0 before the first one.
    begun_ms: i64,
    /// Where it goes on.
    ledger: u32,
    tile: u64,
    /// Entries behind it, of all.
    pub(crate) entries_done: u64,
    pub(crate) entries: u64,
    /// By ledger.
    outcomes: BTreeMap<u32, Outcome>,
    /// Whether it was asked for, and is to give way to nobody.
    #[serde(default)]
    at_once: bool,
    #[serde(default)]
    now: bool,
    /// Entries of any ledger that don't agree.
    pub(crate) faults: Vec<String>,
    pub(crate) last: Option<Last>,
}

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
struct Outcome {
    entries: u64,
    contents: u64,
    bytes: u64,
    healed: u64,
    damaged: u64,
    named: Vec<String>,
}

/// A pass that ended.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Last {
    begun_ms: i64,
    pub(crate) ended_ms: i64,
    pub(crate) entries: u64,
    pub(crate) contents: u64,
    pub(crate) bytes: u64,
    pub(crate) healed: u64,
    pub(crate) damaged: u64,
    /// What stays damaged, and entries that don't agree.
    pub(crate) named: Vec<String>,
}

/// The pass under way.
#[derive(Default)]
pub(crate) struct Scrub {
    state: Mutex<State>,
    asked: Notify,
    /// A whole pass is wanted at once.
    at_once: AtomicBool,
    /// And without giving way.
    now: AtomicBool,
    /// The period, in milliseconds; 0 without one.
    period_ms: AtomicU64,
    /// Failures of the step that is tried.
    tries: AtomicU32,
}

impl Scrub {
    /// Where the folder says that it was. Among nodes it isn't believed: [`Scrub::follow`].
    pub(crate) fn load(data: &Path) -> Self {
        let text = std::fs::read_to_string(data.join(FILE)).unwrap_or_default();
        // A file that can't be read only means that the pass begins anew.
        let state = serde_json::from_str(&text).unwrap_or_default();
        Self {
            state: Mutex::new(state),
            ..Self::default()
        }
    }

    /// How far it is.
    pub(crate) fn state(&self) -> State {
        self.lock().clone()
    }

    /// Has a whole pass begin at once, here.
    fn begin_at_once(&self, now: bool) {
        *self.lock() = State {
            last: self.state().last,
            at_once: true,
            now,
            ..State::default()
        };
        self.at_once.store(true, Ordering::Relaxed);
        self.now.store(now, Ordering::Relaxed);
        self.asked.notify_one();
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn give_way(&self, store: &Store) {
        let period = Duration::from_millis(self.period_ms.load(Ordering::Relaxed));
        if self.now.load(Ordering::Relaxed) || is_late(&self.lock(), store.now_ms(), period) {
            return;
        }
        for _ in 0..MAX_LOOKS {
            let before = store.asked();
            std::thread::sleep(LOOK);
            if store.asked() == before {
                return;
            }
        }
    }
}

/// Scrubs for ever, each pass within `period`; with a period of zero only when somebody asks for a pass. Of several nodes one
/// does it at a time.
pub(crate) async fn run(centre: Arc<Centre>, period: Duration) {
    let mut steps: u64 = 0;
    let mut place = among::Place::new(&centre.store);
    let scrub = &centre.scrub;
    let period_ms = u64::try_from(period.as_millis()).unwrap_or(u64::MAX);
    scrub.period_ms.store(period_ms, Ordering::Relaxed);
    loop {
        if !place.is_ours(&centre, !period.is_zero()).await {
            tokio::time::sleep(among::LOOK_EVERY).await;
            continue;
        }
        let at_once = scrub.at_once.load(Ordering::Relaxed);
        let wait = pause(&scrub.state(), centre.store.now_ms(), period);
        if !at_once && !wait.is_zero() {
            // Whoever asks for a pass ends the pause.
            let wait = wait.min(among::longest_pause(&centre.store));
            let _ = tokio::time::timeout(wait, scrub.asked.notified()).await;
            continue;
        }
        let working = centre.clone();
        let stepped = blocking(move || step(&working.store, &working.scrub)).await;
        let ended = match stepped {
            Ok(ended) => ended,
            Err(error) => {
                tracing::warn!(%error, "the scrub could not go on and tries again");
                tokio::time::sleep(AGAIN).await;
                continue;
            }
        };
        steps += 1;
        if ended {
            end(&centre.store, &centre.scrub).await;
        }
        let waits = pause(&scrub.state(), centre.store.now_ms(), period) > LONG_PAUSE;
        if ended || waits || steps.is_multiple_of(NOTE_EVERY) {
            let noting = centre.clone();
            blocking(move || note(&noting.store, &noting.scrub)).await;
        }
    }
}

/// A whole pass in a folder that no server serves.
pub(crate) async fn pass(
    store: &Arc<Store>,
    scrub: &Scrub,
    shown: &mut dyn FnMut(&State),
) -> Result<Last> {
    let turn = store.turn(among::TURN).take()?;
    let Some(_alone) = turn else {
        anyhow::bail!("another node scrubs: ask for a pass where a server runs");
    };
    scrub.follow(store)?;
    scrub.begin_at_once(true);
    loop {
        let ended = match step(store, scrub) {
            Err(error) if scrub.tries.load(Ordering::Relaxed) > MAX_TRIES => {
                return Err(error.into());
            }
            Err(_) => false,
            Ok(ended) => ended,
        };
        shown(&scrub.state());
        if ended {
            break;
        }
    }
    let repairs = store.take_repairs();
    record(store, repairs).await;
    end(store, scrub).await;
    note(store, scrub);
    let last = scrub.state().last;
    last.ok_or_else(|| anyhow::anyhow!("the pass did not end"))
}

/// One step. What fails again and again is counted, so that no sector ends the scrub of all others.
fn step(store: &Arc<Store>, scrub: &Scrub) -> amana_store::Result<bool> {
    let _step = tracing::trace_span!(target: TRACES, "scrub").entered();
    let is_last_try = scrub.tries.load(Ordering::Relaxed) >= MAX_TRIES;
    let stepped = read_on(store, scrub, is_last_try);
    match &stepped {
        Ok(_) => scrub.tries.store(0, Ordering::Relaxed),
        Err(_) => drop(scrub.tries.fetch_add(1, Ordering::Relaxed)),
    }
    stepped
}

/// Reads the entries under one tile, and their content; says whether the pass is at its end. Blocking.
fn read_on(store: &Arc<Store>, scrub: &Scrub, is_last_try: bool) -> amana_store::Result<bool> {
    let infos = store.read(LedgerInfo::all)?;
    let (ledger, tile) = {
        let mut state = scrub.lock();
        if state.begun_ms == 0 {
            state.begun_ms = store.now_ms();
        }
        state.entries = infos.iter().map(|info| info.size).sum();
        (state.ledger, state.tile)
    };
    let Some(info) = infos.iter().find(|info| info.id.0 >= ledger) else {
        return Ok(true);
    };
    let tile = if info.id.0 == ledger { tile } else { 0 };
    if tile * STEP_ENTRIES >= info.size {
        let mut state = scrub.lock();
        (state.ledger, state.tile) = (info.id.0 + 1, 0);
        return Ok(false);
    }
    scrub.give_way(store);
    let (scanned, contents) = match read_step(store, info, tile) {
        Err(error) if is_last_try => (unread(info, tile, &error), Vec::new()),
        read => read?,
    };
    let mut outcome = Outcome {
        entries: scanned.entries.len() as u64,
        ..Outcome::default()
    };
    for held in contents {
        match examine(store, scrub, &held, &mut outcome) {
            Err(error) if is_last_try => outcome.count_damaged(&held, &error),
            examined => examined?,
        }
    }
    for fault in &scanned.faults {
        tracing::error!(
            what = fault,
            "the scrub found rows that don't agree with the ledger"
        );
    }
    let mut state = scrub.lock();
    // Those that can't be read are behind it as well.
    let until = ((tile + 1) * STEP_ENTRIES).min(info.size);
    state.entries_done += until - tile * STEP_ENTRIES;
    let room = MAX_NAMED.saturating_sub(state.faults.len());
    state.faults.extend(scanned.faults.into_iter().take(room));
    state.outcomes.entry(info.id.0).or_default().add(outcome);
    (state.ledger, state.tile) = (info.id.0, tile + 1);
    Ok(false)
}

fn read_step(
    store: &Store,
    info: &LedgerInfo,
    tile: u64,
) -> amana_store::Result<(Scanned, Vec<Held>)> {
    store.read(|rows| {
        let mut scanned = scan(rows, info, tile)?;
        let mut contents = Vec::new();
        // Epochs name no content.
        let acts = scanned
            .entries
            .iter()
            .filter(|_| info.id != LedgerId::NATIONAL);
        for entry in acts {
            match Vault::contents_of(rows, entry) {
                Ok(held) => contents.extend(held),
                Err(error) => {
                    let what = format!("entry {} of {}: {error}", entry.id.index(), info.name);
                    scanned.faults.push(what);
                }
            }
        }
        Ok((scanned, contents))
    })
}

/// Of a tile's entries that can't be read at all.
fn unread(info: &LedgerInfo, tile: u64, error: &amana_store::Error) -> Scanned {
    let from = tile * STEP_ENTRIES;
    let last = (from + STEP_ENTRIES).min(info.size).saturating_sub(1);
    Scanned {
        entries: Vec::new(),
        faults: vec![format!(
            "entries {from} to {last} of {} can't be read: {error}",
            info.name
        )],
    }
}

fn examine(
    store: &Store,
    scrub: &Scrub,
    held: &Held,
    outcome: &mut Outcome,
) -> amana_store::Result<()> {
    let wanted: Wanted = held.wanted();
    outcome.contents += 1;
    outcome.bytes += wanted.size_bytes;
    if store
        .is_whole(&wanted, &|| scrub.give_way(store))?
        .is_none()
    {
        if let Err(error) = store.complete_parity(&wanted) {
            tracing::warn!(what = held.object, %error, "no parity was made");
        }
        return Ok(());
    }
    match store.heal(&wanted) {
        Ok(()) => outcome.healed += 1,
        // It was let go of since it was listed.
        Err(_) if !store.read(|rows| Vault::is_held(rows, wanted.entry, wanted.source))? => {
            outcome.contents -= 1;
        }
        Err(error) => outcome.count_damaged(held, &error),
    }
    Ok(())
}

impl Outcome {
    fn count_damaged(&mut self, held: &Held, error: &amana_store::Error) {
        tracing::error!(what = held.object, %error, "the scrub found damage, and no copy is whole");
        self.damaged += 1;
        if self.named.len() < MAX_NAMED {
            let index = held.wanted().entry.index();
            self.named
                .push(format!("{} (entry {index}): {error}", held.object));
        }
    }

    fn add(&mut self, more: Self) {
        self.entries += more.entries;
        self.contents += more.contents;
        self.bytes += more.bytes;
        self.healed += more.healed;
        self.damaged += more.damaged;
        let room = MAX_NAMED.saturating_sub(self.named.len());
        self.named.extend(more.named.into_iter().take(room));
    }
}

/// Tells each institution, and forgets the pass.
async fn end(store: &Store, scrub: &Scrub) {
    let state = scrub.state();
    let mut sum = Outcome::default();
    for (id, outcome) in &state.outcomes {
        sum.add(outcome.clone());
        if *id == LedgerId::NATIONAL.0 {
            continue;
        }
        let links = ScrubLinks {
            entries: outcome.entries,
            contents: outcome.contents,
            bytes: outcome.bytes,
            healed: outcome.healed,
            damaged: outcome.damaged,
        };
        let named = outcome.named.clone();
        let act = RecordScrub::new(LedgerId(*id), state.begun_ms, links, named);
        if let Err(error) = store.commit(act).await {
            tracing::warn!(ledger = id, %error, "the outcome of the scrub was not recorded");
        }
    }
    sum.named.extend(state.faults.clone());
    let last = Last {
        begun_ms: state.begun_ms,
        ended_ms: store.now_ms(),
        entries: sum.entries,
        contents: sum.contents,
        bytes: sum.bytes,
        healed: sum.healed,
        damaged: sum.damaged + state.faults.len() as u64,
        named: sum.named,
    };
    tracing::info!(
        contents = last.contents,
        healed = last.healed,
        damaged = last.damaged,
        "the scrub ended a pass"
    );
    *scrub.lock() = State {
        last: Some(last),
        ..State::default()
    };
    scrub.at_once.store(false, Ordering::Relaxed);
    scrub.now.store(false, Ordering::Relaxed);
}

fn note(store: &Store, scrub: &Scrub) {
    let text = serde_json::to_string(&scrub.state()).map_err(anyhow::Error::from);
    let written = text.and_then(|text| match store.has_nodes() {
        true => among::tell(store, text),
        false => write_whole(&store.folder().join(FILE), &text),
    });
    if let Err(error) = written {
        tracing::warn!(%error, "how far the scrub is could not be noted");
    }
}

/// Records each repair in the ledger of whose content it was, for ever.
pub(crate) async fn record_repairs(centre: Arc<Centre>) {
    loop {
        let mut repairs = centre.store.repairs().await;
        // Those that come together are told together.
        tokio::time::sleep(Duration::from_secs(1)).await;
        repairs.extend(centre.store.take_repairs());
        record(&centre.store, repairs).await;
    }
}

async fn record(store: &Store, repairs: Vec<Repair>) {
    let mut by_ledger: BTreeMap<LedgerId, Vec<Repair>> = BTreeMap::new();
    for repair in repairs {
        let of_ledger = by_ledger.entry(repair.wanted.ledger()).or_default();
        of_ledger.push(repair);
    }
    for (ledger, repairs) in by_ledger {
        for few in repairs.chunks(MAX_REPAIRS) {
            while let Err(error) = store.commit(RecordHealed::new(ledger, few)).await {
                if store.writable().is_err() {
                    tracing::warn!(%error, ledger = ledger.0, "a repair was not recorded");
                    break;
                }
                tokio::time::sleep(AGAIN).await;
            }
        }
    }
}
