//! What can go wrong, one variant for each thing that a caller can act on.

use std::io;
use std::path::PathBuf;

/// Result of this crate's verbs.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Why a verb failed.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// What was given as a site or a host is none.
    #[error("{text}: {why}")]
    Url {
        /// What was given.
        text: String,
        /// What it lacks.
        why: String,
    },
    /// The site's first page isn't to be had.
    #[error("{url}: {why}")]
    FirstPage {
        /// The page.
        url: String,
        /// Why.
        why: String,
    },
    /// A certificate or an authority can't be used.
    #[error(transparent)]
    Tls(#[from] amana_tls::Error),
    /// The archive holds another site's answers.
    #[error(
        "{path}: this is an import of {there}; choose another folder, or remove this one and {path}"
    )]
    OtherSite {
        /// The archive.
        path: PathBuf,
        /// The site whose answers it holds.
        there: String,
    },
    /// The folder holds what no import made.
    #[error("{path}: it is there, and no import made it; choose another folder")]
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
    /// The report can't be made.
    #[error("the report: {why}")]
    Report {
        /// What the maker says.
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
            Self::Url { .. } => "crawl-url",
            Self::FirstPage { .. } => "crawl-first-page",
            Self::Tls(_) => "crawl-tls",
            Self::OtherSite { .. } => "crawl-other-site",
            Self::Taken { .. } => "crawl-taken",
            Self::File { .. } => "crawl-file",
            Self::Report { .. } => "crawl-report",
        }
    }
}
