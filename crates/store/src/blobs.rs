//! Large content, one file each: `blobs/<2 hex>/<32 hex>` holds the bytes and nothing else, so that standard tools read
//! it from the raw disk.
//!
//! A blob is written under `blobs/tmp`, synced, renamed, and its folder synced, before the act that names it is queued.
//! A file that no act names is set aside when the store opens. Its digest is checked by chunks of [`CHUNK_BYTES`], so that a
//! range is verified without reading the rest: the act holds the root over the chunks' SHA-256 (RFC 6962, the chunk
//! digests as entries), the rows hold the list.

mod holding;
mod reading;
mod replacing;

use std::fmt;
use std::fs::{self, File};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::sync::{Arc, Mutex};

use amana_ledger::{Frontier, Hash, leaf_hash};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::faults::Faults;
use crate::parity::PARITY;
use crate::stop::Stop;
use crate::store::lock_state;
use crate::{Error, Result, crash, folders};

pub use reading::BlobReader;
pub(crate) use replacing::DAMAGED;

/// Content is verified in chunks of this size; the last one may be shorter.
pub const CHUNK_BYTES: usize = 256 * 1024;

/// Where blobs that no row names wait to be missed.
const ASIDE: &str = "unnamed";

/// Name of a blob: 16 random bytes, so that equal content of two institutions shows nothing.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BlobId([u8; 16]);

impl BlobId {
    /// From the bytes of a row.
    #[must_use]
    pub fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }

    /// As it stands in rows.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8; 16] {
        &self.0
    }
}

impl fmt::Display for BlobId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(self.0))
    }
}

impl fmt::Debug for BlobId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for BlobId {
    type Err = hex::FromHexError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut id = [0; 16];
        hex::decode_to_slice(text, &mut id)?;
        Ok(Self(id))
    }
}

impl Serialize for BlobId {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for BlobId {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?
            .parse()
            .map_err(serde::de::Error::custom)
    }
}

/// A durable blob and its digests.
#[derive(Clone, Debug)]
pub struct BlobInfo {
    /// Its name.
    pub id: BlobId,
    /// Its length.
    pub size_bytes: u64,
    /// SHA-256 of all of it.
    pub sha256: [u8; 32],
    /// SHA-256 of each chunk.
    pub chunks: Vec<Hash>,
    /// Root over the chunk digests.
    pub chunks_root: Hash,
}

/// Root over chunk digests (RFC 6962, each digest an entry).
#[must_use]
pub fn chunks_root(chunks: &[Hash]) -> Hash {
    let mut tree = Frontier::new();
    for chunk in chunks {
        tree.push(leaf_hash(chunk.as_bytes()));
    }
    tree.root()
}

pub(crate) fn parse_chunks(bytes: &[u8]) -> Vec<Hash> {
    bytes
        .as_chunks::<32>()
        .0
        .iter()
        .map(|chunk| Hash::from_bytes(*chunk))
        .collect()
}

/// The folder of blobs.
#[derive(Clone)]
pub struct Blobs {
    root: Arc<PathBuf>,
    faults: Faults,
    stopped: Arc<Stop>,
    /// While somebody holds them: those that are to go once nobody does.
    held: Arc<Mutex<Option<Vec<BlobId>>>>,
}

impl Blobs {
    /// Opens, or makes, the folder.
    ///
    /// # Errors
    /// [`Error::File`].
    pub(crate) fn open(root: PathBuf, faults: Faults) -> Result<Self> {
        folders::make(&root, 0o755)?;
        let shelves = (0..=u8::MAX).map(|shelf| hex::encode([shelf]));
        for folder in shelves.chain(["tmp", ASIDE, DAMAGED].map(str::to_owned)) {
            let folder = root.join(folder);
            match fs::create_dir(&folder) {
                Err(e) if e.kind() != std::io::ErrorKind::AlreadyExists => {
                    return Err(Error::file("create", &folder)(e));
                }
                _ => {}
            }
        }
        // Every shelf is durable before a blob stands on it.
        folders::sync(&root)?;
        Ok(Self {
            root: Arc::new(root),
            faults,
            stopped: Arc::default(),
            held: Arc::default(),
        })
    }

