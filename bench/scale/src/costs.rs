//! What one act costs: CPU, bytes sent to the disk, syncs, and bytes that stay.

use std::fs;
use std::io::Write as _;
use std::path::Path;

use amana_access::Caller;
use amana_store::folders;
use amana_vault::{ObjectKey, VersionRef};
use bytes::Bytes;
use futures::TryStreamExt as _;
use serde::{Deserialize, Serialize};

use crate::gauge::{Cost, Gauge, Laps, Spread, Syncs, count, float, median};
use crate::ground::{Ground, MANY, Outcome, Random};

const NAME: &str = "archives";
const ROUNDS: usize = 5;
const KIB: usize = 1024;
/// Length of the content, and how many are put at once.
const PUTS: [(usize, usize); 8] = [
    (16, 1),
    (16, 64),
    (16, MANY),
    (4 * KIB, 1),
    (4 * KIB, 64),
    (4 * KIB, MANY),
    (KIB * KIB, 1),
    (KIB * KIB, 16),
];
/// Puts before a reading of what stays.
const KEPT: usize = 40_000;
const READ: usize = 2_000;

/// One line of the table.
#[derive(Serialize, Deserialize)]
pub(crate) struct Line {
    pub(crate) what: String,
    pub(crate) content_bytes: usize,
    pub(crate) together: usize,
    pub(crate) cost: Cost,
}

/// What is in the file.
#[derive(Serialize, Deserialize)]
pub(crate) struct Costs {
    pub(crate) lines: Vec<Line>,
    /// Bytes of rows for an object of 16 bytes, the log folded in.
    pub(crate) rows_bytes_each: f64,
    /// What a witness's memory of one ledger takes to be replaced: a file written, synced and renamed, its folder synced.
    pub(crate) witness_memory: Spread,
}

/// Measures in `folder` and writes to `into`.
pub(crate) async fn run(folder: &Path, into: &Path) -> Outcome<()> {
    let ground = Ground::open(folder)?;
    ground.add_institutions(&[NAME.to_owned()]).await?;
    let caller = ground.caller(NAME)?;
    let mut random = Random(3);
    let (ground, before) = rows_bytes(ground, folder)?;
    for _ in 0..KEPT / MANY {
        let keys: Vec<String> = (0..MANY).map(|_| key(&mut random)).collect();
        let content = Bytes::from_static(b"one line of text");
        ground
            .put_together(&caller, keys.into_iter(), &content)
            .await?;
    }
    let (ground, after) = rows_bytes(ground, folder)?;
    let rows_bytes_each = float(after - before) / count(KEPT / MANY * MANY);
    let mut lines = Vec::new();
    for (content_bytes, together) in PUTS {
        lines.push(puts(&ground, &caller, &mut random, content_bytes, together).await?);
    }
    for content_bytes in [16, 4 * KIB, KIB * KIB] {
        lines.push(gets(&ground, &caller, &mut random, content_bytes).await?);
    }
    for line in &lines {
        println!("{}", serde_json::to_string(line)?);
    }
    println!("{rows_bytes_each:.0} bytes of rows an object");
    let costs = Costs {
        lines,
        rows_bytes_each,
        witness_memory: replaced(folder)?,
    };
    fs::write(into, serde_json::to_string_pretty(&costs)? + "\n")?;
    Ok(())
}

fn key(random: &mut Random) -> String {
    format!("{:03}/{:016x}.pdf", random.below(1000), random.draw())
}

/// Closing folds the log into the database.
fn rows_bytes(ground: Ground, folder: &Path) -> Outcome<(Ground, u64)> {
    let ground = ground.reopen_cold(folder)?;
    Ok((ground, fs::metadata(folder.join("amana.db"))?.len()))
}

async fn puts(
    ground: &Ground,
    caller: &Caller,
    random: &mut Random,
    content_bytes: usize,
    together: usize,
) -> Outcome<Line> {
    let content = Bytes::from(vec![7; content_bytes]);
    let mut costs = Vec::new();
    for _ in 0..ROUNDS {
        // One act alone is too short for the counters: many, one after the other.
        let turns = (64 / together).max(1);
        let gauge = Gauge::with_bytes(&ground.syncs);
        for _ in 0..turns {
            let keys: Vec<String> = (0..together).map(|_| key(random)).collect();
            ground
                .put_together(caller, keys.into_iter(), &content)
                .await?;
        }
        costs.push(gauge.each(together * turns));
    }
    Ok(line("put", content_bytes, together, &costs))
}

async fn gets(
    ground: &Ground,
    caller: &Caller,
    random: &mut Random,
    content_bytes: usize,
) -> Outcome<Line> {
    let readings = if content_bytes >= KIB * KIB { 64 } else { READ };
    let keys: Vec<String> = (0..64).map(|_| key(random)).collect();
    let content = Bytes::from(vec![7; content_bytes]);
    ground
        .put_together(caller, keys.iter().cloned(), &content)
        .await?;
    let mut costs = Vec::new();
    for _ in 0..ROUNDS {
        let gauge = Gauge::with_bytes(&ground.syncs);
        for n in 0..readings {
            let key = ObjectKey::parse(keys[n % keys.len()].as_str())?;
            let object = ground.vault.open(caller, NAME, &key, VersionRef::Latest)?;
            if ground.vault.read_small(&object).await?.is_none() {
                let whole = 0..object.size_bytes;
                let mut chunks = ground.vault.read(&object, whole).await?;
                while chunks.try_next().await?.is_some() {}
            }
        }
        costs.push(gauge.each(readings));
    }
    Ok(line("get", content_bytes, 1, &costs))
}

fn line(what: &str, content_bytes: usize, together: usize, costs: &[Cost]) -> Line {
    let of = |figure: fn(&Cost) -> f64| median(costs.iter().map(figure).collect());
    Line {
        what: what.to_owned(),
        content_bytes,
        together,
        cost: Cost {
            wall_us: of(|cost| cost.wall_us),
            cpu_us: of(|cost| cost.cpu_us),
            written_bytes: of(|cost| cost.written_bytes),
            syncs: of(|cost| cost.syncs),
        },
    }
}

/// As `amana witness` keeps what it cosigned last, once for each ledger.
fn replaced(folder: &Path) -> Outcome<Spread> {
    let (path, new) = (folder.join("memory"), folder.join("memory.new"));
    let mut laps = Laps::default();
    for _ in 0..200 {
        let start = Gauge::now(&Syncs::default());
        let mut file = fs::File::create(&new)?;
        file.write_all(&[7; 700])?;
        file.sync_all()?;
        fs::rename(&new, &path)?;
        folders::sync(folder)?;
        laps.end(&start, 1);
    }
    Ok(laps.spread())
}
