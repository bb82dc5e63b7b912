//! Words of retention and legal hold.

use amana_vault::RetentionMode;

/// Those words.
pub struct LockWords {
    /// Heading and row: retention.
    pub title: &'static str,
    /// A bucket whose versions can't be locked.
    pub none: &'static str,
    /// A bucket that gives new versions nothing.
    pub no_default: &'static str,
    /// Why versions can't be suspended.
    pub no_suspend: &'static str,
    /// What setting a default does.
    pub default_lead: &'static str,
    /// Field: who may end the retention of new versions.
    pub default_mode: &'static str,
    /// Field: for how long.
    pub how_long: &'static str,
    /// Field: days or years.
    pub unit: &'static str,
    /// Days.
    pub days: &'static str,
    /// Years.
    pub years: &'static str,
    /// Button: set the default.
    pub set_default: &'static str,
    /// Choice for a new bucket.
    pub make: &'static str,
    /// Row: legal hold.
    pub hold: &'static str,
    /// It is under legal hold.
    pub held: &'static str,
    /// What retaining does.
    pub lead: &'static str,
    /// Field: the last day.
    pub last_day: &'static str,
    /// Field: who may end it.
    pub who_ends: &'static str,
    /// Button: retain.
    pub retain: &'static str,
    /// Button: put under legal hold.
    pub put_hold: &'static str,
    /// Button: lift the hold.
    pub lift: &'static str,
    /// Summary: end it early.
    pub end: &'static str,
    /// What proposing does.
    pub end_means: &'static str,
    /// Button: propose.
    pub propose: &'static str,
    /// That this version can't be deleted now.
    pub stays: &'static str,
    /// Who may end a retention.
    pub mode: fn(RetentionMode) -> &'static str,
    /// What new versions get: who may end it, how many days.
    pub default_days: fn(&str, u32) -> String,
    /// The same in years.
    pub default_years: fn(&str, u32) -> String,
    /// Until when, and who may end it.
    pub until: fn(&str, &str) -> String,
}
