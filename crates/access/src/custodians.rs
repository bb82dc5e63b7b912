//! Changing custodians: in an institution that keeps itself two officials approve the new ones first, and the keyring that
//! names them is taken then.
//!
//! The root's signature alone is not enough there, since whoever gathers k shares once has the root for good, and could
//! share it among friends. What was approved waits [`APPROVED_MS`] for its keyring, in rows that every node reads, and is used
//! up in the commit of it: of two keyrings that rely on one approval the second is refused.

use amana_seal::keyring::Custodians;
use amana_seal::shares::GroupPlan;
use amana_store::{LedgerId, Reader};

use crate::acts::credential::kept_itself;
use crate::keyrings::Published;
use crate::people::in_office;
use crate::views::{institution, proposals};
use crate::{Access, Dangerous, Error, InstitutionName, Result};

/// How long an approval waits for the keyring that names those custodians: time enough for them to come together.
pub const APPROVED_MS: i64 = 30 * 24 * 60 * 60 * 1000;

impl Access {
    /// Whether a keyring with those custodians would be taken as the institution's next, as far as that is the officials'
    /// matter: for who is about to write the pages of their shares. The commit of the keyring decides again. Blocking.
    ///
    /// # Errors
    /// [`Error::CustodiansNeedTwo`], [`Error::UnknownInstitution`], [`Error::Store`].
    pub fn may_change_custodians(
        &self,
        institution: &InstitutionName,
        custodians: &Custodians,
    ) -> Result<()> {
        let ledger = self.ledger(institution)?;
        let now_ms = self.store().now_ms();
        self.store().read(|rows| {
            let newest = Published::newest(rows, ledger)?.custodians()?;
            let asked = (institution.as_str(), ledger);
            agreed(rows, asked, newest.as_ref(), custodians, now_ms).map(drop)
        })
    }
}

/// What a proposal of a plan says: its short form, and the number that the next set of shares has.
///
/// # Errors
/// [`Error::NotEnrolled`] where there are no custodians yet, or a failure of the rows.
pub(crate) fn proposed(views: &Reader<'_>, ledger: LedgerId, plan: &GroupPlan) -> Result<String> {
    let newest = Published::newest(views, ledger)?.custodians()?;
    let Some(newest) = newest else {
        let institution = institution(views, ledger)?.name;
        return Err(Error::NotEnrolled { institution });
    };
    let next = Custodians {
        plan: plan.clone(),
        set: newest.set + 1,
    };
    Ok(next.to_string())
}

/// The proposal on which a keyring may change the custodians; none where it changes nothing, or where nobody but the
/// custodians themselves could agree.
///
/// # Errors
/// [`Error::CustodiansNeedTwo`], or a failure of the rows.
pub(crate) fn agreed(
    views: &Reader<'_>,
    (institution, ledger): (&str, LedgerId),
    before: Option<&Custodians>,
    next: &Custodians,
    now_ms: i64,
) -> Result<Option<u64>> {
    if before.is_none_or(|before| before == next) || !kept_itself(views, ledger)? {
        return Ok(None);
    }
    let words = next.to_string();
    let operation = Dangerous::ChangeCustodians.as_str();
    for found in proposals::approved(views, ledger, operation, now_ms)? {
        // Who left since, perhaps for this very proposal, decides nothing any more.
        let approver = found.ended_by.as_deref().and_then(official);
        let both = [Some(found.proposer), approver];
        let stand = both
            .into_iter()
            .all(|one| one.is_some_and(|one| in_office(views, ledger, one).is_ok()));
        if stand && found.name.as_deref() == Some(words.as_str()) {
            return Ok(Some(found.number));
        }
    }
    Err(Error::CustodiansNeedTwo {
        institution: institution.to_owned(),
        wanted: next.plan.to_string(),
        set: next.set,
    })
}

fn official(by: &str) -> Option<u64> {
    by.strip_prefix("official:")?.parse().ok()
}
