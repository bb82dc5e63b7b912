//! Words of the journal: who did what, a sentence a kind.

use crate::books::line::{Group, Line};

/// Those words.
pub struct JournalWords {
    /// Title and menu.
    pub title: &'static str,
    /// What it is.
    pub lead: &'static str,
    /// Heading of the filter.
    pub filter: &'static str,
    /// Field: a group of kinds.
    pub kind: &'static str,
    /// All groups.
    pub all: &'static str,
    /// A group in words.
    pub group: fn(Group) -> &'static str,
    /// Field: who asked.
    pub who_field: &'static str,
    /// Field: from that day on.
    pub from: &'static str,
    /// Field: until that day.
    pub to: &'static str,
    /// Field: a bucket.
    pub bucket: &'static str,
    /// Field: a text.
    pub text: &'static str,
    /// Button.
    pub search: &'static str,
    /// Link: no filter.
    pub everything: &'static str,
    /// That nothing fits.
    pub nothing: &'static str,
    /// Entries that were looked at, of how many.
    pub scanned: fn(&str, &str) -> String,
    /// That it stopped before a page was full.
    pub stopped: &'static str,
    /// Link: go on.
    pub older: &'static str,
    /// Link: to the ledger of web sites.
    pub sites: &'static str,
    /// Link: back to the private ledger.
    pub own: &'static str,
    /// Before the links of the export.
    pub export: &'static str,
    /// Column: the entry's number.
    pub number: &'static str,
    /// Column: when.
    pub when: &'static str,
    /// Column: who did what.
    pub act: &'static str,
    /// Column and link: the receipt.
    pub receipt: &'static str,
    /// Title of an entry's page.
    pub entry: &'static str,
    /// The body was erased.
    pub erased: &'static str,
    /// The act has no body.
    pub no_body: &'static str,
    /// The body is too long for the page.
    pub long: &'static str,
    /// Heading: the core.
    pub core: &'static str,
    /// What a core is.
    pub core_told: &'static str,
    /// Heading: the body.
    pub body: &'static str,
    /// Before the body's hash.
    pub body_hash: &'static str,
    /// Witnessed, in a word.
    pub witnessed: &'static str,
    /// Recorded and not yet witnessed.
    pub recorded: &'static str,
    /// That it is recorded, and that nobody is waited for.
    pub recorded_alone: &'static str,
    /// Signed and sealed by the institution's gateway.
    pub sealed: &'static str,
    /// What a receipt is for.
    pub receipt_told: &'static str,
    /// Back to the journal.
    pub back: &'static str,
    /// Columns of the table for spreadsheets.
    pub columns: [&'static str; 10],
    /// Who asked.
    pub who: fn(Who<'_>) -> String,
    /// What was done, after who did it.
    pub did: fn(&Did<'_>) -> String,
}

/// Who stands behind an act.
#[derive(Clone, Copy, Debug)]
pub enum Who<'a> {
    /// An official, by name and account.
    Person(&'a str),
    /// Software, by its access key.
    Key(&'a str),
    /// A gateway or another member of the keyring, by id.
    Gateway(&'a str),
    /// Who publishes a web site, by the name in its list of publishers.
    Publisher(&'a str),
    /// One of the operator's staff, by number.
    Staff(&'a str),
    /// The operator at its machine, by the system's user.
    Operator(&'a str),
    /// The data centre by itself.
    Centre,
    /// Somebody who isn't signed in.
    Anybody,
    /// A name that isn't known here.
    Other(&'a str),
}

/// What was done.
pub struct Did<'a> {
    /// The line.
    pub line: &'a Line,
    /// Whom it is about, if anybody.
    pub person: &'a str,
    /// The access key that it is about, with what it is for; a dash for what is about none.
    pub key: &'a str,
}

impl Did<'_> {
    /// The bucket's name, or a dash.
    #[must_use]
    pub fn bucket(&self) -> &str {
        self.line.facts.bucket.as_deref().unwrap_or("–")
    }

    /// What it is about, or a dash.
    #[must_use]
    pub fn name(&self) -> &str {
        self.line.facts.name.as_deref().unwrap_or("–")
    }

    /// Its word, empty without one.
    #[must_use]
    pub fn word(&self) -> &str {
        self.line.facts.word.as_deref().unwrap_or_default()
    }

    /// Its number, 0 without one.
    #[must_use]
    pub fn number(&self) -> u64 {
        self.line.facts.number.unwrap_or_default()
    }

    /// Until when, in seconds since 1970; nothing without a time.
    #[must_use]
    pub fn until_s(&self) -> Option<u64> {
        let until_ms = self.line.facts.until_ms?;
        u64::try_from(until_ms / 1000).ok()
    }
}
