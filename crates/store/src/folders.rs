//! Folders that are still there after a power cut.
//!
//! A folder's name is kept in the folder above it, so that whatever is synced in a new folder is lost with it until the
//! one above was synced too.

use std::fs::{DirBuilder, File};
use std::os::unix::fs::DirBuilderExt as _;
use std::path::Path;

use crate::{Error, Result};

/// Makes a folder, and those above it, with permissions `mode`, unless they are there. Durable on return, also when a
/// process that was killed had made it.
///
/// # Errors
/// [`Error::File`].
pub fn make(folder: &Path, mode: u32) -> Result<()> {
    let Some(above) = above(folder) else {
        return Ok(());
    };
    let made = !folder.exists();
    if made {
        make(above, mode)?;
        match DirBuilder::new().mode(mode).create(folder) {
            Err(error) if error.kind() != std::io::ErrorKind::AlreadyExists => {
                return Err(Error::file("create", folder)(error));
            }
            _ => {}
        }
    }
    match sync(above) {
        // Somebody else made it, in a place that only they may read.
        Err(Error::File { source, .. })
            if !made && source.kind() == std::io::ErrorKind::PermissionDenied =>
        {
            Ok(())
        }
        synced => synced,
    }
}

/// Makes the names in a folder durable.
///
/// # Errors
/// [`Error::File`].
pub fn sync(folder: &Path) -> Result<()> {
    File::open(folder)
        .and_then(|folder| folder.sync_all())
        .map_err(Error::file("sync", folder))
}

/// The folder above; that of a bare name is the one where the process is.
fn above(folder: &Path) -> Option<&Path> {
    match folder.parent() {
        Some(above) if above.as_os_str().is_empty() => Some(Path::new(".")),
        above => above,
    }
}
