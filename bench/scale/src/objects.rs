//! One bucket that grows tenfold at a time; at each size, what put, get, list and proof cost.
//!
//! Keys lie in a thousand folders, and at no order within one, so that a page of a thousand common prefixes is as long at
//! every size. The fill goes folder by folder, as offices deposit; what is measured visits all of them at random.

use std::fs::File;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::time::Instant;

use amana_access::Caller;
use amana_ledger::inclusion_proof;
use amana_store::{LedgerInfo, Tiles};
use amana_vault::{ListQuery, ObjectKey, VersionRef};
use bytes::Bytes;
use serde::{Deserialize, Serialize};

use crate::gauge::{Gauge, Laps, Spread, Syncs, count, micros};
use crate::ground::{Ground, MANY, Outcome, Random};

const NAME: &str = "archives";
const FOLDERS: usize = 1000;
const FIRST: usize = 1000;
const CONTENT: &[u8] = b"one line of text";
/// How often each figure is read.
#[derive(Clone, Copy)]
pub(crate) struct Readings(pub(crate) usize);

impl Readings {
    /// For the figures that are published.
    pub(crate) const MANY: Self = Self(1000);
    /// To see that everything runs.
    #[cfg(test)]
    pub(crate) const FEW: Self = Self(20);

    /// Some part of them, at least one.
    fn part(self, of: usize) -> usize {
        (self.0 / of).max(1)
    }
}

/// What was measured at one size.
#[derive(Serialize, Deserialize)]
pub(crate) struct Decade {
    pub(crate) objects: usize,
    pub(crate) fill_per_s: f64,
    pub(crate) rows_bytes: u64,
    pub(crate) disk_sync: Spread,
    pub(crate) put_one: Spread,
    pub(crate) put_of_64: Spread,
    pub(crate) put_of_4096: Spread,
    pub(crate) get: Spread,
    pub(crate) get_cold: Spread,
    pub(crate) list_keys: Spread,
    pub(crate) list_keys_cold: Spread,
    pub(crate) list_prefixes: Spread,
    pub(crate) list_prefixes_cold: Spread,
    pub(crate) proof: Spread,
    pub(crate) proof_cold: Spread,
    pub(crate) receipt: Spread,
    pub(crate) epoch: Spread,
}

/// Which object has which key, at a size that a fill reached.
struct Shelf {
    /// Sizes reached, the first 0.
    sizes: Vec<usize>,
    random: Random,
}

impl Shelf {
    fn key(&self, number: usize) -> String {
        let decade = self.sizes.partition_point(|size| *size <= number);
        let (from, until) = (self.sizes[decade - 1], self.sizes[decade]);
        let folder = (number - from) / ((until - from) / FOLDERS);
        format!("{folder:03}/{:016x}.pdf", Random(number as u64).draw())
    }

    fn any(&mut self) -> usize {
        let objects = self.sizes.last().copied().unwrap_or_default();
        self.random.below(objects)
    }

    fn any_key(&mut self) -> String {
        let number = self.any();
        self.key(number)
    }

    /// A key that no object has, in a folder at random.
    fn fresh(&mut self) -> String {
        let folder = self.random.below(FOLDERS);
        format!("{folder:03}/{:016x}.new", self.random.draw())
    }
}

/// Fills a folder up to `most` objects and writes the figures of each size to `into` as soon as they are there.
pub(crate) async fn run(
    folder: &Path,
    most: usize,
    readings: Readings,
    into: &Path,
) -> Outcome<()> {
    let mut ground = Ground::open(folder)?;
    ground.add_institutions(&[NAME.to_owned()]).await?;
    let mut caller = ground.caller(NAME)?;
    let mut shelf = Shelf {
        sizes: vec![0],
        random: Random(7),
    };
    let mut decades = Vec::new();
    let mut size = FIRST;
    while size <= most {
        let before = shelf.sizes.last().copied().unwrap_or_default();
        shelf.sizes.push(size);
        let start = Instant::now();
        let content = Bytes::from_static(CONTENT);
        let keys = (before..size).map(|number| shelf.key(number));
        ground.put_flowing(&caller, keys, &content).await?;
        let fill_per_s = count(size - before) * 1e6 / micros(start);
        println!("{size} objects; filled at {fill_per_s:.0}/s");
        let cold;
        ground = ground.reopen_cold(folder)?;
        caller = ground.caller(NAME)?;
        (ground, cold) = measure_cold(ground, &caller, &mut shelf, folder, readings).await?;
        let mut decade = measure(&ground, &caller, &mut shelf, folder, readings).await?;
        decade.objects = size;
        decade.fill_per_s = fill_per_s;
        decade.get_cold = cold.get;
        decade.list_keys_cold = cold.list_keys;
        decade.list_prefixes_cold = cold.list_prefixes;
        decade.proof_cold = cold.proof;
        println!("{}", serde_json::to_string(&decade)?);
        decades.push(decade);
        std::fs::write(into, serde_json::to_string_pretty(&decades)? + "\n")?;
        size *= 10;
    }
    Ok(())
}

