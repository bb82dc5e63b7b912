//! Words of the operator's own pages.

/// Those words.
pub struct OperatorWords {
    /// Menu and title: what needs the operator.
    pub overview: &'static str,
    /// Heading: what waits for somebody.
    pub needs: &'static str,
    /// That nothing does.
    pub no_needs: &'static str,
    /// Before each of them.
    pub to_do: &'static str,
    /// No deposits are taken: why.
    pub need_read_only: fn(&str) -> String,
    /// Little room is left.
    pub need_disk: &'static str,
    /// It is full by that day.
    pub need_disk_by: fn(&str) -> String,
    /// So much content is damaged.
    pub need_damaged: fn(u64) -> String,
    /// A mirror fails.
    pub need_mirror: fn(&str) -> String,
    /// There is no mirror.
    pub need_no_mirror: &'static str,
    /// So many witnesses are silent.
    pub need_witnesses: fn(u64) -> String,
    /// So many findings: bad, and to be seen to.
    pub need_findings: fn(u64, u64) -> String,
    /// So many institutions wait.
    pub need_messages: fn(u64) -> String,
    /// Heading of figures.
    pub figures: &'static str,
    /// Menu and title: the institutions.
    pub institutions: &'static str,
    /// How many, and how many of them are suspended.
    pub institutions_told: fn(&str, u64) -> String,
    /// Column: acts recorded.
    pub acts: &'static str,
    /// Field: part of a name.
    pub look_for: &'static str,
    /// Button.
    pub look: &'static str,
    /// That none is found.
    pub none_found: &'static str,
    /// Column and field: the name.
    pub name: &'static str,
    /// What names are.
    pub name_hint: &'static str,
    /// Column: the state.
    pub state: &'static str,
    /// It is active.
    pub active: &'static str,
    /// Row and what it says: the quota.
    pub quota: &'static str,
    /// There is none.
    pub no_quota: &'static str,
    /// The limits, and how many percent of the nearest are used.
    pub quota_told: fn(&str, u64) -> String,
    /// Heading and button: set the quota.
    pub set_quota: &'static str,
    /// What setting it does.
    pub quota_lead: &'static str,
    /// Field: bytes.
    pub quota_bytes: &'static str,
    /// Field: objects.
    pub quota_objects: &'static str,
    /// It is suspended.
    pub suspended: &'static str,
    /// It leaves.
    pub leaving: &'static str,
    /// Who decided that, and what it means for the operator.
    pub leaving_lead: &'static str,
    /// Column: officials.
    pub officials: &'static str,
    /// How many are in office, and how many can sign in.
    pub officials_told: fn(u64, u64) -> String,
    /// Link: the next page.
    pub more: &'static str,
    /// Heading and button: add one.
    pub add: &'static str,
    /// What that does.
    pub add_lead: &'static str,
    /// Since when.
    pub since: &'static str,
    /// What it holds, in bytes.
    pub holds: &'static str,
    /// Bytes, buckets, and whether all was counted.
    pub held: fn(&str, u64) -> String,
    /// That nothing is named here.
    pub never_names: &'static str,
    /// Heading: its first officials.
    pub first_officials: &'static str,
    /// What to do.
    pub first_lead: &'static str,
    /// That it keeps itself.
    pub keeps_itself: &'static str,
    /// Heading and button.
    pub suspend: &'static str,
    /// What that does.
    pub suspend_lead: &'static str,
    /// Heading and button.
    pub resume: &'static str,
    /// What that does.
    pub resume_lead: &'static str,
    /// Link back to the list.
    pub back: &'static str,
    /// Link back to where one came from.
    pub go_back: &'static str,
    /// Menu and title: the staff.
    pub staff: &'static str,
    /// Who they are.
    pub staff_lead: &'static str,
    /// Button: end access.
    pub end_access: &'static str,
    /// Heading: name somebody.
    pub name_staff: &'static str,
}
