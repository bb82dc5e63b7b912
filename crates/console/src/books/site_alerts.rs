//! Alerts about an institution's sites, which stand in its public ledger of sites: content that isn't what was signed, programs of
//! applications that aren't.

use std::collections::BTreeSet;
use std::sync::Arc;

use amana_sites::Alerted;

use super::alerts::{Alert, Code, Told};
use super::space::Space;
use crate::account::me::seconds;
use crate::{Console, Result, blocking};

/// The newest, of all its sites.
const MAX: u32 = 100;

/// Those that hold still, by this server: the newest about each site and application; then the others. Both the newest first.
pub(super) async fn read(
    console: &Arc<Console>,
    space: &Space,
) -> Result<(Vec<Alert>, Vec<Alert>)> {
    let (console, institution) = (console.clone(), space.institution.to_string());
    blocking(move || {
        let alerts = console.sites.alerts_of_institution(&institution, MAX)?;
        let mut seen = BTreeSet::new();
        let (now, past): (Vec<_>, Vec<_>) = alerts.into_iter().partition(|alert| {
            let about = (alert.host.clone(), alert.application.clone());
            alert.is_of_live && holds(&console, alert) && seen.insert(about)
        });
        let told = |alerts: Vec<Alerted>| alerts.into_iter().map(told).collect();
        Ok((told(now), told(past)))
    })
    .await
}

/// Whether it is still so, as far as the server of sites beside this console knows.
fn holds(console: &Console, alert: &Alerted) -> bool {
    let host = alert.host.as_str();
    match &alert.application {
        Some(application) => console.machine.stopped(host).contains(application),
        None => console.machine.served(host) != Some(alert.number),
    }
}

fn told(alert: Alerted) -> Alert {
    Alert {
        code: Code::Site,
        since_s: Some(seconds(alert.since_ms)),
        told: Told::Site {
            host: alert.host.to_string(),
            number: alert.number,
            application: alert.application,
            entry: alert.index,
            why: alert.why,
        },
    }
}
