//! What only the program around the pages knows: the disk, what a doctor finds, mirrors, the scrub, what is under way. It
//! passes itself in, since pages know nothing of configurations, sockets and places.

use serde::Serialize;

use crate::Language;

/// The machine under a data centre. Each question may block, and is answered from memory where the answer costs much.
pub trait Machine: Send + Sync {
    /// Room on the disk of the data folder, now and before.
    fn capacity(&self) -> Capacity;

    /// What a look at disk, clock, memory, certificates, keys and witnesses finds, the worst first.
    fn findings(&self, language: Language) -> Vec<Finding>;

    /// The mirrors of the configuration, in its order.
    fn mirrors(&self) -> Vec<MirrorState>;

    /// The scrub.
    fn scrub(&self) -> ScrubState;

    /// The number of the deploy that visitors of the site of that name get from here now; nothing when they get none.
    fn served(&self, host: &str) -> Option<u64>;

    /// The applications of the site of that name that aren't asked here, since their programs aren't those that were signed.
    fn stopped(&self, host: &str) -> Vec<String>;

    /// Content that a restored folder still waits for.
    fn restoring(&self) -> Option<Restoring>;
}

/// Room on a disk.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize)]
pub struct Capacity {
    /// Size of the disk, in bytes; 0 where it can't be told.
    pub size_bytes: u64,
    /// What is free for us.
    pub free_bytes: u64,
    /// What was used, at most once a day, the oldest first.
    pub samples: Vec<Sample>,
}

/// What was used at one time.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
pub struct Sample {
    /// When, in seconds since 1970.
    pub at_s: u64,
    /// Bytes.
    pub used_bytes: u64,
}

impl Capacity {
    /// Bytes that are not free for us.
    #[must_use]
    pub fn used_bytes(&self) -> u64 {
        self.size_bytes.saturating_sub(self.free_bytes)
    }
}

/// How much something matters.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Level {
    /// Nothing to see to.
    Good,
    /// To be seen to.
    Notice,
    /// Something is lost, or will be.
    Bad,
}

impl Level {
    /// Its class in the stylesheet.
    #[must_use]
    pub const fn class(self) -> &'static str {
        match self {
            Self::Good => "good",
            Self::Notice => "warn",
            Self::Bad => "bad",
        }
    }
}

/// One thing that was looked at, in words.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Finding {
    /// How much it matters.
    pub level: Level,
    /// Its stable name.
    pub code: String,
    /// What was found.
    pub what: String,
    /// Why it matters; empty where nothing is to be done.
    pub why: String,
    /// What to do.
    pub advice: String,
}

/// A mirror.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct MirrorState {
    /// Its name in the configuration.
    pub name: String,
    /// Entries that it lacks; nothing while this process has not copied to it.
    pub lag_entries: Option<u64>,
    /// When it was last brought up to date, in seconds since 1970.
    pub as_of_s: Option<u64>,
    /// Blobs that it should have, and hasn't.
    pub lacking: u64,
    /// Why it isn't kept up, in the program's words.
    pub error: Option<String>,
}

impl MirrorState {
    /// Whether somebody has to see to it.
    #[must_use]
    pub fn is_failing(&self) -> bool {
        self.error.is_some() || self.lacking > 0
    }
}

/// The scrub: all that is kept is read again within a period.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize)]
pub struct ScrubState {
    /// Entries behind the pass under way.
    pub entries_done: u64,
    /// Entries that it goes through; 0 while none is under way.
    pub entries: u64,
    /// The last whole pass.
    pub last: Option<ScrubPass>,
}

/// A whole pass.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct ScrubPass {
    /// When it ended, in seconds since 1970.
    pub ended_s: u64,
    /// Pieces of content that were read.
    pub contents: u64,
    /// Their bytes.
    pub bytes: u64,
    /// Those that were healed.
    pub healed: u64,
    /// Those that no copy could heal.
    pub damaged: u64,
}

/// What a restored folder still waits for.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Restoring {
    /// The place that it comes from.
    pub from: String,
    /// Blobs.
    pub blobs: u64,
    /// Their bytes, at most.
    pub at_most_bytes: u64,
}
