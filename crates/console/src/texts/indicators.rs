//! Words of the indicators.

use amana_access::Exercise;

/// Those words.
pub struct IndicatorWords {
    /// Menu and title.
    pub title: &'static str,
    /// What they are for.
    pub lead: &'static str,
    /// Before the time.
    pub as_of: &'static str,
    /// Column: what is counted.
    pub indicator: &'static str,
    /// Column: the figure.
    pub value: &'static str,
    /// Institutions.
    pub institutions: &'static str,
    /// Deposits that are kept.
    pub deposits: &'static str,
    /// Acts recorded.
    pub acts: &'static str,
    /// Restores that were tried.
    pub restores: &'static str,
    /// People trained.
    pub trained: &'static str,
    /// People who hold a certificate of the school.
    pub certified: &'static str,
    /// Drills of custodians that were held.
    pub drills: &'static str,
    /// Those that rebuilt the keys.
    pub drills_rebuilt: &'static str,
    /// Link to the table.
    pub csv: &'static str,
    /// Heading: what was exercised.
    pub exercises: &'static str,
    /// What it was, in words.
    pub exercise: fn(Exercise) -> &'static str,
    /// Column and field: what it was.
    pub kind: &'static str,
    /// Column and field: how many people.
    pub people: &'static str,
    /// Column and field: in words.
    pub what: &'static str,
    /// Column: the receipt.
    pub receipt: &'static str,
    /// Heading and button.
    pub record: &'static str,
    /// What recording does.
    pub record_lead: &'static str,
}
