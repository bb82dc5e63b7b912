//! Moving a data centre to another engine of rows, another place of content, or another folder, and back.
//!
//! The new place gets the entries verbatim, chunk by chunk, and makes its views from them by the code of daily work, as a
//! restore does; content beside them; others' evidence and secrets after them. All of that goes on while the old place serves
//! and takes writes: what the new one has at any instant is an older state of the old one, and how far it is stands in its own
//! rows, so that a kill at any instant costs one chunk. Only for the last of it the old place takes no writes, by a mark in its
//! rows that every node heeds. Then both have the same heads, the new place is checked, and the marks are exchanged: first the
//! old one refuses for ever to be started, then the new one lets itself be. At no instant would both.

mod blobs;
mod entries;
pub(crate) mod mark;
mod tables;

use std::collections::HashMap;
use std::fs::{self, File};
use std::path::{Path, PathBuf};

use amana_ledger::{NodeId, root_at};

use crate::keys::Keys;
use crate::ledgers::Head;
use crate::national::awaited;
use crate::rows::Connection;
use crate::schema::VERSION;
use crate::sqlite::Use;
use crate::store::Shared;
use crate::{
    Blobs, Catalog, Error, LedgerId, LedgerInfo, Options, Reader, Result, Tiles, check, crash,
    folders, opening,
};
use mark::Mark;

/// With no more entries than this to go, writes are held up for the rest.
const NEARLY_ALL: u64 = 1024;
/// How often it tries to come so near, where writes are as fast as it.
const MAX_ROUNDS: usize = 16;
/// Pages of the log that a new folder's rows are written through.
const LOG_PAGES: i64 = 4096;

/// What is being copied.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Stage {
    /// Entries, and what small content they brought.
    Entries,
    /// Large content.
    Blobs,
}

/// Told how much of a stage is done, and of how much.
pub type Told<'t> = &'t mut dyn FnMut(Stage, u64, u64);

/// What was moved.
#[derive(Clone, Copy, Default, PartialEq, Eq, Debug, serde::Serialize)]
pub struct Moved {
    /// Ledgers.
    pub ledgers: u64,
    /// Their entries.
    pub entries: u64,
    /// Large content.
    pub blobs: u64,
}

/// A move under way. Nothing else may work in the new folder meanwhile.
pub struct Move {
    old: Shared,
    /// Where marks are set.
    old_rows: Connection,
    new: Shared,
    new_rows: Connection,
    heads: HashMap<LedgerId, Head>,
    is_done: bool,
    _lock: File,
}

impl Move {
    /// Begins, or goes on. A server may run in `from`; the folder `to` gets everything, with a configuration that its caller
    /// writes. Blocking, as everything here.
    ///
    /// # Errors
    /// [`Error::Folder`] for what can't be moved now, or not there, with what to do; a failure of either rows.
    pub fn begin(
        (from, old): (&Path, Options),
        (to, new): (&Path, Options),
        catalog: &Catalog,
    ) -> Result<Self> {
        let from = &whole(from)?;
        folders::make(to, 0o700)?;
        let to = &whole(to)?;
        if from == to {
            return refused(to, "it is the folder that is to be moved: choose another");
        }
        check::refuse_a_folder_without_rows(from, old.database.as_ref())?;
        let lock = opening::lock(to)?;
        let seed = || Keys::load(&from.join("keys"), &old.centre);
        let (old_keys, new_keys) = (seed()?, seed()?);
        let old_rows = Connection::open(from, old.database.as_ref(), Use::Write)?;
        let standing = mark::standing(&old_rows.reader())?;
        let is_done = match standing {
            Some(Mark::Moved(there)) if Path::new(&there) == to.as_path() => true,
            Some(mark @ (Mark::Moved(_) | Mark::Arriving(_))) => return refused(from, &mark.why()),
            Some(Mark::Frozen(there)) if Path::new(&there) != to.as_path() => {
                return refused(from, &Mark::Frozen(there).why());
            }
            Some(Mark::Frozen(_)) | None => false,
        };
        if !is_done {
            refuse_the_unsettled(from)?;
        }
        let new_rows = Connection::open(to, new.database.as_ref(), Use::Write)?;
        if let Connection::Embedded(rows) = &new_rows {
            rows.pragma_update(None, "wal_autocheckpoint", LOG_PAGES)?;
        }
        make_room(
            &new_rows,
            catalog,
            &Mark::Arriving(shown(from)),
            is_done,
            to,
        )?;
        let old_blobs = Blobs::of(from, old.object_place.as_ref())?;
        let place = new.object_place.as_ref();
        let new_blobs = Blobs::open(to.join("blobs"), place, new.faults.clone())?;
        new_blobs.sweep_unfinished()?;
        new_blobs.claim(new_keys.national_key().verifier().to_string())?;
        let moving = Self {
            old: Shared::new(from, catalog.clone(), old, old_keys, old_blobs),
            old_rows,
            new: Shared::new(to, catalog.clone(), new, new_keys, new_blobs),
            new_rows,
            heads: HashMap::new(),
            is_done,
            _lock: lock,
        };
        moving.refuse_another_history()?;
        Ok(moving)
    }

