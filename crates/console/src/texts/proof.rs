//! Words of the live proof.

/// The page's words.
pub struct ProofWords {
    /// Title.
    pub title: &'static str,
    /// What the page shows, and that one needn't believe it.
    pub lead: &'static str,
    /// Before the time at which the page was made.
    pub as_of: &'static str,
    /// The link that asks again.
    pub again: &'static str,
    /// Heading: everything is as it should be.
    pub sound: &'static str,
    /// What that means.
    pub sound_told: fn(needed: &str, of: &str, ago: &str) -> String,
    /// Heading: something stands against it.
    pub anomalies: &'static str,
    /// The policy asks for no witness.
    pub no_quorum: &'static str,
    /// No epoch was ever witnessed.
    pub never_witnessed: &'static str,
    /// No epoch was witnessed for so many minutes.
    pub not_witnessed: fn(minutes: u64) -> String,
    /// A witness didn't come for so many minutes.
    pub silent: fn(name: &str, minutes: u64) -> String,
    /// A witness never came.
    pub never_came: fn(name: &str) -> String,
    /// A witness showed a signed head that is ahead of what is here.
    pub behind: fn(ledger: &str, have: u64, signed: u64) -> String,
    /// A witness showed a signed head that contradicts what is here.
    pub forked: fn(ledger: &str, size: u64) -> String,
    /// No deposits are taken, for this reason.
    pub read_only: fn(why: &str) -> String,
    /// Heading of the figures.
    pub figures: &'static str,
    /// The last epoch.
    pub epoch: &'static str,
    /// No epoch yet.
    pub no_epoch: &'static str,
    /// When it was closed.
    pub closed: &'static str,
    /// The last epoch that the quorum cosigned.
    pub witnessed_epoch: &'static str,
    /// None yet.
    pub none: &'static str,
    /// When the quorum stood.
    pub stood: &'static str,
    /// Number of ledgers.
    pub ledgers: &'static str,
    /// Number of acts.
    pub acts: &'static str,
    /// How many witnesses it takes.
    pub quorum: &'static str,
    /// So many of so many.
    pub quorum_told: fn(needed: &str, of: &str) -> String,
    /// Heading of the witnesses.
    pub witnesses: &'static str,
    /// What a witness is.
    pub witnesses_lead: &'static str,
    /// No witness is listed.
    pub no_witness: &'static str,
    /// Headings of the table of witnesses: name, last epoch, when, state.
    pub columns: [&'static str; 4],
    /// It came lately.
    pub present: &'static str,
    /// It didn't.
    pub absent: &'static str,
    /// Heading of the evidence.
    pub evidence: &'static str,
    /// What to do with it.
    pub evidence_lead: &'static str,
    /// Before the digest of the policy.
    pub digest: &'static str,
    /// Caption of the checkpoint.
    pub checkpoint: &'static str,
}
