//! How much an institution may hold: the operator says so, in the institution's own ledger.

use amana_store::{LedgerId, Reader};

use crate::acts::quota::SetQuota;
use crate::views::quotas;
use crate::{Access, InstitutionName, Quota, Result};

impl Access {
    /// Sets an institution's quota; limits that are left out are taken off. Gives the act's receipt name. What is held
    /// already stays, however much it is.
    ///
    /// # Errors
    /// [`crate::Error::UnknownInstitution`], [`crate::Error::Invalid`], [`crate::Error::Busy`], [`crate::Error::Store`].
    pub async fn set_quota(
        &self,
        institution: &InstitutionName,
        quota: Quota,
        by: &str,
    ) -> Result<String> {
        let act = SetQuota {
            by: by.to_owned(),
            ledger: self.ledger(institution)?,
            links: quota.checked()?,
        };
        Ok(self.commit(act).await?.receipt())
    }

    /// The quota of the institution with that ledger.
    ///
    /// # Errors
    /// A failure of the rows.
    pub fn quota(rows: &Reader<'_>, ledger: LedgerId) -> amana_store::Result<Quota> {
        quotas::of(rows, ledger)
    }

    /// All quotas that limit anything, by ledger.
    ///
    /// # Errors
    /// A failure of the rows.
    pub fn quotas(rows: &Reader<'_>) -> amana_store::Result<Vec<(LedgerId, Quota)>> {
        quotas::all(rows)
    }
}
