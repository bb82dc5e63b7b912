//! What a gateway says of itself: for `/healthz`, `/metrics` and the status page.

use serde::Serialize;

use crate::alarm::Alarm;
use crate::freshness::Vouched;

/// The state of a gateway, at one moment.
#[derive(Clone, Debug, Serialize)]
pub struct Status {
    /// The institution.
    pub institution: String,
    /// This gateway's member id.
    pub member: String,
    /// The data centre's URL.
    pub centre: String,
    /// Whether the last time that it was asked it answered.
    pub connected: bool,
    /// Why not, if not.
    pub trouble: Option<String>,
    /// The ledger's origin.
    pub ledger: String,
    /// Entries followed.
    pub followed: u64,
    /// Entries of the newest signed checkpoint; more than `followed` while a sync is under way.
    pub known: u64,
    /// When the ledger was last followed to its end, milliseconds since 1970.
    pub followed_ms: Option<i64>,
    /// Entries that the quorum of witnesses stands behind.
    pub witnessed: Option<u64>,
    /// How old the quorum's word is, in seconds; nothing when the head can't be vouched for.
    pub vouched_age_s: Option<i64>,
    /// When the quorum last stood behind a head, seconds since 1970, when it is too old to vouch.
    pub last_vouched_s: Option<i64>,
    /// The keyring in force, by its number.
    pub keyring: Option<u64>,
    /// Whether this gateway was revoked.
    pub revoked: bool,
    /// Who holds the root: `3-of-5 1`.
    pub custodians: Option<String>,
    /// What the correspondent should see to: one share of one, for instance.
    pub warnings: Vec<String>,
    /// Acts that wait to be sent.
    pub queued: usize,
    /// Acts in the spool, and their bytes.
    pub spooled: u64,
    /// Bytes in the spool.
    pub spooled_bytes: u64,
    /// The institution's own mirror, if one is kept.
    pub mirror: Option<crate::MirrorStatus>,
    /// Every alarm.
    pub alarms: Vec<ToldAlarm>,
}

/// An alarm, as status shows it.
#[derive(Clone, Debug, Serialize)]
pub struct ToldAlarm {
    /// Its stable name.
    pub code: String,
    /// Whether nothing goes on while it stands; otherwise it stops one object alone.
    pub stops: bool,
    /// In words.
    pub why: String,
    /// When it was noticed, milliseconds since 1970.
    pub when_ms: i64,
    /// The file that keeps the evidence.
    pub evidence: Option<String>,
}

impl From<&Alarm> for ToldAlarm {
    fn from(alarm: &Alarm) -> Self {
        Self {
            code: alarm.code().to_owned(),
            stops: !alarm.claim.is_of_one_object(),
            why: alarm.why.clone(),
            when_ms: alarm.when_ms,
            evidence: alarm
                .evidence
                .as_ref()
                .map(|path| path.display().to_string()),
        }
    }
}

impl Status {
    /// Whether it can take requests: followed to an end, not revoked, no alarm that stops it.
    #[must_use]
    pub fn is_healthy(&self) -> bool {
        let stopped = self.alarms.iter().any(|alarm| alarm.stops);
        self.connected && self.trouble.is_none() && !self.revoked && !stopped
    }

    pub(crate) fn vouch(&mut self, vouched: Vouched) {
        match vouched {
            Vouched::Yes { age_s } => self.vouched_age_s = Some(age_s),
            Vouched::No { last_s } => self.last_vouched_s = last_s,
        }
    }
}
