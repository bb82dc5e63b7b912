//! A bag that came from elsewhere, held against its own manifests before anything else.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufRead as _, BufReader, Read as _};
use std::path::{Path, PathBuf};

use amana_ledger::{Checkpoint, Note, Policy, RegistryRow};
use anyhow::{Context as _, Result, bail, ensure};
use serde::Deserialize;
use sha2::{Digest as _, Sha256};

use crate::progress::Progress;
use crate::wire::ActText;

/// The longest line of acts: a completed upload of ten thousand parts, sealed and in base64.
const MAX_LINE_BYTES: u64 = 64 * 1024 * 1024;
const READ_BYTES: usize = 1024 * 1024;

/// A bag whose files are those of its manifest.
pub(crate) struct Received {
    root: PathBuf,
    /// Of each version of an open object, its file.
    open: BTreeMap<u64, String>,
}

#[derive(Deserialize)]
struct OpenLine {
    entry: u64,
    file: String,
}

impl Received {
    /// Opens a bag and digests all its files (RFC 8493 §3).
    ///
    /// # Errors
    /// What is missing, changed, or named by no manifest.
    pub(crate) fn open(root: &Path) -> Result<Self> {
        let declared = std::fs::read_to_string(root.join("bagit.txt"));
        declared.with_context(|| format!("{}: no finished bag", root.display()))?;
        check(root, "tagmanifest-sha256.txt")?;
        check(root, "manifest-sha256.txt")?;
        let mut open = BTreeMap::new();
        for line in lines(&root.join("data/open.jsonl"))? {
            let line: OpenLine = serde_json::from_str(&line?).context("data/open.jsonl")?;
            ensure!(
                is_within(&line.file),
                "data/open.jsonl leads out of the bag"
            );
            open.insert(line.entry, line.file);
        }
        Ok(Self {
            root: root.to_owned(),
            open,
        })
    }

    /// The acts, in order.
    ///
    /// # Errors
    /// When the file can't be opened; each act may be one more.
    pub(crate) fn acts(&self) -> Result<impl Iterator<Item = Result<ActText>> + use<>> {
        let lines = lines(&self.root.join("data/ledger/acts.jsonl"))?;
        Ok(lines
            .map(|line| serde_json::from_str(&line?).context("a line of data/ledger/acts.jsonl")))
    }

    /// Visits each act, in order.
    ///
    /// # Errors
    /// Those of [`Received::acts`], and of `visit`.
    pub(crate) fn each_act(&self, mut visit: impl FnMut(&ActText) -> Result<()>) -> Result<()> {
        for act in self.acts()? {
            visit(&act?)?;
        }
        Ok(())
    }

    /// The ledger's newest checkpoint, signed by the key that its row names, and the row by a log of the policy in the bag.
    ///
    /// # Errors
    /// When one of them isn't, or is missing.
    pub(crate) fn checkpoint(&self) -> Result<Checkpoint> {
        let read = |name: &str| {
            let path = self.root.join("data/ledger").join(name);
            std::fs::read(&path).with_context(|| path.display().to_string())
        };
        let policy = Policy::parse(&read("policy")?)?;
        let row = Note::parse(&read("row")?)?;
        let opened = policy
            .logs()
            .iter()
            .find_map(|log| RegistryRow::open(&row, &log.key).ok());
        let row = opened.context("no log of data/ledger/policy signed the ledger's row")?;
        let (checkpoint, _) = Checkpoint::open(&read("checkpoint")?, &row.log)?;
        Ok(checkpoint)
    }

    /// Path of a piece.
    pub(crate) fn piece(&self, id: &[u8; 16]) -> PathBuf {
        let id = hex::encode(id);
        self.root.join(format!("data/pieces/{}/{id}.age", &id[..2]))
    }

    /// Path of a version of an open object.
    ///
    /// # Errors
    /// When the bag has none.
    pub(crate) fn open_object(&self, entry: u64) -> Result<PathBuf> {
        let file = self.open.get(&entry).context("the bag has no file of it")?;
        Ok(self.root.join("data").join(file))
    }
}

/// Digests each file that a manifest names.
fn check(root: &Path, manifest: &'static str) -> Result<()> {
    let mut progress = Progress::new("checking the bag");
    let mut done = 0;
    for line in lines(&root.join(manifest))? {
        let line = line?;
        let (digest, file) = line
            .split_once(' ')
            .map(|(digest, file)| (digest, file.trim_start()))
            .with_context(|| manifest.to_owned())?;
        ensure!(is_within(file), "{manifest} leads out of the bag: {file}");
        let found = digest_of(&root.join(file)).with_context(|| format!("{file} of the bag"))?;
        ensure!(
            digest.eq_ignore_ascii_case(&hex::encode(found)),
            "{file}: it was changed since the bag was made"
        );
        done += 1;
        progress.at(done, done, "files");
    }
    ensure!(done > 0, "{manifest} is empty");
    Ok(())
}

/// Whether a path in a bag stays in it.
fn is_within(path: &str) -> bool {
    !path.starts_with('/') && path.split('/').all(|part| !matches!(part, "" | "." | ".."))
}

fn digest_of(path: &Path) -> Result<[u8; 32]> {
    let mut file = File::open(path)?;
    let mut digest = Sha256::new();
    let mut buffer = vec![0; READ_BYTES];
    loop {
        match file.read(&mut buffer)? {
            0 => return Ok(digest.finalize().into()),
            read => digest.update(&buffer[..read]),
        }
    }
}

/// The lines of a file, without their newlines.
fn lines(path: &Path) -> Result<impl Iterator<Item = Result<String>> + use<>> {
    let file = File::open(path).with_context(|| path.display().to_string())?;
    let mut reader = BufReader::new(file);
    Ok(std::iter::from_fn(move || {
        next_line(&mut reader).transpose()
    }))
}

fn next_line(reader: &mut BufReader<File>) -> Result<Option<String>> {
    let mut line = String::new();
    reader.take(MAX_LINE_BYTES).read_line(&mut line)?;
    match line.pop() {
        None => Ok(None),
        Some('\n') => Ok(Some(line)),
        Some(_) => bail!("a line is cut short, or far too long"),
    }
}
