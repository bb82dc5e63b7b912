//! What was verified and is still in memory, bounded in bytes.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, PoisonError, RwLock};

use amana_ledger::Hash;
use bytes::Bytes;

use super::coding::Coding;

/// What an entry takes beside its bytes, roughly.
const ENTRY_BYTES: usize = 160;

/// What is held, by its digest: sites that have the same file share it.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(super) enum Key {
    /// A piece of the file with that digest.
    Piece(Hash, u64),
    /// The digests of that file's pieces.
    Pieces(Hash),
    /// That file in a coding.
    Coded(Hash, Coding),
}

/// What is held of it.
#[derive(Clone, Debug)]
pub(super) enum Held {
    Bytes(Bytes),
    Pieces(Arc<[Hash]>),
    /// That there is none.
    Absent,
}

impl Held {
    fn size_bytes(&self) -> usize {
        ENTRY_BYTES
            + match self {
                Self::Bytes(bytes) => bytes.len(),
                Self::Pieces(pieces) => pieces.len() * size_of::<Hash>(),
                Self::Absent => 0,
            }
    }
}

/// A clock: what was used since the hand came by is passed over once. Finding takes no exclusive lock.
pub(super) struct Cache {
    max_bytes: usize,
    ring: RwLock<Ring>,
}

#[derive(Default)]
struct Ring {
    places: HashMap<Key, usize, foldhash::fast::RandomState>,
    entries: Vec<Entry>,
    hand: usize,
    used_bytes: usize,
}

struct Entry {
    key: Key,
    held: Held,
    was_used: AtomicBool,
}

impl Cache {
    pub(super) fn new(max_bytes: usize) -> Self {
        Self {
            max_bytes,
            ring: RwLock::default(),
        }
    }

    pub(super) fn find(&self, key: &Key) -> Option<Held> {
        let ring = self.ring.read().unwrap_or_else(PoisonError::into_inner);
        let entry = &ring.entries[*ring.places.get(key)?];
        // Most are used already: a line of the processor's cache that nobody writes stays with every core.
        if !entry.was_used.load(Ordering::Relaxed) {
            entry.was_used.store(true, Ordering::Relaxed);
        }
        Some(entry.held.clone())
    }

    /// Holds it, unless it is larger than everything that may be held; lets go of what was not used for the longest.
    pub(super) fn put(&self, key: Key, held: Held) {
        let size_bytes = held.size_bytes();
        if size_bytes > self.max_bytes {
            return;
        }
        let mut ring = self.ring.write().unwrap_or_else(PoisonError::into_inner);
        ring.remove(&key);
        while ring.used_bytes + size_bytes > self.max_bytes {
            ring.let_one_go();
        }
        let place = ring.entries.len();
        ring.used_bytes += size_bytes;
        ring.places.insert(key, place);
        let was_used = AtomicBool::new(false);
        ring.entries.push(Entry {
            key,
            held,
            was_used,
        });
    }

    pub(super) fn forget(&self, key: &Key) {
        let mut ring = self.ring.write().unwrap_or_else(PoisonError::into_inner);
        ring.remove(key);
    }

    #[cfg(test)]
    fn used_bytes(&self) -> usize {
        self.ring
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .used_bytes
    }
}

impl Ring {
    fn remove(&mut self, key: &Key) {
        let Some(place) = self.places.remove(key) else {
            return;
        };
        let gone = self.entries.swap_remove(place);
        self.used_bytes -= gone.held.size_bytes();
        if let Some(moved) = self.entries.get(place) {
            self.places.insert(moved.key, place);
        }
    }

    /// Ends after two rounds at the most: the first one clears every mark.
    fn let_one_go(&mut self) {
        loop {
            if self.hand >= self.entries.len() {
                self.hand = 0;
            }
            let entry = &self.entries[self.hand];
            if !entry.was_used.swap(false, Ordering::Relaxed) {
                let key = entry.key;
                self.remove(&key);
                // The newest one has come into its place, and is not the next to go.
                self.hand += 1;
                return;
            }
            self.hand += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(number: u64) -> Key {
        Key::Piece(Hash::from([7; 32]), number)
    }

    fn kilobyte() -> Held {
        Held::Bytes(Bytes::from(vec![1; 1024]))
    }

    #[test]
    fn it_never_holds_more_than_it_may_and_keeps_what_is_used() {
        let cache = Cache::new(10 * (1024 + ENTRY_BYTES));
        cache.put(key(0), kilobyte());
        for number in 1..200 {
            assert!(cache.find(&key(0)).is_some(), "{number}");
            cache.put(key(number), kilobyte());
            assert!(cache.used_bytes() <= 10 * (1024 + ENTRY_BYTES));
        }
        assert!(cache.find(&key(1)).is_none());
        assert!(cache.find(&key(199)).is_some());
    }

    #[test]
    fn what_is_forgotten_or_too_large_is_not_there() {
        let cache = Cache::new(4096);
        cache.put(key(1), kilobyte());
        cache.put(key(1), kilobyte());
        assert_eq!(cache.used_bytes(), 1024 + ENTRY_BYTES);
        cache.forget(&key(1));
        assert_eq!(cache.used_bytes(), 0);
        cache.put(key(2), Held::Bytes(Bytes::from(vec![1; 5000])));
        assert!(cache.find(&key(2)).is_none());
    }
}
