//! `amana serve` keeps its mirrors up: one thread a place, which waits whenever there is nothing new.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use amana_store::copies::Copies;
use amana_store::mirror::{Mirroring, Pace, PlaceInTurn, Round};
use amana_store::turns::{Held, Turn};
use amana_store::{BlobId, Store, TRACES};
use anyhow::{Context as _, Result};
use tracing::field::Empty;

use super::config::{MirrorConfig, folder, open_place};
use super::copies::MirrorCopies;
use super::pace::pace;
use super::restoring::Restoring;
use super::states::States;
use super::stop::Stop;
use crate::centre::{Centre, SERVICES, catalog};
use crate::config::Config;
use crate::durable::make_private_folder;

/// Between two looks for something new.
const EVERY: Duration = Duration::from_secs(2);
/// After a failure: a disk that isn't mounted, a line that is down.
const AFTER_FAILURE: Duration = Duration::from_secs(15);

/// Begins what a server does for its mirrors: keeps each up, lets reads heal from them, and, in a folder that was restored,
/// fetches the blobs that are still on their way.
///
/// # Errors
/// A wrong limit, a note that can't be read, or a thread that doesn't start.
pub(crate) fn keep(centre: &Centre, offset_s: i64) -> Result<Background> {
    let (store, mirrors) = (&centre.store, &centre.config.mirrors);
    let mut background = Background::start(centre, offset_s)?;
    let restoring = Restoring::find(store.folder())?;
    let mut copies: Vec<Arc<dyn Copies>> = Vec::new();
    copies.extend(
        restoring
            .iter()
            .map(|restoring| restoring.copies(store, &background.stop)),
    );
    for mirror in mirrors {
        copies.push(Arc::new(MirrorCopies::new(store, mirror, &background.stop)));
    }
    store.set_copies(copies);
    if let Some(restoring) = restoring {
        let (store, stop) = (store.clone(), background.stop.clone());
        let pace = pace(restoring.limits()?, offset_s, stop.clone());
        background.run("restoring", move || {
            while !stop.is_said() && !restoring.go_on(&store, &pace, &stop) {
                stop.nap(AFTER_FAILURE);
            }
        })?;
    }
    Ok(background)
}

/// The threads of a server's mirrors.
#[derive(Default)]
pub(crate) struct Background {
    stop: Stop,
    threads: Vec<JoinHandle<()>>,
}

impl Background {
    fn start(centre: &Centre, offset_s: i64) -> Result<Self> {
        let mut background = Self::default();
        for mirror in &centre.config.mirrors {
            let pace = pace(mirror.limits()?, offset_s, background.stop.clone());
            let (store, mirror) = (centre.store.clone(), mirror.clone());
            let (states, stop) = (centre.mirrors.clone(), background.stop.clone());
            background.run(&format!("mirror-{}", mirror.name), move || {
                keep_up(&store, &mirror, &pace, &states, &stop);
            })?;
        }
        Ok(background)
    }

    fn run(&mut self, name: &str, work: impl FnOnce() + Send + 'static) -> Result<()> {
        let thread = std::thread::Builder::new().name(name.to_owned());
        let thread = thread.spawn(work).context("a thread of a mirror")?;
        self.threads.push(thread);
        Ok(())
    }

    /// Stops, and waits for what is under way; what was copied stays.
    pub(crate) fn stop(self) {
        self.stop.say();
        for thread in self.threads {
            // A thread that panicked has told so on stderr, and nothing else hangs on it.
            let _ = thread.join();
        }
    }
}

fn keep_up(store: &Store, mirror: &MirrorConfig, pace: &Pace, states: &States, stop: &Stop) {
    let mut told: Option<String> = None;
    let mut told_damage: Vec<String> = Vec::new();
    let turn = store.turn(&turn_at(mirror));
    while !stop.is_said() {
        let held = turn.take();
        if let Ok(None) = held {
            leave_to_others(store, mirror, states);
            stop.nap(EVERY);
            continue;
        }
        let mut each = |round: &Round, copying: &Mirroring| {
            let lacking = copying.lacking();
            states.copied(&mirror.name, copying.head(), lacking.len());
            note_lacking(store.folder(), mirror, lacking);
            if told.take().is_some() {
                tracing::info!(mirror = mirror.name, "the mirror is kept up again");
            }
            note_error(store.folder(), mirror, None);
            if !round.damaged.is_empty() && round.damaged != told_damage {
                tracing::error!(mirror = mirror.name, damaged = ?round.damaged, "content could not be mirrored");
                told_damage.clone_from(&round.damaged);
            }
        };
        let ended = held.map_err(Into::into).and_then(|held| match held {
            Some(held) => copy_on(store, mirror, &Arc::new(held), pace, stop, &mut each),
            None => Ok(()),
        });
        if let (Err(error), false) = (ended, stop.is_said()) {
            let error = format!("{error:#}");
            states.failing(&mirror.name);
            if told.as_ref() != Some(&error) {
                tracing::error!(mirror = mirror.name, error, "the mirror is not kept up");
                note_error(store.folder(), mirror, Some(&error));
                told = Some(error);
            }
            stop.nap(AFTER_FAILURE);
        }
    }
}

/// What all nodes that keep up a mirror of that name call it.
fn turn_at(mirror: &MirrorConfig) -> String {
    format!("mirror/{}", mirror.name)
}

