//! What can go wrong, one variant for each thing that a caller can act on.

use amana_store::CommitError;

/// Result of this crate's verbs.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Why a verb failed.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A word from outside isn't what it should be.
    #[error("{what} {why}")]
    Invalid {
        /// Which word.
        what: &'static str,
        /// What it must be.
        why: &'static str,
    },
    /// The name belongs to an institution already.
    #[error("an institution named {name} exists already")]
    InstitutionExists {
        /// The name.
        name: String,
    },
    /// No institution has that name.
    #[error("no institution is named {name}")]
    UnknownInstitution {
        /// The name.
        name: String,
    },
    /// It is suspended already.
    #[error("the institution {name} is suspended already")]
    AlreadySuspended {
        /// The name.
        name: String,
    },
    /// It isn't suspended.
    #[error("the institution {name} is not suspended")]
    NotSuspended {
        /// The name.
        name: String,
    },
    /// The institution has no such official.
    #[error("the institution {institution} has no official number {number}")]
    UnknownOfficial {
        /// Name of the institution.
        institution: String,
        /// Number of the official.
        number: u64,
    },
    /// The id belongs to a key already, perhaps a revoked one.
    #[error("the access key id {id} was given before; ids are never reused")]
    AccessKeyExists {
        /// The id.
        id: String,
    },
    /// No such key is in force, or it is another institution's than the one named.
    #[error("no access key {id} is in force")]
    UnknownAccessKey {
        /// The id.
        id: String,
    },
    /// No enrolment has that number.
    #[error("the institution has no enrolment number {number}")]
    UnknownEnrolment {
        /// The number.
        number: u64,
    },
    /// The code was never given, or is over.
    #[error("no enrolment is open under that code")]
    UnknownCode,
    /// The enrolment can't be confirmed or refused any more.
    #[error("enrolment {number} is over: {why}")]
    EnrolmentOver {
        /// Its number.
        number: u64,
        /// How it ended.
        why: &'static str,
    },
    /// Another root's key was pinned before: it is the institution's for ever.
    #[error(
        "the institution enrolled with another root before; its root is recovered from its custodians' shares, never replaced"
    )]
    OtherRoot,
    /// No root's key is pinned.
    #[error("the institution {institution} has not enrolled")]
    NotEnrolled {
        /// Its name.
        institution: String,
    },
    /// The keyring isn't the next one of the institution's chain.
    #[error("the keyring is not taken: {0}")]
    Keyring(amana_seal::Error),
    /// Too many requests wait.
    #[error("too many requests wait to be recorded; try again")]
    Busy,
    /// The store failed.
    #[error(transparent)]
    Store(#[from] amana_store::Error),
}

impl Error {
    /// Stable name of the variant, for scripts and for the console's texts.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Invalid { .. } => "invalid",
            Self::InstitutionExists { .. } => "institution-exists",
            Self::UnknownInstitution { .. } => "unknown-institution",
            Self::AlreadySuspended { .. } => "already-suspended",
            Self::NotSuspended { .. } => "not-suspended",
            Self::UnknownOfficial { .. } => "unknown-official",
            Self::AccessKeyExists { .. } => "access-key-exists",
            Self::UnknownAccessKey { .. } => "unknown-access-key",
            Self::UnknownEnrolment { .. } => "unknown-enrolment",
            Self::UnknownCode => "unknown-code",
            Self::EnrolmentOver { .. } => "enrolment-over",
            Self::OtherRoot => "other-root",
            Self::NotEnrolled { .. } => "not-enrolled",
            Self::Keyring(_) => "keyring",
            Self::Busy => "busy",
            Self::Store(error) => error.code(),
        }
    }
}

impl From<CommitError<Self>> for Error {
    fn from(error: CommitError<Self>) -> Self {
        match error {
            CommitError::Refused(refusal) => refusal,
            CommitError::Busy => Self::Busy,
            CommitError::Store(error) => Self::Store(error),
        }
    }
}
