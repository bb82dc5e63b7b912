//! Evidence: a text file that a person reads and that [`Evidence::judge`] weighs with the trust policy alone, offline.
//!
//! ```text
//! amana/evidence/v1
//! claim fork
//! ledger <origin>
//! when <RFC 3339>
//! why <one line>
//! proves <one line>
//! but <one line>
//!
//! --- row
//! <signed note>
//! --- before
//! …
//! ```
//!
//! Which sections a claim needs stands in [`verdict`]. Drawn in `docs/formats/evidence.md`.

mod verdict;

use std::fmt::{self, Write as _};
use std::fs;
use std::path::{Path, PathBuf};

use amana_ledger::{Hash, TlogProof};
use amana_store::{clock, folders};

pub(crate) use verdict::SEALED_KIND;
pub use verdict::{Finding, Judgement};

use crate::alarm::Claim;
use crate::callers::write_whole;
use crate::{Error, Result};

/// First line.
const HEADER: &str = "amana/evidence/v1";
/// What a section begins with. No line within one can: notes, JSON, base64 and labelled lines begin otherwise.
const MARKER: &str = "--- ";
/// Files of evidence kept at most, so that a data centre gone mad doesn't fill the disk.
const MAX_FILES: usize = 1000;
/// Of these, so many wait for what stops everything: damaged pieces, however many, must leave room to prove a fork.
const RESERVED_FILES: usize = 100;
/// The longest evidence: two acts of the largest size, and small texts.
pub const MAX_EVIDENCE_BYTES: usize = 16 * 1024 * 1024;
/// Room for what stands before the sections, and their titles.
const HEAD_BYTES: usize = 64 * 1024;
/// Sections of one file.
const MAX_SECTIONS: usize = 16;
/// Letters of an origin in a file's name.
const MAX_SHOWN_ORIGIN: usize = 100;

/// A claim against the data centre, with what supports it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Evidence {
    /// What it did.
    pub claim: Claim,
    /// The ledger.
    pub origin: String,
    /// When it was noticed, milliseconds since 1970.
    pub when_ms: i64,
    /// What exactly, in one line.
    pub why: String,
    /// What supports it: title and text.
    pub sections: Vec<(String, String)>,
}

/// An act as evidence shows it.
pub(crate) struct ShownAct<'a> {
    /// The core, verbatim.
    pub(crate) core: &'a str,
    /// The hash of salt and body.
    pub(crate) body_hash: &'a Hash,
    /// Salt and body, if at hand.
    pub(crate) body: Option<(&'a [u8; 32], &'a str)>,
}

impl Evidence {
    /// A claim without support yet.
    #[must_use]
    pub fn new(claim: Claim, origin: &str, when_ms: i64, why: &str) -> Self {
        Self {
            claim,
            origin: origin.to_owned(),
            when_ms,
            why: why.replace(char::is_control, " "),
            sections: Vec::new(),
        }
    }

    /// Adds a section. A text that could be taken for another section's beginning is left out, and said to be; so is one
    /// with which the whole would be too long to be read again.
    #[must_use]
    pub fn with(mut self, title: &str, text: impl fmt::Display) -> Self {
        let mut text = text.to_string();
        if !text.ends_with('\n') {
            text.push('\n');
        }
        if text.lines().any(|line| line.starts_with(MARKER)) {
            text = "(left out: it looks like another section)\n".to_owned();
        }
        let before: usize = self.sections.iter().map(|(_, text)| text.len()).sum();
        if before + text.len() + HEAD_BYTES > MAX_EVIDENCE_BYTES {
            text = "(left out: it is too long)\n".to_owned();
        }
        self.sections.push((title.to_owned(), text));
        self
    }

    /// Adds an act.
    #[must_use]
    pub(crate) fn with_act(self, title: &str, act: &ShownAct<'_>) -> Self {
        let mut text = format!("core {}\nbody-hash {}\n", act.core, act.body_hash);
        if let Some((salt, body)) = act.body {
            // Writing to a string can't fail.
            let _ = write!(text, "salt {}\nbody {body}\n", hex::encode(salt));
        }
        self.with(title, text)
    }

    /// Adds an act's place in the ledger, if it could be had.
    #[must_use]
    pub(crate) fn with_proof(self, title: &str, proof: Option<&TlogProof>) -> Self {
        match proof {
            Some(proof) => self.with(title, proof),
            None => self,
        }
    }

