//! Opened prologues, kept for the next range of the same piece.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};

use amana_seal::age::Opener;
use amana_store::BlobId;

/// How many are kept.
const MAX_KEPT: usize = 1024;

/// The openers used last, the oldest first to go.
#[derive(Default)]
pub(super) struct Openers(Mutex<Kept>);

#[derive(Default)]
struct Kept {
    openers: HashMap<BlobId, Arc<Opener>>,
    order: VecDeque<BlobId>,
}

impl Openers {
    pub(super) fn of(&self, piece: BlobId) -> Option<Arc<Opener>> {
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.openers.get(&piece).cloned()
    }

    pub(super) fn keep(&self, piece: BlobId, opener: &Arc<Opener>) {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.openers.insert(piece, opener.clone()).is_some() {
            return;
        }
        kept.order.push_back(piece);
        if kept.order.len() > MAX_KEPT
            && let Some(oldest) = kept.order.pop_front()
        {
            kept.openers.remove(&oldest);
        }
    }
}
