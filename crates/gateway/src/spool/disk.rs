//! The spool's files, on each of its disks alike.
//!
//! A file is written beside its name, synced, renamed, and its folder synced, on every disk, before anything is
//! acknowledged. A crash leaves a file on some disks and not on others: one that is on any of them counts.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File, OpenOptions};
use std::os::unix::fs::{FileExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use amana_store::{BlobId, folders};

use crate::callers::write_whole;
use crate::{Error, Result};

/// Where acts go that the data centre refused.
const REFUSED: &str = "refused";

/// The folders.
pub(super) struct Disks(Vec<PathBuf>);

/// What was found at the start.
#[derive(Default)]
pub(super) struct Found {
    pub(super) acts: BTreeSet<u64>,
    pub(super) done: BTreeMap<u64, u64>,
    pub(super) pieces: BTreeMap<BlobId, u64>,
    pub(super) last_number: Option<u64>,
    pub(super) refused: u64,
}

impl Disks {
    pub(super) fn open(folders: Vec<PathBuf>) -> Result<Self> {
        for folder in &folders {
            let refused = folder.join(REFUSED);
            folders::make(&refused, 0o755)?;
        }
        Ok(Self(folders))
    }

    pub(super) fn first(&self) -> PathBuf {
        self.0.first().cloned().unwrap_or_default()
    }

    pub(super) fn found(&self) -> Result<Found> {
        let mut found = Found::default();
        for folder in &self.0 {
            for file in fs::read_dir(folder).map_err(Error::file("read", folder))? {
                let path = file.map_err(Error::file("read", folder))?.path();
                found.file(&path)?;
            }
            let refused = folder.join(REFUSED);
            for file in fs::read_dir(&refused).map_err(Error::file("read", &refused))? {
                let path = file.map_err(Error::file("read", &refused))?.path();
                found.last_number = found.last_number.max(number_of(&path));
            }
        }
        let refused = self.first().join(REFUSED);
        let files = fs::read_dir(&refused).map_err(Error::file("read", &refused))?;
        found.refused = files
            .flatten()
            .filter(|file| number_of(&file.path()).is_some())
            .count() as u64;
        Ok(found)
    }

    /// Removes what no record names.
    pub(super) fn sweep(&self, named: &[BlobId]) -> Result<()> {
        for folder in &self.0 {
            for file in fs::read_dir(folder).map_err(Error::file("read", folder))? {
                let path = file.map_err(Error::file("read", folder))?.path();
                let kept = match extension(&path) {
                    "piece" => piece_of(&path).is_some_and(|piece| named.contains(&piece)),
                    "new" => false,
                    _ => true,
                };
                if !kept {
                    fs::remove_file(&path).map_err(Error::file("remove", &path))?;
                }
            }
        }
        Ok(())
    }

    pub(super) fn write_act(&self, number: u64, sealed: &[u8]) -> Result<()> {
        self.on_each(|folder| write_whole(&act_path(folder, number), sealed))
    }

    pub(super) fn write_done(&self, number: u64, index: u64) -> Result<()> {
        self.on_each(|folder| {
            write_whole(
                &act_path(folder, number).with_extension("done"),
                index.to_string().as_bytes(),
            )
        })
    }

    /// The record as each disk has it.
    pub(super) fn read_act(&self, number: u64) -> impl Iterator<Item = Result<Vec<u8>>> {
        self.0.iter().map(move |folder| {
            let path = act_path(folder, number);
            fs::read(&path).map_err(Error::file("read", &path))
        })
    }

    pub(super) fn act_bytes(&self, number: u64) -> u64 {
        let sizes = self
            .0
            .iter()
            .filter_map(|folder| Some(fs::metadata(act_path(folder, number)).ok()?.len()));
        sizes.max().unwrap_or(0)
    }

    /// Writes a run of a piece at its place; with the last one, makes it durable under its name.
    pub(super) fn append(&self, piece: BlobId, from: u64, bytes: &[u8], last: bool) -> Result<()> {
        self.on_each(|folder| {
            let path = piece_path(folder, piece);
            let new = path.with_extension("new");
            let file = OpenOptions::new()
                .create(true)
                .write(true)
                .truncate(false)
                .mode(0o600)
                .open(&new)
                .map_err(Error::file("open", &new))?;
            file.write_all_at(bytes, from)
                .map_err(Error::file("write", &new))?;
            if !last {
                return Ok(());
            }
            file.sync_data().map_err(Error::file("sync", &new))?;
            fs::rename(&new, &path).map_err(Error::file("rename", &new))?;
            Ok(folders::sync(folder)?)
        })
    }

    /// The piece as each disk has it.
    pub(super) fn open_piece(&self, piece: BlobId) -> impl Iterator<Item = Result<File>> {
        self.0.iter().map(move |folder| {
            let path = piece_path(folder, piece);
            File::open(&path).map_err(Error::file("open", &path))
        })
    }

    /// What can't be removed stays, and is swept or purged at the next start.
    pub(super) fn remove_piece(&self, piece: BlobId) {
        for folder in &self.0 {
            let path = piece_path(folder, piece);
            remove(&path);
            remove(&path.with_extension("new"));
        }
    }

    /// The record goes first: without it nothing would be delivered again.
    pub(super) fn remove_act(&self, number: u64) {
        for folder in &self.0 {
            let path = act_path(folder, number);
            remove(&path);
            remove(&path.with_extension("done"));
        }
    }

    pub(super) fn set_aside(&self, number: u64) -> Result<()> {
        self.on_each(|folder| {
            let path = act_path(folder, number);
            let aside = act_path(&folder.join(REFUSED), number);
            fs::rename(&path, &aside).map_err(Error::file("rename", &path))?;
            // The name that it has now, before the end of the one that it had.
            folders::sync(&folder.join(REFUSED))?;
            Ok(folders::sync(folder)?)
        })
    }

    fn on_each(&self, work: impl Fn(&Path) -> Result<()>) -> Result<()> {
        self.0.iter().try_for_each(|folder| work(folder))
    }
}

impl Found {
    fn file(&mut self, path: &Path) -> Result<()> {
        let number = number_of(path);
        self.last_number = self.last_number.max(number);
        match (extension(path), number) {
            ("act", Some(number)) => {
                self.acts.insert(number);
            }
            ("done", Some(number)) => {
                let text = fs::read_to_string(path).map_err(Error::file("read", path))?;
                if let Ok(index) = text.parse() {
                    self.done.insert(number, index);
                }
            }
            ("piece", _) => {
                if let Some(piece) = piece_of(path) {
                    let size = fs::metadata(path).map_err(Error::file("read", path))?.len();
                    self.pieces.insert(piece, size);
                }
            }
            _ => {}
        }
        Ok(())
    }
}

fn act_path(folder: &Path, number: u64) -> PathBuf {
    folder.join(format!("{number:016}.act"))
}

fn piece_path(folder: &Path, piece: BlobId) -> PathBuf {
    folder.join(format!("{piece}.piece"))
}

fn extension(path: &Path) -> &str {
    path.extension()
        .and_then(|end| end.to_str())
        .unwrap_or_default()
}

fn stem(path: &Path) -> &str {
    path.file_stem()
        .and_then(|stem| stem.to_str())
        .unwrap_or_default()
}

fn number_of(path: &Path) -> Option<u64> {
    let numbered = ["act", "done"].contains(&extension(path)) && stem(path).len() == 16;
    numbered.then(|| stem(path).parse().ok()).flatten()
}

fn piece_of(path: &Path) -> Option<BlobId> {
    stem(path).parse().ok()
}

fn remove(path: &Path) {
    if let Err(error) = fs::remove_file(path)
        && error.kind() != std::io::ErrorKind::NotFound
    {
        tracing::warn!(path = %path.display(), %error, "a file of the spool stays");
    }
}
