//! What can go wrong, one variant for each thing that a caller can act on.

use std::fmt;
use std::path::PathBuf;

/// Result of this crate's verbs.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// A line of a file, or a file of a folder, that can't stay as it is.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Wrong {
    /// The file, as it stands in the folder: `_redirects`.
    pub file: String,
    /// The line, from 1; 0 for the whole file.
    pub line: usize,
    /// What is wrong, and what to do.
    pub why: String,
}

impl fmt::Display for Wrong {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            0 => write!(f, "{}: {}", self.file, self.why),
            line => write!(f, "{}, line {line}: {}", self.file, self.why),
        }
    }
}

/// Why a verb failed.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Not a host's name that a site can have.
    #[error("{host:?} can't be the name of a site: {why}")]
    Host {
        /// What was given.
        host: String,
        /// The rule broken.
        why: &'static str,
    },
    /// Not an address of a page.
    #[error("{address:?} is no address of a site: {why}")]
    Address {
        /// What was given.
        address: String,
        /// The rule broken.
        why: &'static str,
    },
    /// The bytes are no manifest.
    #[error("this is no manifest of a site: {why}")]
    Manifest {
        /// The rule broken.
        why: String,
    },
    /// The text is no statement of a site's publishers.
    #[error("this is no statement about a site: {why}")]
    Statement {
        /// The rule broken.
        why: &'static str,
    },
    /// A folder holds what can't, or mustn't, be published: everything that was found.
    #[error("{}", list(.0))]
    Folder(Vec<Wrong>),
    /// A file of the folder can't be read.
    #[error("{}: {source}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The text is no list of an application's programs.
    #[error("this is no list of an application's programs: {}{why}", place(*line))]
    CodeList {
        /// The line, from 1; 0 for the whole.
        line: usize,
        /// The rule broken.
        why: &'static str,
    },
    /// An application's programs can't be looked at, so that nothing can be said of them.
    #[error("the programs in {} can't be judged: {why}", folder.display())]
    Code {
        /// Their folder.
        folder: PathBuf,
        /// What is in the way.
        why: String,
    },
    /// An entry of the ledger can't be what it says.
    #[error("entry {index} can't be believed: {why}")]
    History {
        /// The entry.
        index: u64,
        /// The rule broken.
        why: String,
    },
    /// The file that lists publishers isn't UTF-8.
    #[error("the file that lists publishers is not text")]
    PublishersText,
    /// There is no site of that name.
    #[error("there is no site {host}")]
    UnknownSite {
        /// The name.
        host: String,
    },
    /// The site has no deploy of that number.
    #[error("{host} has no deploy {number}")]
    UnknownDeploy {
        /// The site.
        host: String,
        /// What was asked for.
        number: u64,
    },
    /// The name is a site's already, of this institution or of another.
    #[error("the site {host} is there already")]
    SiteExists {
        /// The name.
        host: String,
    },
    /// The statement has another number than the next.
    #[error(
        "the statement has the number {given}, and the next change of {host} is number {next}: look at what was changed meanwhile, \
         and sign again"
    )]
    Number {
        /// The site.
        host: String,
        /// What was signed.
        given: u64,
        /// What would be taken.
        next: u64,
    },
    /// The statement, or the manifest, is another site's.
    #[error("this is about {given}, not about {host}")]
    OtherHost {
        /// Which it is about.
        given: String,
        /// Which it was handed in for.
        host: String,
    },
    /// The statement is for another ledger.
    #[error("the statement is for {given}, and this site's acts stand in {origin}")]
    OtherLedger {
        /// What was signed.
        given: String,
        /// The ledger's origin.
        origin: String,
    },
    /// Nobody signed who publishes this site.
    #[error("none of the publishers of {host} signed this")]
    Stranger {
        /// The site.
        host: String,
    },
    /// Some of the publishers signed, and more must.
    #[error(
        "too few of the publishers of {host} signed this: of the {listed} that are listed, {}",
        signed.join(", ")
    )]
    TooFew {
        /// The site.
        host: String,
        /// Who signed.
        signed: Vec<String>,
        /// How many there are.
        listed: usize,
    },
    /// Two officials decided that the institution leaves.
    #[error(
        "two officials of {institution} decided that it leaves: nothing new is taken in; its sites stay as they are until they \
         are removed, and two of them can decide that it stays"
    )]
    Leaving {
        /// Its name.
        institution: String,
    },
    /// A manifest isn't kept.
    #[error("the manifest {sha256} is not here: upload it first")]
    NoManifest {
        /// Its SHA-256.
        sha256: String,
    },
    /// A piece of a manifest is of no earlier deploy.
    #[error("the piece {sha256} of the manifest is of no earlier deploy: send it")]
    NoPiece {
        /// Its SHA-256.
        sha256: String,
    },
    /// Files of a manifest aren't kept, or not in their length.
    #[error("{count} files of this deploy of {host} are not here: upload them first")]
    Lacking {
        /// The site.
        host: String,
        /// How many.
        count: usize,
        /// The first of them, by their SHA-256.
        files: Vec<String>,
    },
    /// New publishers came without the file that was signed for.
    #[error(
        "the file of publishers whose SHA-256 is {sha256}, which was signed for, did not come along"
    )]
    NoPublishers {
        /// Its SHA-256.
        sha256: String,
    },
    /// Bytes are not those of that digest.
    #[error("the content isn't the one whose SHA-256 is {sha256}")]
    OtherContent {
        /// What it should be.
        sha256: String,
    },
    /// The line was cut while content came.
    #[error("the line was cut: {source}")]
    Cut {
        /// How.
        source: std::io::Error,
    },
    /// Too long.
    #[error("a file of a site has at most {max_bytes} bytes")]
    TooLarge {
        /// The bound.
        max_bytes: u64,
    },
    /// Too many, or too much, for one request.
    #[error("more than {max} at once")]
    TooMany {
        /// The bound.
        max: usize,
    },
    /// The reason is too long.
    #[error("a reason has at most {max} bytes")]
    Reason {
        /// The bound.
        max: usize,
    },
    /// This was told before.
    #[error("an alert about this file of this deploy is recorded already")]
    Alerted,
    /// Too much waits, or another change came between.
    #[error("too many requests wait to be recorded, or another change came first; try again")]
    Busy,
    /// The place where content lies refused.
    #[error(transparent)]
    Shelf(Box<dyn std::error::Error + Send + Sync>),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] amana_store::Error),
    /// A site has no certificate, or none that lasts.
    #[error("{host} gets no certificate: {why}")]
    Certificate {
        /// The site.
        host: String,
        /// What the authority, or this machine, says.
        why: String,
    },
    /// A note or a key isn't right.
    #[error(transparent)]
    Signed(#[from] amana_ledger::Error),
}

