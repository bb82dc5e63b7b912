//! How long a witness waits between two visits.

use std::time::Duration;

/// The first pause after a failed visit; it doubles up to the pace.
const FIRST: Duration = Duration::from_secs(1);
/// Beyond this many failures in a row the pause grows no more, whatever the pace.
const MAX_DOUBLINGS: u32 = 16;

/// Counts the failures in a row.
pub(crate) struct Pause {
    every: Duration,
    failures: u32,
}

impl Pause {
    /// At that pace.
    pub(crate) fn new(every: Duration) -> Self {
        Self { every, failures: 0 }
    }

    /// Whether the last visit failed.
    pub(crate) fn has_failed(&self) -> bool {
        self.failures > 0
    }

    /// The pause after a visit: none when it came to an end with more to ask for at once.
    pub(crate) fn after(&mut self, answered: bool, more: bool) -> Duration {
        if !answered {
            self.failures = (self.failures + 1).min(MAX_DOUBLINGS);
            return self.every.min(FIRST * (1 << (self.failures - 1)));
        }
        self.failures = 0;
        if more { Duration::ZERO } else { self.every }
    }
}