    /// Where a failed sync stops the store.
    pub(crate) fn stopped(&self) -> Arc<Stop> {
        self.stopped.clone()
    }

    /// The folder as it is, for reading.
    #[must_use]
    pub fn at(root: PathBuf) -> Self {
        Self {
            root: Arc::new(root),
            faults: Faults::default(),
            stopped: Arc::default(),
            held: Arc::default(),
        }
    }

    pub(crate) fn root(&self) -> &Path {
        &self.root
    }

    /// Where a blob's bytes are.
    #[must_use]
    pub fn path(&self, id: BlobId) -> PathBuf {
        let name = id.to_string();
        self.root.join(&name[..2]).join(name)
    }

    /// Begins a blob. Blocking.
    ///
    /// # Errors
    /// [`Error::File`].
    pub fn create(&self) -> Result<BlobWriter> {
        let mut id = [0; 16];
        getrandom::fill(&mut id).map_err(|e| Error::Folder {
            path: "/dev/urandom".into(),
            why: e.to_string(),
        })?;
        self.begin(BlobId(id), "file.create")
    }

    fn begin(&self, id: BlobId, op: &'static str) -> Result<BlobWriter> {
        let tmp = self.root.join("tmp").join(id.to_string());
        let file = self.faults.write(op, || {
            File::options()
                .write(true)
                .create_new(true)
                .open(&tmp)
                .map_err(Error::file("create", &tmp))
        })?;
        crash::point("blob.created");
        Ok(BlobWriter {
            blobs: self.clone(),
            id,
            tmp: Some(tmp),
            file,
            size_bytes: 0,
            whole: Sha256::new(),
            chunk: Sha256::new(),
            in_chunk: 0,
            chunks: Vec::new(),
        })
    }

    /// Removes a blob's file, and its parity, or has them go later while somebody holds the blobs; a file that is gone
    /// already is no error. Blocking.
    ///
    /// # Errors
    /// [`Error::File`].
    pub fn remove(&self, id: BlobId) -> Result<()> {
        if let Some(due) = lock_state(&self.held).as_mut() {
            due.push(id);
            return Ok(());
        }
        let path = self.path(id);
        self.remove_parity(id)?;
        self.faults
            .write("file.remove", || match fs::remove_file(&path) {
                Err(e) if e.kind() != std::io::ErrorKind::NotFound => {
                    Err(Error::file("remove", &path)(e))
                }
                _ => Ok(()),
            })
    }

    /// Visits every blob file: its id (`None` for a stray name) and its path. Blocking.
    ///
    /// # Errors
    /// [`Error::File`], or what `visit` returns.
    pub fn each(&self, mut visit: impl FnMut(Option<BlobId>, &Path) -> Result<()>) -> Result<()> {
        let list = |dir: &Path| fs::read_dir(dir).map_err(Error::file("list", dir));
        for shelf in list(&self.root)? {
            let shelf = shelf.map_err(Error::file("list", &self.root))?.path();
            let other = ["tmp", ASIDE, DAMAGED, PARITY]
                .iter()
                .any(|name| shelf.ends_with(name));
            if !shelf.is_dir() || other {
                continue;
            }
            for file in list(&shelf)? {
                let path = file.map_err(Error::file("list", &shelf))?.path();
                let id = path
                    .file_name()
                    .and_then(|name| name.to_str())
                    .and_then(|name| name.parse().ok());
                visit(id, &path)?;
            }
        }
        Ok(())
    }

    /// After a failed sync nobody knows what is on disk: the store stops. A full disk is known.
    fn must_be_durable(&self, synced: Result<()>) -> Result<()> {
        synced.inspect_err(|error| {
            if !error.is_full() {
                self.stopped.stop(error);
            }
        })
    }

    /// Moves a blob that no row names to where it waits to be missed. Blocking.
    pub(crate) fn set_aside(&self, id: BlobId) -> Result<()> {
        let path = self.path(id);
        let aside = self.root.join(ASIDE).join(id.to_string());
        fs::rename(&path, aside).map_err(Error::file("rename", &path))
    }

