//! Turns: of the acts that move a slot, one is under way at a time.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError, Weak};

use tokio::sync::OwnedMutexGuard;

use crate::remote::SlotId;

type Lock = tokio::sync::Mutex<()>;

/// Slots that somebody has the turn of, or waits for.
#[derive(Default)]
pub(super) struct Turns(Mutex<HashMap<SlotId, Weak<Lock>>>);

/// Held while an act is planned, recorded and adopted.
pub(super) struct Turn<'t> {
    turns: &'t Turns,
    held: Vec<(SlotId, OwnedMutexGuard<()>)>,
}

impl Turns {
    /// Waits until nobody else moves any of the slots.
    pub(super) async fn take(&self, mut slots: Vec<SlotId>) -> Turn<'_> {
        // In one order for everybody, so that no two wait for each other.
        slots.sort_unstable();
        slots.dedup();
        let mut turn = Turn {
            turns: self,
            held: Vec::with_capacity(slots.len()),
        };
        for slot in slots {
            let lock = self.lock(slot);
            turn.held.push((slot, lock.lock_owned().await));
        }
        turn
    }

    fn lock(&self, slot: SlotId) -> Arc<Lock> {
        let mut locks = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let known = locks.get(&slot).and_then(Weak::upgrade);
        known.unwrap_or_else(|| {
            let lock = Arc::new(Lock::default());
            locks.insert(slot, Arc::downgrade(&lock));
            lock
        })
    }
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        let mut locks = self.turns.0.lock().unwrap_or_else(PoisonError::into_inner);
        for (slot, guard) in self.held.drain(..) {
            drop(guard);
            if locks
                .get(&slot)
                .is_some_and(|lock| lock.strong_count() == 0)
            {
                locks.remove(&slot);
            }
        }
    }
}
