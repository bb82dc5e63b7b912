//! Words of the custodians' page.

use amana_seal::shares::GroupPlan;

/// Those words.
pub struct CustodianWords {
    /// Title and menu.
    pub title: &'static str,
    /// What custodians are.
    pub lead: &'static str,
    /// That there are none yet.
    pub none: &'static str,
    /// Link: how to have some.
    pub set_up: &'static str,
    /// Label: how many of how many.
    pub plan: &'static str,
    /// So many of so many pages.
    pub of: fn(needed: u8, pages: u8) -> String,
    /// So many of the groups that follow.
    pub of_groups: fn(needed: u8) -> String,
    /// A plan, and the number of its set of pages.
    pub set_told: fn(plan: &str, set: u32) -> String,
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

impl CustodianWords {
    /// Who together rebuilds the keys: `3 pages sur 5`, or, of groups, how many of them, and how many of each.
    #[must_use]
    pub fn of_plan(&self, plan: &GroupPlan) -> String {
        let groups = plan.groups();
        if let [alone] = groups {
            return (self.of)(alone.threshold(), alone.members());
        }
        let each = groups.iter().map(|group| {
            let pages = (self.of)(group.threshold(), group.members());
            format!("{} {pages}", group.name())
        });
        let each: Vec<_> = each.collect();
        format!("{} {}", (self.of_groups)(plan.threshold()), each.join(", "))
    }
}
