//! Content: fetched whole, held against the digests in its act, and put under its name.

use std::collections::{HashMap, VecDeque};
use std::fmt::Write as _;

use anyhow::{Context as _, Result, ensure};
use serde_json::json;
use sha2::{Digest as _, Sha256};

use super::{Export, ledger_of};
use crate::bag::{Held, Names, Place};
use crate::progress::Progress;

impl Export<'_> {
    /// Fetches what stands and isn't in the bag yet, drops what stands no longer; says whether all of it was given.
    pub(super) async fn contents(&mut self) -> Result<bool> {
        let held = self.standing.held();
        let gone: Vec<u64> = self
            .fetched
            .keys()
            .filter(|entry| !held.contains_key(entry))
            .copied()
            .collect();
        for entry in gone {
            if let Some(file) = self.fetched.remove(&entry) {
                self.bag.remove(&file)?;
            }
        }
        let size = |held: &Held| held.runs().iter().map(|(size, _)| size).sum::<u64>();
        let total = held.values().map(size).sum();
        let (mut done, mut complete) = (0, true);
        let mut progress = Progress::new("content");
        for (&entry, held) in self.standing.held() {
            if let Some(file) = file_of(held).filter(|_| !self.fetched.contains_key(&entry)) {
                let mut fetch = Fetch {
                    runs: Runs::new(held.runs()),
                    progress: &mut progress,
                    done,
                    total,
                };
                let path = format!("/contents/{}/{entry}", ledger_of(&self.institution));
                let had = self.bag.keep(&file, &mut |bytes| fetch.take(bytes));
                if !matches!(had, Ok(true)) || fetch.runs.finish().is_err() {
                    fetch.runs = Runs::new(held.runs());
                    let mut payload = self.bag.payload(&file)?;
                    let mut each = |bytes: &[u8]| {
                        fetch.take(bytes)?;
                        payload.write(bytes)
                    };
                    let found = self.client.download(&path, &mut each).await;
                    if !found.with_context(|| format!("the content of act {entry}"))? {
                        complete = false;
                        continue;
                    }
                    let whole = fetch.runs.finish();
                    whole.with_context(|| format!("the content of act {entry}"))?;
                    self.bag.take(payload)?;
                }
                self.fetched.insert(entry, file);
            }
            done += size(held);
        }
        Ok(complete)
    }

    /// Gives the newest version of each open object the name that people look for, and lists them all.
    pub(super) fn name_open_files(&mut self) -> Result<()> {
        let mut names = Names::default();
        let mut newest: HashMap<&Place, u64> = HashMap::new();
        for (&entry, held) in self.standing.held() {
            if let Held::Object(object) = held {
                names.note(&object.place.bucket, &object.place.key);
            }
            if let Held::Object(crate::bag::Object { place, .. }) | Held::Marker(place) = held {
                newest.insert(place, entry);
            }
        }
        let mut list = String::new();
        for (&entry, held) in self.standing.held() {
            let (Held::Object(object), Some(fetched)) = (held, self.fetched.get(&entry)) else {
                continue;
            };
            let (bucket, key) = (&object.place.bucket, &object.place.key);
            let is_latest = newest.get(&object.place) == Some(&entry);
            let version = (!is_latest).then_some(object.version_id.as_str());
            let file = format!("open/{}", names.file(bucket, key, version));
            self.bag.rename(fetched, &format!("data/{file}"))?;
            let line = json!({
                "entry": entry,
                "bucket": bucket,
                "key": key,
                "version_id": object.version_id,
                "is_latest": is_latest,
                "file": file,
            });
            // Writing to a string can't fail.
            let _ = writeln!(list, "{line}");
        }
        self.bag.put("data/open.jsonl", list.as_bytes())
    }
}

/// Where content is put while it is fetched; nothing for a delete marker. With its version's id no file of an open
/// object has the name of a folder.
fn file_of(held: &Held) -> Option<String> {
    match held {
        Held::Piece(piece) => {
            let id = hex::encode(piece.id);
            Some(format!("data/pieces/{}/{id}.age", &id[..2]))
        }
        Held::Object(object) => {
            let place = &object.place;
            let version = Some(object.version_id.as_str());
            let file = Names::default().file(&place.bucket, &place.key, version);
            Some(format!("data/open/{file}"))
        }
        Held::Marker(_) => None,
    }
}

/// Content on its way.
struct Fetch<'p> {
    runs: Runs,
    progress: &'p mut Progress,
    done: u64,
    total: u64,
}

impl Fetch<'_> {
    fn take(&mut self, bytes: &[u8]) -> Result<()> {
        self.runs.take(bytes)?;
        let done = self.done + self.runs.taken;
        self.progress.at(done, self.total, "bytes");
        Ok(())
    }
}

/// Runs of content, each with its own digest.
struct Runs {
    expected: VecDeque<(u64, [u8; 32])>,
    digest: Sha256,
    in_run: u64,
    taken: u64,
}

impl Runs {
    fn new(expected: &[(u64, [u8; 32])]) -> Self {
        Self {
            expected: expected.iter().copied().collect(),
            digest: Sha256::new(),
            in_run: 0,
            taken: 0,
        }
    }

    fn take(&mut self, mut bytes: &[u8]) -> Result<()> {
        while !bytes.is_empty() {
            self.end_runs()?;
            let (size, _) = self.expected.front().context("it is too long")?;
            let room = usize::try_from(size - self.in_run).unwrap_or(usize::MAX);
            let (now, later) = bytes.split_at(room.min(bytes.len()));
            self.digest.update(now);
            self.in_run += now.len() as u64;
            self.taken += now.len() as u64;
            bytes = later;
        }
        Ok(())
    }

    fn finish(&mut self) -> Result<()> {
        self.end_runs()?;
        ensure!(self.expected.is_empty(), "it is cut short");
        Ok(())
    }

    /// Judges each run that is complete.
    fn end_runs(&mut self) -> Result<()> {
        while let Some((size, sha256)) = self.expected.front() {
            if self.in_run < *size {
                break;
            }
            let found: [u8; 32] = std::mem::take(&mut self.digest).finalize().into();
            ensure!(found == *sha256, "it is not what the ledger says");
            self.in_run = 0;
            self.expected.pop_front();
        }
        Ok(())
    }
}
