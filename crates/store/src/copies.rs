//! Where content is fetched from when this folder's own copy is damaged or missing.
//!
//! Nothing here trusts a place: whatever it gives is held against the ledger's digests before a byte of it is used (see
//! `healing.rs`). A restored data centre whose content isn't there yet reads by the same way.

use std::collections::{HashMap, VecDeque};
use std::io::Read;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use amana_ledger::Hash;

use crate::store::lock_state;
use crate::{BlobId, EntryId, LedgerId, Result, Source};

/// After no place had whole bytes of some content, they aren't asked again for this long.
const PATIENCE_MS: i64 = 60_000;
/// Repairs that wait to be recorded at most; more are counted.
const MAX_REPAIRS: usize = 4096;
/// Failures remembered at most.
const MAX_FAILURES: usize = 4096;

/// Threads that wait for content of places at most. Who comes beyond them is told of the damage at once: a place that is
/// slow must not take the threads that everybody's reads need.
const MAX_WAITING: usize = 8;

/// What makes two pieces of content the same: the names of blobs are unique in a folder.
pub(crate) type Key = (LedgerId, Source);

/// Content that is wanted, as the ledger has it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Wanted {
    /// An entry that names it: of a version, a part, or a sealed act. Its ledger is the content's.
    pub entry: EntryId,
    /// Where it lies in this folder.
    pub source: Source,
    /// Its length.
    pub size_bytes: u64,
    /// SHA-256 of all of it.
    pub sha256: [u8; 32],
    /// Root of a blob's chunks; `None` for content in rows.
    pub chunks_root: Option<Hash>,
}

impl Wanted {
    /// The ledger whose institution owns it.
    #[must_use]
    pub fn ledger(&self) -> LedgerId {
        self.entry.ledger()
    }

    /// What makes two of them the same content.
    pub(crate) fn key(&self) -> Key {
        match self.source {
            Source::Entry(_) => (self.entry.ledger(), self.source),
            Source::Blob(blob) => blob_key(blob),
        }
    }
}

/// What makes a blob the same.
pub(crate) fn blob_key(blob: BlobId) -> Key {
    (LedgerId(0), Source::Blob(blob))
}

/// A place that holds copies of content: a mirror, a gateway's disk.
pub trait Copies: Send + Sync {
    /// What people call it: `the mirror /mnt/usb`.
    fn name(&self) -> String;

    /// The content from its first byte to its last; `None` when the place doesn't have it. Bytes that aren't what is
    /// wanted do no harm: they are verified by whoever asked. Blocking; called from several threads.
    ///
    /// # Errors
    /// When the place can't be reached; the next one is asked then.
    fn open(&self, wanted: &Wanted) -> Result<Option<Box<dyn Read + Send>>>;
}

/// How content was found.
#[derive(Clone, Copy, PartialEq, Eq, Debug, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Was {
    /// Its bytes, or the list of its digests, were not what the ledger says.
    Damaged,
    /// It was not there.
    Missing,
}

/// Content that is whole again.
#[derive(Clone, Debug)]
pub struct Repair {
    /// Which.
    pub wanted: Wanted,
    /// How it was found.
    pub was: Was,
    /// What was wrong with it.
    pub why: String,
    /// Where the whole bytes came from.
    pub from: String,
    /// When, milliseconds since 1970.
    pub at_ms: i64,
}

/// One of those who wait, until it is dropped.
pub(crate) struct Turn<'p>(&'p AtomicUsize);

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

/// The places, and what is under way.
#[derive(Default)]
pub(crate) struct Places {
    places: RwLock<Vec<Arc<dyn Copies>>>,
    under_way: Mutex<HashMap<Key, Arc<Mutex<()>>>>,
    waiting: AtomicUsize,
    failed: Mutex<HashMap<Key, i64>>,
    repairs: Mutex<VecDeque<Repair>>,
    pub(crate) repaired: tokio::sync::Notify,
}

impl Places {
    pub(crate) fn set(&self, places: Vec<Arc<dyn Copies>>) {
        *self.places.write().unwrap_or_else(PoisonError::into_inner) = places;
        lock_state(&self.failed).clear();
    }

    pub(crate) fn all(&self) -> Vec<Arc<dyn Copies>> {
        let places = self.places.read().unwrap_or_else(PoisonError::into_inner);
        places.clone()
    }

    /// Runs work alone among those on the same content: who waited finds what the one before did.
    pub(crate) fn one_at_a_time<T>(&self, key: Key, work: impl FnOnce() -> T) -> T {
        let gate = lock_state(&self.under_way).entry(key).or_default().clone();
        let done = {
            let _one = lock_state(&gate);
            work()
        };
        let mut under_way = lock_state(&self.under_way);
        // The table's and this one: nobody else waits.
        if Arc::strong_count(&gate) <= 2 {
            under_way.remove(&key);
        }
        done
    }

    /// A turn among those who wait for a place; none when too many do.
    pub(crate) fn turn(&self) -> Option<Turn<'_>> {
        let (set, fetch) = (Ordering::Relaxed, Ordering::Relaxed);
        let one_more = |waiting| (waiting < MAX_WAITING).then_some(waiting + 1);
        let taken = self.waiting.fetch_update(set, fetch, one_more);
        taken.ok().map(|_| Turn(&self.waiting))
    }

    /// Whether all places were asked in vain a moment ago.
    pub(crate) fn failed_lately(&self, wanted: &Wanted, now_ms: i64) -> bool {
        let failed = lock_state(&self.failed);
        let last = failed.get(&wanted.key());
        last.is_some_and(|last| (*last..*last + PATIENCE_MS).contains(&now_ms))
    }

    pub(crate) fn note_failure(&self, wanted: &Wanted, now_ms: i64) {
        let mut failed = lock_state(&self.failed);
        if failed.len() >= MAX_FAILURES {
            failed.clear();
        }
        failed.insert(wanted.key(), now_ms);
    }

    pub(crate) fn note_repair(&self, repair: Repair) {
        tracing::warn!(
            what = %repair.wanted.source, from = repair.from, why = repair.why,
            "content was healed"
        );
        lock_state(&self.failed).remove(&repair.wanted.key());
        let mut repairs = lock_state(&self.repairs);
        if repairs.len() < MAX_REPAIRS {
            repairs.push_back(repair);
        } else {
            tracing::error!("too many repairs wait to be recorded; this one is in the log alone");
        }
        self.repaired.notify_one();
    }

    pub(crate) fn take_repairs(&self) -> Vec<Repair> {
        lock_state(&self.repairs).drain(..).collect()
    }
}
