//! A copy of the store while it runs: the rows as of one instant, and every blob that they name.
//!
//! First blobs are held, so that none goes while the copy is made; then the rows are copied in one read transaction; then the
//! blobs that the copy names are linked, or copied where a link can't be. A blob is never changed in place, so that a link
//! is a copy as far as the store is concerned; it isn't one against a failing disk.

use std::fs::{self, File};
use std::io;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::Path;

use crate::national::awaited::await_witnesses;
use crate::sqlite::{Use, connect};
use crate::{BlobId, Blobs, Error, Result, Store, folders};

/// What a backup holds.
#[derive(Clone, Copy, Default, PartialEq, Eq, Debug, serde::Serialize)]
pub struct BackedUp {
    /// Size of the rows.
    pub rows_bytes: u64,
    /// Blobs, linked or copied.
    pub blobs: u64,
    /// Their size.
    pub blob_bytes: u64,
    /// Those of them that share their disk blocks with the store's own.
    pub linked: u64,
}

impl Store {
    /// Copies rows and blobs into the folder `to`, which is made. Durable on return. Blocking, for as long as it takes;
    /// acts go on meanwhile. With `copy`, no blob is linked.
    ///
    /// # Errors
    /// [`Error::Folder`] when something is at `to` already or another backup is under way, [`Error::File`], a failure of
    /// the rows.
    pub fn back_up(&self, to: &Path, copy: bool) -> Result<BackedUp> {
        if let Some(database) = &self.shared.database {
            return Err(Error::Refused {
                what: "a backup of the folder".into(),
                why: format!(
                    "the rows are in {}: copy them with pg_basebackup or pg_dump, or keep a mirror (amana mirror)",
                    database.shown()
                ),
            });
        }
        let _held = self.blobs().hold()?;
        // It holds what the store holds, so that nobody else may enter either.
        let private = fs::DirBuilder::new().mode(0o700).create(to);
        private.map_err(Error::file("create", to))?;
        let rows = to.join("amana.db");
        copy_rows(&self.folder().join("amana.db"), &rows)?;
        let mut made = BackedUp {
            rows_bytes: fs::metadata(&rows)
                .map_err(Error::file("stat", &rows))?
                .len(),
            ..BackedUp::default()
        };
        let blobs = Blobs::at(to.join("blobs"));
        // In an object store they stay where they are: `amana.toml`, which goes with the copy, names it.
        let here = self.blobs().elsewhere().is_none();
        for id in named_in(&rows)?.into_iter().filter(|_| here) {
            let (from, to) = (self.blobs().path(id), blobs.path(id));
            if let Some(shelf) = to.parent() {
                fs::create_dir_all(shelf).map_err(Error::file("create", shelf))?;
            }
            made.linked += u64::from(take(&from, &to, copy)?);
            made.blobs += 1;
            made.blob_bytes += fs::metadata(&to).map_err(Error::file("stat", &to))?.len();
        }
        sync_tree(&to.join("blobs"))?;
        // Whoever starts it brings back an older state, of which witnesses may hold more.
        await_witnesses(to)?;
        Ok(made)
    }
}

/// All rows as of one instant, in a file of their own (<https://sqlite.org/lang_vacuum.html#vacuuminto>).
fn copy_rows(from: &Path, to: &Path) -> Result<()> {
    let source = connect(from, Use::Read)?;
    // It is a statement that writes, though not to the rows that are open.
    source.pragma_update(None, "query_only", false)?;
    source.execute("VACUUM INTO ?1", [to.to_string_lossy().as_ref()])?;
    let copy = File::open(to).map_err(Error::file("open", to))?;
    copy.sync_all().map_err(Error::file("sync", to))
}

fn named_in(rows: &Path) -> Result<Vec<BlobId>> {
    let rows = connect(rows, Use::Read)?;
    let mut named = rows.prepare("SELECT DISTINCT blob FROM blob_chunks")?;
    let ids = named.query_map([], |row| row.get::<_, [u8; 16]>(0))?;
    ids.map(|id| Ok(BlobId::from_bytes(id?))).collect()
}

/// Links, or copies and syncs; says whether it linked.
fn take(from: &Path, to: &Path, copy: bool) -> Result<bool> {
    if !copy {
        match fs::hard_link(from, to) {
            Ok(()) => return Ok(true),
            Err(error) if can_copy_instead(&error) => {}
            Err(error) => return Err(Error::file("link", from)(error)),
        }
    }
    fs::copy(from, to).map_err(Error::file("copy", from))?;
    let made = File::open(to).map_err(Error::file("open", to))?;
    made.sync_all().map_err(Error::file("sync", to))?;
    Ok(false)
}

/// Another disk, one without links, or one link too many.
fn can_copy_instead(error: &io::Error) -> bool {
    use io::ErrorKind as K;
    matches!(
        error.kind(),
        K::CrossesDevices | K::Unsupported | K::PermissionDenied | K::TooManyLinks
    )
}

/// Every folder of blobs, and the one that holds them.
fn sync_tree(root: &Path) -> Result<()> {
    if !root.exists() {
        return Ok(());
    }
    for shelf in fs::read_dir(root).map_err(Error::file("list", root))? {
        folders::sync(&shelf.map_err(Error::file("list", root))?.path())?;
    }
    folders::sync(root)
}
