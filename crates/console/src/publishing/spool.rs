//! Folders on their way in: on the disk beside the store, until they were looked through and kept.

use std::io::ErrorKind;
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;

use amana_store::Store;
use bytes::Bytes;
use tokio::fs::{File, OpenOptions};
use tokio::io::AsyncWriteExt as _;

use super::seats::{Seat, Seats};
use crate::{Error, Result};

/// The most bytes of one: larger ones go by `amana site deploy`, which sends only what is new and goes on after a cut.
pub(super) const MAX_FOLDER_BYTES: u64 = 2 << 30;
/// The most files of one.
pub(super) const MAX_FOLDER_FILES: usize = 20_000;
/// The most files and folders that are made for one.
const MAX_ENTRIES: usize = 4 * MAX_FOLDER_FILES;
/// What a file or a folder takes of the disk, beside what is in it.
const ENTRY_BYTES: u64 = 4096;
/// The longest path in a folder, in bytes.
const MAX_PATH_BYTES: usize = 4096;
/// The longest name of a file or a folder, in bytes.
const MAX_NAME_BYTES: usize = 255;
/// How deep folders lie in folders.
const MAX_DEPTH: usize = 64;
/// After so many bytes it is asked again whether the disk has room: all seats together stay below what is kept in reserve.
const ROOM_BYTES: u64 = 2 << 20;

/// Where folders wait. What a crash left there is removed when the console begins.
pub(crate) struct Spool {
    store: Arc<Store>,
    place: PathBuf,
    seats: Seats,
}

impl Spool {
    /// Beside that store.
    pub(crate) fn beside(store: Arc<Store>) -> Self {
        let place = store.folder().join("sites/incoming");
        // What can't be removed now is told when a folder comes.
        let _ = std::fs::remove_dir_all(&place);
        Self {
            store,
            place,
            seats: Seats::new(),
        }
    }

    /// Room for one folder of that institution.
    ///
    /// # Errors
    /// When too many come in already, of it or of all, or the disk is full.
    pub(super) async fn begin(&self, institution: &str) -> Result<Incoming> {
        let seat = self.seats.take(institution);
        let seat = seat.ok_or(Error::Sites(amana_sites::Error::Busy))?;
        self.store.room_for_content()?;
        let mut name = [0; 16];
        getrandom::fill(&mut name).map_err(|error| unwritten(&self.place, error.into()))?;
        let root = self.place.join(hex::encode(name));
        let made = tokio::fs::create_dir_all(&root).await;
        made.map_err(|error| unwritten(&root, error))?;
        Ok(Incoming {
            store: self.store.clone(),
            root,
            files: 0,
            entries: 0,
            content_bytes: 0,
            unasked_bytes: 0,
            _seat: seat,
        })
    }
}

/// A folder that comes in; gone from the disk when this is dropped.
pub(super) struct Incoming {
    store: Arc<Store>,
    root: PathBuf,
    files: usize,
    /// Files and folders that were made.
    entries: usize,
    content_bytes: u64,
    /// What was charged since the disk was last asked for room.
    unasked_bytes: u64,
    _seat: Seat,
}

impl Incoming {
    /// Where it lies.
    pub(super) fn root(&self) -> &Path {
        &self.root
    }

    /// Files that came.
    pub(super) fn files(&self) -> usize {
        self.files
    }

    /// A new file, at the path that a browser gives it: the chosen folder's own name, and the way in it.
    ///
    /// # Errors
    /// [`Error::NoFolder`] for a path that no folder has, or one that came before; [`Error::TooMuch`]; or when the disk is
    /// full.
    pub(super) async fn file(&mut self, given: &str) -> Result<File> {
        self.files += 1;
        if self.files > MAX_FOLDER_FILES {
            return Err(Error::TooMuch);
        }
        let within = within(given).ok_or(Error::NoFolder)?;
        let path = self.root.join(&within);
        self.charge_entry()?;
        let opened = match opened(&path).await {
            Err(error) if error.kind() == ErrorKind::NotFound => {
                self.make_folders(&within).await?;
                opened(&path).await
            }
            opened => opened,
        };
        opened.map_err(|error| unplaced(&path, error))
    }

