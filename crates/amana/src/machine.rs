//! The machine under the operator's pages: room on the disk day by day, what the doctor finds, mirrors, the scrub.

mod samples;

use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::{Duration, Instant};

use amana_console::Language;
use amana_console::machine::{
    Capacity, Finding, Machine, MirrorState, Restoring as Awaited, ScrubPass, ScrubState,
};
use amana_store::LedgerInfo;

use crate::centre::Centre;
use crate::doctor;
use crate::mirror::Restoring;

pub(crate) use samples::keep;

/// What a look costs, syncs among it, is paid once in this time however many pages ask.
const LOOK_AGAIN: Duration = Duration::from_secs(60);

/// A look: when, and what was found.
type Look = (Instant, Vec<Finding>);

/// The machine of a running data centre.
pub(crate) struct Own {
    centre: Arc<Centre>,
    /// The last look, in each language.
    looks: [Mutex<Option<Look>>; 2],
}

impl Own {
    /// Of that data centre.
    pub(crate) fn new(centre: &Arc<Centre>) -> Arc<Self> {
        Arc::new(Self {
            centre: centre.clone(),
            looks: Default::default(),
        })
    }
}

impl Machine for Own {
    fn capacity(&self) -> Capacity {
        samples::capacity(&self.centre)
    }

    fn findings(&self, language: Language) -> Vec<Finding> {
        // Whoever asks meanwhile waits, and gets the same.
        let kept = &self.looks[usize::from(language == Language::English)];
        let mut kept = kept.lock().unwrap_or_else(PoisonError::into_inner);
        match &*kept {
            Some((at, found)) if Instant::now() - *at < LOOK_AGAIN => found.clone(),
            _ => {
                let growth = samples::bytes_a_day(&self.centre);
                let found = doctor::of_running(&self.centre, growth, language);
                *kept = Some((Instant::now(), found.clone()));
                found
            }
        }
    }

    fn mirrors(&self) -> Vec<MirrorState> {
        let ledgers = self.centre.store.read(LedgerInfo::all).unwrap_or_default();
        let entries = ledgers.iter().map(|ledger| ledger.size).sum();
        let config = &self.centre.config.mirrors;
        let each = config.iter().map(|mirror| {
            let known = self.centre.mirrors.known(&mirror.name, entries);
            MirrorState {
                name: mirror.name.clone(),
                lag_entries: known.map(|known| known.lag_entries),
                as_of_s: known.map(|known| known.as_of_s).filter(|at_s| *at_s > 0),
                lacking: known.map_or(0, |known| known.lacking),
                error: crate::mirror::last_error(self.centre.store.folder(), mirror)
                    .map(|error| error.trim().to_owned()),
            }
        });
        each.collect()
    }

    fn served(&self, host: &str) -> Option<u64> {
        let server = self.centre.serving.get()?.upgrade()?;
        let (_, shown) = server.numbers(&host.parse().ok()?)?;
        Some(shown)
    }

    fn stopped(&self, host: &str) -> Vec<String> {
        let server = self.centre.serving.get().and_then(Weak::upgrade);
        let altered = server.map(|server| server.altered_applications());
        let altered = altered.unwrap_or_default().into_iter();
        let of_site = altered.filter(|state| state.host.as_str() == host);
        of_site.map(|state| state.application).collect()
    }

    fn scrub(&self) -> ScrubState {
        let state = self.centre.scrub.state();
        let last = state.last.as_ref().map(|last| ScrubPass {
            ended_s: last.ended_ms.cast_unsigned() / 1000,
            contents: last.contents,
            bytes: last.bytes,
            healed: last.healed,
            damaged: last.damaged,
        });
        ScrubState {
            entries_done: state.entries_done,
            entries: state.entries,
            last,
        }
    }

    fn restoring(&self) -> Option<Awaited> {
        let data = self.centre.store.folder();
        let awaited = Restoring::find(data).ok()??.on_its_way(data).ok()?;
        Some(Awaited {
            from: awaited.from,
            blobs: awaited.blobs as u64,
            at_most_bytes: awaited.at_most_bytes,
        })
    }
}
