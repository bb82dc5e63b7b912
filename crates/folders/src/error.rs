//! Why a verb was refused, or failed.

use std::path::PathBuf;

/// Result of this crate's verbs.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// One variant for each cause that a front tells apart.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The path names nothing that there can be.
    #[error("{name:?} can't be a name here: {why}")]
    Name {
        /// The path, cut.
        name: String,
        /// Which rule.
        why: String,
    },
    /// No bucket can be named so, which is what the folders at the top are.
    #[error("{name:?} can't be a folder at the top: {why}")]
    TopName {
        /// The name, cut.
        name: String,
        /// Which rule.
        why: String,
    },
    /// There is no such file or folder.
    #[error("there is no such file or folder")]
    Missing,
    /// It is a folder where a file is asked for, or the other way round.
    #[error("{0}")]
    OtherKind(&'static str),
    /// Something of that name is there already.
    #[error("something of that name is there already")]
    Exists,
    /// A folder that is to be taken away holds something.
    #[error("the folder is not empty")]
    NotEmpty,
    /// Too much to move in one go.
    #[error("a folder of more than {max} files is not moved in one go: move what is in it")]
    TooMany {
        /// The most.
        max: usize,
    },
    /// A file came in another order than from its beginning to its end, or not whole.
    #[error("a file is written from its beginning to its end: {0}")]
    Broken(String),
    /// The key by which SFTP's programs know this gateway again can't be had.
    #[error("the host key {}: {why}", path.display())]
    HostKey {
        /// Its file.
        path: PathBuf,
        /// What went wrong.
        why: String,
    },
    /// The vault's own reason.
    #[error(transparent)]
    Vault(amana_vault::Error),
}

impl From<amana_vault::Error> for Error {
    fn from(error: amana_vault::Error) -> Self {
        match error {
            amana_vault::Error::NoSuchKey
            | amana_vault::Error::DeleteMarker { .. }
            | amana_vault::Error::NoSuchBucket { .. } => Self::Missing,
            amana_vault::Error::PreconditionFailed { .. }
            | amana_vault::Error::BucketAlreadyOwnedByYou { .. }
            | amana_vault::Error::BucketAlreadyExists { .. } => Self::Exists,
            amana_vault::Error::BucketNotEmpty { .. } => Self::NotEmpty,
            other => Self::Vault(other),
        }
    }
}

impl Error {
    /// Stable name of the variant, for logs, scripts and the console's texts.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Name { .. } => "name",
            Self::TopName { .. } => "top-name",
            Self::Missing => "missing",
            Self::OtherKind(_) => "other-kind",
            Self::Exists => "exists",
            Self::NotEmpty => "not-empty",
            Self::TooMany { .. } => "too-many",
            Self::Broken(_) => "broken",
            Self::HostKey { .. } => "host-key",
            Self::Vault(error) => error.code(),
        }
    }
}
