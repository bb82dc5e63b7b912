//! Large content, one file each: `blobs/<2 hex>/<32 hex>` holds the bytes and nothing else, so that standard tools read
//! it from the raw disk. Or one object each, in an object store, under the same name (`objects.rs`); the folder then holds
//! what is under way, and the read cache.
//!
//! A blob is written under `blobs/tmp`, synced, renamed, and its folder synced, before the act that names it is queued.
//! A file that no act names is set aside when the store opens. Its digest is checked by chunks of [`CHUNK_BYTES`], so that a
//! range is verified without reading the rest: the act holds the root over the chunks' SHA-256 (RFC 6962, the chunk
//! digests as entries), the rows hold the list.

mod holding;
mod objects;
mod reading;
mod replacing;
mod writing;

use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::sync::{Arc, Mutex};

use amana_ledger::{Frontier, Hash, leaf_hash};
use serde::{Deserialize, Serialize};

use crate::faults::Faults;
use crate::parity::PARITY;
use crate::stop::Stop;
use crate::store::lock_state;
use crate::{Error, Result, folders};
use objects::Objects;

pub use objects::{BackEnd, ObjectPlace, Patience, Swept};
pub use reading::BlobReader;
pub(crate) use replacing::DAMAGED;
pub use writing::BlobWriter;

/// Content is verified in chunks of this size; the last one may be shorter.
pub const CHUNK_BYTES: usize = 256 * 1024;

/// Where blobs that no row names wait to be missed.
const ASIDE: &str = "unnamed";
/// Names the object store that holds the blobs, if one does.
const PLACE: &str = "place";

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

/// The blobs: in a folder, or in an object store.
#[derive(Clone)]
pub struct Blobs {
    root: Arc<PathBuf>,
    /// The object store, if they are there; the folder is then for what is under way.
    objects: Option<Arc<Objects>>,
    faults: Faults,
    stopped: Arc<Stop>,
    /// While somebody holds them: those that are to go once nobody does.
    held: Arc<Mutex<Option<Vec<BlobId>>>>,
}

