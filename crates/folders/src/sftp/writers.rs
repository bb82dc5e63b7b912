//! How many files are being written: a gateway that is told to stop lets them come to their end.

use std::sync::Arc;

use tokio::sync::watch;

/// Counts those who write. Clones count together.
#[derive(Clone)]
pub(super) struct Writers(Arc<watch::Sender<usize>>);

impl Default for Writers {
    fn default() -> Self {
        Self(Arc::new(watch::Sender::new(0)))
    }
}

/// One who writes, until this is dropped.
pub(super) struct Writer(Writers);

impl Writers {
    /// One more.
    pub(super) fn one(&self) -> Writer {
        self.0.send_modify(|count| *count += 1);
        Writer(self.clone())
    }

    /// Waits until nobody writes.
    pub(super) async fn none(&self) {
        // The sender is ours, so that it can't be gone.
        let _ = self.0.subscribe().wait_for(|count| *count == 0).await;
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        self.0.0.send_modify(|count| *count -= 1);
    }
}
