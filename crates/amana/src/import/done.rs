//! How far an import came: a line for each step, so that one that was interrupted goes on where it was.

use std::collections::HashSet;
use std::fs::File;
use std::io::Write as _;
use std::path::Path;

use anyhow::{Context as _, Result, ensure};

/// Notes beside a bag, never in it.
pub(crate) struct Done {
    file: File,
    buckets: HashSet<String>,
    begun: Option<u64>,
    ended: HashSet<u64>,
}

impl Done {
    /// Opens the notes, or begins them; they are of one destination only.
    ///
    /// # Errors
    /// When they are of another destination, or can't be read.
    pub(crate) fn open(path: &Path, destination: &str) -> Result<Self> {
        let notes = match std::fs::read_to_string(path) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => String::new(),
            read => read.with_context(|| path.display().to_string())?,
        };
        let file = File::options().create(true).append(true).open(path);
        let mut done = Self {
            file: file.with_context(|| path.display().to_string())?,
            buckets: HashSet::new(),
            begun: None,
            ended: HashSet::new(),
        };
        if notes.is_empty() {
            done.note(&format!("to {destination}"))?;
            return Ok(done);
        }
        // A last line without its newline was being written when the machine stopped.
        for line in notes
            .split_inclusive('\n')
            .filter_map(|line| line.strip_suffix('\n'))
        {
            match line.split_once(' ') {
                Some(("to", found)) => ensure!(
                    found == destination,
                    "{}: these are the notes of an import to {found}; name another file with --notes",
                    path.display()
                ),
                Some(("bucket", name)) => {
                    done.buckets.insert(name.to_owned());
                }
                Some(("begun", index)) => done.begun = index.parse().ok(),
                Some(("ended", index)) => done.ended.extend(index.parse::<u64>()),
                _ => {}
            }
        }
        if !notes.ends_with('\n') {
            done.note("")?;
        }
        Ok(done)
    }

    /// Whether an earlier run made the bucket, or found it empty.
    pub(crate) fn has_bucket(&self, name: &str) -> bool {
        self.buckets.contains(name)
    }

    /// The bucket is there.
    ///
    /// # Errors
    /// When it can't be noted.
    pub(crate) fn bucket(&mut self, name: &str) -> Result<()> {
        if self.buckets.insert(name.to_owned()) {
            self.note(&format!("bucket {name}"))?;
        }
        Ok(())
    }

    /// Whether the version of that entry is deposited.
    pub(crate) fn has(&self, index: u64) -> bool {
        self.ended.contains(&index)
    }

    /// Whether it is the one that was begun last, so that nobody knows.
    pub(crate) fn has_begun(&self, index: u64) -> bool {
        self.begun == Some(index)
    }

    /// It is about to be deposited.
    ///
    /// # Errors
    /// When it can't be noted.
    pub(crate) fn begin(&mut self, index: u64) -> Result<()> {
        self.begun = Some(index);
        self.note(&format!("begun {index}"))?;
        // With it, all that was noted before: of what a power cut loses only the last deposit is unknown.
        self.file.sync_data().context("the notes of the import")
    }

    /// It is deposited.
    ///
    /// # Errors
    /// When it can't be noted.
    pub(crate) fn end(&mut self, index: u64) -> Result<()> {
        self.ended.insert(index);
        self.note(&format!("ended {index}"))
    }

    fn note(&mut self, line: &str) -> Result<()> {
        writeln!(self.file, "{line}").context("the notes of the import")
    }
}