/// Readings with nothing of the database in memory, each figure on its own.
struct Cold {
    get: Spread,
    list_keys: Spread,
    list_prefixes: Spread,
    proof: Spread,
}

async fn measure_cold(
    ground: Ground,
    caller: &Caller,
    shelf: &mut Shelf,
    folder: &Path,
    readings: Readings,
) -> Outcome<(Ground, Cold)> {
    let get = gets(&ground, caller, shelf, readings.part(5))?;
    let ground = ground.reopen_cold(folder)?;
    let list_keys = pages(&ground, caller, shelf, None, readings.part(100)).await?;
    let ground = ground.reopen_cold(folder)?;
    let list_prefixes = pages(&ground, caller, shelf, Some("/"), 1).await?;
    let ground = ground.reopen_cold(folder)?;
    let proof = proofs(&ground, shelf, readings.part(5))?;
    let cold = Cold {
        get,
        list_keys,
        list_prefixes,
        proof,
    };
    Ok((ground, cold))
}

async fn measure(
    ground: &Ground,
    caller: &Caller,
    shelf: &mut Shelf,
    folder: &Path,
    readings: Readings,
) -> Outcome<Decade> {
    // What is read twice is warm: the first round brings the keys' pages into memory.
    let warm = shelf.random.clone();
    gets(ground, caller, shelf, readings.0)?;
    shelf.random = warm;
    let get = gets(ground, caller, shelf, readings.0)?;
    let warm = shelf.random.clone();
    pages(ground, caller, shelf, None, readings.part(40)).await?;
    shelf.random = warm;
    let list_keys = pages(ground, caller, shelf, None, readings.part(40)).await?;
    pages(ground, caller, shelf, Some("/"), readings.part(500)).await?;
    let list_prefixes = pages(ground, caller, shelf, Some("/"), readings.part(40)).await?;
    let warm = shelf.random.clone();
    proofs(ground, shelf, readings.0)?;
    shelf.random = warm;
    let proof = proofs(ground, shelf, readings.0)?;
    let receipt = receipts(ground, shelf, readings.part(2))?;
    Ok(Decade {
        objects: 0,
        fill_per_s: 0.0,
        rows_bytes: std::fs::metadata(folder.join("amana.db"))?.len(),
        disk_sync: disk(folder, readings.part(5))?,
        put_one: puts(ground, caller, shelf, 1, readings.part(5)).await?,
        put_of_64: puts(ground, caller, shelf, 64, readings.part(30)).await?,
        put_of_4096: puts(ground, caller, shelf, MANY, readings.part(200)).await?,
        get,
        get_cold: Spread::default(),
        list_keys,
        list_keys_cold: Spread::default(),
        list_prefixes,
        list_prefixes_cold: Spread::default(),
        proof,
        proof_cold: Spread::default(),
        receipt,
        epoch: epochs(ground, caller, shelf, readings.part(50)).await?,
    })
}

/// Puts new keys, `together` in one group, and takes them away again: what each took.
async fn puts(
    ground: &Ground,
    caller: &Caller,
    shelf: &mut Shelf,
    together: usize,
    rounds: usize,
) -> Outcome<Spread> {
    let mut laps = Laps::default();
    for _ in 0..rounds {
        let keys: Vec<String> = (0..together).map(|_| shelf.fresh()).collect();
        let content = Bytes::from_static(CONTENT);
        let start = Gauge::now(&ground.syncs);
        ground
            .put_together(caller, keys.iter().cloned(), &content)
            .await?;
        laps.end(&start, together);
        ground.delete_together(caller, &keys).await?;
    }
    Ok(laps.spread())
}

