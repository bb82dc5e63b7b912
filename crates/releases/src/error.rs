//! What can go wrong, one variant for each thing that a caller can act on.

/// Result of this crate's verbs.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Why a verb failed.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// What was given is no signed release.
    #[error(transparent)]
    Malformed(#[from] amana_ledger::Error),
    /// The very same note was recorded before.
    #[error("this release is recorded already, signed by the same: {receipt}")]
    Recorded {
        /// `<ledger>/<index>`.
        receipt: String,
    },
    /// No release of that digest was recorded.
    #[error("no release of a file with the SHA-256 {digest} is recorded")]
    Unknown {
        /// 64 hexadecimal digits.
        digest: String,
    },
    /// Too much waits, or another release opened the ledger a moment ago.
    #[error("too many requests wait to be recorded; try again")]
    Busy,
    /// The store failed.
    #[error(transparent)]
    Store(#[from] amana_store::Error),
}

impl Error {
    /// A stable name of the variant.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Malformed(error) => error.code(),
            Self::Recorded { .. } => "release-recorded",
            Self::Unknown { .. } => "unknown-release",
            Self::Busy => "busy",
            Self::Store(error) => error.code(),
        }
    }
}