    /// From its text. Nothing is proven yet.
    #[must_use]
    pub fn parse(bytes: &[u8]) -> Option<Self> {
        if bytes.len() > MAX_EVIDENCE_BYTES {
            return None;
        }
        let text = std::str::from_utf8(bytes).ok()?;
        let (head, mut rest) = text.split_once("\n\n").unwrap_or((text, ""));
        let mut lines = head.lines();
        if lines.next() != Some(HEADER) {
            return None;
        }
        let mut field = |name: &str| {
            let line = lines.next()?;
            line.strip_prefix(name)?
                .strip_prefix(' ')
                .map(str::to_owned)
        };
        let claim: Claim = field("claim")?.parse().ok()?;
        let origin = field("ledger")?;
        let when_ms = clock::parse_rfc3339(&field("when")?)?;
        let why = field("why")?;
        let mut sections = Vec::new();
        while !rest.is_empty() && sections.len() < MAX_SECTIONS {
            let (title, after) = rest.strip_prefix(MARKER)?.split_once('\n')?;
            let end = if after.starts_with(MARKER) {
                0
            } else {
                after
                    .find(&format!("\n{MARKER}"))
                    .map_or(after.len(), |at| at + 1)
            };
            sections.push((title.to_owned(), after[..end].to_owned()));
            rest = &after[end..];
        }
        rest.is_empty().then_some(Self {
            claim,
            origin,
            when_ms,
            why,
            sections,
        })
    }

    /// Whether a file is evidence, by its first line.
    #[must_use]
    pub fn is_one(bytes: &[u8]) -> bool {
        bytes.starts_with(HEADER.as_bytes())
    }

    /// Writes it to the folder under a name that tells what it is, unless the same is there. Durable on return. Gives
    /// nothing when the folder is full.
    ///
    /// # Errors
    /// [`Error::File`].
    pub fn keep(&self, folder: &Path) -> Result<Option<PathBuf>> {
        folders::make(folder, 0o755)?;
        let mark = Hash::of(&[
            self.origin.as_bytes(),
            self.claim.code().as_bytes(),
            self.why.as_bytes(),
        ]);
        let end = format!("-{}.txt", hex::encode(&mark.as_bytes()[..6]));
        let mut files = 0;
        for file in fs::read_dir(folder).map_err(Error::file("read", folder))? {
            let file = file.map_err(Error::file("read", folder))?;
            if file.file_name().to_string_lossy().ends_with(&end) {
                return Ok(Some(file.path()));
            }
            files += 1;
        }
        let room = if self.claim.is_of_one_object() {
            MAX_FILES - RESERVED_FILES
        } else {
            MAX_FILES
        };
        if files >= room {
            return Ok(None);
        }
        let when: String = clock::rfc3339(self.when_ms)
            .chars()
            .filter(char::is_ascii_alphanumeric)
            .collect();
        let name = format!("{when}-{}-{}{end}", self.claim.code(), plain(&self.origin));
        let path = folder.join(name);
        // Whole or not at all: half a file under this name would count as the evidence that is there.
        write_whole(&path, self.to_string().as_bytes())?;
        Ok(Some(path))
    }

    fn section(&self, title: &str) -> Option<&str> {
        let mut sections = self.sections.iter();
        let (_, text) = sections.find(|(known, _)| known == title)?;
        Some(text)
    }
}

impl fmt::Display for Evidence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (proves, but) = verdict::meaning(self.claim);
        writeln!(
            f,
            "{HEADER}\nclaim {}\nledger {}\nwhen {}\nwhy {}\nproves {proves}\nbut {but}\n",
            self.claim.code(),
            self.origin,
            clock::rfc3339(self.when_ms),
            self.why
        )?;
        self.sections
            .iter()
            .try_for_each(|(title, text)| write!(f, "{MARKER}{title}\n{text}"))
    }
}

/// The evidence in a folder, oldest first; files that are none are passed over.
pub(crate) fn kept_in(folder: &Path) -> Result<Vec<(PathBuf, Evidence)>> {
    let mut found = Vec::new();
    let files = match fs::read_dir(folder) {
        Ok(files) => files,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(found),
        Err(error) => return Err(Error::file("read", folder)(error)),
    };
    for file in files.take(2 * MAX_FILES) {
        let path = file.map_err(Error::file("read", folder))?.path();
        let size = fs::metadata(&path).map_or(u64::MAX, |data| data.len());
        if size > MAX_EVIDENCE_BYTES as u64 {
            continue;
        }
        let bytes = fs::read(&path).map_err(Error::file("read", &path))?;
        if let Some(evidence) = Evidence::parse(&bytes) {
            found.push((path, evidence));
        }
    }
    found.sort_by(|(one, _), (other, _)| one.cmp(other));
    Ok(found)
}

/// An origin as a part of a file's name.
fn plain(origin: &str) -> String {
    let plain = |c: char| {
        if c.is_ascii_alphanumeric() || ".-".contains(c) {
            c
        } else {
            '_'
        }
    };
    origin.chars().take(MAX_SHOWN_ORIGIN).map(plain).collect()
}