    /// The folders that a file lies in, as far as they aren't there. One by one, since each is charged.
    async fn make_folders(&mut self, within: &Path) -> Result<()> {
        let mut folder = self.root.clone();
        for name in within.parent().into_iter().flat_map(Path::components) {
            folder.push(name);
            match tokio::fs::create_dir(&folder).await {
                Ok(()) => self.charge_entry()?,
                Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
                Err(error) => return Err(unplaced(&folder, error)),
            }
        }
        Ok(())
    }

    /// One more file or folder, which takes of the disk even when it is empty.
    fn charge_entry(&mut self) -> Result<()> {
        self.entries += 1;
        if self.entries > MAX_ENTRIES {
            return Err(Error::TooMuch);
        }
        self.charge(ENTRY_BYTES)
    }

    fn charge(&mut self, bytes: u64) -> Result<()> {
        self.unasked_bytes += bytes;
        if self.unasked_bytes >= ROOM_BYTES {
            self.store.room_for_content()?;
            self.unasked_bytes = 0;
        }
        Ok(())
    }

    /// More of a file.
    ///
    /// # Errors
    /// [`Error::TooMuch`], or when the disk is full.
    pub(super) async fn write(&mut self, file: &mut File, bytes: &Bytes) -> Result<()> {
        self.content_bytes += bytes.len() as u64;
        if self.content_bytes > MAX_FOLDER_BYTES {
            return Err(Error::TooMuch);
        }
        self.charge(bytes.len() as u64)?;
        let written = file.write_all(bytes).await;
        written.map_err(|error| unwritten(&self.root, error))
    }

    /// The end of a file.
    ///
    /// # Errors
    /// When it can't be written.
    pub(super) async fn end(&self, mut file: File) -> Result<()> {
        let flushed = file.flush().await;
        flushed.map_err(|error| unwritten(&self.root, error))
    }
}

impl Drop for Incoming {
    fn drop(&mut self) {
        // Of many files it takes a while, and others wait for this thread.
        let removed = tokio::task::block_in_place(|| std::fs::remove_dir_all(&self.root));
        if let Err(error) = removed {
            tracing::warn!(%error, "a folder that came in can't be removed; the next start does");
        }
    }
}

/// The way within the chosen folder; nothing for what can't be one.
fn within(given: &str) -> Option<PathBuf> {
    let (_, path) = given.split_once('/')?;
    if path.len() > MAX_PATH_BYTES || path.contains('\0') {
        return None;
    }
    let names: Vec<&str> = path.split('/').collect();
    let fits = |name: &&str| {
        let plain = Path::new(name)
            .components()
            .eq([Component::Normal(name.as_ref())]);
        plain && name.len() <= MAX_NAME_BYTES
    };
    (names.len() <= MAX_DEPTH && names.iter().all(fits)).then(|| names.iter().collect())
}

async fn opened(path: &Path) -> std::io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true).open(path).await
}

/// A file stands where a folder should be, or something stands there already: no folder has both. All else is the disk's.
fn unplaced(path: &Path, source: std::io::Error) -> Error {
    match source.kind() {
        ErrorKind::NotADirectory | ErrorKind::AlreadyExists => Error::NoFolder,
        _ => unwritten(path, source),
    }
}

fn unwritten(path: &Path, source: std::io::Error) -> Error {
    Error::Sites(amana_sites::Error::Read {
        path: path.to_owned(),
        source,
    })
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::within;

    #[test]
    fn only_ways_within_a_folder_are_taken() {
        let taken = |given: &str| within(given).map(PathBuf::into_os_string);
        assert_eq!(taken("public/a.html"), Some("a.html".into()));
        assert_eq!(taken("public/é/..a/b c"), Some("é/..a/b c".into()));
        for given in [
            "a.html",
            "",
            "/",
            "public/",
            "public//a",
            "public/a/",
            "public/../a",
            "public/a/../../b",
            "public/./a",
            "public/a\0b",
            "/../a",
        ] {
            assert_eq!(taken(given), None, "{given:?}");
        }
        assert_eq!(taken(&format!("public/{}", "a".repeat(256))), None);
        assert_eq!(taken(&format!("public{}", "/a".repeat(65))), None);
    }
}
