//! `amana serve` keeps its mirrors up: one thread a place, which waits whenever there is nothing new.

use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use amana_store::copies::Copies;
use amana_store::mirror::{Head, Mirroring, Pace, Round};
use amana_store::{Options, Store};
use anyhow::{Context as _, Result};

use super::config::{MirrorConfig, folder, open_place};
use super::copies::MirrorCopies;
use super::pace::pace;
use super::restoring::Restoring;
use super::states::States;
use crate::centre::{Centre, SERVICES, catalog};
use crate::durable::make_private_folder;

/// Between two looks for something new.
const EVERY: Duration = Duration::from_secs(2);
/// After a failure: a disk that isn't mounted, a line that is down.
const AFTER_FAILURE: Duration = Duration::from_secs(15);
/// Between two looks whether to stop.
const NAP: Duration = Duration::from_millis(100);

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
    copies.extend(restoring.iter().map(|restoring| restoring.copies(store)));
    for mirror in mirrors {
        copies.push(Arc::new(MirrorCopies::new(store, mirror)));
    }
    store.set_copies(copies);
    if let Some(restoring) = restoring {
        let (store, stopped) = (store.clone(), background.stopped.clone());
        let pace = pace(restoring.limits()?, offset_s, stopped.clone());
        background.run("restoring", move || {
            while !stopped.load(Ordering::Relaxed) && !restoring.go_on(&store, &pace) {
                nap(AFTER_FAILURE, &stopped);
            }
        })?;
    }
    Ok(background)
}

/// The threads of a server's mirrors.
#[derive(Default)]
pub(crate) struct Background {
    stopped: Arc<AtomicBool>,
    threads: Vec<JoinHandle<()>>,
}

impl Background {
    fn start(centre: &Centre, offset_s: i64) -> Result<Self> {
        let mut background = Self::default();
        for mirror in &centre.config.mirrors {
            let pace = pace(mirror.limits()?, offset_s, background.stopped.clone());
            let (store, mirror) = (centre.store.clone(), mirror.clone());
            let (states, stopped) = (centre.mirrors.clone(), background.stopped.clone());
            background.run(&format!("mirror-{}", mirror.name), move || {
                keep_up(&store, &mirror, &pace, &states, &stopped);
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
        self.stopped.store(true, Ordering::Relaxed);
        for thread in self.threads {
            // A thread that panicked has told so on stderr, and nothing else hangs on it.
            let _ = thread.join();
        }
    }
}

fn keep_up(
    store: &Store,
    mirror: &MirrorConfig,
    pace: &Pace,
    states: &States,
    stopped: &AtomicBool,
) {
    let mut told: Option<String> = None;
    let mut told_damage: Vec<String> = Vec::new();
    while !stopped.load(Ordering::Relaxed) {
        let ended = copy_on(store, mirror, pace, stopped, &mut |round, head| {
            states.copied(&mirror.name, head);
            if told.take().is_some() {
                tracing::info!(mirror = mirror.name, "the mirror is kept up again");
            }
            note_error(store.folder(), mirror, None);
            if !round.damaged.is_empty() && round.damaged != told_damage {
                tracing::error!(mirror = mirror.name, damaged = ?round.damaged, "content could not be mirrored");
                told_damage.clone_from(&round.damaged);
            }
        });
        if let (Err(error), false) = (ended, stopped.load(Ordering::Relaxed)) {
            let error = format!("{error:#}");
            states.failing(&mirror.name);
            if told.as_ref() != Some(&error) {
                tracing::error!(mirror = mirror.name, error, "the mirror is not kept up");
                note_error(store.folder(), mirror, Some(&error));
                told = Some(error);
            }
            nap(AFTER_FAILURE, stopped);
        }
    }
}

/// Copies what is new, again and again, until something fails or the server stops.
fn copy_on(
    store: &Store,
    mirror: &MirrorConfig,
    pace: &Pace,
    stopped: &AtomicBool,
    each: &mut dyn FnMut(&Round, Option<&Head>),
) -> Result<()> {
    let _alone = alone(store.folder(), mirror)?;
    let place = open_place(mirror)?;
    let options = mirror.options(store.folder());
    let mut copying = Mirroring::of_store(store, place, SERVICES, options, pace.clone())?;
    while !stopped.load(Ordering::Relaxed) {
        let round = copying.round()?;
        each(&round, copying.head());
        nap(EVERY, stopped);
    }
    Ok(())
}

fn nap(long: Duration, stopped: &AtomicBool) {
    let until = Instant::now() + long;
    while !stopped.load(Ordering::Relaxed) && Instant::now() < until {
        std::thread::sleep(NAP);
    }
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

/// Mirrors of a data folder by hand, beside no server: begun.
///
/// # Errors
/// When the place isn't there, isn't a copy of this data centre, or is kept up by another process.
pub(crate) fn begin(
    data: &Path,
    centre: &str,
    mirror: &MirrorConfig,
    pace: Pace,
) -> Result<(Mirroring, fs::File)> {
    let lock = alone(data, mirror)?;
    let place = open_place(mirror)?;
    let options = mirror.options(data);
    let store = Options::new(centre);
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