    /// Whether nothing is left to copy: only the last mark may be missing.
    #[must_use]
    pub fn is_done(&self) -> bool {
        self.is_done
    }

    /// Copies while the old place goes on, until little is left.
    ///
    /// # Errors
    /// [`Error::Damaged`] for what can't be copied because it isn't what was recorded; a failure of either place. What was
    /// copied stays.
    pub fn copy(&mut self, told: Told<'_>) -> Result<()> {
        for _ in 0..MAX_ROUNDS {
            let entries = self.catch_up(told)?;
            self.bring_blobs(told)?;
            self.bring_tables()?;
            if entries <= NEARLY_ALL {
                break;
            }
        }
        // Content that was healed in the old place is what was recorded only since then.
        self.bring_contents()
    }

    /// Has the old place take no writes any more, on any node, over restarts too. Durable on return.
    ///
    /// # Errors
    /// A failure of the old rows.
    pub fn freeze(&mut self) -> Result<()> {
        mark::set(&self.old_rows, &Mark::Frozen(shown(&self.new.folder)))?;
        crash::point("move.frozen");
        Ok(())
    }

    /// Lets the old place take writes again. What was copied stays, for another try.
    ///
    /// # Errors
    /// A failure of the old rows.
    pub fn thaw(&self) -> Result<()> {
        thaw(&self.old_rows, &self.old.folder)
    }

    /// Copies the last of it, and what stands beside rows and content. On return the new place has every head of the old
    /// one, and is durable; it is for the caller to check it in full.
    ///
    /// # Errors
    /// As [`Move::copy`]; [`Error::Damaged`] when a head isn't the same.
    pub fn copy_rest(&mut self, told: Told<'_>) -> Result<Moved> {
        self.catch_up(told)?;
        let blobs = self.bring_blobs(told)?;
        self.bring_tables()?;
        self.bring_policy()?;
        for name in ["keys", "mirror", "behind"] {
            take_folder(&self.old.folder.join(name), &self.new.folder.join(name))?;
        }
        for name in ["policy", "scrub.json"] {
            take_file(&self.old.folder.join(name), &self.new.folder.join(name))?;
        }
        folders::sync(&self.new.folder)?;
        crash::point("move.copied");
        self.agree(blobs)
    }

    /// Makes the new place the data centre, and the old one nothing any more that can be started.
    ///
    /// # Errors
    /// A failure of either rows: the same once more goes on.
    pub fn switch(&mut self) -> Result<()> {
        self.agree(0)?;
        if !self.is_done {
            mark::set(&self.old_rows, &Mark::Moved(shown(&self.new.folder)))?;
            self.is_done = true;
        }
        crash::point("move.left");
        mark::clear(&self.new_rows)
    }

    /// Every ledger of both, and their heads.
    fn agree(&self, blobs: u64) -> Result<Moved> {
        let old = self.old.read(LedgerInfo::all)?;
        let new = self.new.read(LedgerInfo::all)?;
        if let Some((info, _)) = old.iter().zip(&new).find(|(old, new)| old != new) {
            return differs(info, "its head is not the same in both places");
        }
        if let Some(info) = old.get(new.len()).or_else(|| new.get(old.len())) {
            return differs(info, "it is in one of both places alone");
        }
        Ok(Moved {
            ledgers: new.len() as u64,
            entries: new.iter().map(|info| info.size).sum(),
            blobs,
        })
    }

    /// What is in the new place already must be the past of the old one.
    fn refuse_another_history(&self) -> Result<()> {
        for new in self.new.read(LedgerInfo::all)? {
            let is_past = self.old.read(|rows| is_past(rows, &new))?;
            if !is_past {
                return refused(
                    &self.new.folder,
                    &format!(
                        "what was copied here of {} is not the past of what is moved: choose another folder, and another database",
                        new.name
                    ),
                );
            }
        }
        Ok(())
    }
}

