//! Writing a bag.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{Read as _, Write as _};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail, ensure};
use sha2::{Digest as _, Sha256};

use crate::durable::write_whole;

const DECLARATION: &str = "bagit.txt";
const READ_BYTES: usize = 1024 * 1024;

/// A bag that is being filled.
pub(crate) struct Bag {
    root: PathBuf,
    /// SHA-256 and length of each payload file, by its path in the bag.
    payload: BTreeMap<String, ([u8; 32], u64)>,
}

/// A payload file that is being written. Dropped before [`Payload::finish`], it leaves a `.part` that the next run
/// replaces.
pub(crate) struct Payload {
    path: String,
    target: PathBuf,
    part: PathBuf,
    file: File,
    digest: Sha256,
    size_bytes: u64,
}

impl Bag {
    /// Begins a bag in a new or empty folder, or continues one that was not finished.
    ///
    /// # Errors
    /// When the folder holds a finished bag, or something else.
    pub(crate) fn begin(root: &Path) -> Result<Self> {
        ensure!(
            !root.join(DECLARATION).exists(),
            "{}: there is a finished bag already; name another folder",
            root.display()
        );
        let begun = root.join("data").is_dir();
        if root.exists() && !begun && fs::read_dir(root)?.next().is_some() {
            bail!("{}: not empty, and not a bag", root.display());
        }
        fs::create_dir_all(root.join("data"))
            .with_context(|| format!("{} can't be made", root.display()))?;
        Ok(Self {
            root: root.to_owned(),
            payload: BTreeMap::new(),
        })
    }

    /// The bytes of its payload so far.
    pub(crate) fn payload_bytes(&self) -> u64 {
        self.payload.values().map(|(_, size)| size).sum()
    }

    /// Takes a file over that an earlier run finished: read to `each`, who may refuse it. Says whether it was there.
    ///
    /// # Errors
    /// When it can't be read, and what `each` returns.
    pub(crate) fn keep(
        &mut self,
        path: &str,
        each: &mut dyn FnMut(&[u8]) -> Result<()>,
    ) -> Result<bool> {
        let target = self.root.join(path);
        if !target.is_file() {
            return Ok(false);
        }
        let mut file = File::open(&target)?;
        let (mut digest, mut size_bytes) = (Sha256::new(), 0);
        let mut buffer = vec![0; READ_BYTES];
        loop {
            let read = file.read(&mut buffer)?;
            if read == 0 {
                break;
            }
            each(&buffer[..read])?;
            digest.update(&buffer[..read]);
            size_bytes += read as u64;
        }
        self.payload
            .insert(path.to_owned(), (digest.finalize().into(), size_bytes));
        Ok(true)
    }

    /// Begins a payload file.
    ///
    /// # Errors
    /// When it can't be made.
    pub(crate) fn payload(&self, path: &str) -> Result<Payload> {
        let target = self.root.join(path);
        let mut part = target.clone().into_os_string();
        part.push(".part");
        let part = PathBuf::from(part);
        let make = || {
            if let Some(folder) = target.parent() {
                fs::create_dir_all(folder)?;
            }
            File::create(&part)
        };
        let file = make().with_context(|| format!("{} can't be written", target.display()))?;
        Ok(Payload {
            path: path.to_owned(),
            target,
            part,
            file,
            digest: Sha256::new(),
            size_bytes: 0,
        })
    }

    /// Takes up a payload file that is complete: synced, and under its name.
    ///
    /// # Errors
    /// When the disk fails.
    pub(crate) fn take(&mut self, payload: Payload) -> Result<()> {
        let digest = payload.digest.finalize().into();
        payload.file.sync_data()?;
        fs::rename(&payload.part, &payload.target)?;
        self.payload
            .insert(payload.path, (digest, payload.size_bytes));
        Ok(())
    }

    /// A payload file in one piece.
    ///
    /// # Errors
    /// When it can't be written.
    pub(crate) fn put(&mut self, path: &str, bytes: &[u8]) -> Result<()> {
        let mut payload = self.payload(path)?;
        payload.write(bytes)?;
        self.take(payload)
    }

    /// Drops a payload file.
    ///
    /// # Errors
    /// When it can't be removed.
    pub(crate) fn remove(&mut self, path: &str) -> Result<()> {
        self.payload.remove(path);
        fs::remove_file(self.root.join(path)).with_context(|| path.to_owned())
    }

    /// Gives a payload file another name.
    ///
    /// # Errors
    /// When it can't be renamed.
    pub(crate) fn rename(&mut self, from: &str, to: &str) -> Result<()> {
        if let Some(file) = self.payload.remove(from) {
            fs::rename(self.root.join(from), self.root.join(to)).with_context(|| to.to_owned())?;
            self.payload.insert(to.to_owned(), file);
        }
        Ok(())
    }

    /// How many payload files it has.
    pub(crate) fn payload_files(&self) -> usize {
        self.payload.len()
    }

    /// Writes the manifests and, last, the declaration. What an earlier run left and this one didn't name is removed.
    ///
    /// # Errors
    /// When the disk fails.
    pub(crate) fn close(self, info: &[(&str, String)]) -> Result<()> {
        self.sweep(&self.root.join("data"))?;
        let mut tags = BTreeMap::new();
        let manifest = self
            .payload
            .iter()
            .map(|(path, (digest, _))| format!("{}  {path}\n", hex::encode(digest)));
        tags.insert("manifest-sha256.txt", manifest.collect::<String>());
        let lines = info
            .iter()
            .map(|(label, value)| format!("{label}: {}\n", value.replace(['\r', '\n'], " ")));
        let oxum = format!(
            "Payload-Oxum: {}.{}\n",
            self.payload_bytes(),
            self.payload.len()
        );
        tags.insert("bag-info.txt", lines.chain([oxum]).collect());
        let declaration = "BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n";
        let digests = tags
            .iter()
            .map(|(name, text)| (*name, text.as_str()))
            .chain([(DECLARATION, declaration)])
            .map(|(name, text)| format!("{}  {name}\n", hex::encode(Sha256::digest(text))));
        let digests: String = digests.collect();
        for (name, text) in &tags {
            write_whole(&self.root.join(name), text)?;
        }
        write_whole(&self.root.join("tagmanifest-sha256.txt"), &digests)?;
        write_whole(&self.root.join(DECLARATION), declaration)
    }

    fn sweep(&self, folder: &Path) -> Result<()> {
        for found in fs::read_dir(folder)? {
            let found = found?.path();
            if found.is_dir() {
                self.sweep(&found)?;
                // Fails where something is left, as it should.
                let _ = fs::remove_dir(&found);
                continue;
            }
            let named = found
                .strip_prefix(&self.root)
                .ok()
                .and_then(Path::to_str)
                .is_some_and(|path| self.payload.contains_key(path));
            if !named {
                fs::remove_file(&found)?;
            }
        }
        Ok(())
    }
}

impl Payload {
    /// Writes more.
    ///
    /// # Errors
    /// When the disk fails.
    pub(crate) fn write(&mut self, bytes: &[u8]) -> Result<()> {
        self.file
            .write_all(bytes)
            .with_context(|| self.part.display().to_string())?;
        self.digest.update(bytes);
        self.size_bytes += bytes.len() as u64;
        Ok(())
    }
}
