//! Folders on their way in: on the disk beside the store, until they were looked through and kept.

use std::path::{Component, Path, PathBuf};
use std::sync::Arc;

use amana_store::Store;
use bytes::Bytes;
use tokio::fs::{File, OpenOptions};
use tokio::io::AsyncWriteExt as _;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::{Error, Result};

/// Folders that come in at once.
const AT_ONCE: usize = 8;
/// The most bytes of one: larger ones go by `amana site deploy`, which sends only what is new and goes on after a cut.
pub(super) const MAX_FOLDER_BYTES: u64 = 2 << 30;
/// The most files of one.
pub(super) const MAX_FOLDER_FILES: usize = 20_000;
/// The longest path in a folder, in bytes.
const MAX_PATH_BYTES: usize = 4096;
/// The longest name of a file or a folder, in bytes.
const MAX_NAME_BYTES: usize = 255;
/// How deep folders lie in folders.
const MAX_DEPTH: usize = 64;
/// After so many bytes it is asked again whether the disk has room.
const ROOM_BYTES: u64 = 16 << 20;

/// Where folders wait. What a crash left there is removed when the console begins.
pub(crate) struct Spool {
    store: Arc<Store>,
    place: PathBuf,
    seats: Arc<Semaphore>,
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
            seats: Arc::new(Semaphore::new(AT_ONCE)),
        }
    }

    /// Room for one folder.
    ///
    /// # Errors
    /// When too many come in already, or the disk is full.
    pub(super) async fn begin(&self) -> Result<Incoming> {
        let seat = self.seats.clone().try_acquire_owned();
        let seat = seat.map_err(|_| Error::Sites(amana_sites::Error::Busy))?;
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
            bytes: 0,
            asked_at: 0,
            _seat: seat,
        })
    }
}

/// A folder that comes in; gone from the disk when this is dropped.
pub(super) struct Incoming {
    store: Arc<Store>,
    root: PathBuf,
    files: usize,
    bytes: u64,
    asked_at: u64,
    _seat: OwnedSemaphorePermit,
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
    /// [`Error::NoFolder`] for a path that no folder has, or one that came before; [`Error::TooMuch`].
    pub(super) async fn file(&mut self, given: &str) -> Result<File> {
        self.files += 1;
        if self.files > MAX_FOLDER_FILES {
            return Err(Error::TooMuch);
        }
        let path = self.root.join(within(given).ok_or(Error::NoFolder)?);
        if let Some(folder) = path.parent() {
            let made = tokio::fs::create_dir_all(folder).await;
            // A file stands where a folder should be: no folder has both.
            made.map_err(|_| Error::NoFolder)?;
        }
        let mut options = OpenOptions::new();
        let opened = options.write(true).create_new(true).open(&path).await;
        opened.map_err(|error| match error.kind() {
            std::io::ErrorKind::AlreadyExists => Error::NoFolder,
            _ => unwritten(&path, error),
        })
    }

    /// More of a file.
    ///
    /// # Errors
    /// [`Error::TooMuch`], or when the disk is full.
    pub(super) async fn write(&mut self, file: &mut File, bytes: &Bytes) -> Result<()> {
        self.bytes += bytes.len() as u64;
        if self.bytes > MAX_FOLDER_BYTES {
            return Err(Error::TooMuch);
        }
        if self.bytes - self.asked_at >= ROOM_BYTES {
            self.store.room_for_content()?;
            self.asked_at = self.bytes;
        }
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