/// What is known here of a mirror that another node keeps up is old.
fn leave_to_others(store: &Store, mirror: &MirrorConfig, states: &States) {
    states.left(&mirror.name);
    note_error(store.folder(), mirror, None);
    note_lacking(store.folder(), mirror, &BTreeSet::new());
}

/// Copies what is new, again and again, until something fails, another node has the turn, or the server stops.
fn copy_on(
    store: &Store,
    mirror: &MirrorConfig,
    held: &Arc<Held>,
    pace: &Pace,
    stop: &Stop,
    each: &mut dyn FnMut(&Round, &Mirroring),
) -> Result<()> {
    let _alone = alone(store.folder(), mirror)?;
    let place = Arc::new(PlaceInTurn::new(open_place(mirror, stop)?, held.clone()));
    let options = mirror.options(store.folder());
    let mut copying = Mirroring::of_store(store, place, SERVICES, options, pace.clone())?;
    while !stop.is_said() && held.is_ours() {
        let span = tracing::trace_span!(target: TRACES, "mirror", entries = Empty, blobs = Empty, bytes = Empty);
        let round = match span.in_scope(|| copying.round()) {
            // Not a failure: the place is another node's to write to.
            Err(error) if !held.is_ours() => {
                tracing::info!(mirror = mirror.name, %error, "the mirror is left to another node");
                break;
            }
            round => round?,
        };
        if round.head {
            store.tell_mirrored()?;
        }
        span.record("entries", round.entries.cast_signed())
            .record("blobs", round.blobs.cast_signed())
            .record("bytes", round.bytes.cast_signed());
        each(&round, &copying);
        stop.nap(EVERY);
    }
    Ok(())
}

/// One process has a place at a time.
fn alone(data: &Path, mirror: &MirrorConfig) -> Result<fs::File> {
    make_private_folder(&folder(data))?;
    let path = mirror.beside(data, "lock");
    let file = fs::File::options()
        .create(true)
        .truncate(false)
        .write(true)
        .open(&path)
        .with_context(|| path.display().to_string())?;
    let lock = rustix::fs::FlockOperation::NonBlockingLockExclusive;
    rustix::fs::flock(&file, lock).with_context(|| {
        format!(
            "the mirror {} is being kept up by another amana: the running data centre does it by itself",
            mirror.name
        )
    })?;
    Ok(file)
}

/// Keeps the last error for `amana mirror status`; a file that can't be written changes nothing.
fn note_error(data: &Path, mirror: &MirrorConfig, error: Option<&str>) {
    let path = mirror.beside(data, "error");
    let _ = match error {
        Some(error) => fs::write(&path, error),
        None => fs::remove_file(&path),
    };
}

/// Keeps the names of what the place should have and hasn't, for whoever asks beside the server; a file that can't be
/// written changes nothing.
pub(crate) fn note_lacking(data: &Path, mirror: &MirrorConfig, lacking: &BTreeSet<BlobId>) {
    let path = mirror.beside(data, "lacking");
    let _ = match lacking.is_empty() {
        true => fs::remove_file(&path),
        false => {
            let names: String = lacking.iter().map(|blob| format!("{blob}\n")).collect();
            match fs::read_to_string(&path).is_ok_and(|noted| noted == names) {
                true => Ok(()),
                false => fs::write(&path, names),
            }
        }
    };
}

/// The blobs that a mirror lacked when it was last kept up.
pub(super) fn noted_lacking(data: &Path, mirror: &MirrorConfig) -> BTreeSet<BlobId> {
    let names = fs::read_to_string(mirror.beside(data, "lacking")).unwrap_or_default();
    names.lines().filter_map(|name| name.parse().ok()).collect()
}

/// Mirrors of a data folder by hand, beside no server: begun.
///
/// # Errors
/// When the place isn't there, isn't a copy of this data centre, or is kept up by another process.
pub(crate) fn begin(
    data: &Path,
    centre: &str,
    config: &Config,
    mirror: &MirrorConfig,
    pace: Pace,
) -> Result<(Mirroring, fs::File)> {
    let lock = alone(data, mirror)?;
    let store = config.store_options(centre)?;
    let turn = Turn::at(&turn_at(mirror), store.database.as_ref());
    let held = turn.take()?.with_context(|| {
        format!(
            "the mirror {} is being kept up by another node",
            mirror.name
        )
    })?;
    let place = open_place(mirror, &Stop::default())?;
    let place = Arc::new(PlaceInTurn::new(place, Arc::new(held)));
    let options = mirror.options(data);
    let begun = Mirroring::of_folder(data, catalog(), store, place, SERVICES, options, pace)?;
    Ok((begun, lock))
}

/// Copies until nothing is new; what was done in all, as far as it adds up.
///
/// # Errors
/// As [`Mirroring::round`].
pub(crate) fn once(copying: &mut Mirroring) -> Result<Round> {
    let mut all = copying.round()?;
    loop {
        let next = copying.round()?;
        if next.entries == 0 && next.blobs == 0 {
            return Ok(all);
        }
        all.entries += next.entries;
        all.blobs += next.blobs;
        all.bytes += next.bytes;
        all.rewritten += next.rewritten;
        all.removed += next.removed;
        all.damaged = next.damaged;
    }
}

/// Beside the lock, so that its message isn't lost.
pub(crate) fn last_error(data: &Path, mirror: &MirrorConfig) -> Option<String> {
    fs::read_to_string(mirror.beside(data, "error")).ok()
}
