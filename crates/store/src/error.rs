use std::path::PathBuf;

/// Result of this crate's reads and writes.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// What can go wrong below the rules of any service.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The database engine failed.
    #[error("the rows could not be read or written: {0}")]
    Rows(#[from] rusqlite::Error),
    /// PostgreSQL refused a statement.
    #[error("the rows could not be read or written: {why} [{state}]")]
    Postgres {
        /// The five characters of SQLSTATE.
        state: String,
        /// What it said.
        why: String,
    },
    /// The database doesn't answer. Of a commit that was under way the outcome is looked up before anybody is answered.
    #[error("the database doesn't answer: {why}; try again")]
    Unreachable {
        /// What was tried last.
        why: String,
    },
    /// Bytes of a ledger are not well-formed, or a proof was asked for beyond its end.
    #[error("the ledger: {0}")]
    Ledger(#[from] amana_ledger::Error),
    /// A file operation failed.
    #[error("{op} {path}: {source}")]
    File {
        /// What was tried, as a verb: `create`, `write`, `sync`, `rename`…
        op: &'static str,
        /// The file it was tried on.
        path: PathBuf,
        /// What the system answered.
        source: std::io::Error,
    },
    /// The disk is full, or so nearly full that only deletes are taken.
    #[error(
        "the disk that holds {path} is full: {free_bytes} bytes free, {reserve_bytes} are kept for deletes and the ledger"
    )]
    Full {
        /// The data folder.
        path: PathBuf,
        /// Bytes free now.
        free_bytes: u64,
        /// Bytes that new content may not use.
        reserve_bytes: u64,
    },
    /// Stored bytes are not what the ledger says they are.
    #[error("{what} is damaged: {why}")]
    Damaged {
        /// What is damaged: an entry, a blob, a tile, a row.
        what: String,
        /// How it was noticed.
        why: String,
    },
    /// Something that a row or an entry points to is not there.
    #[error("{what} is missing")]
    Missing {
        /// What is missing.
        what: String,
    },
    /// A group of acts was rolled back; nothing of it was written.
    #[error("the act was not recorded: {why}")]
    Failed {
        /// What broke the group.
        why: String,
    },
    /// The store stopped after a failed sync; what is on disk decides after a restart.
    #[error("the store has stopped after a failed write, restart it to recover: {why}")]
    Stopped {
        /// The failure that stopped it.
        why: String,
    },
    /// The store takes no writes for now, for a reason the operator must act on.
    #[error("the data centre is read-only: {why}")]
    ReadOnly {
        /// Why, and what to do.
        why: String,
    },
    /// Something that was handed in is refused.
    #[error("{what} is refused: {why}")]
    Refused {
        /// What was handed in.
        what: String,
        /// Why.
        why: String,
    },
    /// A bound was exceeded.
    #[error("{what} is larger than {max}")]
    TooLarge {
        /// What was too large.
        what: &'static str,
        /// The bound, in bytes or items.
        max: u64,
    },
    /// A stored act could not be decoded.
    #[error("{what} can't be decoded: {source}")]
    Decode {
        /// Which entry or row.
        what: String,
        /// What the decoder said.
        source: serde_json::Error,
    },
    /// An entry's kind is unknown to this binary.
    #[error("entry {entry} is of the kind {kind}, which this version doesn't know")]
    UnknownKind {
        /// The entry.
        entry: String,
        /// Its kind.
        kind: String,
    },
    /// A replica's file is of no use: another key, another version, or damage. Nothing is lost with it.
    #[error(
        "the index {path} can't be used: {why}; remove it, and it is made again from the ledger"
    )]
    Replica {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        why: String,
    },
    /// A mirror's place did not do what was asked.
    #[error("{place}: {name}: {why}")]
    Place {
        /// The place.
        place: String,
        /// The stream.
        name: String,
        /// What is wrong.
        why: String,
    },
    /// The object store that holds large content doesn't do what is asked, after it was asked again. Nothing is
    /// damaged; what is in rows goes on.
    #[error("{place}, which holds large content, can't be used now: {why}")]
    Away {
        /// The object store.
        place: String,
        /// What it answered last, or that it didn't.
        why: String,
    },
    /// The data folder is not usable.
    #[error("{path}: {why}")]
    Folder {
        /// The folder or file.
        path: PathBuf,
        /// What is wrong with it and what to do.
        why: String,
    },
}

