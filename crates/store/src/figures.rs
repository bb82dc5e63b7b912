//! How the writer is doing, for whoever watches it.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// Upper bounds of a histogram's buckets, in seconds: from a sync of a good disk to a client that gives up.
pub const BOUNDS_S: [f64; 14] = [
    0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0, 60.0,
];

/// How long things took. Cheap to add to, by any thread.
#[derive(Default, Debug)]
pub struct Histogram {
    buckets: [AtomicU64; BOUNDS_S.len()],
    count: AtomicU64,
    sum_us: AtomicU64,
}

impl Histogram {
    /// Adds one.
    pub fn observe(&self, took: Duration) {
        let took_s = took.as_secs_f64();
        if let Some(bucket) = BOUNDS_S.iter().position(|bound| took_s <= *bound) {
            self.buckets[bucket].fetch_add(1, Ordering::Relaxed);
        }
        let took_us = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
        self.sum_us.fetch_add(took_us, Ordering::Relaxed);
        self.count.fetch_add(1, Ordering::Relaxed);
    }

    /// How many took at most each bound, and those before it.
    #[must_use]
    pub fn cumulative(&self) -> [u64; BOUNDS_S.len()] {
        let mut sum = 0;
        std::array::from_fn(|bucket| {
            sum += self.buckets[bucket].load(Ordering::Relaxed);
            sum
        })
    }

    /// How many there were.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.count.load(Ordering::Relaxed)
    }

    /// How long they took together.
    #[must_use]
    pub fn sum(&self) -> Duration {
        Duration::from_micros(self.sum_us.load(Ordering::Relaxed))
    }
}

/// Since the store was opened.
#[derive(Default, Debug)]
pub struct Figures {
    /// Groups committed, and how long each took, its sync included.
    pub commits: Histogram,
    /// Acts in them, the refused ones included.
    acts: AtomicU64,
    /// Acts that wait for their answer.
    waiting: AtomicU64,
}

impl Figures {
    /// Acts that were in a group, the refused ones included.
    #[must_use]
    pub fn acts(&self) -> u64 {
        self.acts.load(Ordering::Relaxed)
    }

    /// Acts that wait for their answer now.
    #[must_use]
    pub fn waiting(&self) -> u64 {
        self.waiting.load(Ordering::Relaxed)
    }

    pub(crate) fn committed(&self, acts: usize, took: Duration) {
        self.commits.observe(took);
        self.acts.fetch_add(acts as u64, Ordering::Relaxed);
    }

    /// Counts one that waits, until the guard goes.
    pub(crate) fn wait(&self) -> Waiting<'_> {
        self.waiting.fetch_add(1, Ordering::Relaxed);
        Waiting(self)
    }
}

/// An act that waits.
pub(crate) struct Waiting<'f>(&'f Figures);

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.waiting.fetch_sub(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn buckets_count_what_took_no_longer() {
        let histogram = Histogram::default();
        for took_ms in [0, 1, 30, 100_000] {
            histogram.observe(Duration::from_millis(took_ms));
        }
        let cumulative = histogram.cumulative();
        assert_eq!((cumulative[0], cumulative[1]), (1, 2));
        assert_eq!(
            cumulative.last(),
            Some(&3),
            "one took longer than any bound"
        );
        assert_eq!(histogram.count(), 4);
        assert_eq!(histogram.sum(), Duration::from_millis(100_031));
    }
}
