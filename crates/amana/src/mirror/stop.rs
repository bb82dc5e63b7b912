//! That a server is being stopped, for what waits in threads of its own.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// Between two looks whether to stop.
const NAP: Duration = Duration::from_millis(100);

/// Whether to stop; cheap to clone. Who has none to heed makes its own, which never says so.
#[derive(Clone, Default)]
pub(crate) struct Stop(Arc<AtomicBool>);

impl Stop {
    /// Says so.
    pub(crate) fn say(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    /// Whether it was said.
    pub(crate) fn is_said(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }

    /// Ends once it was said.
    pub(crate) async fn said(&self) {
        while !self.is_said() {
            tokio::time::sleep(NAP).await;
        }
    }

    /// Waits for so long, or until it is said. Blocking.
    pub(crate) fn nap(&self, long: Duration) {
        let until = Instant::now() + long;
        while !self.is_said() {
            match until.checked_duration_since(Instant::now()) {
                Some(left) if !left.is_zero() => std::thread::sleep(left.min(NAP)),
                _ => return,
            }
        }
    }
}
