//! Many institutions: what an epoch, a witness's visit and a receipt cost as their number grows.
//!
//! Everything is the store's own: ledgers, registry, slots, checkpoints, polls, cosignatures, receipts. What is left out is
//! HTTP, and the witnesses' own disks.

use std::path::Path;
use std::time::Instant;

use amana_access::Caller;
use amana_ledger::State;
use bytes::Bytes;
use futures::future::join_all;
use serde::{Deserialize, Serialize};

use crate::gauge::{Gauge, Laps, Spread, count, median, micros};
use crate::ground::{Ground, MANY, Outcome, Random};
use crate::witness::{Visit, Witness};

/// Shares of the institutions that act in an epoch, in hundredths.
const SHARES: [usize; 3] = [1, 10, 100];
const WITNESSES: u8 = 3;
const ROUNDS: usize = 7;
const RECEIPTS: usize = 60;
/// Epochs whose trees the store keeps at hand.
const EPOCHS_IN_MEMORY: usize = 32;

/// What was measured with that many institutions.
#[derive(Serialize, Deserialize)]
pub(crate) struct Country {
    pub(crate) institutions: usize,
    pub(crate) added_per_s: f64,
    /// The epoch that commits the rows of all that are new.
    pub(crate) first_epoch: Epoch,
    /// Nothing happened: the look that finds it out.
    pub(crate) quiet_cpu_us: f64,
    /// Nothing happened, and an epoch closes all the same, as it does each minute.
    pub(crate) idle_epoch: Epoch,
    pub(crate) busy: Vec<Busy>,
    /// By a witness that knows none of the ledgers.
    pub(crate) first_visit: Visit,
    /// By a witness that knows them all, when nothing happened.
    pub(crate) quiet_visit: Visit,
    /// A witnessed receipt of an act of the newest epoch, and one whose epoch is no longer in memory.
    pub(crate) receipt: Spread,
    pub(crate) receipt_old_cpu_us: f64,
    pub(crate) receipt_bytes: usize,
    pub(crate) verify: Spread,
}

/// An epoch when a share of the institutions acts, by the medians of some rounds.
#[derive(Serialize, Deserialize)]
pub(crate) struct Busy {
    pub(crate) share_percent: usize,
    pub(crate) acts_per_s: f64,
    pub(crate) epoch: Epoch,
    pub(crate) visit: Visit,
}

/// What closing an epoch took.
#[derive(Clone, Copy, Serialize, Deserialize)]
pub(crate) struct Epoch {
    pub(crate) wall_us: f64,
    pub(crate) cpu_us: f64,
    pub(crate) written_bytes: f64,
}

/// Grows a country through `sizes` and writes the figures of each to `into`.
pub(crate) async fn run(folder: &Path, sizes: &[usize], into: &Path) -> Outcome<()> {
    let ground = Ground::open(folder)?;
    let mut callers: Vec<Caller> = Vec::new();
    let mut countries = Vec::new();
    let mut random = Random(11);
    for size in sizes {
        let names: Vec<String> = (callers.len()..*size)
            .map(|n| format!("office-{n:05}"))
            .collect();
        let start = Instant::now();
        callers.extend(ground.add_institutions(&names).await?);
        let added_per_s = count(names.len()) * 1e6 / micros(start);
        let country = measure(&ground, &callers, added_per_s, &mut random).await?;
        println!("{}", serde_json::to_string(&country)?);
        countries.push(country);
        std::fs::write(into, serde_json::to_string_pretty(&countries)? + "\n")?;
    }
    Ok(())
}

