//! Words of a gateway's page.

/// The page's words.
pub struct GatewayWords {
    /// Title, before the institution's name.
    pub title: &'static str,
    /// What a gateway is.
    pub lead: &'static str,
    /// The link that asks again.
    pub again: &'static str,
    /// Heading: one person alone holds the root.
    pub alone: &'static str,
    /// What follows from that, before the command that ends it.
    pub alone_told: &'static str,
    /// Heading: pages of shares still lie on the disk.
    pub pages: &'static str,
    /// What to do, before their place.
    pub pages_told: &'static str,
    /// Heading: nothing stands against what is served.
    pub no_alarm: &'static str,
    /// Heading of the alarms.
    pub alarms: &'static str,
    /// Before the file that proves an alarm.
    pub evidence: &'static str,
    /// What to do with those files.
    pub keep: &'static str,
    /// A fresh quorum stands behind what is served, that long ago.
    pub vouches: fn(ago: &str) -> String,
    /// None does.
    pub cannot_vouch: &'static str,
    /// Heading of the figures.
    pub figures: &'static str,
    /// The line to the data centre.
    pub line: &'static str,
    /// It answers.
    pub connected: &'static str,
    /// It doesn't.
    pub not_connected: &'static str,
    /// The ledger that is followed.
    pub ledger: &'static str,
    /// So many entries of so many.
    pub followed_of: fn(followed: &str, known: &str) -> String,
    /// Entries that the quorum stands behind.
    pub witnessed: &'static str,
    /// None yet.
    pub never: &'static str,
    /// Before the time of the last quorum.
    pub last: &'static str,
    /// Acts that wait.
    pub queue: &'static str,
    /// Deposits kept here.
    pub spool: &'static str,
    /// So many acts of so many bytes.
    pub spooled: fn(acts: &str, bytes: &str) -> String,
    /// The keyring's number.
    pub keyring: &'static str,
    /// Who holds the root.
    pub custodians: &'static str,
    /// That who holds the root is told at the machine alone.
    pub elsewhere: &'static str,
    /// What an address that leads nowhere means.
    pub nowhere: &'static str,
    /// Link: the gateway's page.
    pub home: &'static str,
}
