//! Reading, for pages that show some of it at a time.

use amana_ledger::Hash;
use amana_store::{LedgerInfo, Reader, entries};

use super::{Deploy, Site, Sites};
use crate::acts::alert::{AlertBody, AlertLinks};
use crate::views::AlertRow;
use crate::{Host, Result, views};

/// An alert, as it was recorded.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Alerted {
    /// The site.
    pub host: Host,
    /// The deploy that has the file.
    pub number: u64,
    /// Whether that is what its publishers want to be served by now.
    pub is_of_live: bool,
    /// SHA-256 that was signed; of an application's programs, that was found.
    pub file: Hash,
    /// The application, where it is about one's programs.
    pub application: Option<String>,
    /// Its entry's index in the institution's ledger of sites.
    pub index: u64,
    /// When it was recorded, milliseconds since 1970.
    pub since_ms: i64,
    /// What was found, and what is served instead.
    pub why: Option<String>,
}

impl Sites {
    /// At most `max` sites, by name, after that one. Blocking.
    ///
    /// # Errors
    /// [`crate::Error::Store`].
    pub fn page(&self, after: &str, max: u32) -> Result<Vec<Site>> {
        Ok(self.store.read(|rows| views::page(rows, after, max))?)
    }

    /// The sites of an institution, by name. Blocking.
    ///
    /// # Errors
    /// [`crate::Error::Store`].
    pub fn of_institution(&self, institution: &str) -> Result<Vec<Site>> {
        let name = format!("{institution}/sites");
        self.store
            .read(|rows| match LedgerInfo::named(rows, &name)? {
                Some(ledger) => Ok(views::of_institution(rows, ledger.id)?),
                None => Ok(Vec::new()),
            })
    }

    /// At most `max` deploys of a site whose numbers are below that, the newest first. Blocking.
    ///
    /// # Errors
    /// [`crate::Error::UnknownSite`], [`crate::Error::Store`].
    pub fn deploys_before(&self, host: &Host, number: u64, max: u32) -> Result<Vec<Deploy>> {
        self.store.read(|rows| {
            let site = views::found(rows, host)?;
            Ok(views::deploys_before(rows, &site, number, max)?)
        })
    }

    /// The newest alerts about a site, at most `max`. Blocking.
    ///
    /// # Errors
    /// [`crate::Error::UnknownSite`], [`crate::Error::Store`].
    pub fn alerts(&self, host: &Host, max: u32) -> Result<Vec<Alerted>> {
        self.store.read(|rows| {
            let site = views::found(rows, host)?;
            let alerts = views::alerts_of(rows, site.id, Some(host), max)?;
            Ok(whole(rows, alerts)?)
        })
    }

    /// The newest alerts about the sites of an institution, at most `max`. Blocking.
    ///
    /// # Errors
    /// [`crate::Error::Store`].
    pub fn alerts_of_institution(&self, institution: &str, max: u32) -> Result<Vec<Alerted>> {
        let name = format!("{institution}/sites");
        self.store
            .read(|rows| match LedgerInfo::named(rows, &name)? {
                Some(ledger) => {
                    let alerts = views::alerts_of(rows, ledger.id, None, max)?;
                    Ok(whole(rows, alerts)?)
                }
                None => Ok(Vec::new()),
            })
    }
}

/// With what their entries say.
fn whole(rows: &Reader<'_>, alerts: Vec<AlertRow>) -> amana_store::Result<Vec<Alerted>> {
    let told = alerts.into_iter().map(|row| {
        let entry = entries::entry(rows, row.entry)?;
        let core = entry.as_ref().map(entries::Entry::core).transpose()?;
        let links: Option<AlertLinks> =
            core.and_then(|core| serde_json::from_str(core.links.get()).ok());
        let body = entry.and_then(|entry| entry.body);
        let body: Option<AlertBody> = body.and_then(|(_, body)| serde_json::from_slice(&body).ok());
        Ok(Alerted {
            host: row.host,
            number: row.number,
            is_of_live: row.is_of_live,
            file: row.file,
            application: links.and_then(|links| links.application),
            index: row.entry.index(),
            since_ms: row.since_ms,
            why: body.map(|body| body.why),
        })
    });
    told.collect()
}
