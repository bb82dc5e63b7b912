//! The documents that the ministry deposits: real files, as many as seconds allow.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};
use bytes::Bytes;

/// Files deposited at most.
const MAX_DOCUMENTS: usize = 200;
/// Bytes deposited at most.
const MAX_BYTES: u64 = 20_000_000;
/// A longer file is left out, so that one doesn't take the place of all others.
const MAX_DOCUMENT_BYTES: u64 = 4_000_000;
/// Files looked at, at most.
const MAX_LOOKED_AT: usize = 100_000;
/// Where any Debian machine has documents.
const DEFAULT_FOLDERS: [&str; 2] = ["/usr/share/doc", "/usr/share/common-licenses"];

/// One document, in memory: what is deposited is later compared with it byte for byte.
#[derive(Clone)]
pub(super) struct Document {
    /// Its path under the folder, which becomes the object's key.
    pub(super) key: String,
    pub(super) body: Bytes,
}

/// A choice of documents.
pub(super) struct Documents {
    pub(super) folder: PathBuf,
    pub(super) chosen: Vec<Document>,
    /// How many files the folder has in all.
    pub(super) found: usize,
}

impl Documents {
    /// Chooses evenly among the files of `folder`, or of the documents that a Debian machine has.
    ///
    /// # Errors
    /// When no file can be read there.
    pub(super) fn gather(folder: Option<&Path>) -> Result<Self> {
        let folder = match folder {
            Some(folder) => folder.to_owned(),
            None => DEFAULT_FOLDERS
                .iter()
                .map(PathBuf::from)
                .find(|folder| folder.is_dir())
                .context("this machine has no /usr/share/doc: name a folder of documents, as in `amana demo FOLDER`")?,
        };
        let mut paths = Vec::new();
        let mut folders = vec![folder.clone()];
        while let Some(next) = folders.pop() {
            let entries = match fs::read_dir(&next) {
                Ok(entries) => entries,
                Err(error) if next == folder => {
                    return Err(error).with_context(|| next.display().to_string());
                }
                // A folder inside that is closed to us is left out, like a file.
                Err(_) => continue,
            };
            for entry in entries.flatten() {
                match entry.file_type() {
                    Ok(kind) if kind.is_dir() => folders.push(entry.path()),
                    Ok(kind) if kind.is_file() && paths.len() < MAX_LOOKED_AT => {
                        paths.push(entry.path());
                    }
                    _ => {}
                }
            }
        }
        paths.sort();
        let chosen = choose(&folder, &paths);
        if chosen.is_empty() {
            bail!(
                "{}: no file can be read there; name another folder",
                folder.display()
            );
        }
        Ok(Self {
            folder,
            chosen,
            found: paths.len(),
        })
    }

    pub(super) fn bytes(&self) -> usize {
        self.chosen.iter().map(|one| one.body.len()).sum()
    }
}

fn choose(folder: &Path, paths: &[PathBuf]) -> Vec<Document> {
    let (mut chosen, mut bytes) = (Vec::new(), 0);
    let wanted = paths.len().min(MAX_DOCUMENTS);
    for place in 0..wanted {
        let path = &paths[place * paths.len() / wanted];
        let Ok(size) = fs::metadata(path).map(|file| file.len()) else {
            continue;
        };
        if size > MAX_DOCUMENT_BYTES || bytes + size > MAX_BYTES {
            continue;
        }
        let Ok(body) = fs::read(path) else { continue };
        bytes += size;
        let key = path.strip_prefix(folder).unwrap_or(path);
        chosen.push(Document {
            key: key.to_string_lossy().into_owned(),
            body: body.into(),
        });
    }
    chosen
}
