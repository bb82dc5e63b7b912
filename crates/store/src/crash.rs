//! Named instants at which a test can kill the process.
//!
//! `AMANA_CRASH_AT=<point>[:<n>]` aborts, as `kill -9` would, when the point is passed for the n-th time (first by
//! default). Without the variable a point costs one load.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};

/// Every crash point, in the order in which a deposit passes them. What a crash there must leave stands beside it.
pub const POINTS: [&str; 15] = [
    "blob.created",       // an empty temporary file, swept
    "blob.written",       // a temporary file, swept
    "blob.synced",        // a temporary file, swept
    "blob.renamed",       // a blob without a row, set aside
    "blob.durable",       // a blob without a row, set aside
    "group.begun",        // nothing
    "group.applied",      // nothing: the transaction is rolled back
    "group.committed",    // everything, unacknowledged
    "group.released",     // everything; freed blobs are gone
    "group.acknowledged", // everything
    "move.chunk",         // of a move, what was copied; the next try goes on
    "move.blobs",         // blobs that no row names yet; the next try takes them
    "move.frozen", // an old place that takes no writes; the next try goes on, or is abandoned
    "move.copied", // the same, with all of it in the new place
    "move.left",   // two places that refuse to start; the next try ends the move
];

struct Armed {
    point: String,
    countdown: AtomicU64,
}

static ARMED: OnceLock<Option<Armed>> = OnceLock::new();

/// Passes a crash point.
pub fn point(name: &'static str) {
    debug_assert!(POINTS.contains(&name), "{name} is not listed in POINTS");
    let armed = ARMED.get_or_init(|| {
        let value = std::env::var("AMANA_CRASH_AT").ok()?;
        let (point, times) = value.split_once(':').unwrap_or((&value, "1"));
        Some(Armed {
            point: point.to_owned(),
            countdown: AtomicU64::new(times.parse().unwrap_or(1)),
        })
    });
    if let Some(armed) = armed
        && armed.point == name
        && armed.countdown.fetch_sub(1, Ordering::Relaxed) == 1
    {
        std::process::abort();
    }
}
