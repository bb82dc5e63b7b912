//! Blobs that are to go, in the background: whoever frees content never waits for the store.
//!
//! A blob that somebody in this process reads stays until they are done. A store that is away is asked again later; what a
//! crash leaves has no name in the rows, and the sweep finds it.

use std::collections::{HashMap, HashSet, VecDeque};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::Duration;

use object_store::ObjectStoreExt as _;
use object_store::path::Path;
use tokio::sync::Notify;

use super::line::{Asking, Failed, Line};
use super::{BackEnd, key};
use crate::BlobId;
use crate::store::lock_state;

/// Blobs that wait at most; the sweep finds the others.
const MAX_WAITING: usize = 65_536;
/// A store that is away is left alone for this long.
const PAUSE: Duration = Duration::from_secs(5);
/// How long whoever ends waits for what is to go.
pub(super) const AT_END: Duration = Duration::from_secs(3);

#[derive(Clone)]
pub(super) struct Removals(Arc<Shared>);

struct Shared {
    state: Mutex<State>,
    more: Notify,
    /// Nothing waits any more.
    done: Condvar,
}

#[derive(Default)]
struct State {
    waiting: VecDeque<BlobId>,
    /// One is being removed.
    busy: bool,
    /// How many read a blob.
    read: HashMap<BlobId, usize>,
    /// Those that go once nobody reads them.
    later: HashSet<BlobId>,
}

/// A blob stays while this lives.
pub(in crate::blobs) struct Pin(Arc<Shared>, BlobId);

impl Removals {
    pub(super) fn begin(line: &Line, back_end: Arc<dyn BackEnd>, prefix: Path) -> Self {
        let shared = Arc::new(Shared {
            state: Mutex::default(),
            more: Notify::new(),
            done: Condvar::new(),
        });
        let asking = line.asking();
        line.handle()
            .spawn(run(shared.clone(), asking, back_end, prefix));
        Self(shared)
    }

    pub(super) fn add(&self, id: BlobId) {
        self.0.add(id);
    }

    pub(super) fn pin(&self, id: BlobId) -> Pin {
        *lock_state(&self.0.state).read.entry(id).or_default() += 1;
        Pin(self.0.clone(), id)
    }

    pub(super) fn drain(&self, limit: Duration) -> bool {
        let state = lock_state(&self.0.state);
        let unfinished = |state: &mut State| state.busy || !state.waiting.is_empty();
        let waited = self.0.done.wait_timeout_while(state, limit, unfinished);
        !waited.unwrap_or_else(PoisonError::into_inner).1.timed_out()
    }
}

impl Shared {
    fn add(&self, id: BlobId) {
        let mut state = lock_state(&self.state);
        if state.read.contains_key(&id) {
            state.later.insert(id);
        } else if state.waiting.len() < MAX_WAITING {
            state.waiting.push_back(id);
            self.more.notify_one();
        } else {
            tracing::warn!(blob = %id, "too many blobs are to go; this one waits for the sweep");
        }
    }

    /// The next one, which is then being removed.
    fn next(&self) -> Option<BlobId> {
        let mut state = lock_state(&self.state);
        let next = state.waiting.pop_front();
        state.busy = next.is_some();
        if next.is_none() {
            self.done.notify_all();
        }
        next
    }
}

impl Drop for Pin {
    fn drop(&mut self) {
        let mut state = lock_state(&self.0.state);
        if let Some(count) = state.read.get_mut(&self.1) {
            *count -= 1;
            if *count > 0 {
                return;
            }
        }
        state.read.remove(&self.1);
        let due = state.later.remove(&self.1);
        drop(state);
        if due {
            self.0.add(self.1);
        }
    }
}

async fn run(shared: Arc<Shared>, asking: Asking, back_end: Arc<dyn BackEnd>, prefix: Path) {
    loop {
        let Some(id) = shared.next() else {
            shared.more.notified().await;
            continue;
        };
        let key = key(&prefix, id);
        let delete = || back_end.delete(&key);
        match asking.ask(0, delete).await {
            Ok(()) | Err(Failed::Absent) => {}
            Err(Failed::Refused(why)) => {
                tracing::error!(blob = %id, why, "a freed blob may not be removed");
            }
            Err(Failed::Away(why)) => {
                tracing::warn!(blob = %id, why, "a freed blob could not be removed yet");
                shared.add(id);
                tokio::time::sleep(PAUSE).await;
            }
        }
    }
}
