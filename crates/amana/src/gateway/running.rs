//! The running gateway: what its listeners share.

use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use amana_folders::Patience;
use amana_gateway::{Claim, Gateway};
use anyhow::Result;

use super::config::Config;
use super::folder::Folder;
use super::institution::Institution;
use super::status::{Status, WitnessAlarm};
use crate::admin::answer::Refusal;
use crate::metrics::Requests;
use crate::tls::Listeners;
use crate::witness::dial::Alarm;
use crate::witness::inside::{Inside, Visits};

/// What the listeners share.
pub(crate) struct Running {
    /// Where all of it is kept.
    pub(crate) folder: Folder,
    pub(crate) gateway: Gateway,
    /// What was asked of the listeners since the start.
    pub(crate) requests: Arc<Requests>,
    /// Which listeners speak TLS, and what they show.
    pub(crate) tls: Listeners,
    pub(crate) config: Config,
    /// What is pinned, as it was when the gateway started.
    pub(crate) institution: Institution,
    pub(crate) witness: Inside,
    pub(crate) visits: Mutex<Visits>,
    /// Who gave wrong secrets, where people type them.
    pub(crate) patience: Arc<Patience>,
    /// Where it listens for SFTP, and by which key programs know it; set once it does.
    pub(crate) sftp: OnceLock<String>,
}

impl Running {
    /// How it is now.
    pub(crate) fn status(&self) -> Status {
        let gateway = self.gateway.status();
        let visits = self.visits.lock().unwrap_or_else(PoisonError::into_inner);
        let visits = visits.clone();
        // Those that concern this institution are the gateway's own alarms by now.
        let of_peers = |alarm: &Alarm| !self.concerns(&alarm.origin);
        let told = visits.alarms.into_iter().filter(of_peers);
        let told = told.map(|alarm| WitnessAlarm {
            origin: alarm.origin,
            why: alarm.why,
            evidence: alarm.evidence,
        });
        Status {
            root_alone: gateway.custodians.as_deref().is_some_and(is_one_person),
            // Asked of the disk each time: whoever erases the pages sees the warning go.
            pages: self.institution.pages.clone().filter(|path| path.exists()),
            sftp: self.sftp.get().cloned(),
            witness: self.witness.vkey().to_string(),
            witness_answered: visits.answered,
            witness_alarms: told.collect(),
            gateway,
        }
    }

    /// Whether a log is the institution's ledger, or the national log that every ledger hangs on.
    fn concerns(&self, origin: &str) -> bool {
        let Some(enrolled) = &self.institution.enrolled else {
            return false;
        };
        let centre = enrolled.ledger.split("/ledgers/").next();
        origin == enrolled.ledger || origin.strip_suffix("/national") == centre
    }

    /// Stops the gateway for what its witness refused: who signed two histories of the one log is believed in neither.
    fn heed(&self, alarm: &Alarm) {
        if !self.concerns(&alarm.origin) {
            return;
        }
        let claim = match alarm.code {
            "behind" => Claim::Rollback,
            "bad-row" | "name-mismatch" | "other-key" | "other-genesis" => Claim::OtherLedger,
            _ => Claim::Fork,
        };
        let why = format!("the witness inside refused to cosign: {}", alarm.why);
        let evidence = alarm.evidence.clone();
        let alarms = self.gateway.alarms();
        alarms.heed(claim, &alarm.origin, &why, evidence);
    }

    /// Refuses what is asked of another institution.
    pub(crate) fn own(&self, institution: &str) -> Result<(), Refusal> {
        if institution == self.institution.name {
            return Ok(());
        }
        Err(Refusal::wrong(
            "other-institution",
            format!(
                "this is the gateway of {}, not of {institution}",
                self.institution.name
            ),
        ))
    }
}

/// Whether the custodians of a keyring are one person: `1-of-1`, whatever number of its set stands after it.
pub(crate) fn is_one_person(custodians: &str) -> bool {
    custodians.split(' ').next() == Some("1-of-1")
}

/// Visits the data centre for ever as a witness.
///
/// # Errors
/// When this machine's own disk fails.
pub(crate) async fn keep_witnessing(running: &Arc<Running>) -> Result<()> {
    let heed = |alarm: &Alarm| running.heed(alarm);
    running.witness.keep_visiting(&running.visits, heed).await
}
