//! What time it is by the word of the witnesses.

use crate::{LedgerId, LedgerInfo, Result, Store};

impl Store {
    /// The time, in milliseconds since 1970, by which a quorum of the policy's witnesses had cosigned the newest epoch that
    /// they did: never later than now, unless a quorum says so. Zero where a quorum is asked for and never was met; nothing
    /// under a policy that asks for none. The operator's clock has no part in it. Blocking.
    ///
    /// # Errors
    /// A failure of the rows, or a cosignature at hand that doesn't verify.
    pub fn witnessed_ms(&self) -> Result<Option<i64>> {
        let trusted = self.policy();
        let policy = &trusted.policy;
        if !policy.has_quorum() {
            return Ok(None);
        }
        self.read(|rows| {
            let national = LedgerInfo::by_id(rows, LedgerId::NATIONAL)?;
            let size = self.witnessed_size(rows, LedgerId::NATIONAL)?;
            let (Some(national), Some(size)) = (national, size) else {
                return Ok(Some(0));
            };
            let note = self.signed_checkpoint(rows, &national, size)?;
            let time_s = policy.quorum_time_s(&policy.cosigned(&note)?);
            let time_ms = time_s.unwrap_or_default().saturating_mul(1000);
            Ok(Some(i64::try_from(time_ms).unwrap_or(i64::MAX)))
        })
    }
}
