//! How a gateway is, as its page, its metrics and `amana gateway status` show it.

use std::fmt::Write as _;
use std::path::PathBuf;

use serde::Serialize;

use crate::output;

/// How a gateway is, with the witness inside it and what its folder says of custodians.
#[derive(Serialize)]
pub(crate) struct Status {
    /// What the gateway itself knows.
    #[serde(flatten)]
    pub(crate) gateway: amana_gateway::Status,
    /// Whether one page alone is the institution's root.
    pub(crate) root_alone: bool,
    /// Where pages of shares still lie on this disk.
    pub(crate) pages: Option<PathBuf>,
    /// The witness's key, which the operator lists in the trust policy.
    pub(crate) witness: String,
    /// Whether the witness's last visit came to an end.
    pub(crate) witness_answered: bool,
    /// What the witness refused, and in which file it keeps the evidence.
    pub(crate) witness_alarms: Vec<WitnessAlarm>,
}

/// What the witness refused.
#[derive(Serialize)]
pub(crate) struct WitnessAlarm {
    /// The log.
    pub(crate) origin: String,
    /// In words.
    pub(crate) why: String,
    /// The file that keeps the evidence.
    pub(crate) evidence: Option<PathBuf>,
}

impl Status {
    /// Every alarm: what it is, and the file that proves it.
    pub(crate) fn alarms(&self) -> Vec<(String, Option<String>)> {
        let own = self.gateway.alarms.iter();
        let own = own.map(|alarm| {
            (
                format!("{}: {}", alarm.code, alarm.why),
                alarm.evidence.clone(),
            )
        });
        let witness = self.witness_alarms.iter().map(|alarm| {
            let file = alarm
                .evidence
                .as_ref()
                .map(|path| path.display().to_string());
            (format!("{}: {}", alarm.origin, alarm.why), file)
        });
        own.chain(witness).collect()
    }

    /// Why it should get no requests now, if it should not.
    pub(crate) fn not_ready(&self) -> Option<String> {
        let gateway = &self.gateway;
        if gateway.is_healthy() {
            return None;
        }
        let alarm = gateway.alarms.iter().find(|alarm| alarm.stops);
        Some(match (alarm, gateway.revoked, &gateway.trouble) {
            (Some(alarm), ..) => format!("stopped: {}: {}", alarm.code, alarm.why),
            (None, true, _) => "this gateway was revoked".to_owned(),
            (None, false, Some(trouble)) => trouble.clone(),
            (None, false, None) => "the data centre has not answered yet".to_owned(),
        })
    }

    /// Who holds the root: `3-of-5`, and a dash before it is known.
    pub(crate) fn custodians(&self) -> &str {
        self.gateway.custodians.as_deref().unwrap_or("-")
    }

    /// For people, on a terminal.
    pub(crate) fn text(&self) -> String {
        let gateway = &self.gateway;
        let line = match (gateway.connected, &gateway.trouble) {
            (true, None) => "connected".to_owned(),
            (true, Some(trouble)) => {
                format!("connected, and the ledger can't be followed: {trouble}")
            }
            (false, Some(trouble)) => format!("not connected: {trouble}"),
            (false, None) => "not connected yet".to_owned(),
        };
        let fresh = match gateway.vouched_age_s {
            Some(age_s) => format!("yes: a quorum of witnesses stood behind the head {age_s} s ago"),
            None => "no: without a fresh quorum this gateway can't vouch that what it serves is the newest".to_owned(),
        };
        let witnessed = gateway
            .witnessed
            .map_or_else(|| "none yet".to_owned(), |n| n.to_string());
        let last = gateway
            .last_vouched_s
            .and_then(|time_s| u64::try_from(time_s).ok());
        let last = last.map_or_else(String::new, |time_s| {
            format!(", the last quorum at {}", output::time_s(time_s))
        });
        let keyring = gateway
            .keyring
            .map_or_else(|| "-".to_owned(), |number| number.to_string());
        let mut text = format!(
            "institution   {}\ngateway       {}\ndata centre   {}, {line}\nledger        {}, followed up to {} of {} \
             entries\nwitnessed     {witnessed} entries{last}\nvouched for   {fresh}\nqueue         {} acts\nspool         \
             {} acts, {} bytes\nkeyring       {keyring}, custodians {}\nwitness key   {}",
            gateway.institution,
            gateway.member,
            gateway.centre,
            gateway.ledger,
            gateway.followed,
            gateway.known,
            gateway.queued,
            gateway.spooled,
            gateway.spooled_bytes,
            self.custodians(),
            self.witness,
        );
        // Writing to a string can't fail.
        let mut add = |label: &str, what: &str| {
            let _ = write!(text, "\n{label:<14}{what}");
        };
        if let Some(pages) = &self.pages {
            let pages = pages.display();
            add(
                "WARNING",
                &format!(
                    "pages of shares still lie in {pages}: print them, hand them over, erase them"
                ),
            );
        }
        for warning in &gateway.warnings {
            add("WARNING", warning);
        }
        for (what, file) in self.alarms() {
            let file = file.map_or_else(String::new, |file| format!("; the evidence is {file}"));
            add("ALARM", &format!("{what}{file}"));
        }
        text
    }

    /// For Prometheus.
    pub(crate) fn metrics(&self) -> String {
        let gateway = &self.gateway;
        let mut text = String::new();
        let mut gauge = |name: &str, what: &str, value: u64| {
            // Writing to a string can't fail.
            let _ = writeln!(
                text,
                "# HELP amana_gateway_{name} {what}\n# TYPE amana_gateway_{name} gauge\namana_gateway_{name} {value}"
            );
        };
        let age_s = gateway
            .vouched_age_s
            .and_then(|age_s| u64::try_from(age_s).ok());
        for (name, what, value) in [
            (
                "connected",
                "1 while the data centre answers.",
                gateway.connected.into(),
            ),
            (
                "vouched",
                "1 while a fresh quorum stands behind what is served.",
                age_s.is_some().into(),
            ),
            (
                "vouched_age_seconds",
                "Age of that quorum's word.",
                age_s.unwrap_or_default(),
            ),
            (
                "followed_entries",
                "Entries followed and verified.",
                gateway.followed,
            ),
            (
                "known_entries",
                "Entries of the newest signed checkpoint.",
                gateway.known,
            ),
            (
                "witnessed_entries",
                "Entries that the quorum stands behind.",
                gateway.witnessed.unwrap_or_default(),
            ),
            (
                "queued_acts",
                "Acts that wait to be sent.",
                gateway.queued as u64,
            ),
            (
                "spooled_acts",
                "Acts kept here until the data centre has them.",
                gateway.spooled,
            ),
            (
                "spooled_bytes",
                "Their size, sealed.",
                gateway.spooled_bytes,
            ),
            (
                "alarms",
                "Things that did not fit.",
                self.alarms().len() as u64,
            ),
            (
                "revoked",
                "1 once this gateway was revoked.",
                gateway.revoked.into(),
            ),
            (
                "root_alone",
                "1 while one page alone is the institution's root.",
                self.root_alone.into(),
            ),
        ] {
            gauge(name, what, value);
        }
        text
    }
}
