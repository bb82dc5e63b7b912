//! Files that are there whole or not at all, whatever happens on the way.
//!
//! What root makes in a folder of somebody else's belongs to them: an administrator works beside a service that runs as
//! another user, and a file of root's would keep it from its own folder.

use std::fs;
use std::io::Write as _;
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use amana_store::folders;
use anyhow::{Context as _, Result, anyhow, bail};
use zeroize::Zeroizing;

/// Makes or replaces a file: temporary file, fsync, rename, fsync of the folder. A crash on the way leaves the old
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

/// Reads a secret from a file that nobody else may read.
///
/// # Errors
/// When others may, or it can't be read.
pub(crate) fn read_private(path: &Path) -> Result<Zeroizing<String>> {
    let shown = || path.display().to_string();
    if fs::metadata(path).with_context(shown)?.mode() & 0o077 != 0 {
        bail!("{}: others may read this key; chmod 600 it", shown());
    }
    Ok(Zeroizing::new(
        fs::read_to_string(path).with_context(shown)?,
    ))
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
    let is_new = !path.exists();
    folders::make(path, 0o700).with_context(|| format!("{} can't be made", path.display()))?;
    if is_new && let Some((user, group)) = other_owner(folder_of(path)) {
        std::os::unix::fs::lchown(path, user, group)
            .with_context(|| format!("{} can't be given to its owner", path.display()))?;
    }
    Ok(())
}

/// Gives what root has in a folder to the folder's owner, as far down as it goes. Links are not followed; a folder that
/// isn't there has nothing.
///
/// # Errors
/// When something can't be listed or given.
pub(crate) fn give_to_owner(folder: &Path) -> Result<()> {
    let Some(owner) = other_owner(folder) else {
        return Ok(());
    };
    give_within(folder, owner)
        .with_context(|| format!("{} can't be given to its owner", folder.display()))
}

fn give_within(folder: &Path, (user, group): (Option<u32>, Option<u32>)) -> std::io::Result<()> {
    for file in fs::read_dir(folder)? {
        let file = file?;
        let found = file.metadata()?;
        // A second name may stand in a folder of root's, who did not mean to give that away.
        if found.uid() == 0 && (found.is_dir() || found.nlink() == 1) {
            std::os::unix::fs::lchown(file.path(), user, group)?;
        }
        if found.is_dir() {
            give_within(&file.path(), (user, group))?;
        }
    }
    Ok(())
}

/// Whose a folder is, if this is root and it is somebody else's.
fn other_owner(folder: &Path) -> Option<(Option<u32>, Option<u32>)> {
    if !rustix::process::geteuid().is_root() {
        return None;
    }
    let found = fs::metadata(folder).ok()?;
    (found.uid() != 0).then(|| (Some(found.uid()), Some(found.gid())))
}

/// Whether this is root, in a folder of root's own.
pub(crate) fn is_roots(folder: &Path) -> bool {
    rustix::process::geteuid().is_root() && other_owner(folder).is_none()
}

/// The folder that a path is in. The parent of a bare file name is the empty path, which no system opens.
fn folder_of(path: &Path) -> &Path {
    path.parent()
        .filter(|folder| !folder.as_os_str().is_empty())
        .unwrap_or(Path::new("."))
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
        if let Some((user, group)) = other_owner(folder_of(path)) {
            std::os::unix::fs::fchown(&file, user, group)?;
        }
        file.write_all(bytes)?;
        // Whose it is matters as much as what is in it: sync_data may leave that out.
        file.sync_all()?;
        fs::rename(&fresh, path)?;
        fs::File::open(folder_of(path))?.sync_all()
    };
    write().with_context(|| format!("{} can't be written", path.display()))
}
