//! Words of the page about health.

/// Those words.
pub struct HealthWords {
    /// Menu and title.
    pub title: &'static str,
    /// Heading: no writes.
    pub read_only: &'static str,
    /// What that means.
    pub read_only_lead: &'static str,
    /// Heading: writes are taken.
    pub writable: &'static str,
    /// How many acts wait.
    pub queued: fn(&str) -> String,
    /// Heading: disk, clock, memory, keys.
    pub machine: &'static str,
    /// Heading: mirrors.
    pub mirrors: &'static str,
    /// That there are none.
    pub no_mirror: &'static str,
    /// Column: the mirror.
    pub mirror: &'static str,
    /// Column: its state.
    pub state: &'static str,
    /// Column: as of when.
    pub as_of: &'static str,
    /// It has everything.
    pub mirror_whole: &'static str,
    /// It lacks so many entries and blobs.
    pub mirror_lags: fn(u64, u64) -> String,
    /// Not copied to by this process yet.
    pub mirror_elsewhere: &'static str,
    /// Heading: the scrub.
    pub scrub: &'static str,
    /// What it is.
    pub scrub_lead: &'static str,
    /// Before the first whole pass.
    pub no_scrub: &'static str,
    /// The last pass: when, contents, bytes, healed, damaged.
    pub scrub_told: fn(&str, &str, &str, u64, u64) -> String,
    /// Heading: what is under way.
    pub jobs: &'static str,
    /// The pass under way: percent, of entries.
    pub scrub_at: fn(percent: u64, count: u64, entries: &str) -> String,
    /// Content on its way: blobs, bytes, from where.
    pub restoring_told: fn(&str, &str, &str) -> String,
    /// How many mirrors are kept up.
    pub mirroring: fn(usize) -> String,
}
