//! Words of access keys.

use amana_access::Right;

/// Those words.
pub struct KeyWords {
    /// Title and menu.
    pub title: &'static str,
    /// What they are.
    pub lead: &'static str,
    /// That what this data centre's keys deposit is open, and what to type at the gateway instead.
    pub in_the_open: &'static str,
    /// That there is none.
    pub none: &'static str,
    /// Column: the key's id.
    pub key: &'static str,
    /// Column, and field: what it is for.
    pub label: &'static str,
    /// What to write there.
    pub label_hint: &'static str,
    /// Column: what it may do.
    pub may: &'static str,
    /// A right in words.
    pub right: fn(Right) -> &'static str,
    /// That it is for all buckets.
    pub all_buckets: &'static str,
    /// That it is for some.
    pub these_buckets: &'static str,
    /// Column: since when.
    pub since: &'static str,
    /// Column: whether it is in force.
    pub state: &'static str,
    /// That it is in force.
    pub in_force: &'static str,
    /// That it was revoked, when.
    pub revoked: fn(&str) -> String,
    /// Column: what one may do.
    pub acts: &'static str,
    /// Button.
    pub revoke: &'static str,
    /// Heading and button.
    pub make: &'static str,
    /// Legend: for which buckets.
    pub for_which: &'static str,
    /// Title: a key just made.
    pub new: &'static str,
    /// That the secret is shown once.
    pub once: &'static str,
    /// Fact: the secret.
    pub secret: &'static str,
    /// Fact: where S3 is.
    pub endpoint: &'static str,
    /// Heading: ready commands.
    pub commands: &'static str,
    /// Link: back to the keys.
    pub back: &'static str,
}
