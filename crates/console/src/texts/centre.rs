//! Words of the page that says what this data centre is.

/// The page's words.
pub struct CentreWords {
    /// Title.
    pub title: &'static str,
    /// First paragraph, after the data centre's name.
    pub lead: &'static str,
    /// Heading of the state right now.
    pub now: &'static str,
    /// A quorum of so many witnesses of so many vouches, that long ago.
    pub witnessed: fn(needed: &str, of: &str, ago: &str) -> String,
    /// Something stands against it.
    pub troubled: &'static str,
    /// It isn't witnessed at all.
    pub unwitnessed: &'static str,
    /// How many ledgers hold how many acts.
    pub holds: fn(ledgers: u64, ledgers_told: &str, acts_told: &str) -> String,
    /// The link to the live proof.
    pub see_proof: &'static str,
    /// Heading of the promises.
    pub promises: &'static str,
    /// Each promise: what, and by what means.
    pub promise: [(&'static str, &'static str); 4],
    /// Heading of the classes of custody.
    pub custody: &'static str,
    /// What the classes are for.
    pub custody_lead: &'static str,
    /// Headings of the table of classes: class, what is there, who can read it, what is proved.
    pub columns: [&'static str; 4],
    /// The three classes, by those columns.
    pub classes: [[&'static str; 4]; 3],
    /// Heading of what can't be promised.
    pub limits: &'static str,
    /// What comes before the list.
    pub limits_lead: &'static str,
    /// What can't be promised.
    pub limit: [&'static str; 6],
    /// Heading of how to check.
    pub check: &'static str,
    /// What comes before the steps.
    pub check_lead: &'static str,
    /// Steps of a check.
    pub step: [&'static str; 3],
    /// Before the digest of the trust policy.
    pub digest: &'static str,
}
