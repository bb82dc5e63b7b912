//! Putting whole bytes where a blob is damaged or missing, without ever making it worse.
//!
//! The whole bytes are written beside, judged, synced, and renamed over: a crash leaves the damaged file or the whole
//! one. The damaged file is kept under `blobs/damaged` for people to look at; the oldest ones go. An object store puts
//! whole bytes over a name at once; what they replace is kept only by its own versions.

use std::fs;
use std::path::PathBuf;

use super::writing::{Temporary, To};
use super::{BlobId, BlobInfo, BlobWriter, Blobs};
use crate::{Error, Result, folders};

/// Where damaged files are kept.
pub(crate) const DAMAGED: &str = "damaged";
/// Damaged files kept at most.
const MAX_KEPT: usize = 64;
/// Bytes of damaged files kept at most, beyond the newest one.
const MAX_KEPT_BYTES: u64 = 1 << 30;

impl Blobs {
    /// Begins the bytes of a blob that has its name already. One at a time for each blob. Blocking.
    ///
    /// # Errors
    /// [`Error::File`].
    pub(crate) fn create_beside(&self, id: BlobId) -> Result<BlobWriter> {
        // What a failure before left there is nobody's.
        let _ = fs::remove_file(self.root.join("tmp").join(id.to_string()));
        self.begin(id, "heal.create")
    }

    /// Keeps the file of a blob that is about to be replaced. Best effort: nothing depends on it.
    fn keep_damaged(&self, id: BlobId, now_ms: i64) {
        let folder = self.root.join(DAMAGED);
        let kept = folder.join(format!("{now_ms:014}-{id}"));
        match fs::hard_link(self.path(id), kept) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                tracing::warn!(blob = %id, %error, "the damaged file could not be kept under blobs/damaged");
            }
            _ => {}
        }
        if let Err(error) = self.prune_damaged(&folder) {
            tracing::warn!(%error, "old damaged files could not be removed");
        }
    }

    fn prune_damaged(&self, folder: &PathBuf) -> Result<()> {
        let mut kept = Vec::new();
        for file in fs::read_dir(folder).map_err(Error::file("list", folder))? {
            let file = file.map_err(Error::file("list", folder))?;
            let size_bytes = file
                .metadata()
                .map_err(Error::file("stat", &file.path()))?
                .len();
            kept.push((file.path(), size_bytes));
        }
        // Names begin with the time: the newest first.
        kept.sort_by(|a, b| b.cmp(a));
        let mut bytes = 0;
        for (place, (path, size_bytes)) in kept.into_iter().enumerate() {
            bytes += size_bytes;
            if place > 0 && (place >= MAX_KEPT || bytes > MAX_KEPT_BYTES) {
                fs::remove_file(&path).map_err(Error::file("remove", &path))?;
            }
        }
        Ok(())
    }
}

impl BlobWriter {
    /// Puts what was written in the blob's place if `is_right` says so; otherwise it leaves nothing. On return the whole
    /// bytes and their name are on disk. Blocking.
    ///
    /// A failed sync doesn't stop the store here: the name leads to the damaged bytes or to the whole ones, and both are
    /// verified at each read.
    ///
    /// # Errors
    /// [`Error::File`], [`Error::Away`]; the blob is then as it was, or whole.
    pub(crate) fn replace(
        mut self,
        now_ms: i64,
        keep: bool,
        is_right: impl FnOnce(&BlobInfo) -> bool,
    ) -> Result<Option<BlobInfo>> {
        let info = self.digested();
        if !is_right(&info) {
            return Ok(None);
        }
        let faults = self.blobs.faults.clone();
        let mut temporary = match self.to {
            To::File(temporary) => temporary,
            // What was there is gone then, unless the store keeps versions itself.
            To::Objects(upload) => {
                faults.write("heal.object", || upload.finish())?;
                return Ok(Some(info));
            }
        };
        let Temporary {
            path: tmp, file, ..
        } = &temporary;
        faults.write("heal.sync", || {
            file.sync_data().map_err(Error::file("sync", tmp))
        })?;
        if keep {
            self.blobs.keep_damaged(self.id, now_ms);
        }
        let path = self.blobs.path(self.id);
        faults.write("heal.rename", || {
            fs::rename(tmp, &path).map_err(Error::file("rename", tmp))
        })?;
        temporary.is_named = true;
        if let Some(shelf) = path.parent() {
            faults.write("heal.dir.sync", || folders::sync(shelf))?;
        }
        Ok(Some(info))
    }
}
