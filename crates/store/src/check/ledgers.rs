//! Each ledger again from its entries: leaves, tiles, head, and every root that somebody holds us to.

use std::collections::{BTreeMap, HashSet};

use amana_ledger::{
    Checkpoint, Frontier, Hash, Signature, leaf_hash, tile_node, verify_cosignature,
};

use super::{Audit, Outside, short};
use crate::entries::each_entry;
use crate::ledgers::TILE_HASHES;
use crate::national::quorum::Quorums;
use crate::{Entry, Error, LedgerInfo, Result};

/// Roots of a ledger that were committed to, by size.
#[derive(Default)]
struct Held {
    /// In the national log, as kept beside its epochs.
    epochs: BTreeMap<u64, Hash>,
    /// By witnesses, as handed in.
    cosigned: BTreeMap<u64, Vec<Signature>>,
    /// By others who kept our signed checkpoints.
    outside: BTreeMap<u64, Hash>,
}

/// A ledger under way: what its entries give.
struct Walk<'i> {
    info: &'i LedgerInfo,
    held: Held,
    frontier: Frontier,
    /// Hashes of the unfinished tile of each level.
    edges: Vec<Vec<Hash>>,
    erased: HashSet<i64>,
    /// Whether a fault was reported for this ledger's history already: one cause, one report.
    broken: bool,
}

