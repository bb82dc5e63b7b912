//! Words of the evidence for an auditor.

/// Those words.
pub struct EvidenceWords {
    /// Title and menu.
    pub title: &'static str,
    /// What it is.
    pub lead: &'static str,
    /// Field: the month.
    pub month: &'static str,
    /// Field: entries whose receipts come along.
    pub entries: &'static str,
    /// Its hint.
    pub entries_hint: &'static str,
    /// Button.
    pub show: &'static str,
    /// Link: the pack.
    pub pack: &'static str,
    /// What is in it.
    pub pack_told: &'static str,
    /// Label: the institution.
    pub institution: &'static str,
    /// Label: the data centre.
    pub centre: &'static str,
    /// Label: when it was made.
    pub made: &'static str,
    /// Heading: the ledger.
    pub ledger: &'static str,
    /// Witnessed: so many entries, when.
    pub witnessed: fn(&str, &str) -> String,
    /// Label: acts of the month.
    pub acts_label: &'static str,
    /// So many acts, from which to which entry.
    pub acts: fn(&str, u64, u64) -> String,
    /// None at all.
    pub no_acts: &'static str,
    /// Heading: usage.
    pub usage: &'static str,
    /// Label: what came.
    pub came: &'static str,
    /// Label: what went.
    pub went: &'static str,
    /// That not all was counted.
    pub uncounted: &'static str,
    /// Heading: availability.
    pub availability: &'static str,
    /// Epochs, gaps, minutes in them.
    pub there: fn(&str, usize, &str) -> String,
    /// From when to when.
    pub gap: fn(&str, &str) -> String,
    /// That not all was looked at.
    pub unlooked: &'static str,
    /// What this can't tell.
    pub limits: &'static [&'static str],
    /// Heading: receipts.
    pub receipts: &'static str,
    /// Before the policy's digest.
    pub policy: &'static str,
    /// Heading: verifying without us.
    pub verify: &'static str,
    /// The steps.
    pub steps: &'static [&'static str],
    /// That the journal in the pack is cut.
    pub cut: &'static str,
    /// Files of the pack.
    pub files: &'static str,
}