async fn measure(
    ground: &Ground,
    callers: &[Caller],
    added_per_s: f64,
    random: &mut Random,
) -> Outcome<Country> {
    let store = &ground.store;
    let mut witnesses = (1..=WITNESSES)
        .map(Witness::numbered)
        .collect::<Outcome<Vec<_>>>()?;
    let listed: Vec<_> = witnesses.iter().map(Witness::listed).collect();
    store.set_witnesses(&store.policy(), &listed, None)?;
    let first_epoch = close(ground, false).await?;
    let mut first_visit = Visit::default();
    for witness in &mut witnesses {
        first_visit = witness.visit(store, &ground.syncs).await?;
    }
    let quiet_visit = witnesses[0].visit(store, &ground.syncs).await?;
    let start = Gauge::now(&ground.syncs);
    if store.close_epoch(false).await?.is_some() {
        return Err("an epoch closed though nothing happened".into());
    }
    let quiet_cpu_us = start.each(1).cpu_us;
    let idle = closings(ground, ROUNDS, true).await?;
    let mut busy = Vec::new();
    for share_percent in SHARES {
        busy.push(busy_epochs(ground, callers, share_percent, &mut witnesses, random).await?);
    }
    let (receipt, receipt_bytes, verify) = receipts(ground, callers, random)?;
    closings(ground, EPOCHS_IN_MEMORY + 1, true).await?;
    let name = format!("{}/vault", callers[0].name);
    let start = Gauge::now(&ground.syncs);
    store.receipt(&name, 0)?;
    let receipt_old_cpu_us = start.each(1).cpu_us;
    Ok(Country {
        institutions: callers.len(),
        added_per_s,
        first_epoch,
        quiet_cpu_us,
        idle_epoch: idle,
        busy,
        first_visit,
        quiet_visit,
        receipt,
        receipt_old_cpu_us,
        receipt_bytes,
        verify,
    })
}

async fn close(ground: &Ground, even_if_quiet: bool) -> Outcome<Epoch> {
    let gauge = Gauge::with_bytes(&ground.syncs);
    let closed = ground.store.close_epoch(even_if_quiet).await?;
    let cost = gauge.each(1);
    closed.ok_or("no epoch closed")?;
    Ok(Epoch {
        wall_us: cost.wall_us,
        cpu_us: cost.cpu_us,
        written_bytes: cost.written_bytes,
    })
}

async fn closings(ground: &Ground, rounds: usize, even_if_quiet: bool) -> Outcome<Epoch> {
    let mut epochs = Vec::with_capacity(rounds);
    for _ in 0..rounds {
        epochs.push(close(ground, even_if_quiet).await?);
    }
    Ok(middle(&epochs))
}

fn middle(epochs: &[Epoch]) -> Epoch {
    let of = |what: fn(&Epoch) -> f64| median(epochs.iter().map(what).collect());
    Epoch {
        wall_us: of(|epoch| epoch.wall_us),
        cpu_us: of(|epoch| epoch.cpu_us),
        written_bytes: of(|epoch| epoch.written_bytes),
    }
}

/// Each round: some institutions put an object, the epoch closes, and at the end the witnesses call.
async fn busy_epochs(
    ground: &Ground,
    callers: &[Caller],
    share_percent: usize,
    witnesses: &mut [Witness],
    random: &mut Random,
) -> Outcome<Busy> {
    let acting = (callers.len() * share_percent).div_ceil(100);
    let (mut rates, mut epochs) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        let from = random.below(callers.len());
        let start = Instant::now();
        let numbers: Vec<usize> = (0..acting).map(|n| (from + n) % callers.len()).collect();
        for group in numbers.chunks(MANY) {
            let puts = group.iter().map(|number| {
                let key = format!("2026/{:016x}.pdf", random.draw());
                ground.put(
                    &callers[*number],
                    key,
                    Bytes::from_static(b"one line of text"),
                )
            });
            for put in join_all(puts.collect::<Vec<_>>()).await {
                put?;
            }
        }
        rates.push(count(acting) * 1e6 / micros(start));
        epochs.push(close(ground, false).await?);
    }
    let mut visit = Visit::default();
    for witness in witnesses {
        visit = witness.visit(&ground.store, &ground.syncs).await?;
    }
    Ok(Busy {
        share_percent,
        acts_per_s: median(rates),
        epoch: middle(&epochs),
        visit,
    })
}

/// Receipts of first entries of institutions at random: making them, their size, and verifying them.
fn receipts(
    ground: &Ground,
    callers: &[Caller],
    random: &mut Random,
) -> Outcome<(Spread, usize, Spread)> {
    let (mut made, mut verified, mut bytes) = (Laps::default(), Laps::default(), 0);
    let policy = ground.store.policy();
    for _ in 0..RECEIPTS {
        let caller = &callers[random.below(callers.len())];
        let ledger = format!("{}/vault", caller.name);
        let start = Gauge::now(&ground.syncs);
        let receipt = ground.store.newest_receipt(&ledger, 0)?;
        made.end(&start, 1);
        bytes = receipt.to_string().len();
        let start = Gauge::now(&ground.syncs);
        if receipt.verify(&policy.policy)?.state != State::Witnessed {
            return Err("a receipt is not witnessed".into());
        }
        verified.end(&start, 1);
    }
    Ok((made.spread(), bytes, verified.spread()))
}
