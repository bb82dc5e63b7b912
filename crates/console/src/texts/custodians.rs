//! Words of the custodians' page.

/// Those words.
pub struct CustodianWords {
    /// Title and menu.
    pub title: &'static str,
    /// What custodians are.
    pub lead: &'static str,
    /// That there are none yet.
    pub none: &'static str,
    /// Label: how many of how many.
    pub plan: &'static str,
    /// Label: set of shares.
    pub set: &'static str,
    /// Label: keyring.
    pub keyring: &'static str,
    /// What the data centre doesn't know.
    pub unknown: &'static str,
    /// Heading: drills.
    pub drills: &'static str,
    /// That none was recorded.
    pub no_drill: &'static str,
    /// When the next one is due.
    pub due: fn(&str) -> String,
    /// That it is late.
    pub overdue: fn(&str) -> String,
    /// Column: the day.
    pub day: &'static str,
    /// Column: who took part.
    pub took_part: &'static str,
    /// Column: how it came out.
    pub outcome: &'static str,
    /// Column: who recorded it.
    pub recorded_by: &'static str,
    /// It worked.
    pub rebuilt: &'static str,
    /// It didn't.
    pub failed: &'static str,
    /// Link to the entry.
    pub entry: &'static str,
    /// Heading: how to hold one.
    pub how: &'static str,
    /// The steps.
    pub steps: &'static [&'static str],
    /// The command.
    pub command: &'static str,
    /// Heading of the form.
    pub record: &'static str,
    /// Field: numbers.
    pub numbers: &'static str,
    /// Its hint.
    pub numbers_hint: &'static str,
    /// Field: note.
    pub note: &'static str,
    /// Button.
    pub save: &'static str,
}
