//! What can go wrong, one variant for each thing that a caller can act on.

use std::io;
use std::path::PathBuf;

/// Result of this crate's verbs.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Why a verb failed.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// An archive can't be read, or can't be trusted.
    #[error("{path}: {why}")]
    Archive {
        /// The archive.
        path: PathBuf,
        /// Why.
        why: String,
    },
    /// A member of an archive would stand where it mustn't.
    #[error(
        "{path}: it holds {member}, which {why}; no program for backups makes that, so nothing of it is used"
    )]
    Member {
        /// The archive.
        path: PathBuf,
        /// The member.
        member: String,
        /// What is wrong with it.
        why: &'static str,
    },
    /// An archive holds more than its bound.
    #[error("{path}: it holds more than {bound}; raise {option} if it should")]
    TooMuch {
        /// The archive.
        path: PathBuf,
        /// The bound.
        bound: String,
        /// The option that raises it.
        option: &'static str,
    },
    /// No application is in the backup.
    #[error(
        "{path}: no index.php and no wp-includes is in it; is this a backup of a site's files?"
    )]
    NoApplication {
        /// The backup.
        path: PathBuf,
    },
    /// Several could be meant.
    #[error("several {what} are in it: {places}; name one with {option}")]
    Several {
        /// Of which kind.
        what: &'static str,
        /// Where they are.
        places: String,
        /// The option that names one.
        option: &'static str,
    },
    /// What an option names isn't in the backup.
    #[error("{path}: there is no such folder in the backup")]
    NoSuchFolder {
        /// What was named.
        path: String,
    },
    /// A dump isn't to be had.
    #[error("no dump of a database is in the backup; name it with --database")]
    NoDump,
    /// A dump isn't whole, or is none.
    #[error("{path}: {why}")]
    Dump {
        /// The dump.
        path: PathBuf,
        /// What is wrong with it.
        why: String,
    },
    /// What was given as a name is none.
    #[error("{text}: {why}")]
    Name {
        /// What was given.
        text: String,
        /// What it lacks.
        why: &'static str,
    },
    /// A site stands below a path of its host.
    #[error(
        "{address}: the site stands below {path}; a site below a path isn't set up here, only one at its host's root"
    )]
    BelowPath {
        /// Where it says that it is.
        address: String,
        /// The path.
        path: String,
    },
    /// A made folder isn't as an import makes it.
    #[error("{path}: {why}; import the backup again")]
    Made {
        /// The folder, or what is wrong in it.
        path: PathBuf,
        /// What is wrong.
        why: String,
    },
    /// The folder is there already.
    #[error("{path}: it is there already; choose another folder, or remove this one")]
    Taken {
        /// The folder.
        path: PathBuf,
    },
    /// A file can't be read or written.
    #[error("{path}: {source}")]
    File {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// A text can't be made.
    #[error("{what}: {why}")]
    Text {
        /// Which.
        what: &'static str,
        /// What its maker says.
        why: String,
    },
}

impl Error {
    /// The system's error, with the file that it is about.
    pub(crate) fn file(path: impl Into<PathBuf>) -> impl FnOnce(io::Error) -> Self {
        let path = path.into();
        move |source| Self::File { path, source }
    }

    /// A stable name of the variant.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Archive { .. } => "backup-archive",
            Self::Member { .. } => "backup-member",
            Self::TooMuch { .. } => "backup-too-much",
            Self::NoApplication { .. } => "backup-no-application",
            Self::Several { .. } => "backup-several",
            Self::NoSuchFolder { .. } => "backup-no-such-folder",
            Self::NoDump => "backup-no-dump",
            Self::Dump { .. } => "backup-dump",
            Self::Name { .. } => "backup-name",
            Self::BelowPath { .. } => "backup-below-path",
            Self::Made { .. } => "backup-made",
            Self::Taken { .. } => "backup-taken",
            Self::File { .. } => "backup-file",
            Self::Text { .. } => "backup-text",
        }
    }
}
