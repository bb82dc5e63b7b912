//! Words of alerts.

use crate::books::alerts::Code;

/// Those words.
pub struct AlertWords {
    /// Title and menu.
    pub title: &'static str,
    /// Heading: now.
    pub now: &'static str,
    /// That nothing is wrong now.
    pub none: &'static str,
    /// Heading: before.
    pub past: &'static str,
    /// That nothing was.
    pub none_past: &'static str,
    /// From when on the past is told.
    pub told_since: fn(&str) -> String,
    /// Before since when.
    pub since: &'static str,
    /// Column: when.
    pub when: &'static str,
    /// Column: what.
    pub what: &'static str,
    /// Column: what it is about.
    pub about_what: &'static str,
    /// Heading: what they mean.
    pub legend: &'static str,
    /// Before what to do.
    pub to_do: &'static str,
    /// Link to the entry.
    pub entry: &'static str,
    /// Entries wait for witnesses.
    pub late: fn(&str) -> String,
    /// How many percent of the quota are used.
    pub quota: fn(u64) -> String,
    /// Wrong passwords: the person, how many.
    pub tries: fn(&str, &str) -> String,
    /// A site isn't what was signed: its name, the deploy, the application where it is one's programs.
    pub site: fn(&str, &str, Option<&str>) -> String,
    /// What to do where no witness is asked for.
    pub name_witnesses: &'static str,
    /// The operator's staff may come in until then.
    pub let_in: fn(&str) -> String,
    /// The name of an alert, what it means, what to do.
    pub about: fn(Code) -> [&'static str; 3],
}
