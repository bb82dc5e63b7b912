//! Reading, for pages that show some of it at a time.

use amana_ledger::Hash;
use amana_store::{LedgerInfo, entries};

use super::{Deploy, Site, Sites};
use crate::acts::alert::AlertBody;
use crate::{Host, Result, views};

/// An alert, as it was recorded.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Alerted {
    /// The deploy that has the file.
    pub number: u64,
    /// SHA-256 that was signed.
    pub file: Hash,
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
            let mut alerts = Vec::new();
            for (number, file, id, since_ms) in views::alerts_of(rows, &site, max)? {
                let entry = entries::entry(rows, id)?;
                let body = entry.and_then(|entry| entry.body);
                let body: Option<AlertBody> =
                    body.and_then(|(_, body)| serde_json::from_slice(&body).ok());
                alerts.push(Alerted {
                    number,
                    file,
                    index: id.index(),
                    since_ms,
                    why: body.map(|body| body.why),
                });
            }
            Ok(alerts)
        })
    }
}
