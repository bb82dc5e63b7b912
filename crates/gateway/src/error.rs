use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::alarm::Alarm;

/// Result of this crate's verbs.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Why the gateway could not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The data centre can't be reached; nothing was sent.
    #[error("the data centre {centre} can't be reached: {source}")]
    Unreachable {
        /// Its address.
        centre: String,
        /// What the system answered.
        source: std::io::Error,
    },
    /// The line was cut, or the answer was not HTTP. What was asked may or may not have been done.
    #[error("the line was cut during {what}: {why}")]
    Cut {
        /// What was asked.
        what: String,
        /// How it was noticed.
        why: String,
    },
    /// The data centre answers too slowly to be waited for. What was asked may or may not have been done.
    #[error("the data centre answers {what} too slowly: given up after {after_s} s")]
    Slow {
        /// What was asked.
        what: String,
        /// How long it was waited for, in seconds.
        after_s: u64,
    },
    /// The answer is longer than any honest one.
    #[error("the data centre's answer to {what} is larger than {max_bytes} bytes")]
    AnswerTooLarge {
        /// What was asked.
        what: String,
        /// The bound.
        max_bytes: u64,
    },
    /// The answer is not what it should be.
    #[error("the data centre's answer to {what} can't be used: {why}")]
    Malformed {
        /// What was asked.
        what: String,
        /// The rule broken.
        why: String,
    },
    /// The data centre refused.
    #[error("the data centre refused {what} ({status} {code}): {message}")]
    Refused {
        /// What was asked.
        what: String,
        /// HTTP status.
        status: u16,
        /// The data centre's stable code, or nothing.
        code: String,
        /// Its words.
        message: String,
    },
    /// The clocks are too far apart to speak to one another.
    #[error(
        "this machine's clock and the data centre's differ by {skew_s} s: set the one that is wrong"
    )]
    Clocks {
        /// By how much, in seconds; positive when the data centre's is ahead.
        skew_s: i64,
    },
    /// The gateway's own settings don't allow it.
    #[error("{what}: {why}")]
    Setting {
        /// Which.
        what: String,
        /// What is wrong with it and what to do.
        why: String,
    },
    /// The data centre did what it must never do; the evidence is in a file.
    #[error("{0}")]
    Alarm(Arc<Alarm>),
    /// This gateway was removed from the institution's keyring.
    #[error(
        "this gateway ({member}) was revoked by keyring {keyring}: it reads and writes nothing more"
    )]
    Revoked {
        /// Its member id.
        member: String,
        /// The keyring that no longer names it.
        keyring: u64,
    },
    /// A key of this epoch is not in the keyring that this gateway opened.
    #[error("the keyring has no epoch {epoch}")]
    NoEpoch {
        /// The epoch.
        epoch: u32,
    },
    /// A sealed piece is not what its ledger says, or can't be opened.
    #[error("{object}: the piece {piece} is damaged: {why}")]
    DamagedPiece {
        /// Bucket, and key where it is known.
        object: String,
        /// The piece.
        piece: String,
        /// How it was noticed.
        why: String,
    },
    /// Another act came first: catch up and plan again.
    #[error("another act came first")]
    Conflict,
    /// Too much waits already.
    #[error("too many requests wait to be recorded; try again")]
    Busy,
    /// Whether the act was recorded could not be found out before the time was up; the ledger will tell.
    #[error("it is not known yet whether the act was recorded: {why}")]
    Unknown {
        /// What was tried.
        why: String,
    },
    /// The gateway is being stopped.
    #[error("the gateway is stopping")]
    Stopping,
    /// A file of the gateway's own.
    #[error("{op} {path}: {source}")]
    File {
        /// What was tried, as a verb.
        op: &'static str,
        /// The file.
        path: PathBuf,
        /// What the system answered.
        source: std::io::Error,
    },
    /// No randomness was to be had.
    #[error("the system gives no randomness: {0}")]
    Random(String),
    /// Keys, seals, statements.
    #[error("{0}")]
    Seal(#[from] amana_seal::Error),
    /// The replica.
    #[error("{0}")]
    Store(#[from] amana_store::Error),
    /// Merkle trees and signatures.
    #[error("{0}")]
    Ledger(#[from] amana_ledger::Error),
}

impl Error {
    /// Stable name of the variant.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Unreachable { .. } => "unreachable",
            Self::Cut { .. } => "cut",
            Self::Slow { .. } => "slow",
            Self::AnswerTooLarge { .. } => "answer-too-large",
            Self::Malformed { .. } => "malformed-answer",
            Self::Refused { .. } => "refused",
            Self::Clocks { .. } => "clocks",
            Self::Setting { .. } => "setting",
            Self::Alarm(alarm) => alarm.code(),
            Self::Revoked { .. } => "revoked",
            Self::NoEpoch { .. } => "no-epoch",
            Self::DamagedPiece { .. } => "damaged-piece",
            Self::Conflict => "conflict",
            Self::Busy => "busy",
            Self::Unknown { .. } => "unknown",
            Self::Stopping => "stopping",
            Self::File { .. } => "file",
            Self::Random(_) => "random",
            Self::Seal(_) => "seal",
            Self::Store(_) => "store",
            Self::Ledger(_) => "ledger",
        }
    }

    /// Whether what was asked was certainly not done. Otherwise only the ledger can tell.
    #[must_use]
    pub fn is_not_done(&self) -> bool {
        match self {
            Self::Cut { .. }
            | Self::Slow { .. }
            | Self::AnswerTooLarge { .. }
            | Self::Malformed { .. }
            | Self::Unknown { .. } => false,
            // The data centre's own words for "not done": a fault of its own may have come after the commit.
            Self::Refused { status, .. } => *status < 500 || *status == 503,
            _ => true,
        }
    }

    /// Whether it is for want of a line, so that trying again later makes sense.
    #[must_use]
    pub fn is_offline(&self) -> bool {
        match self {
            Self::Unreachable { .. } | Self::Cut { .. } | Self::Slow { .. } => true,
            Self::Refused { status, .. } => *status >= 500,
            _ => false,
        }
    }

    pub(crate) fn file(op: &'static str, path: &Path) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::File { op, path, source }
    }

    pub(crate) fn malformed(what: &str, why: impl ToString) -> Self {
        Self::Malformed {
            what: what.to_owned(),
            why: why.to_string(),
        }
    }
}

impl From<Arc<Alarm>> for Error {
    fn from(alarm: Arc<Alarm>) -> Self {
        Self::Alarm(alarm)
    }
}
