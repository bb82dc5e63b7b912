//! Why a witness doesn't cosign what the data centre asks of it, and what is kept to prove it.

use std::fmt::{self, Write as _};
use std::fs;
use std::path::{Path, PathBuf};

use amana_ledger::{Hash, WitnessRefusal};
use amana_store::clock;
use anyhow::{Context as _, Result};

use super::state::Held;
use crate::durable::{make_private_folder, write_private};
use crate::wire::PollRequest;

/// Files of evidence kept at most, so that a data centre gone mad doesn't fill a witness's disk.
const MAX_EVIDENCE_FILES: usize = 1000;
/// Letters of an origin in a file's name.
const MAX_SHOWN_ORIGIN: usize = 100;

/// Why it isn't cosigned.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// By the rules of tlog-witness.
    Judged(WitnessRefusal),
    /// The registry row is not one, or the pinned national log didn't sign it.
    BadRow(amana_ledger::Error),
    /// The ledger's key doesn't bear the name of its registry row.
    NameMismatch,
    /// The ledger had another key when it was first seen.
    OtherKey,
    /// The ledger began otherwise when it was first seen.
    OtherGenesis,
    /// This witness remembers no more logs.
    TooMany {
        /// How many it remembers.
        max: usize,
    },
    /// The data centre has less than it once signed.
    Behind,
}

impl From<WitnessRefusal> for Refusal {
    fn from(refusal: WitnessRefusal) -> Self {
        Self::Judged(refusal)
    }
}

impl Refusal {
    /// Whether it says that the data centre is not what it was. Otherwise the next poll puts it right.
    pub(crate) fn is_alarm(&self) -> bool {
        !matches!(self, Self::Judged(WitnessRefusal::UnexpectedOldSize { .. }))
    }

    /// A stable name.
    pub(crate) fn code(&self) -> &'static str {
        match self {
            Self::Judged(refusal) => refusal.code(),
            Self::BadRow(_) => "bad-row",
            Self::NameMismatch => "name-mismatch",
            Self::OtherKey => "other-key",
            Self::OtherGenesis => "other-genesis",
            Self::TooMany { .. } => "too-many",
            Self::Behind => "behind",
        }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        use WitnessRefusal as W;
        match self {
            Self::Judged(W::OtherRoot { known_size }) => write!(
                f,
                "it shows another history: at {known_size} entries it signs another root than the one it signed before"
            ),
            Self::Judged(W::BadProof) => f.write_str(
                "it can't prove that what it shows continues what it signed before: entries were changed or removed",
            ),
            Self::Judged(W::BadSignature) => {
                f.write_str("the checkpoint is not signed by the key that was pinned for this log")
            }
            Self::Judged(other) => write!(f, "{other}"),
            Self::BadRow(error) => write!(
                f,
                "the ledger's registry row is not one of the national log that was pinned: {error}"
            ),
            Self::NameMismatch => f.write_str(
                "the ledger's key does not bear the name of its registry row: one name could stand for two ledgers",
            ),
            Self::OtherKey => {
                f.write_str("the ledger has another key than when it was first seen")
            }
            Self::OtherGenesis => {
                f.write_str("the ledger begins otherwise than when it was first seen")
            }
            Self::TooMany { max } => write!(f, "this witness remembers {max} logs, and no more"),
            Self::Behind => f.write_str(
                "it has fewer entries than it once signed: it was restored from an older copy, or entries were removed",
            ),
        }
    }
}

/// What a file of evidence holds.
pub(crate) struct Evidence<'e> {
    /// The log, as the data centre names it.
    pub(crate) origin: &'e str,
    /// Why it was refused.
    pub(crate) refusal: &'e Refusal,
    /// What was held of the log.
    pub(crate) held: Option<&'e Held>,
    /// What was asked.
    pub(crate) asked: Option<&'e PollRequest>,
}

impl Evidence<'_> {
    /// Writes the evidence under `evidence` in the folder, unless the same is there: a refusal of a log at a size is
    /// told once, since the data centre may ask again at every poll. Gives the file, if there is one. Durable on return.
    ///
    /// # Errors
    /// When it can't be written.
    pub(crate) fn keep(&self, folder: &Path, now_ms: i64) -> Result<Option<PathBuf>> {
        let folder = folder.join("evidence");
        make_private_folder(&folder)?;
        let end = format!("-{}.txt", self.mark());
        let mut files = 0;
        for file in fs::read_dir(&folder).with_context(|| format!("{}", folder.display()))? {
            let file = file?;
            if file.file_name().to_string_lossy().ends_with(&end) {
                return Ok(Some(file.path()));
            }
            files += 1;
        }
        if files >= MAX_EVIDENCE_FILES {
            return Ok(None);
        }
        let when: String = clock::rfc3339(now_ms)
            .chars()
            .filter(char::is_ascii_alphanumeric)
            .collect();
        let path = folder.join(format!("{when}-{}{end}", plain(self.origin)));
        write_private(&path, &self.text(now_ms))?;
        Ok(Some(path))
    }

    fn mark(&self) -> String {
        let size = self.held.map_or(0, |held| held.checkpoint.size);
        let what = format!("{}\n{}\n{size}", self.origin, self.refusal.code());
        hex::encode(&Hash::of(&[what.as_bytes()]).as_bytes()[..6])
    }

    fn text(&self, now_ms: i64) -> String {
        let mut text = format!(
            "A witness refused to cosign.\nlog {}\nwhen {}\nwhy {}: {}\n",
            self.origin,
            clock::rfc3339(now_ms),
            self.refusal.code(),
            self.refusal
        );
        let mut add = |title: &str, body: &str| {
            // Writing to a string can't fail.
            let _ = write!(text, "\n--- {title}\n{body}");
        };
        if let Some(held) = self.held {
            let since = clock::rfc3339(held.since_ms);
            let title = format!("the checkpoint that it signed before, held since {since}");
            add(&title, &held.note.to_string());
        }
        if let Some(asked) = self.asked {
            if let Some(row) = &asked.row {
                add("the registry row that came with the request", row);
            }
            add("the request", &asked.request);
        }
        text
    }
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
