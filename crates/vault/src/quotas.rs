//! Quotas: how much an institution holds, and what it may still deposit.
//!
//! What is held is read off the buckets' sums, and remembered with what was admitted since: a deposit asks no row, and who has
//! no quota pays nothing. So a quota is exact on one node between two counts but for what was deleted, which the next count
//! notices; before anything is refused it is counted anew. Several nodes each see the others' deposits at their next count,
//! after [`RECOUNT_MS`] at most, and may together exceed a quota by what they take in until then.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use amana_access::{Access, Quota};
use amana_store::{LedgerId, Reader};
use serde::Serialize;

use crate::{Error, Result, Vault, apart};

/// What is held is counted again after so long, for what other nodes took in and what was deleted.
const RECOUNT_MS: i64 = 5 * 60 * 1000;
/// A count is young enough to refuse by.
const YOUNG_MS: i64 = 2 * 1000;

/// Bytes and objects.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug, Serialize)]
pub struct Used {
    /// Of the versions of open buckets, of parts of uploads under way, and of sealed ciphertext.
    pub bytes: u64,
    /// Versions of open buckets but for delete markers, and pieces of sealed ciphertext.
    pub objects: u64,
}

impl Used {
    fn plus(self, more: Self) -> Self {
        Self {
            bytes: self.bytes.saturating_add(more.bytes),
            objects: self.objects.saturating_add(more.objects),
        }
    }

    fn less(self, less: Self) -> Self {
        Self {
            bytes: self.bytes.saturating_sub(less.bytes),
            objects: self.objects.saturating_sub(less.objects),
        }
    }

    /// Whether it is within a quota.
    #[must_use]
    pub fn is_within(&self, quota: &Quota) -> bool {
        quota.bytes.is_none_or(|most| self.bytes <= most)
            && quota.objects.is_none_or(|most| self.objects <= most)
    }
}

/// What is remembered of an institution that has a quota.
struct Kept {
    quota: Quota,
    used: Used,
    /// Admitted, and not recorded yet.
    pending: Used,
    counted_ms: i64,
}

/// The institutions that have a quota.
#[derive(Default)]
pub(crate) struct Quotas(Mutex<HashMap<LedgerId, Kept>>);

impl Quotas {
    fn kept(&self) -> MutexGuard<'_, HashMap<LedgerId, Kept>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A deposit that was admitted. Dropped before it is recorded, it is taken back.
pub(crate) struct Admitted {
    quotas: Arc<Quotas>,
    ledger: LedgerId,
    more: Used,
}

impl Admitted {
    /// The deposit is recorded.
    pub(crate) fn recorded(self) {
        let mut kept = self.quotas.kept();
        if let Some(kept) = kept.get_mut(&self.ledger) {
            kept.used = kept.used.plus(self.more);
        }
    }
}

impl Drop for Admitted {
    fn drop(&mut self) {
        let mut kept = self.quotas.kept();
        if let Some(kept) = kept.get_mut(&self.ledger) {
            kept.pending = kept.pending.less(self.more);
        }
    }
}

impl Vault {
    /// What the institution with that ledger holds: the sums of its buckets, and the parts of uploads under way. Blocking.
    ///
    /// # Errors
    /// A failure of the rows.
    pub fn used(rows: &Reader<'_>, ledger: LedgerId) -> Result<Used> {
        let texts = [
            "SELECT CAST(COALESCE(SUM(items), 0) AS BIGINT), CAST(COALESCE(SUM(bytes), 0) AS BIGINT) FROM bucket_sums \
             WHERE bucket IN (SELECT id FROM buckets WHERE ledger = $1)",
            "SELECT CAST(0 AS BIGINT), CAST(COALESCE(SUM(size), 0) AS BIGINT) FROM upload_parts WHERE upload IN \
             (SELECT upload FROM uploads WHERE bucket IN (SELECT id FROM buckets WHERE ledger = $1))",
        ];
        let mut used = Used::default();
        for sql in texts {
            let found = rows.one(sql, &[ledger.0.into()], |row| {
                Ok(Used {
                    objects: row.int(0)?.cast_unsigned(),
                    bytes: row.int(1)?.cast_unsigned(),
                })
            })?;
            used = used.plus(found.unwrap_or_default());
        }
        Ok(used)
    }

    /// Takes in what quotas there are, and counts for those that are new, or were counted long ago. Until this was asked for
    /// the first time there is no quota. Blocking.
    ///
    /// # Errors
    /// A failure of the rows.
    pub fn heed_quotas(&self) -> Result<()> {
        let now_ms = self.store.now_ms();
        let set = self
            .store
            .read(|rows| Ok::<_, Error>(Access::quotas(rows)?))?;
        self.quotas
            .kept()
            .retain(|ledger, _| set.iter().any(|(one, _)| one == ledger));
        for (ledger, quota) in set {
            let is_due = match self.quotas.kept().get_mut(&ledger) {
                Some(kept) => {
                    kept.quota = quota;
                    now_ms - kept.counted_ms >= RECOUNT_MS
                }
                None => true,
            };
            if is_due {
                self.count(ledger, quota)?;
            }
        }
        Ok(())
    }

    fn count(&self, ledger: LedgerId, quota: Quota) -> Result<()> {
        let used = self.store.read(|rows| Self::used(rows, ledger))?;
        let counted_ms = self.store.now_ms();
        let mut kept = self.quotas.kept();
        let pending = kept.get(&ledger).map(|kept| kept.pending);
        let counted = Kept {
            quota,
            used,
            pending: pending.unwrap_or_default(),
            counted_ms,
        };
        kept.insert(ledger, counted);
        Ok(())
    }

    /// Admits a deposit, if the quota lets it in; nothing to keep where there is none.
    pub(crate) async fn admit_deposit(
        &self,
        ledger: LedgerId,
        bytes: u64,
        objects: u64,
    ) -> Result<Option<Admitted>> {
        let more = Used { bytes, objects };
        let Some(admitted) = self.fits(ledger, more) else {
            return Ok(None);
        };
        let quota = match admitted {
            Ok(admitted) => return Ok(Some(admitted)),
            Err(Full { is_young: true, .. }) => return Err(Error::QuotaExceeded),
            Err(Full { quota, .. }) => quota,
        };
        let vault = self.clone();
        apart(move || vault.count(ledger, quota)).await?;
        match self.fits(ledger, more) {
            Some(Err(_)) => Err(Error::QuotaExceeded),
            Some(Ok(admitted)) => Ok(Some(admitted)),
            None => Ok(None),
        }
    }

    fn fits(&self, ledger: LedgerId, more: Used) -> Option<Result<Admitted, Full>> {
        let mut kept = self.quotas.kept();
        let kept = kept.get_mut(&ledger)?;
        let pending = kept.pending.plus(more);
        if !kept.used.plus(pending).is_within(&kept.quota) {
            return Some(Err(Full {
                quota: kept.quota,
                is_young: self.store.now_ms() - kept.counted_ms < YOUNG_MS,
            }));
        }
        kept.pending = pending;
        Some(Ok(Admitted {
            quotas: self.quotas.clone(),
            ledger,
            more,
        }))
    }
}

/// A deposit doesn't fit, by a count that is young or isn't.
struct Full {
    quota: Quota,
    is_young: bool,
}
