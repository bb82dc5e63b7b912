//! What came from elsewhere: a bag, held against its own manifests before anything else, or an institution's own mirror.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufRead as _, BufReader, Read, Seek as _, SeekFrom};
use std::path::{Path, PathBuf};

use amana_ledger::{Checkpoint, Note, Policy, RegistryRow};
use amana_vault::Extent;
use anyhow::{Context as _, Result, bail, ensure};
use serde::Deserialize;
use sha2::{Digest as _, Sha256};

use super::home::Home;
use crate::progress::Progress;
use crate::wire::ActText;

/// The longest line of acts: a completed upload of ten thousand parts, sealed and in base64.
const MAX_LINE_BYTES: u64 = 64 * 1024 * 1024;
const READ_BYTES: usize = 1024 * 1024;

/// Bytes of content.
pub(crate) type Stream = Box<dyn Read + Send>;

/// What an import reads.
pub(crate) enum Received {
    /// A bag.
    Bag(Bag),
    /// An institution's own mirror.
    Home(Box<Home>),
}

/// A bag whose files are those of its manifest.
pub(crate) struct Bag {
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
        Ok(Self::Bag(Bag {
            root: root.to_owned(),
            open,
        }))
    }

    /// Where it is, for a person.
    pub(crate) fn describe(&self) -> String {
        match self {
            Self::Bag(bag) => bag.root.display().to_string(),
            Self::Home(home) => home.describe(),
        }
    }

    /// The mirror that it is.
    ///
    /// # Errors
    /// For a bag.
    pub(super) fn home(&self) -> Result<&Home> {
        match self {
            Self::Home(home) => Ok(home),
            Self::Bag(bag) => bail!("{}: a bag is no mirror", bag.root.display()),
        }
    }

    /// The acts, in order.
    ///
    /// # Errors
    /// When they can't be read; each act may be one more.
    pub(crate) fn acts(&self) -> Result<Box<dyn Iterator<Item = Result<ActText>>>> {
        match self {
            Self::Bag(bag) => Ok(Box::new(bag.acts()?)),
            Self::Home(home) => Ok(Box::new(home.acts())),
        }
    }

    /// The ledger's newest checkpoint, signed by the key that its row names, and the row by a log of the policy that came
    /// with it.
    ///
    /// # Errors
    /// When one of them isn't, or is missing.
    pub(crate) fn checkpoint(&self) -> Result<Checkpoint> {
        match self {
            Self::Bag(bag) => bag.checkpoint(),
            Self::Home(home) => Ok(home.checkpoint(None)?.0),
        }
    }

    /// A piece, from its first byte to its last.
    ///
    /// # Errors
    /// When it isn't there.
    pub(crate) fn piece(&self, id: &[u8; 16]) -> Result<Stream> {
        match self {
            Self::Bag(bag) => file(&bag.piece(id), 0),
            Self::Home(home) => home.piece(id),
        }
    }

    /// The content of one run of a version that isn't sealed, by its place among the runs; what follows may be beyond it.
    ///
    /// # Errors
    /// When it isn't there.
    pub(crate) fn run(&self, entry: u64, runs: &[Extent], number: usize) -> Result<Stream> {
        match self {
            Self::Bag(bag) => {
                let offset = runs[..number].iter().map(|run| run.size_bytes).sum();
                file(&bag.open_object(entry)?, offset)
            }
            Self::Home(home) => home.content(entry, runs[number].blob),
        }
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
}

fn file(path: &Path, offset: u64) -> Result<Stream> {
    let open = || -> std::io::Result<File> {
        let mut file = File::open(path)?;
        file.seek(SeekFrom::Start(offset))?;
        Ok(file)
    };
    let file = open().with_context(|| path.display().to_string())?;
    Ok(Box::new(file))
}

impl Bag {
    fn acts(&self) -> Result<impl Iterator<Item = Result<ActText>> + use<>> {
        let lines = lines(&self.root.join("data/ledger/acts.jsonl"))?;
        Ok(lines
            .map(|line| serde_json::from_str(&line?).context("a line of data/ledger/acts.jsonl")))
    }

    fn checkpoint(&self) -> Result<Checkpoint> {
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
    fn piece(&self, id: &[u8; 16]) -> PathBuf {
        let id = hex::encode(id);
        self.root.join(format!("data/pieces/{}/{id}.age", &id[..2]))
    }

    /// Path of a version of an open object.
    ///
    /// # Errors
    /// When the bag has none.
    fn open_object(&self, entry: u64) -> Result<PathBuf> {
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