    /// Visits the files set aside. Blocking.
    pub(crate) fn each_aside(&self, mut visit: impl FnMut(&Path) -> Result<()>) -> Result<()> {
        let aside = self.root.join(ASIDE);
        for file in fs::read_dir(&aside).map_err(Error::file("list", &aside))? {
            visit(&file.map_err(Error::file("list", &aside))?.path())?;
        }
        Ok(())
    }

    /// Removes what unfinished deposits left under `tmp`. Blocking; only before deposits begin.
    ///
    /// # Errors
    /// [`Error::File`].
    pub(crate) fn sweep_unfinished(&self) -> Result<()> {
        let tmp = self.root.join("tmp");
        for file in fs::read_dir(&tmp).map_err(Error::file("list", &tmp))? {
            let path = file.map_err(Error::file("list", &tmp))?.path();
            fs::remove_file(&path).map_err(Error::file("remove", &path))?;
        }
        Ok(())
    }
}

/// A blob being written. Dropped before [`BlobWriter::finish`], it leaves nothing.
pub struct BlobWriter {
    blobs: Blobs,
    id: BlobId,
    tmp: Option<PathBuf>,
    file: File,
    size_bytes: u64,
    whole: Sha256,
    chunk: Sha256,
    in_chunk: usize,
    chunks: Vec<Hash>,
}

impl BlobWriter {
    /// Appends bytes. Blocking.
    ///
    /// # Errors
    /// [`Error::File`].
    pub fn write(&mut self, bytes: &[u8]) -> Result<()> {
        let path = self.tmp.as_deref().unwrap_or(Path::new(""));
        let file = &mut self.file;
        self.blobs.faults.write("file.write", || {
            file.write_all(bytes).map_err(Error::file("write", path))
        })?;
        self.whole.update(bytes);
        self.size_bytes += bytes.len() as u64;
        let mut rest = bytes;
        while !rest.is_empty() {
            let (now, later) = rest.split_at(rest.len().min(CHUNK_BYTES - self.in_chunk));
            self.chunk.update(now);
            self.in_chunk += now.len();
            if self.in_chunk == CHUNK_BYTES {
                self.end_chunk();
            }
            rest = later;
        }
        Ok(())
    }

    fn end_chunk(&mut self) {
        self.chunks
            .push(Hash::from_bytes(self.chunk.finalize_reset().into()));
        self.in_chunk = 0;
    }

    /// Makes the blob durable: on return its bytes and its name are on disk. Blocking.
    ///
    /// # Errors
    /// [`Error::File`]; nothing is left then, or a file that is set aside when the store opens.
    pub fn finish(mut self) -> Result<BlobInfo> {
        if self.in_chunk > 0 {
            self.end_chunk();
        }
        let Some(tmp) = self.tmp.clone() else {
            return Err(Error::Missing {
                what: format!("the temporary file of blob {}", self.id),
            });
        };
        let faults = self.blobs.faults.clone();
        crash::point("blob.written");
        let synced = faults.write("file.sync", || {
            self.file.sync_data().map_err(Error::file("sync", &tmp))
        });
        self.blobs.must_be_durable(synced)?;
        crash::point("blob.synced");
        let path = self.blobs.path(self.id);
        let shelf = path.parent().unwrap_or(Path::new(""));
        faults.write("file.rename", || {
            fs::rename(&tmp, &path).map_err(Error::file("rename", &tmp))
        })?;
        self.tmp = None;
        crash::point("blob.renamed");
        let synced = faults.write("dir.sync", || folders::sync(shelf));
        self.blobs.must_be_durable(synced)?;
        crash::point("blob.durable");
        let chunks = std::mem::take(&mut self.chunks);
        Ok(BlobInfo {
            id: self.id,
            size_bytes: self.size_bytes,
            sha256: self.whole.finalize_reset().into(),
            chunks_root: chunks_root(&chunks),
            chunks,
        })
    }
}

impl Drop for BlobWriter {
    fn drop(&mut self) {
        if let Some(tmp) = &self.tmp {
            // A file that stays is swept when the store opens.
            let _ = fs::remove_file(tmp);
        }
    }
}
