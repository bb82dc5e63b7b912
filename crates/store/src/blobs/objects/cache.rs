//! A read cache on the local disk: chunks, each in a file of its own, of bounded size. Nothing in it is relied on: what is
//! read from it is held against the ledger's digest like any other bytes, and what isn't right goes and is fetched again.
//!
//! It survives restarts. Nothing of it is synced, and no file of it counts as a copy.

use std::collections::{BTreeMap, HashSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use bytes::Bytes;

use crate::blobs::BlobId;
use crate::store::lock_state;
use crate::{Error, Result, folders};

/// A chunk of a blob.
type Key = (BlobId, u64);

pub(super) struct Cache {
    root: PathBuf,
    max_bytes: u64,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// When it was used last, and how long it is.
    chunks: BTreeMap<Key, (u64, u64)>,
    /// The oldest first.
    used: BTreeMap<u64, Key>,
    bytes: u64,
    clock: u64,
}

impl State {
    fn touch(&mut self, key: Key, bytes: u64) {
        self.clock += 1;
        let before = self.chunks.insert(key, (self.clock, bytes));
        self.used.insert(self.clock, key);
        self.bytes += bytes;
        if let Some((used, bytes)) = before {
            self.used.remove(&used);
            self.bytes -= bytes;
        }
    }

    fn let_go(&mut self, key: &Key) -> bool {
        let Some((used, bytes)) = self.chunks.remove(key) else {
            return false;
        };
        self.used.remove(&used);
        self.bytes -= bytes;
        true
    }
}

impl Cache {
    /// Opens the cache in a folder, with what is left there.
    pub(super) fn open(root: PathBuf, max_bytes: u64) -> Result<Self> {
        folders::make(&root, 0o700)?;
        let cache = Self {
            root,
            max_bytes,
            state: Mutex::default(),
        };
        cache.recall()?;
        cache.shrink();
        Ok(cache)
    }

    /// Takes over what an earlier process left, the oldest first.
    fn recall(&self) -> Result<()> {
        let mut found = Vec::new();
        let list = |folder: &Path| fs::read_dir(folder).map_err(Error::file("list", folder));
        for shelf in list(&self.root)? {
            let shelf = shelf.map_err(Error::file("list", &self.root))?.path();
            if !shelf.is_dir() {
                continue;
            }
            for file in list(&shelf)? {
                let path = file.map_err(Error::file("list", &shelf))?.path();
                let at = fs::metadata(&path).and_then(|meta| Ok((meta.modified()?, meta.len())));
                match (parse(&path), at) {
                    (Some(key), Ok((modified, bytes))) => found.push((modified, key, bytes)),
                    // Half of a write, or nothing of ours.
                    _ => fs::remove_file(&path).map_err(Error::file("remove", &path))?,
                }
            }
        }
        found.sort_unstable();
        let mut state = lock_state(&self.state);
        for (_, key, bytes) in found {
            state.touch(key, bytes);
        }
        Ok(())
    }

    /// A chunk as it lies there: whoever asks verifies it, and tells [`Cache::let_go`] when it is wrong.
    pub(super) fn read(&self, blob: BlobId, index: u64) -> Option<Bytes> {
        let key = (blob, index);
        let bytes = lock_state(&self.state).chunks.get(&key)?.1;
        match fs::read(self.path(&key)) {
            Ok(chunk) => {
                lock_state(&self.state).touch(key, bytes);
                Some(chunk.into())
            }
            Err(_) => {
                lock_state(&self.state).let_go(&key);
                None
            }
        }
    }

    /// Keeps a chunk that was verified. A disk that won't have it costs only time later.
    pub(super) fn keep(&self, blob: BlobId, index: u64, chunk: &[u8]) {
        let key = (blob, index);
        let bytes = chunk.len() as u64;
        if bytes > self.max_bytes || lock_state(&self.state).chunks.contains_key(&key) {
            return;
        }
        let path = self.path(&key);
        let made = path
            .parent()
            .is_none_or(|shelf| match fs::create_dir(shelf) {
                Ok(()) => true,
                Err(error) => error.kind() == std::io::ErrorKind::AlreadyExists,
            });
        if !made || fs::write(&path, chunk).is_err() {
            let _ = fs::remove_file(&path);
            return;
        }
        lock_state(&self.state).touch(key, bytes);
        self.shrink();
    }

    /// Lets a chunk go.
    pub(super) fn let_go(&self, blob: BlobId, index: u64) {
        let key = (blob, index);
        if lock_state(&self.state).let_go(&key) {
            let _ = fs::remove_file(self.path(&key));
        }
    }

    /// Lets all of a blob go: what was freed, or erased, isn't kept.
    pub(super) fn forget(&self, blob: BlobId) {
        let state = lock_state(&self.state);
        let of_blob = state.chunks.range((blob, 0)..=(blob, u64::MAX));
        let indexes: Vec<u64> = of_blob.map(|((_, index), _)| *index).collect();
        drop(state);
        for index in indexes {
            self.let_go(blob, index);
        }
    }

    /// The blobs of which it has anything.
    pub(super) fn blobs(&self) -> HashSet<BlobId> {
        let state = lock_state(&self.state);
        state.chunks.keys().map(|(blob, _)| *blob).collect()
    }

    fn shrink(&self) {
        loop {
            let mut state = lock_state(&self.state);
            if state.bytes <= self.max_bytes {
                return;
            }
            let Some((_, key)) = state.used.first_key_value().map(|(at, key)| (*at, *key)) else {
                return;
            };
            state.let_go(&key);
            drop(state);
            let _ = fs::remove_file(self.path(&key));
        }
    }

    fn path(&self, (blob, index): &Key) -> PathBuf {
        let name = format!("{blob}-{index}");
        self.root.join(&name[..2]).join(name)
    }
}

fn parse(path: &Path) -> Option<Key> {
    let (blob, index) = path.file_name()?.to_str()?.split_once('-')?;
    Some((blob.parse().ok()?, index.parse().ok()?))
}
