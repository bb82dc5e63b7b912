//! How a gateway is, as its page, its metrics and `amana gateway status` show it.

use std::fmt::Write as _;
use std::path::PathBuf;

use amana_console::gateway::{GatewayAlarm, GatewayState};
use amana_gateway::MirrorStatus;
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
    /// Where it listens for SFTP, and its host key's fingerprint.
    pub(crate) sftp: Option<String>,
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

    /// For people, on a page.
    pub(crate) fn for_people(&self) -> GatewayState {
        let gateway = self.gateway.clone();
        let alarms = self.alarms().into_iter();
        GatewayState {
            institution: gateway.institution,
            centre: gateway.centre,
            connected: gateway.connected,
            trouble: gateway.trouble,
            // Negative where the clocks of the witnesses are ahead: that is now.
            vouched_age_s: gateway
                .vouched_age_s
                .map(|age_s| u64::try_from(age_s).unwrap_or(0)),
            last_vouched_s: gateway
                .last_vouched_s
                .and_then(|time_s| u64::try_from(time_s).ok()),
            ledger: gateway.ledger,
            followed: gateway.followed,
            known: gateway.known,
            witnessed: gateway.witnessed,
            queued: gateway.queued as u64,
            spooled: gateway.spooled,
            spooled_bytes: gateway.spooled_bytes,
            keyring: gateway.keyring,
            custodians: gateway.custodians,
            root_alone: self.root_alone,
            pages: self.pages.as_ref().map(|pages| pages.display().to_string()),
            alarms: alarms
                .map(|(what, evidence)| GatewayAlarm { what, evidence })
                .collect(),
        }
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
        let mirror = gateway.mirror.as_ref().map(mirror_text);
        // Writing to a string can't fail.
        let mut add = |label: &str, what: &str| {
            let _ = write!(text, "\n{label:<14}{what}");
        };
        if let Some(sftp) = &self.sftp {
            add("sftp", sftp);
        }
        if let Some(mirror) = mirror {
            add("mirror", &mirror);
        }
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
        for (name, what, value) in gateway.mirror.iter().flat_map(mirror_figures) {
            gauge(name, what, value);
        }
        text
    }
}

/// How the mirror is, for people.
fn mirror_text(mirror: &MirrorStatus) -> String {
    let mut text = format!("{}, {} entries", mirror.place, mirror.entries);
    let as_of = mirror.as_of_ms.and_then(|ms| u64::try_from(ms / 1000).ok());
    // Writing to a string can't fail.
    let _ = match (mirror.lag, as_of) {
        (0, _) => write!(text, ", nothing lacks"),
        (lag, None) => write!(text, ", {lag} lack"),
        (lag, Some(as_of)) => write!(text, ", {lag} lack; whole at {}", output::time_s(as_of)),
    };
    if mirror.given_back + mirror.contents_given_back > 0 {
        let _ = write!(
            text,
            "\n              {} entries and {} contents were given back to the data centre",
            mirror.given_back, mirror.contents_given_back
        );
    }
    let not_taken = mirror
        .not_taken
        .iter()
        .filter(|why| Some(*why) != mirror.trouble.as_ref());
    for trouble in mirror.trouble.iter().chain(not_taken) {
        let _ = write!(text, "\nWARNING       mirror: {trouble}");
    }
    text
}

/// How the mirror is, for Prometheus.
fn mirror_figures(mirror: &MirrorStatus) -> [(&'static str, &'static str, u64); 4] {
    let failing = mirror.trouble.is_some();
    [
        (
            "mirror_entries",
            "Entries that the mirror counts.",
            mirror.entries,
        ),
        (
            "mirror_lag_entries",
            "Entries that the mirror lacks.",
            mirror.lag,
        ),
        (
            "mirror_failing",
            "1 while the mirror is not kept up.",
            failing.into(),
        ),
        (
            "mirror_given_back_entries",
            "Entries that the data centre took back since the start.",
            mirror.given_back,
        ),
    ]
}