impl Blobs {
    /// Opens, or makes, the folder; with a place, the blobs are there.
    ///
    /// # Errors
    /// [`Error::File`]; [`Error::Folder`] when they are elsewhere than `place` says.
    pub(crate) fn open(root: PathBuf, place: Option<&ObjectPlace>, faults: Faults) -> Result<Self> {
        folders::make(&root, 0o755)?;
        let shelves = (0..=u8::MAX).map(|shelf| hex::encode([shelf]));
        let folders: Vec<String> = match place {
            None => shelves
                .chain(["tmp", ASIDE, DAMAGED].map(str::to_owned))
                .collect(),
            Some(_) => vec!["tmp".to_owned()],
        };
        for folder in folders {
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
        let objects = place.map(|place| Objects::open(place, Some(&root)));
        let blobs = Self {
            root: Arc::new(root),
            objects: objects.transpose()?.map(Arc::new),
            faults,
            stopped: Arc::default(),
            held: Arc::default(),
        };
        blobs.see_that_they_are_here()?;
        Ok(blobs)
    }

    /// A folder whose blobs are in an object store says so, and the other way round: otherwise a field that was left out
    /// of amana.toml would make all content missing.
    fn see_that_they_are_here(&self) -> Result<()> {
        let note = self.root.join(PLACE);
        let noted = match fs::read_to_string(&note) {
            Ok(place) => Some(place.trim().to_owned()),
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => None,
            Err(e) => return Err(Error::file("read", &note)(e)),
        };
        let wrong = |why: String| {
            Err(Error::Folder {
                path: self.root.to_path_buf(),
                why,
            })
        };
        match (noted, self.elsewhere()) {
            (None, None) => Ok(()),
            (Some(noted), Some(place)) if noted == place => Ok(()),
            (Some(noted), place) => wrong(format!(
                "its blobs are in {noted}, and [blobs] in amana.toml says {}: set it right; after all of them were \
                 copied, remove {}",
                place.unwrap_or("nothing"),
                note.display()
            )),
            (None, Some(place)) => {
                let mut here = 0;
                self.each(|id, _| {
                    here += u64::from(id.is_some());
                    Ok(())
                })?;
                if here > 0 {
                    return wrong(format!(
                        "it holds {here} blobs, and [blobs] in amana.toml says {place}: copy its folders 00 to ff there, \
                         then move them away"
                    ));
                }
                fs::write(&note, format!("{place}\n")).map_err(Error::file("write", &note))
            }
        }
    }

    /// Where a failed sync stops the store.
    pub(crate) fn stopped(&self) -> Arc<Stop> {
        self.stopped.clone()
    }

    /// A folder of blobs as it is, for reading.
    #[must_use]
    pub fn at(root: PathBuf) -> Self {
        Self {
            root: Arc::new(root),
            objects: None,
            faults: Faults::default(),
            stopped: Arc::default(),
            held: Arc::default(),
        }
    }

    /// The blobs of a data folder as they are, for reading: there, or in an object store.
    ///
    /// # Errors
    /// When no threads can be started.
    pub fn of(data: &Path, place: Option<&ObjectPlace>) -> Result<Self> {
        let objects = place.map(|place| Objects::open(place, None)).transpose()?;
        Ok(Self {
            objects: objects.map(Arc::new),
            ..Self::at(data.join("blobs"))
        })
    }

    pub(crate) fn objects(&self) -> Option<&Arc<Objects>> {
        self.objects.as_ref()
    }

    /// Says whose blobs they are, before anything is written; see `objects/claim.rs`.
    pub(crate) fn claim(&self, whose: String) -> Result<()> {
        let claim = |objects: &Arc<Objects>| objects.claim(whose);
        self.objects.as_ref().map_or(Ok(()), claim)
    }

    /// The object store that holds the blobs, by its name for people; nothing when they are in the folder.
    #[must_use]
    pub fn elsewhere(&self) -> Option<&str> {
        self.objects.as_ref().map(|objects| objects.name())
    }

    /// How long a blob is; nothing when it isn't there. Blocking.
    ///
    /// # Errors
    /// [`Error::File`], [`Error::Away`].
    pub fn size_bytes(&self, id: BlobId) -> Result<Option<u64>> {
        if let Some(objects) = &self.objects {
            return objects.size_bytes(id);
        }
        let path = self.path(id);
        match fs::metadata(&path) {
            Ok(file) => Ok(Some(file.len())),
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(e) => Err(Error::file("stat", &path)(e)),
        }
    }

    /// Waits until freed blobs have gone, for at most so long; says whether they have. Blocking.
    #[must_use]
    pub fn drain(&self, limit: std::time::Duration) -> bool {
        let drain = |objects: &Arc<Objects>| objects.drain(limit);
        self.objects.as_ref().is_none_or(drain)
    }

    pub(crate) fn root(&self) -> &Path {
        &self.root
    }

    /// Where a blob's bytes are, where they are in the folder.
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

    /// Removes a blob's file, and its parity, or has them go later while somebody holds the blobs; a file that is gone
    /// already is no error. In an object store it goes a little later. Blocking.
    ///
    /// # Errors
    /// [`Error::File`].
    pub fn remove(&self, id: BlobId) -> Result<()> {
        if let Some(due) = lock_state(&self.held).as_mut() {
            due.push(id);
            return Ok(());
        }
        if let Some(objects) = &self.objects {
            objects.remove(id);
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

    /// Visits every blob file in the folder: its id (`None` for a stray name) and its path. Blocking.
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
        if let Some(objects) = &self.objects {
            return objects::give_up_unfinished(objects, &tmp);
        }
        for file in fs::read_dir(&tmp).map_err(Error::file("list", &tmp))? {
            let path = file.map_err(Error::file("list", &tmp))?.path();
            fs::remove_file(&path).map_err(Error::file("remove", &path))?;
        }
        Ok(())
    }
}
