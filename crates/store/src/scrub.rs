//! What the scrub reads of a ledger, and the acts that tell an institution of its content.
//!
//! A pass ends with one act in each institution's own ledger, clean or not: how much of its content was read and agreed,
//! and what didn't. It is the institution's to know and nobody else's, so the public national log has nothing of it.

use std::convert::Infallible;

use amana_ledger::{leaf_hash, root_at};
use serde::{Deserialize, Serialize};

use crate::act::{Denied, Target};
use crate::copies::Repair;
use crate::entries::each_entry;
use crate::ledgers::TILE_HASHES;
use crate::{Act, At, Entry, LedgerId, LedgerInfo, Reader, Result, Store, Tiles, Was, Writer};

/// Entries that are read at a time: those under one tile.
pub const STEP_ENTRIES: u64 = TILE_HASHES;
/// Names of damaged content in one act at most; more are only counted.
pub const MAX_NAMED: usize = 100;

/// Entries read again.
pub struct Scanned {
    /// The entries.
    pub entries: Vec<Entry>,
    /// What doesn't agree. Entries are never mended by themselves.
    pub faults: Vec<String>,
}

/// Reads the entries under tile `number` of a ledger again: each body against its hash, the leaves against the tile, or
/// against the ledger's root where the tile isn't full.
///
/// # Errors
/// A failure of the rows.
pub fn scan(rows: &Reader<'_>, info: &LedgerInfo, number: u64) -> Result<Scanned> {
    let from = number * TILE_HASHES;
    let until = (from + TILE_HASHES).min(info.size);
    let mut scanned = Scanned {
        entries: Vec::new(),
        faults: Vec::new(),
    };
    each_entry(rows, info.id, from..until, |entry| {
        if !entry.body_is_genuine() {
            let fault = format!("the body of entry {} of {}", entry.id.index(), info.name);
            scanned.faults.push(fault);
        }
        scanned.entries.push(entry);
        Ok(())
    })?;
    let leaves: Vec<_> = scanned
        .entries
        .iter()
        .map(|entry| leaf_hash(&entry.leaf()))
        .collect();
    let mut tiles = Tiles::new(rows, info.id);
    let agrees = if until - from == TILE_HASHES {
        tiles.tile(0, number)? == leaves
    } else {
        leaves.len() as u64 == until - from
            && root_at(info.size, &mut |node| tiles.node(node))? == info.root
    };
    if !agrees {
        let last = until.saturating_sub(1);
        let fault = format!("entries {from} to {last} of {}", info.name);
        scanned.faults.push(fault);
    }
    Ok(scanned)
}

impl Store {
    /// How often something was asked of this store: whoever works in the background gives way while it grows.
    #[must_use]
    pub fn asked(&self) -> u64 {
        self.shared.asked.load(std::sync::atomic::Ordering::Relaxed)
    }
}

/// `content.heal`: content of an institution was found damaged or missing, and is whole again.
pub struct RecordHealed {
    ledger: LedgerId,
    links: HealedLinks,
    body: HealedBody,
}

/// Which entries' content.
#[derive(Serialize, Deserialize)]
pub struct HealedLinks {
    entries: Vec<u64>,
}

/// What was healed.
#[derive(Serialize, Deserialize)]
pub struct HealedBody {
    repairs: Vec<HealedContent>,
}

#[derive(Serialize, Deserialize)]
struct HealedContent {
    entry: u64,
    content: String,
    size: u64,
    sha256: String,
    was: Was,
    why: String,
    from: String,
    at: String,
}

impl RecordHealed {
    /// Of repairs of one ledger's content.
    #[must_use]
    pub fn new(ledger: LedgerId, repairs: &[Repair]) -> Self {
        let told = |repair: &Repair| HealedContent {
            entry: repair.wanted.entry.index(),
            content: repair.wanted.source.to_string(),
            size: repair.wanted.size_bytes,
            sha256: hex::encode(repair.wanted.sha256),
            was: repair.was,
            why: repair.why.clone(),
            from: repair.from.clone(),
            at: crate::clock::rfc3339(repair.at_ms),
        };
        let entries = repairs.iter().map(|repair| repair.wanted.entry.index());
        Self {
            ledger,
            links: HealedLinks {
                entries: entries.collect(),
            },
            body: HealedBody {
                repairs: repairs.iter().map(told).collect(),
            },
        }
    }
}

/// `scrub.pass`: all content of an institution was read.
pub struct RecordScrub {
    ledger: LedgerId,
    links: ScrubLinks,
    body: ScrubBody,
}

/// How it came out, in numbers.
#[derive(Clone, Copy, Default, Serialize, Deserialize)]
pub struct ScrubLinks {
    /// Entries that were read.
    pub entries: u64,
    /// Pieces of content that were read.
    pub contents: u64,
    /// Bytes of them.
    pub bytes: u64,
    /// Those that were healed.
    pub healed: u64,
    /// Those that no copy could heal.
    pub damaged: u64,
}

/// What the numbers don't say.
#[derive(Serialize, Deserialize)]
pub struct ScrubBody {
    begun: String,
    damaged: Vec<String>,
}

impl RecordScrub {
    /// Of one ledger's content. `damaged` names what stays damaged, [`MAX_NAMED`] at most.
    #[must_use]
    pub fn new(ledger: LedgerId, begun_ms: i64, outcome: ScrubLinks, damaged: Vec<String>) -> Self {
        Self {
            ledger,
            links: outcome,
            body: ScrubBody {
                begun: crate::clock::rfc3339(begun_ms),
                damaged,
            },
        }
    }
}

/// Both acts tell, and change nothing.
macro_rules! tells {
    ($act:ty, $kind:literal, $links:ty, $body:ty) => {
        impl Act for $act {
            const KIND: &'static str = $kind;
            type Links = $links;
            type Body = $body;
            type Output = ();
            type Refusal = Infallible;

            fn actor(&self) -> &'static str {
                "operator"
            }

            fn target(&self) -> Target {
                Target::Ledger(self.ledger)
            }

            fn check(&mut self, _: &Reader<'_>, _: i64) -> Result<(), Denied<Infallible>> {
                Ok(())
            }

            fn links(&self) -> &$links {
                &self.links
            }

            fn body(&self) -> Option<&$body> {
                Some(&self.body)
            }

            fn apply(_: &$links, _: Option<&$body>, _: &Writer<'_>, _: &At) -> Result<()> {
                Ok(())
            }

            fn frees(&self) -> bool {
                true
            }
        }
    };
}

tells!(RecordHealed, "content.heal", HealedLinks, HealedBody);
tells!(RecordScrub, "scrub.pass", ScrubLinks, ScrubBody);