/// Lets a place that somebody began to move take writes again.
///
/// # Errors
/// [`Error::Folder`] when it was moved already; a failure of the rows.
pub fn abandon(folder: &Path, options: &Options) -> Result<()> {
    check::refuse_a_folder_without_rows(folder, options.database.as_ref())?;
    let rows = Connection::open(folder, options.database.as_ref(), Use::Write)?;
    thaw(&rows, folder)
}

fn thaw(rows: &Connection, folder: &Path) -> Result<()> {
    match mark::standing(&rows.reader())? {
        None => Ok(()),
        Some(Mark::Frozen(_)) => mark::clear(rows),
        Some(mark) => refused(folder, &mark.why()),
    }
}

/// Tables of nothing, under the mark; or those that an earlier try left.
fn make_room(
    rows: &Connection,
    catalog: &Catalog,
    mark: &Mark,
    is_done: bool,
    to: &Path,
) -> Result<()> {
    rows.create_marked(catalog, &mark.version())?;
    let note = "SELECT value FROM meta WHERE key = 'schema'";
    let found = rows
        .reader()
        .one(note, &[], |row| Ok(row.text(0)?.to_owned()))?;
    match found
        .as_deref()
        .map(|found| (found, Mark::of_version(found)))
    {
        Some((_, Some(there))) if there == *mark => Ok(()),
        Some((_, Some(other))) => refused(to, &other.why()),
        Some((found, None)) if is_done && found == VERSION.to_string() => Ok(()),
        _ => refused(
            to,
            "there is a data centre already, in this folder or in the database: choose an empty folder, and an empty database",
        ),
    }
}

fn is_past(rows: &Reader<'_>, new: &LedgerInfo) -> Result<bool> {
    let Some(old) = LedgerInfo::by_id(rows, new.id)? else {
        return Ok(false);
    };
    if old.size < new.size || (&old.name, old.genesis) != (&new.name, new.genesis) {
        return Ok(false);
    }
    let mut tiles = Tiles::new(rows, old.id);
    let root = root_at(new.size, &mut |node: NodeId| tiles.node(node))?;
    Ok(root == new.root)
}

/// What witnesses, or a restore, have yet to settle is settled in the old place: others know it.
fn refuse_the_unsettled(from: &Path) -> Result<()> {
    let shown = fs::read_dir(from.join("behind")).is_ok_and(|mut files| files.next().is_some());
    if shown || from.join(awaited::FILE).exists() {
        return refused(
            from,
            "its witnesses know of more than it has, or have yet to call: move it once it takes writes again",
        );
    }
    if from.join("restoring.json").exists() {
        return refused(
            from,
            "it was restored, and its content is still on its way: move it once all of it is there",
        );
    }
    Ok(())
}

/// Files of a folder that has none below it; for their owner alone, but for what is public.
fn take_folder(from: &Path, to: &Path) -> Result<()> {
    let Ok(files) = fs::read_dir(from) else {
        return Ok(());
    };
    folders::make(to, 0o700)?;
    for file in files {
        let file = file.map_err(Error::file("list", from))?;
        let is_lock = file.path().extension().is_some_and(|end| end == "lock");
        if file.path().is_file() && !is_lock {
            take_file(&file.path(), &to.join(file.file_name()))?;
        }
    }
    folders::sync(to)
}

/// A file that is there, whole or not at all, with its mode.
fn take_file(from: &Path, to: &Path) -> Result<()> {
    if !from.exists() {
        return Ok(());
    }
    let mut fresh = to.as_os_str().to_owned();
    fresh.push(".new");
    let fresh = PathBuf::from(fresh);
    fs::copy(from, &fresh).map_err(Error::file("copy", from))?;
    let made = File::open(&fresh).map_err(Error::file("open", &fresh))?;
    made.sync_all().map_err(Error::file("sync", &fresh))?;
    fs::rename(&fresh, to).map_err(Error::file("rename", &fresh))
}

fn whole(path: &Path) -> Result<PathBuf> {
    path.canonicalize().map_err(Error::file("open", path))
}

fn shown(path: &Path) -> String {
    path.display().to_string()
}

fn refused<T>(path: &Path, why: &str) -> Result<T> {
    Err(Error::Folder {
        path: path.to_owned(),
        why: why.to_owned(),
    })
}

fn differs<T>(info: &LedgerInfo, why: &str) -> Result<T> {
    Err(Error::Damaged {
        what: format!("ledger {}", info.name),
        why: why.to_owned(),
    })
}
