//! Files that are there whole or not at all, whatever happens on the way.

use std::fs;
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use amana_store::folders;
use anyhow::{Context as _, Result, anyhow};

/// Makes or replaces a file: temporary file, fdatasync, rename, fsync of the folder. A crash on the way leaves the old
/// file, or none, and perhaps a `.new` beside it that the next write replaces. Durable on return.
///
/// # Errors
/// When a step fails. What is on disk is then unknown: whoever needs to know must stop, and read it again.
pub(crate) fn write_whole(path: &Path, text: &str) -> Result<()> {
    write(path, text.as_bytes(), 0o644)
}

/// The same for what only its owner may read.
///
/// # Errors
/// As [`write_whole`].
pub(crate) fn write_private(path: &Path, text: &str) -> Result<()> {
    write_private_bytes(path, text.as_bytes())
}

/// The same for bytes.
///
/// # Errors
/// As [`write_whole`].
pub(crate) fn write_private_bytes(path: &Path, bytes: &[u8]) -> Result<()> {
    write(path, bytes, 0o600)
}

/// Takes a folder for this process alone, for as long as the file that is given lives.
///
/// # Errors
/// When another process has it.
pub(crate) fn lock_folder(folder: &Path) -> Result<fs::File> {
    let path = folder.join("lock");
    let file = fs::File::options()
        .create(true)
        .truncate(false)
        .write(true)
        .open(&path)
        .with_context(|| format!("{} can't be made", path.display()))?;
    let flock = rustix::fs::flock(&file, rustix::fs::FlockOperation::NonBlockingLockExclusive);
    flock.map_err(|_| {
        anyhow!(
            "another amana works in {}: stop it first, or name another folder with --data",
            folder.display()
        )
    })?;
    Ok(file)
}

/// Makes a folder that only its owner enters, unless it is there. Durable on return.
///
/// # Errors
/// When it can't be made.
pub(crate) fn make_private_folder(path: &Path) -> Result<()> {
    folders::make(path, 0o700).with_context(|| format!("{} can't be made", path.display()))
}

/// Makes what a folder lists durable.
///
/// # Errors
/// When the system says so.
pub(crate) fn sync_folder(path: &Path) -> Result<()> {
    let synced = fs::File::open(path).and_then(|folder| folder.sync_all());
    synced.with_context(|| format!("{} can't be synced", path.display()))
}

fn write(path: &Path, bytes: &[u8], mode: u32) -> Result<()> {
    let write = || -> std::io::Result<()> {
        let mut fresh = path.as_os_str().to_owned();
        fresh.push(".new");
        let fresh = PathBuf::from(fresh);
        let mut file = fs::File::options()
            .write(true)
            .create(true)
            .truncate(true)
            .mode(mode)
            .open(&fresh)?;
        file.write_all(bytes)?;
        file.sync_data()?;
        fs::rename(&fresh, path)?;
        // The parent of a bare file name is the empty path, which no system opens.
        let folder = path
            .parent()
            .filter(|folder| !folder.as_os_str().is_empty());
        fs::File::open(folder.unwrap_or(Path::new(".")))?.sync_all()
    };
    write().with_context(|| format!("{} can't be written", path.display()))
}
