//! Words of an institution's overview.

use super::Texts;
use crate::books::overview::Need;

/// Those words.
pub struct BooksWords {
    /// Title and menu.
    pub overview: &'static str,
    /// Heading: what needs somebody.
    pub needs: &'static str,
    /// That nothing does.
    pub no_needs: &'static str,
    /// What needs somebody, in a sentence.
    pub need: fn(&Texts, &Need) -> String,
    /// Link: see to it.
    pub see: &'static str,
    /// Heading: what is held.
    pub holds: &'static str,
    /// Column: the class of custody.
    pub custody: &'static str,
    /// Sealed at home.
    pub sealed: &'static str,
    /// What that means.
    pub sealed_told: &'static str,
    /// Open.
    pub open: &'static str,
    /// What that means.
    pub open_told: &'static str,
    /// Column: buckets.
    pub buckets: &'static str,
    /// Column: objects, or pieces of ciphertext.
    pub pieces: &'static str,
    /// Column: bytes.
    pub bytes: &'static str,
    /// Column: a bucket's name.
    pub bucket: &'static str,
    /// Heading: each bucket.
    pub each: &'static str,
    /// That there is none.
    pub no_bucket: &'static str,
    /// Heading: what is proved.
    pub proved: &'static str,
    /// The three states.
    pub states: &'static str,
    /// Spooled.
    pub spooled: &'static str,
    /// What the data centre knows of it: nothing.
    pub spooled_told: &'static str,
    /// Recorded.
    pub recorded: &'static str,
    /// So many entries.
    pub recorded_told: fn(&str) -> String,
    /// Witnessed.
    pub witnessed: &'static str,
    /// So many entries, so long ago.
    pub witnessed_told: fn(&str, &str) -> String,
    /// That nothing is.
    pub not_witnessed: &'static str,
    /// By whom.
    pub by_whom: &'static str,
    /// Root of the ledger.
    pub root: &'static str,
    /// Link to the journal.
    pub see_journal: &'static str,
}
