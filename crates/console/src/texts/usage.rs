//! Words of the page of usage.

/// Those words.
pub struct UsageWords {
    /// Title and menu.
    pub title: &'static str,
    /// Held now.
    pub held: &'static str,
    /// That there is no quota.
    pub no_quota: &'static str,
    /// The quota: what is used of what, and how many percent.
    pub quota: fn(&str, u64) -> String,
    /// So much of so much.
    pub of: fn(&str, &str) -> String,
    /// So many objects.
    pub objects: fn(&str) -> String,
    /// Who sets the quota, and what happens when it is reached.
    pub quota_lead: &'static str,
    /// More than four fifths are used.
    pub nearly_full: &'static str,
    /// Nearly all is used.
    pub full: &'static str,
    /// The line of a plot for those who don't see it.
    pub line: fn(&str) -> String,
    /// Where the numbers come from.
    pub lead: &'static str,
    /// That not all is counted yet.
    pub unfinished: &'static str,
    /// Link: count on.
    pub again: &'static str,
    /// Plot: held at each day's end.
    pub held_plot: &'static str,
    /// Plot: deposited on each day.
    pub deposited_plot: &'static str,
    /// Plot: acts on each day.
    pub acts_plot: &'static str,
    /// A plot for those who don't see it: from, to, the largest.
    pub plot_told: fn(&str, &str, &str) -> String,
    /// Before the largest value.
    pub top: &'static str,
    /// Caption of the table.
    pub table: &'static str,
    /// Column: the day.
    pub day: &'static str,
    /// Column: acts.
    pub acts: &'static str,
    /// Column: deposits.
    pub deposits: &'static str,
    /// Column: what went.
    pub removals: &'static str,
    /// Column: held at its end.
    pub then: &'static str,
    /// The columns of that table as a file: plain letters, which every spreadsheet reads.
    pub columns: [&'static str; 8],
    /// Link: the table as a file.
    pub file: &'static str,
}
