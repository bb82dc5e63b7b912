//! Words of the page on which the operator's staff comes in.

/// Those words.
pub struct SupportWords {
    /// Title and menu.
    pub title: &'static str,
    /// What it means.
    pub lead: &'static str,
    /// That nobody lets staff in.
    pub none: &'static str,
    /// Until when.
    pub until: fn(&str) -> String,
    /// On each page: whose space it is, and that the look was recorded.
    pub inside: fn(&str) -> String,
}
