//! How a running server's mirrors are, for Prometheus.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::{Mutex, PoisonError};

use amana_store::clock;
use amana_store::mirror::Head;

/// The state of each mirror, by name.
#[derive(Default)]
pub(crate) struct States(Mutex<BTreeMap<String, State>>);

#[derive(Clone, Copy, Default)]
struct State {
    /// Entries that its head counts.
    entries: u64,
    /// When what it holds was last found to be all there was, or was read.
    as_of_ms: i64,
    /// Blobs that it should have, and hasn't.
    lacking: u64,
    failing: bool,
}

/// What is known of a mirror.
#[derive(Clone, Copy)]
pub(crate) struct Known {
    /// Entries that it lacks.
    pub(crate) lag_entries: u64,
    /// When it was last brought up to date, in seconds since 1970; 0 for never.
    pub(crate) as_of_s: u64,
    /// Blobs that it should have, and hasn't.
    pub(crate) lacking: u64,
}

impl States {
    /// A round came through.
    pub(super) fn copied(&self, mirror: &str, head: Option<&Head>, lacking: usize) {
        let ledgers = head.iter().flat_map(|head| &head.ledgers);
        let sizes = ledgers.filter_map(|ledger| Some(ledger.checkpoint().ok()?.0.size));
        let state = State {
            entries: sizes.sum(),
            as_of_ms: clock::system_ms(),
            lacking: lacking as u64,
            failing: false,
        };
        self.with(mirror, |held| *held = state);
    }

    /// It isn't kept up.
    pub(super) fn failing(&self, mirror: &str) {
        self.with(mirror, |held| held.failing = true);
    }

    /// Another node keeps it up.
    pub(super) fn left(&self, mirror: &str) {
        let mut states = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        states.remove(mirror);
    }

    /// What is known of a mirror that this process copies to; `entries` are those of all ledgers now.
    pub(crate) fn known(&self, mirror: &str, entries: u64) -> Option<Known> {
        let states = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        states.get(mirror).map(|state| Known {
            lag_entries: entries.saturating_sub(state.entries),
            as_of_s: u64::try_from(state.as_of_ms / 1000).unwrap_or(0),
            lacking: state.lacking,
        })
    }

    fn with(&self, mirror: &str, change: impl FnOnce(&mut State)) {
        let mut states = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        change(states.entry(mirror.to_owned()).or_default());
    }

    /// In Prometheus's text; `entries` are those of all ledgers now.
    pub(crate) fn metrics(&self, entries: u64) -> String {
        let states = self
            .0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone();
        let now_ms = clock::system_ms();
        let mut text = String::new();
        let mut add = |name: &str, what: &str, value: &dyn Fn(&State) -> u64| {
            // Writing to a string can't fail.
            let _ = writeln!(text, "# HELP {name} {what}\n# TYPE {name} gauge");
            for (mirror, state) in &states {
                let _ = writeln!(text, "{name}{{mirror=\"{mirror}\"}} {}", value(state));
            }
        };
        if states.is_empty() {
            return String::new();
        }
        add(
            "amana_mirror_lag_entries",
            "Entries that a mirror lacks.",
            &|state| entries.saturating_sub(state.entries),
        );
        add(
            "amana_mirror_age_seconds",
            "Seconds since a mirror was last brought up to date.",
            &|state| u64::try_from((now_ms - state.as_of_ms) / 1000).unwrap_or(0),
        );
        add(
            "amana_mirror_lacking_blobs",
            "Blobs that a mirror should have, and hasn't.",
            &|state| state.lacking,
        );
        add(
            "amana_mirror_failing",
            "1 while a mirror is not kept up.",
            &|state| state.failing.into(),
        );
        text
    }
}
