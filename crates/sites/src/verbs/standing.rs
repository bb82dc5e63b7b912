//! Adding and removing sites.

use amana_store::LedgerInfo;

use super::Sites;
use crate::acts::standing::{AddSite, ReasonBody, RemoveSite, RemovedLinks};
use crate::{Error, Host, Place, Publishers, Result, views};

/// The longest reason, in bytes.
const MAX_REASON_BYTES: usize = 1000;

impl Sites {
    /// Adds a site of an institution, which must be there, and says who publishes it. Gives the name of the act's receipt.
    ///
    /// # Errors
    /// [`Error::SiteExists`], [`Error::Leaving`], [`Error::Busy`], [`Error::Store`], and those of the shelf.
    pub async fn add(
        &self,
        institution: &str,
        host: &Host,
        publishers: &Publishers,
        by: &str,
    ) -> Result<String> {
        let place = Place {
            host: host.clone(),
            institution: institution.to_owned(),
        };
        let (name, asked) = (place.ledger(), host.clone());
        let ledger = self
            .read(move |rows| {
                // Before the shelf is asked: a name that is taken must leave no bucket.
                if views::standing(rows, asked.as_str())?.is_some() {
                    return Err(Error::SiteExists {
                        host: asked.to_string(),
                    });
                }
                Ok(LedgerInfo::named(rows, &name)?)
            })
            .await?;
        self.may_bring(institution).await?;
        self.shelf.make(&place, by).await?;
        let ledger = ledger.map(|info| info.id);
        let mut act = AddSite::new(by, ledger, place.ledger(), institution, host, publishers);
        act.takes_in = self.takes_in;
        self.told(self.store.commit(act).await)
    }

    /// Removes a site: nothing is published under its name any more. Its content stays until its bucket is emptied, its acts
    /// for ever. Gives the name of the act's receipt.
    ///
    /// # Errors
    /// [`Error::UnknownSite`], [`Error::Reason`], [`Error::Busy`], [`Error::Store`].
    pub async fn remove(&self, host: &Host, reason: Option<&str>, by: &str) -> Result<String> {
        if reason.is_some_and(|reason| reason.len() > MAX_REASON_BYTES) {
            return Err(Error::Reason {
                max: MAX_REASON_BYTES,
            });
        }
        let asked = host.clone();
        let site = self.read(move |rows| views::found(rows, &asked)).await?;
        let act = RemoveSite {
            by: by.to_owned(),
            ledger: site.id,
            links: RemovedLinks {
                host: host.to_string(),
            },
            body: reason.map(|reason| ReasonBody {
                reason: reason.to_owned(),
            }),
        };
        self.told(self.store.commit(act).await)
    }
}
