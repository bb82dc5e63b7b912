//! Leaving: two officials close the door behind their institution, and two open it again.
//!
//! Nothing new is taken in from an institution that leaves. What it has stays until it is deleted, and is read, exported,
//! deleted and revoked as before. Who asks about a deposit asks in the check of the act, so that it holds on every node from
//! the commit of the second word on.

use amana_store::{LedgerId, Reader};

use crate::views;
use crate::{Access, Dangerous, Error, Result};

impl Access {
    /// Whether something new is taken in from the institution with that ledger; from one that leaves nothing is. For the
    /// checks of acts.
    ///
    /// # Errors
    /// A failure of the rows.
    pub fn takes_in(rows: &Reader<'_>, ledger: LedgerId) -> amana_store::Result<bool> {
        let leaving = rows.one(
            "SELECT 1 FROM institutions WHERE ledger = $1 AND leaving_ms IS NOT NULL",
            &[ledger.0.into()],
            |_| Ok(()),
        )?;
        Ok(leaving.is_none())
    }

    /// As [`Access::takes_in`], by the institution's name: for services whose acts stand in another of its ledgers.
    ///
    /// # Errors
    /// A failure of the rows.
    pub fn takes_in_from(rows: &Reader<'_>, institution: &str) -> amana_store::Result<bool> {
        let leaving = rows.one(
            "SELECT 1 FROM institutions WHERE name = $1 AND leaving_ms IS NOT NULL",
            &[institution.into()],
            |_| Ok(()),
        )?;
        Ok(leaving.is_none())
    }
}

/// Whether leaving, or staying after all, changes anything; other operations are no matter of this.
pub(crate) fn changes(views: &Reader<'_>, ledger: LedgerId, operation: Dangerous) -> Result<()> {
    if !matches!(operation, Dangerous::Leave | Dangerous::Stay) {
        return Ok(());
    }
    let institution = views::institution(views, ledger)?;
    let name = institution.name;
    match (operation, institution.leaving_ms.is_some()) {
        (Dangerous::Leave, true) => Err(Error::AlreadyLeaving { name }),
        (Dangerous::Stay, false) => Err(Error::NotLeaving { name }),
        _ => Ok(()),
    }
}