impl Error {
    /// Stable name of the variant, for scripts and for the console's texts.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Rows(_) | Self::Postgres { .. } => "rows",
            Self::Unreachable { .. } => "unreachable",
            Self::Ledger(_) => "ledger",
            Self::File { .. } => "file",
            Self::Full { .. } => "disk-full",
            Self::Damaged { .. } => "damaged",
            Self::Missing { .. } => "missing",
            Self::Failed { .. } => "failed",
            Self::Stopped { .. } => "stopped",
            Self::ReadOnly { .. } => "read-only",
            Self::Refused { .. } => "refused",
            Self::TooLarge { .. } => "too-large",
            Self::Decode { .. } => "decode",
            Self::UnknownKind { .. } => "unknown-kind",
            Self::Replica { .. } => "replica",
            Self::Place { .. } => "place",
            Self::Away { .. } => "blobs-away",
            Self::Folder { .. } => "folder",
        }
    }

    /// Whether the cause is a disk without space, in either engine.
    #[must_use]
    pub fn is_full(&self) -> bool {
        match self {
            Self::Full { .. } => true,
            Self::Rows(e) => e.sqlite_error_code() == Some(rusqlite::ErrorCode::DiskFull),
            Self::Postgres { state, .. } => state == "53100",
            Self::File { source, .. } => source.kind() == std::io::ErrorKind::StorageFull,
            _ => false,
        }
    }

    /// Whether stored bytes, and not the reading of them, are at fault. A sector that can't be read counts, and a file
    /// that won't open; what this process has too little of doesn't.
    #[must_use]
    pub fn is_damage(&self) -> bool {
        match self {
            Self::Damaged { .. } | Self::Missing { .. } => true,
            Self::File {
                op: "open" | "stat" | "read",
                source,
                ..
            } => !is_want(source),
            _ => false,
        }
    }

    /// The same failure once more, for another act of the same group.
    pub(crate) fn again(&self) -> Self {
        match self {
            Self::Full {
                path,
                free_bytes,
                reserve_bytes,
            } => Self::Full {
                path: path.clone(),
                free_bytes: *free_bytes,
                reserve_bytes: *reserve_bytes,
            },
            Self::ReadOnly { why } => Self::ReadOnly { why: why.clone() },
            Self::Stopped { why } => Self::Stopped { why: why.clone() },
            Self::Unreachable { why } => Self::Unreachable { why: why.clone() },
            full if full.is_full() => Self::Full {
                path: "the data folder".into(),
                free_bytes: 0,
                reserve_bytes: 0,
            },
            other => Self::Failed {
                why: other.to_string(),
            },
        }
    }

    pub(crate) fn file(
        op: &'static str,
        path: &std::path::Path,
    ) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::File { op, path, source }
    }
}

/// Too few descriptors, or too little memory: it passes, and says nothing of a file.
fn is_want(source: &std::io::Error) -> bool {
    use rustix::io::Errno;
    let wants = [Errno::MFILE, Errno::NFILE, Errno::NOMEM, Errno::INTR];
    let code = source.raw_os_error();
    wants.iter().any(|want| Some(want.raw_os_error()) == code)
}

/// Why an act was not committed.
#[derive(Debug)]
pub enum CommitError<R> {
    /// The act's own check refused it; nothing was written.
    Refused(R),
    /// The queue is full; nothing was written; try again later.
    Busy,
    /// The act was not committed, or its outcome is unknown until the store is reopened ([`Error::Stopped`]).
    Store(Error),
}

impl<R: std::fmt::Display> std::fmt::Display for CommitError<R> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Refused(r) => write!(f, "{r}"),
            Self::Busy => f.write_str("too many requests wait to be recorded; try again"),
            Self::Store(e) => write!(f, "{e}"),
        }
    }
}

impl<R: std::fmt::Display + std::fmt::Debug> std::error::Error for CommitError<R> {}

impl<R> From<Error> for CommitError<R> {
    fn from(error: Error) -> Self {
        Self::Store(error)
    }
}
