//! One file of sealed pages, saved whole or not at all.
//!
//! ```text
//! file := header (4096) ‖ sealed page (4136)*
//! header := "amana.replica/v1\n" padded with zeros to 32 ‖ file id (16) ‖ sealed("amana.replica") ‖ zeros
//! ```
//!
//! The engine's writes gather in memory. A save seals them, makes the redo log durable, and then writes each page to its
//! place: a crash before the log is whole leaves the state before, a crash after it is mended at the next start. Reads go
//! on meanwhile, and a save that fails for want of space loses nothing and is tried again.

use std::collections::BTreeMap;
use std::fs::File;
use std::io;
use std::os::unix::fs::{FileExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use rustix::fs::FlockOperation;

use super::redo::Redo;
use super::sealing::{PAGE_BYTES, Page, Place, ReplicaKey, SEALED_BYTES, Sealing};
use crate::faults::Faults;
use crate::store::lock_state;
use crate::{Error, Result, folders};

const MAGIC: &[u8; 32] = b"amana.replica/v1\n\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0";
const CHECK: &[u8] = b"amana.replica";
const HEADER_BYTES: usize = 4096;
const ID_AT: usize = 32;
const CHECK_AT: usize = 48;
const CHECK_BYTES: usize = CHECK.len() + super::sealing::OVERHEAD_BYTES;

type Pages = BTreeMap<u64, Box<Page>>;

/// The file.
pub(super) struct PageFile {
    path: PathBuf,
    file: File,
    log: File,
    sealing: Sealing,
    faults: Faults,
    state: Mutex<State>,
    /// One save at a time.
    saving: Mutex<()>,
}

/// What the file holds beyond what is in its place.
#[derive(Default)]
struct State {
    /// Pages of the file, as the engine sees it.
    pages: u64,
    /// Pages that are in their places.
    placed: u64,
    /// Whether the length changed since the last save began.
    resized: bool,
    /// Written since the last save began.
    changed: Pages,
    /// Being saved.
    leaving: Arc<Pages>,
    /// Why the file can't be used any more.
    trouble: Option<String>,
}

impl PageFile {
    /// Opens the file, or makes it, and mends it after a crash.
    pub(super) fn open(path: &Path, key: &ReplicaKey, faults: Faults) -> Result<Self> {
        let file = open(path)?;
        rustix::fs::flock(&file, FlockOperation::NonBlockingLockExclusive).map_err(|_| {
            Error::Folder {
                path: path.to_owned(),
                why: "another amana has this file open; stop it first".into(),
            }
        })?;
        let log_path = path.with_extension("redo");
        let log = open(&log_path)?;
        let failed = |op| Error::file(op, path);
        let sealing = if file.metadata().map_err(failed("stat"))?.len() == 0 {
            let sealing = begin(&file, key).map_err(failed("write"))?;
            folders::sync(path.parent().unwrap_or(Path::new(".")))?;
            sealing
        } else {
            recognize(&file, key, path)?
        };
        let found = Self {
            path: path.to_owned(),
            file,
            log,
            sealing,
            faults,
            state: Mutex::default(),
            saving: Mutex::default(),
        };
        if let Some(redo) = Redo::read(&found.sealing, &found.log).map_err(failed("read"))? {
            found.place(&redo)?;
        }
        let length = found.file.metadata().map_err(failed("stat"))?.len();
        let pages = length.saturating_sub(HEADER_BYTES as u64) / SEALED_BYTES as u64;
        {
            let mut state = lock_state(&found.state);
            state.pages = pages;
            state.placed = pages;
        }
        Ok(found)
    }

    /// Pages, as the engine sees it.
    pub(super) fn pages(&self) -> u64 {
        lock_state(&self.state).pages
    }

    /// Makes it that many pages long.
    pub(super) fn set_pages(&self, pages: u64) {
        let mut state = lock_state(&self.state);
        state.changed.retain(|number, _| *number < pages);
        state.placed = state.placed.min(pages);
        state.pages = pages;
        state.resized = true;
    }

    /// Pages that wait to be saved.
    pub(super) fn waiting(&self) -> usize {
        let state = lock_state(&self.state);
        state.changed.len() + state.leaving.len()
    }

    /// Why the file can't be used any more, if so.
    pub(super) fn trouble(&self) -> Option<String> {
        lock_state(&self.state).trouble.clone()
    }

    /// Puts a page, in memory.
    pub(super) fn write(&self, number: u64, page: Box<Page>) {
        let mut state = lock_state(&self.state);
        state.pages = state.pages.max(number + 1);
        state.changed.insert(number, page);
    }

    /// A page; zeros for one that was never written.
    pub(super) fn read(&self, number: u64) -> io::Result<Box<Page>> {
        let mut plain = Box::new([0; PAGE_BYTES]);
        {
            let state = lock_state(&self.state);
            if let Some(why) = &state.trouble {
                return Err(io::Error::other(why.clone()));
            }
            let held = state.changed.get(&number);
            if let Some(page) = held.or_else(|| state.leaving.get(&number)) {
                return Ok(page.clone());
            }
            if number >= state.placed {
                return Ok(plain);
            }
        }
        let mut sealed = vec![0; SEALED_BYTES];
        self.file.read_exact_at(&mut sealed, offset(number))?;
        match self.sealing.open(Place::Page(number), &sealed) {
            Ok(page) => {
                plain.copy_from_slice(&page);
                Ok(plain)
            }
            Err(_) => {
                let why = format!("page {number} is not the one that was written");
                lock_state(&self.state).trouble = Some(why.clone());
                Err(io::Error::other(why))
            }
        }
    }

    /// Makes durable what was written. When that fails before anything is in its place, it all waits for the next save.
    ///
    /// `settle` ends what the engine is about, and nothing may be written from then until it gives back what keeps the
    /// engine: a save that took half of a commit's pages would be a torn state after a crash.
    pub(super) fn save<G>(&self, settle: impl FnOnce() -> Result<G>) -> Result<()> {
        let _one = lock_state(&self.saving);
        let kept = settle()?;
        let (leaving, placed, pages) = {
            let mut state = lock_state(&self.state);
            if state.changed.is_empty() && !state.resized {
                return Ok(());
            }
            state.resized = false;
            state.leaving = Arc::new(std::mem::take(&mut state.changed));
            (state.leaving.clone(), state.placed, state.pages)
        };
        drop(kept);
        let logged = self.log(&leaving, placed, pages);
        let placed = logged.and_then(|redo| self.place(&redo).map_err(Failed::Placing));
        let mut state = lock_state(&self.state);
        state.leaving = Arc::default();
        match placed {
            Ok(()) => {
                state.placed = pages.min(state.pages);
                Ok(())
            }
            Err(Failed::Logging(error)) => {
                for (number, page) in leaving.iter() {
                    state.changed.entry(*number).or_insert_with(|| page.clone());
                }
                state.resized = true;
                Err(error)
            }
            Err(Failed::Placing(error)) => {
                // The log is whole and the file may not be: only a start mends that.
                state.trouble = Some(format!("it could not be written: {error}"));
                Err(error)
            }
        }
    }

    /// Seals pages and makes the log durable. A page between `placed` and `pages` that the engine never wrote, since
    /// nothing is on it, is sealed as zeros: no page of the file is without its tag.
    fn log(&self, leaving: &Pages, placed: u64, pages: u64) -> Result<Redo, Failed> {
        let empty = [0; PAGE_BYTES];
        let holes = (placed..pages).filter(|number| !leaving.contains_key(number));
        let changed = leaving.iter().map(|(number, page)| (*number, &**page));
        let log = || {
            let mut redo = Redo::new(pages);
            for (number, page) in changed.chain(holes.map(|number| (number, &empty))) {
                redo.add(&self.sealing, number, page)?;
            }
            redo.write(&self.sealing, &self.log)?;
            Ok(redo)
        };
        let path = self.path.with_extension("redo");
        self.faults
            .write("replica.log", || log().map_err(Error::file("write", &path)))
            .map_err(Failed::Logging)
    }

    /// Writes the pages of a whole log to their places, and empties the log.
    fn place(&self, redo: &Redo) -> Result<()> {
        let written = |result: io::Result<()>| result.map_err(Error::file("write", &self.path));
        for (number, sealed) in redo.pages() {
            let write = || written(self.file.write_all_at(sealed, offset(number)));
            self.faults.write("replica.place", write)?;
        }
        let end = || {
            self.file.set_len(offset(redo.pages))?;
            self.file.sync_data()?;
            self.log.set_len(0)
        };
        self.faults.write("replica.sync", || written(end()))
    }
}

/// Where a save failed.
enum Failed {
    /// Before anything was in its place.
    Logging(Error),
    /// With a whole log.
    Placing(Error),
}

fn offset(number: u64) -> u64 {
    HEADER_BYTES as u64 + number * SEALED_BYTES as u64
}

fn open(path: &Path) -> Result<File> {
    File::options()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .mode(0o600)
        .open(path)
        .map_err(Error::file("open", path))
}

/// Writes the header of a new file.
fn begin(file: &File, key: &ReplicaKey) -> io::Result<Sealing> {
    let mut id = [0; 16];
    getrandom::fill(&mut id).map_err(io::Error::other)?;
    let sealing = Sealing::new(key, id);
    let mut header = [&MAGIC[..], &id].concat();
    sealing.seal(Place::Header, CHECK, &mut header)?;
    header.resize(HEADER_BYTES, 0);
    file.write_all_at(&header, 0)?;
    file.sync_all()?;
    Ok(sealing)
}

/// Reads the header of a file that is there.
fn recognize(file: &File, key: &ReplicaKey, path: &Path) -> Result<Sealing> {
    let unusable = |why: &str| Error::Replica {
        path: path.to_owned(),
        why: why.to_owned(),
    };
    let mut header = [0; CHECK_AT + CHECK_BYTES];
    file.read_exact_at(&mut header, 0)
        .map_err(|_| unusable("it is cut short"))?;
    if header[..ID_AT] != *MAGIC {
        return Err(unusable("it is no index of this version"));
    }
    let mut id = [0; 16];
    id.copy_from_slice(&header[ID_AT..CHECK_AT]);
    let sealing = Sealing::new(key, id);
    match sealing.open(Place::Header, &header[CHECK_AT..]) {
        Ok(check) if check == CHECK => Ok(sealing),
        _ => Err(unusable("this key doesn't open it")),
    }
}
