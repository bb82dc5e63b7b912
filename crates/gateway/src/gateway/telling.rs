//! What a gateway says of itself.

use std::sync::PoisonError;
use std::sync::atomic::Ordering;

use super::Gateway;
use crate::status::{Status, ToldAlarm};

impl Gateway {
    /// The state of the gateway now.
    #[must_use]
    pub fn status(&self) -> Status {
        let head = self.follower.head();
        let ring = self.keys.ring();
        let member = self.keys.member_id();
        let custodians = self.keys.custodians();
        let mut warnings = Vec::new();
        if custodians
            .as_deref()
            .is_some_and(|held| held.starts_with("1-of-1"))
        {
            warnings.push(
                "one person alone holds the institution's root: share it among several with `amana keys reshare`".into(),
            );
        }
        let held = self.spooling.as_ref().map(|spooling| spooling.spool.held());
        let held = held.unwrap_or_default();
        if held.refused > 0 {
            warnings.push(format!(
                "{} spooled changes were refused by the data centre for good: they are kept in the spool's folder `refused`",
                held.refused
            ));
        }
        let mut status = Status {
            institution: self.centre.institution().to_owned(),
            member: member.to_string(),
            centre: self.centre.url().to_owned(),
            connected: self.online.load(Ordering::Relaxed),
            trouble: self
                .trouble
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .clone(),
            ledger: self.follower.trust.origin().to_owned(),
            followed: head.size,
            known: self.follower.known_size().max(head.size),
            followed_ms: Some(self.follower.followed_ms()).filter(|at| *at > 0),
            witnessed: self.freshness.witnessed(),
            vouched_age_s: None,
            last_vouched_s: None,
            keyring: ring.as_ref().map(|ring| ring.number),
            revoked: ring.is_some_and(|ring| ring.key_of(member).is_none()),
            custodians,
            warnings,
            queued: self.recorder.queued(),
            spooled: held.acts,
            spooled_bytes: held.bytes,
            mirror: self.mirroring.as_ref().map(|mirroring| mirroring.status()),
            alarms: self
                .alarms
                .all()
                .iter()
                .map(|alarm| ToldAlarm::from(&**alarm))
                .collect(),
        };
        status.vouch(self.vouched());
        status
    }
}
