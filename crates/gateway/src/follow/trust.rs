//! What the ledger is: the row that the national log's key signed, pinned when it is first seen.

use amana_ledger::{Note, Policy, RegistryRow};

use super::{Follower, MAX_NOTE_BYTES};
use crate::alarm::{Claim, now_ms};
use crate::centre::Centre;
use crate::evidence::Evidence;
use crate::rows::{Rows, set_state};
use crate::{Error, Result};

const ROW: &str = "row";

/// The institution's ledger under the pinned trust policy.
#[derive(Clone)]
pub(crate) struct Trust {
    /// The policy: whose cosignatures count.
    pub(crate) policy: Policy,
    /// The ledger's row.
    pub(crate) row: RegistryRow,
    /// The same as a note, signed by the national log.
    pub(crate) note: Note,
}

impl Trust {
    /// From the replica, or for the first time from the data centre, on the word of the policy's national log.
    pub(crate) async fn load(policy: Policy, centre: &Centre, rows: &Rows) -> Result<Self> {
        let name = format!("{}/vault", centre.institution());
        if let Some(kept) = rows.state(ROW)? {
            return Self::of(policy, &name, &kept);
        }
        let path = format!("/ledgers/{name}/row");
        let note = centre.get(&path, MAX_NOTE_BYTES).await?;
        let trust = Self::of(policy, &name, &note)?;
        rows.write(|rows| set_state(rows, ROW, &note))?;
        rows.flush()?;
        Ok(trust)
    }

    fn of(policy: Policy, name: &str, note: &[u8]) -> Result<Self> {
        let note = Note::parse(note)?;
        let signed = policy.logs().iter().find_map(|log| {
            let row = RegistryRow::open(&note, &log.key).ok()?;
            let fits = row.name == name && row.is_named_as_its_log(&log.key);
            fits.then_some(row)
        });
        let row = signed.ok_or_else(|| {
            Error::malformed(
                "the ledger's row",
                "no log of the trust policy signed a row of this ledger: the policy is of another data centre, or the \
                 data centre is not what it says",
            )
        })?;
        Ok(Self { policy, row, note })
    }

    /// The ledger's origin.
    pub(crate) fn origin(&self) -> &str {
        self.row.log.name()
    }

    /// The checkpoint isn't signed by the pinned key: asks for the row that the data centre shows now. If the national
    /// log signed another one, that is evidence; otherwise the answer is just no checkpoint of this ledger.
    pub(super) async fn foreign(&self, follower: &Follower, error: &amana_ledger::Error) -> Error {
        let found = async {
            let now = follower.fetch("row", MAX_NOTE_BYTES).await.ok()?;
            let now = Self::of(self.policy.clone(), &self.row.name, &now).ok()?;
            let other = now.row.log != self.row.log || now.row.genesis != self.row.genesis;
            other.then_some(now)
        };
        let why = format!("its checkpoint is not of the ledger that was pinned: {error}");
        let Some(now) = found.await else {
            return Error::malformed("the ledger's checkpoint", why);
        };
        let evidence = Evidence::new(Claim::OtherLedger, self.origin(), now_ms(), &why)
            .with("row", &self.note)
            .with("row after", &now.note);
        follower.alarms.raise(&evidence).into()
    }
}