/// Looks objects up with their content, as a GET does, verified.
fn gets(ground: &Ground, caller: &Caller, shelf: &mut Shelf, readings: usize) -> Outcome<Spread> {
    let mut laps = Laps::default();
    for _ in 0..readings {
        let key = ObjectKey::parse(shelf.any_key())?;
        let start = Gauge::now(&ground.syncs);
        let found = ground.vault.open(caller, NAME, &key, VersionRef::Latest)?;
        laps.end(&start, 1);
        if found.size_bytes != CONTENT.len() as u64 {
            return Err("an object has another length than it was put with".into());
        }
    }
    Ok(laps.spread())
}

/// Full pages of keys from a place at random, or of common prefixes from the start.
async fn pages(
    ground: &Ground,
    caller: &Caller,
    shelf: &mut Shelf,
    delimiter: Option<&str>,
    readings: usize,
) -> Outcome<Spread> {
    let mut laps = Laps::default();
    let objects = shelf.sizes.last().copied().unwrap_or_default();
    // So far from the end that the page is full.
    let folders = FOLDERS - (FOLDERS * FOLDERS).div_ceil(objects);
    for _ in 0..readings {
        let after = match (delimiter, folders) {
            (None, 1..) => Some(format!("{:03}/", shelf.random.below(folders))),
            _ => None,
        };
        let query = ListQuery {
            delimiter: delimiter.map(str::to_owned),
            after,
            max: FOLDERS,
            ..ListQuery::default()
        };
        let start = Gauge::now(&ground.syncs);
        let page = ground.vault.list_objects(caller, NAME, query).await?;
        laps.end(&start, 1);
        let full = page.objects.len() + page.prefixes.len();
        if full != FOLDERS {
            return Err(format!("a page has {full} lines").into());
        }
    }
    Ok(laps.spread())
}

/// Inclusion proofs of acts at random in the ledger's newest tree.
fn proofs(ground: &Ground, shelf: &mut Shelf, readings: usize) -> Outcome<Spread> {
    let mut laps = Laps::default();
    for _ in 0..readings {
        let index = shelf.any() as u64;
        let start = Gauge::now(&ground.syncs);
        ground.store.read(|rows| {
            let info = LedgerInfo::named(rows, &format!("{NAME}/vault"))?.ok_or_else(|| {
                amana_store::Error::Missing {
                    what: "the ledger".into(),
                }
            })?;
            let mut tiles = Tiles::new(rows, info.id);
            inclusion_proof(index, info.size, &mut |node| tiles.node(node))
        })?;
        laps.end(&start, 1);
    }
    Ok(laps.spread())
}

/// Whole receipts, as far as recorded: the proof, two signatures, the act.
fn receipts(ground: &Ground, shelf: &mut Shelf, readings: usize) -> Outcome<Spread> {
    let mut laps = Laps::default();
    for _ in 0..readings {
        let index = shelf.any() as u64;
        let start = Gauge::now(&ground.syncs);
        ground.store.receipt(&format!("{NAME}/vault"), index)?;
        laps.end(&start, 1);
    }
    Ok(laps.spread())
}

/// Epochs, each with one act before it.
async fn epochs(
    ground: &Ground,
    caller: &Caller,
    shelf: &mut Shelf,
    rounds: usize,
) -> Outcome<Spread> {
    let mut laps = Laps::default();
    for _ in 0..rounds {
        let key = shelf.fresh();
        let content = Bytes::from_static(CONTENT);
        ground.put(caller, key.clone(), content).await?;
        let start = Gauge::now(&ground.syncs);
        ground.store.close_epoch(false).await?;
        laps.end(&start, 1);
        ground.delete_together(caller, &[key]).await?;
    }
    Ok(laps.spread())
}

/// The disk's own time for 4 KiB appended and synced.
fn disk(folder: &Path, readings: usize) -> Outcome<Spread> {
    let path: PathBuf = folder.join("raw");
    let mut file = File::create(&path)?;
    let mut laps = Laps::default();
    for _ in 0..readings {
        let start = Gauge::now(&Syncs::default());
        file.write_all(&[7; 4096])?;
        file.sync_data()?;
        laps.end(&start, 1);
    }
    std::fs::remove_file(path)?;
    Ok(laps.spread())
}