impl Audit<'_> {
    /// Walks a ledger from its first entry.
    pub(super) fn ledger(&mut self, info: &LedgerInfo, outside: &Outside) -> Result<()> {
        let held = self.held(info, outside)?;
        let erased = self
            .rows
            .all("SELECT entry FROM erasures ORDER BY entry", &[], |row| {
                row.int(0)
            })?;
        let mut walk = Walk {
            info,
            held,
            frontier: Frontier::new(),
            edges: Vec::new(),
            erased: erased.into_iter().collect(),
            broken: false,
        };
        let rows = self.rows;
        each_entry(rows, info.id, 0..1 << 40, |entry| {
            self.entry(&mut walk, &entry)
        })?;
        let size = walk.frontier.size();
        if size != info.size {
            let why = format!("its row says {} entries, there are {size}", info.size);
            self.report
                .fault("ledger", format!("ledger {}", info.name), why);
        } else if walk.frontier.root() != info.root && !walk.broken {
            self.report.fault(
                "ledger",
                format!("ledger {}", info.name),
                "its row's root is not the one of its entries",
            );
        }
        let stored = self.rows.one(
            "SELECT frontier FROM ledgers WHERE id = $1",
            &[info.id.0.into()],
            |row| Ok(row.blob(0)?.to_vec()),
        )?;
        if stored.as_deref() != Some(&walk.frontier.to_bytes()) && !walk.broken {
            self.report.fault(
                "ledger",
                format!("ledger {}", info.name),
                "its frontier is not the one of its entries",
            );
        }
        self.beyond(&walk, size);
        self.tiles_beyond(info, size)
    }

    /// Stored tiles of a ledger that no entries fill.
    fn tiles_beyond(&mut self, info: &LedgerInfo, size: u64) -> Result<()> {
        let sql = "SELECT level, number FROM tiles WHERE ledger = $1 ORDER BY level, number";
        let tiles = self.rows.all(sql, &[info.id.0.into()], |row| {
            Ok((row.int(0)?, row.int(1)?))
        })?;
        for (level, number) in tiles {
            let full = u32::try_from(level)
                .ok()
                .filter(|level| *level < 8)
                .map(|level| size.checked_shr(8 * (level + 1)).unwrap_or(0));
            if full.is_none_or(|full| number < 0 || number.cast_unsigned() >= full) {
                let what = format!("tile {level}/{number} of {}", info.name);
                self.report
                    .fault("tile", what, "the ledger has no entries to fill it");
            }
        }
        Ok(())
    }

    fn entry(&mut self, walk: &mut Walk<'_>, entry: &Entry) -> Result<()> {
        let (index, size) = (entry.id.index(), walk.frontier.size());
        let what = || format!("entry {index} of {}", walk.info.name);
        if index != size {
            // What follows can't be placed any more; the head will not match either, for this one cause.
            walk.broken = true;
            self.report.fault(
                "entry",
                format!("entry {size} of {}", walk.info.name),
                "it is missing",
            );
            return Err(Error::Missing {
                what: format!("entry {size} of {}", walk.info.name),
            });
        }
        self.report.entries += 1;
        self.body(walk, entry);
        if index == 0 && leaf_hash(&entry.leaf()) != walk.info.genesis {
            self.report.fault(
                "entry",
                what(),
                "it is not the entry that opened the ledger: its hash is not the genesis",
            );
            walk.broken = true;
        }
        let hash = leaf_hash(&entry.leaf());
        walk.frontier.push(hash);
        self.grow(walk, 0, index, hash)?;
        self.roots(walk)
    }

    /// The body against its hash, the core against the grammar.
    fn body(&mut self, walk: &Walk<'_>, entry: &Entry) {
        let what = || {
            format!(
                "the body of entry {} of {}",
                entry.id.index(),
                walk.info.name
            )
        };
        if !entry.body_is_genuine() {
            self.report.fault(
                "body",
                what(),
                "it is not the one that was recorded: its salted hash differs",
            );
        }
        let erased = walk.erased.contains(&entry.id.as_i64());
        if entry.body.is_none() && entry.body_hash != amana_ledger::NO_BODY && !erased {
            self.report.fault(
                "body",
                what(),
                "it is gone, and no act of its institution erased it",
            );
        }
        if let Err(error) = entry.at() {
            self.report.fault(
                "entry",
                format!("entry {} of {}", entry.id.index(), walk.info.name),
                error.to_string(),
            );
        }
    }

    /// Adds a hash to the unfinished tile of a level, and compares the tile with the stored one when it is full.
    fn grow(&mut self, walk: &mut Walk<'_>, level: usize, number: u64, hash: Hash) -> Result<()> {
        if walk.edges.len() == level {
            walk.edges.push(Vec::new());
        }
        walk.edges[level].push(hash);
        if (walk.edges[level].len() as u64) < TILE_HASHES {
            return Ok(());
        }
        let full = std::mem::take(&mut walk.edges[level]);
        let tile = number / TILE_HASHES;
        self.tile(walk, level, tile, &full)?;
        self.grow(walk, level + 1, tile, tile_node(&full, 8, 0)?)
    }

    fn tile(
        &mut self,
        walk: &mut Walk<'_>,
        level: usize,
        number: u64,
        full: &[Hash],
    ) -> Result<()> {
        self.report.tiles += 1;
        let what = format!("tile {level}/{number} of {}", walk.info.name);
        let stored = self.rows.one(
            "SELECT hashes, root FROM tiles WHERE ledger = $1 AND level = $2 AND number = $3",
            &[
                walk.info.id.0.into(),
                i64::try_from(level).unwrap_or(i64::MAX).into(),
                number.cast_signed().into(),
            ],
            |row| Ok((row.blob(0)?.to_vec(), row.blob(1)?.to_vec())),
        )?;
        let Some((hashes, root)) = stored else {
            self.report.fault("tile", what, "it is missing");
            return Ok(());
        };
        let wrong = full
            .iter()
            .zip(hashes.chunks(32))
            .position(|(hash, stored)| hash.as_bytes() != stored);
        // A tile that agrees with its own root and not with an entry says that the entry was changed.
        let tile_stands = {
            let stored = hashes
                .as_chunks::<32>()
                .0
                .iter()
                .map(|hash| Hash::from_bytes(*hash))
                .collect::<Vec<_>>();
            tile_node(&stored, 8, 0).is_ok_and(|computed| computed.as_bytes() == root.as_slice())
        };
        match wrong {
            Some(at) if level == 0 && tile_stands => {
                let index = number * TILE_HASHES + at as u64;
                let what = format!("entry {index} of {}", walk.info.name);
                self.report.fault(
                    "entry",
                    what,
                    "it was changed: its leaf is not the one in the ledger's tile",
                );
                walk.broken = true;
            }
            Some(at) => self.report.fault(
                "tile",
                what,
                format!("hash {at} is not the one of what lies below it"),
            ),
            None if hashes.len() as u64 != TILE_HASHES * 32 || !tile_stands => {
                self.report
                    .fault("tile", what, "its length or its root is wrong");
            }
            None => {}
        }
        Ok(())
    }

    /// Compares the root at the present size with everything that commits to it.
    fn roots(&mut self, walk: &mut Walk<'_>) -> Result<()> {
        let size = walk.frontier.size();
        let (epoch, cosigned, outside) = (
            walk.held.epochs.get(&size),
            walk.held.cosigned.remove(&size),
            walk.held.outside.get(&size),
        );
        if epoch.is_none() && cosigned.is_none() && outside.is_none() {
            return Ok(());
        }
        let root = walk.frontier.root();
        let what = format!("ledger {}", walk.info.name);
        if let Some(held) = outside.filter(|held| **held != root) {
            let why = format!(
                "at {size} entries its root is {}, and somebody holds our signature on {}: it was rewritten, or forked",
                short(&root),
                short(held)
            );
            self.report.fault("fork", what.clone(), why);
            walk.broken = true;
        }
        if epoch.is_some_and(|held| *held != root) {
            let last = walk
                .held
                .epochs
                .range(..size)
                .next_back()
                .map_or(0, |(size, _)| *size);
            let why = format!(
                "at {size} entries it is not what its epoch committed to: one of {last} to {} changed",
                size - 1
            );
            self.report.fault("rewritten", what.clone(), why);
            walk.broken = true;
        }
        let origin = self.shared.log_key(walk.info).name().to_owned();
        let body = Checkpoint { origin, size, root }.body();
        for signature in cosigned.unwrap_or_default() {
            self.report.cosignatures += 1;
            let quorums = Quorums::of(self.shared, self.rows, walk.info.id)?;
            let witness = quorums.witnesses().find(|key| signature.is_by(key));
            if witness
                .is_some_and(|witness| verify_cosignature(&body, &signature, witness).is_err())
            {
                let why = format!(
                    "at {size} entries it is not what {} cosigned",
                    signature.name
                );
                self.report.fault("rewritten", what.clone(), why);
                walk.broken = true;
            }
        }
        Ok(())
    }

    /// Commitments to sizes that the ledger doesn't reach.
    fn beyond(&mut self, walk: &Walk<'_>, size: u64) {
        let what = format!("ledger {}", walk.info.name);
        let held = [
            (walk.held.epochs.keys().next_back(), "an epoch committed to"),
            (walk.held.cosigned.keys().next_back(), "a witness cosigned"),
            (
                walk.held.outside.keys().next_back(),
                "somebody holds our signature on",
            ),
        ];
        for (held, by) in held {
            if let Some(held) = held.filter(|held| **held > size) {
                self.report.fault(
                    "behind",
                    what.clone(),
                    format!("it has {size} entries, and {by} {held}"),
                );
            }
        }
    }

    fn held(&mut self, info: &LedgerInfo, outside: &Outside) -> Result<Held> {
        let mut held = Held::default();
        let id = &[info.id.0.into()];
        for (size, root) in self.rows.all(
            "SELECT size, root FROM epoch_heads WHERE ledger = $1 ORDER BY epoch",
            id,
            |row| {
                Ok((
                    row.int(0)?.cast_unsigned(),
                    <[u8; 32]>::try_from(row.blob(1)?),
                ))
            },
        )? {
            match root {
                Ok(root) => drop(held.epochs.insert(size, Hash::from_bytes(root))),
                Err(_) => self.report.fault(
                    "view",
                    format!("a head of {} at an epoch", info.name),
                    "it is no root",
                ),
            }
        }
        let lines = self.rows.all(
            "SELECT size, line FROM cosignatures WHERE ledger = $1 ORDER BY size",
            id,
            |row| {
                Ok((
                    row.int(0)?.cast_unsigned(),
                    row.text(1)?.parse::<Signature>(),
                ))
            },
        )?;
        for (size, line) in lines {
            match line {
                Ok(line) => held.cosigned.entry(size).or_default().push(line),
                Err(_) => self.report.fault(
                    "rewritten",
                    format!("a cosignature of {}", info.name),
                    "it is unreadable",
                ),
            }
        }
        let origin = self.shared.log_key(info).name().to_owned();
        for note in &outside.checkpoints {
            if note.text.lines().next() != Some(origin.as_str()) {
                continue;
            }
            match Checkpoint::of_note(note, &self.shared.verifier(info)) {
                Ok(signed) => drop(held.outside.insert(signed.size, signed.root)),
                Err(error) => self.report.fault(
                    "outside",
                    format!("a checkpoint of {origin} from outside"),
                    error.to_string(),
                ),
            }
        }
        Ok(held)
    }

    /// Checkpoints from outside of ledgers that aren't here.
    pub(super) fn outside(&mut self, ledgers: &[LedgerInfo], outside: &Outside) {
        let known: HashSet<String> = ledgers
            .iter()
            .map(|info| self.shared.log_key(info).name().to_owned())
            .collect();
        for note in &outside.checkpoints {
            let origin = note.text.lines().next().unwrap_or_default();
            if !known.contains(origin) {
                self.report.fault(
                    "behind",
                    format!("ledger {origin}"),
                    "somebody holds our checkpoint of it, and it isn't here",
                );
            }
        }
    }
}