impl Error {
    /// A stable name of the variant.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Host { .. } => "wrong-host",
            Self::Address { .. } => "wrong-address",
            Self::Manifest { .. } => "wrong-manifest",
            Self::Statement { .. } => "wrong-statement",
            Self::Folder(_) => "not-publishable",
            Self::Read { .. } => "unreadable-file",
            Self::CodeList { .. } => "wrong-code-list",
            Self::Code { .. } => "unjudged-code",
            Self::History { .. } => "wrong-history",
            Self::PublishersText => "wrong-publishers",
            Self::UnknownSite { .. } => "unknown-site",
            Self::UnknownDeploy { .. } => "unknown-deploy",
            Self::SiteExists { .. } => "site-exists",
            Self::Number { .. } => "wrong-number",
            Self::OtherHost { .. } => "other-host",
            Self::OtherLedger { .. } => "other-ledger",
            Self::Stranger { .. } => "not-a-publisher",
            Self::TooFew { .. } => "too-few-publishers",
            Self::Leaving { .. } => "leaving",
            Self::NoManifest { .. } => "no-manifest",
            Self::NoPiece { .. } => "no-piece",
            Self::Lacking { .. } => "files-missing",
            Self::NoPublishers { .. } => "no-publishers",
            Self::OtherContent { .. } => "other-content",
            Self::Cut { .. } => "cut",
            Self::TooLarge { .. } | Self::TooMany { .. } => "too-large",
            Self::Reason { .. } => "invalid",
            Self::Alerted => "alerted",
            Self::Busy => "busy",
            Self::Shelf(_) => "content",
            Self::Store(error) => error.code(),
            Self::Certificate { .. } => "no-certificate",
            Self::Signed(error) => error.code(),
        }
    }
}

fn place(line: usize) -> String {
    match line {
        0 => String::new(),
        line => format!("line {line}: "),
    }
}

fn list(all: &[Wrong]) -> String {
    let lines: Vec<String> = all.iter().map(|wrong| format!("  {wrong}")).collect();
    format!("this can't be published as it is:\n{}", lines.join("\n"))
}
