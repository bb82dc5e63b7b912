//! Words of notices and of the directory.

use amana_access::Severity;

/// Those words.
pub struct NoticeWords {
    /// Menu and title.
    pub title: &'static str,
    /// What they are.
    pub lead: &'static str,
    /// What publishing does.
    pub operator_lead: &'static str,
    /// That there are none.
    pub none: &'static str,
    /// Column: the notice.
    pub notice: &'static str,
    /// Column and field: what it is about.
    pub kind: &'static str,
    /// What it is about, in words.
    pub severity: fn(Severity) -> &'static str,
    /// Whether it is in force, in words.
    pub state: fn(&str) -> &'static str,
    /// From then on.
    pub from: fn(&str) -> String,
    /// From then until then.
    pub from_until: fn(&str, &str) -> String,
    /// From then until it was ended.
    pub ended: fn(&str, &str) -> String,
    /// Before a receipt.
    pub receipt: &'static str,
    /// Link from a banner to the notices.
    pub more: &'static str,
    /// Name of the banner.
    pub region: &'static str,
    /// Button: end it.
    pub end: &'static str,
    /// Heading and button.
    pub publish: &'static str,
    /// Field: from when.
    pub from_field: &'static str,
    /// Its hint.
    pub from_hint: &'static str,
    /// Field: until when.
    pub until_field: &'static str,
    /// Its hint.
    pub until_hint: &'static str,
    /// Field: the French text.
    pub french: &'static str,
    /// Field: the English text.
    pub english: &'static str,
    /// Title: the directory.
    pub directory: &'static str,
    /// Who is in it.
    pub directory_lead: &'static str,
    /// That nobody is in it.
    pub directory_none: &'static str,
    /// Column and field: what it calls itself.
    pub name: &'static str,
    /// Column and field: how it is reached.
    pub contact: &'static str,
    /// Its hint.
    pub contact_hint: &'static str,
    /// Title and link: one's own line.
    pub own_contact: &'static str,
    /// What publishing does.
    pub contact_lead: &'static str,
    /// Button.
    pub list_me: &'static str,
    /// Button.
    pub unlist_me: &'static str,
}
