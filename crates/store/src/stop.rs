//! Stopping after a failed sync: what is on disk is then unknown, and only a new start finds out.

use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::Error;

/// Whether the store has stopped, and why.
#[derive(Default)]
pub(crate) struct Stop {
    why: Mutex<Option<String>>,
    notice: tokio::sync::Notify,
}

impl Stop {
    /// Stops; the first reason stands.
    pub(crate) fn stop(&self, error: &Error) {
        tracing::error!(%error, "a write failed; the store stops, and recovers when it is restarted");
        self.lock().get_or_insert_with(|| error.to_string());
        self.notice.notify_waiters();
    }

    pub(crate) fn why(&self) -> Option<String> {
        self.lock().clone()
    }

    /// Waits for it.
    pub(crate) async fn stopped(&self) -> String {
        loop {
            let notice = self.notice.notified();
            if let Some(why) = self.why() {
                return why;
            }
            notice.await;
        }
    }

    /// A poisoned lock guards plain text: whoever panicked left it whole.
    fn lock(&self) -> MutexGuard<'_, Option<String>> {
        self.why.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
