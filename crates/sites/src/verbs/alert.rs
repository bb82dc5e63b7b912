//! Telling that content, or an application's programs, aren't what was signed.

use amana_ledger::{Hash, digits};

use super::Sites;
use crate::acts::alert::{AlertBody, AlertLinks, AlertSite};
use crate::{Deploy, Error, Result, views};

/// What an alert says at most, in bytes.
const MAX_WHY_BYTES: usize = 2000;

impl Sites {
    /// Records that a file of a deploy, or its manifest, hasn't the digest that was signed, and what is served instead. Once a
    /// file and deploy, and at most twenty times a deploy: gives the name of the act's receipt, or nothing when it was told
    /// before.
    ///
    /// # Errors
    /// [`Error::UnknownSite`], [`Error::Busy`], [`Error::Store`].
    pub async fn alert(&self, deploy: &Deploy, file: &Hash, why: &str) -> Result<Option<String>> {
        self.tell_of(deploy, (file, None), why).await
    }

    /// Records that the programs of an application aren't those that were signed with a deploy, and have that digest; or that they
    /// can't be judged, with the digest that was signed. Once a digest and deploy, among the twenty of a deploy: gives the name of
    /// the act's receipt, or nothing when it was told before.
    ///
    /// # Errors
    /// [`Error::UnknownSite`], [`Error::Busy`], [`Error::Store`].
    pub async fn alert_of_code(
        &self,
        deploy: &Deploy,
        application: &str,
        found: &Hash,
        why: &str,
    ) -> Result<Option<String>> {
        let about = (found, Some(application.to_owned()));
        self.tell_of(deploy, about, why).await
    }

    async fn tell_of(
        &self,
        deploy: &Deploy,
        (file, application): (&Hash, Option<String>),
        why: &str,
    ) -> Result<Option<String>> {
        let host = deploy.place.host.clone();
        let site = self.read(move |rows| views::found(rows, &host)).await?;
        let mut why = why.to_owned();
        why.truncate(why.floor_char_boundary(MAX_WHY_BYTES));
        let act = AlertSite {
            ledger: site.id,
            links: AlertLinks {
                host: deploy.place.host.to_string(),
                number: deploy.number,
                file: digits(file),
                application,
            },
            body: AlertBody { why },
        };
        match self.told(self.store.commit(act).await) {
            Ok(receipt) => Ok(Some(receipt)),
            Err(Error::Alerted) => Ok(None),
            Err(error) => Err(error),
        }
    }
}
