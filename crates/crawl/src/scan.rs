//! What mustn't be published, or come home unseen: secrets, copies of databases, programs' sources, and what intruders leave. One
//! table for whoever imports a site and for whoever deploys one.
//!
//! [`names`](name) judges names, [`look`] contents: every byte of them, and what is packed in them. What is sure is refused where a site
//! is published, unless a person names the file; what isn't is told. This finds what is common. It proves nothing about a site
//! in which it finds nothing.

mod archive;
mod content;
mod marks;
mod names;
mod page;
mod secrets;

pub use content::{intruders_mark, look, says_too_much};
pub use names::{address, is_litter, name};
pub use page::{page, script, script_hosts};

/// A finding's text at most, in characters.
const MAX_WHAT: usize = 200;

/// What was found.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Suspicion {
    /// A script unpacks another one and runs it.
    HiddenScript,
    /// A frame that shows nothing.
    HiddenFrame,
    /// Links to elsewhere that nobody sees.
    HiddenLinks,
    /// A page that sends its visitors elsewhere by itself.
    SendsAway,
    /// What a known web shell says.
    WebShell,
    /// Passwords, private keys, settings.
    Secret,
    /// A database, or a copy of one.
    Database,
    /// An old copy, or a backup.
    Copy,
    /// The source of a program.
    Program,
    /// Too large to be looked through whole.
    Unread,
}

impl Suspicion {
    /// A stable name.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::HiddenScript => "hidden-script",
            Self::HiddenFrame => "hidden-frame",
            Self::HiddenLinks => "hidden-links",
            Self::SendsAway => "sends-away",
            Self::WebShell => "web-shell",
            Self::Secret => "secret",
            Self::Database => "database",
            Self::Copy => "copy",
            Self::Program => "program",
            Self::Unread => "unread",
        }
    }
}

/// A place that somebody should look at.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Found {
    /// What it looks like.
    pub suspicion: Suspicion,
    /// What gave it away.
    pub what: String,
    /// The same in words.
    pub why: &'static str,
    /// Whether no site publishes it, unless somebody says so; otherwise it may be as it should.
    pub is_sure: bool,
}

impl Found {
    /// In words, with what gave it away.
    #[must_use]
    pub fn told(&self) -> String {
        match self.why.contains(&self.what) {
            true => self.why.to_owned(),
            false => format!("{}: {}", self.why, self.what),
        }
    }
}

fn found(suspicion: Suspicion, what: &str, why: &'static str, is_sure: bool) -> Found {
    Found {
        suspicion,
        what: what.chars().take(MAX_WHAT).collect(),
        why,
        is_sure,
    }
}

/// What a site answers at an address at which none should.
#[must_use]
pub fn exposed(address: &str) -> Option<Found> {
    let (what, suspicion, why) = self::address(address)?;
    Some(found(suspicion, &what, why, true))
}
