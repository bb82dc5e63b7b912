//! How a server ends: at the first signal it answers what is under way, within a time; at the second, at once.

use std::time::Duration;

use anyhow::Result;
use tokio::signal::unix::{Signal, SignalKind, signal};

/// SIGTERM and SIGINT.
pub(crate) struct Signals {
    terminate: Signal,
    interrupt: Signal,
}

impl Signals {
    /// Hears them from now on; before anything slow, so that none is missed.
    ///
    /// # Errors
    /// When the system doesn't let it.
    pub(crate) fn listen() -> Result<Self> {
        Ok(Self {
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
        })
    }

    /// Waits for the next one.
    pub(crate) async fn come(&mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }

    /// What `all` comes to, if it does so within the time and before another signal.
    pub(crate) async fn drain<T>(
        &mut self,
        within: Duration,
        all: impl Future<Output = T>,
    ) -> Option<T> {
        tokio::select! {
            done = all => return Some(done),
            () = tokio::time::sleep(within) => {}
            () = self.come() => {}
        }
        tracing::warn!("requests still under way were cut off");
        None
    }
}
