//! Which witnesses a ledger's own quorum needs. It adds to the trust policy's, which every ledger needs.

use std::collections::BTreeSet;
use std::sync::Arc;

use amana_ledger::{OwnQuorum, Policy, VerifierKey};
use serde::{Deserialize, Serialize};

use super::policy::TrustPolicy;
use crate::act::{Denied, Target};
use crate::store::Shared;
use crate::{Act, At, LedgerId, Reader, Result, View, Writer};

pub(crate) const VIEW: View = View {
    table: "ledger_quorums",
    columns: "ledger BIGINT NOT NULL, lines TEXT NOT NULL, PRIMARY KEY (ledger)",
    key: "ledger",
    clustered: true,
    indexes: &[],
};

/// Gives a ledger a quorum of its own, in the syntax of tlog-policy; part of its registry row from the next epoch on.
pub struct SetQuorum {
    ledger: LedgerId,
    actor: String,
    body: QuorumBody,
}

/// What the act says.
#[derive(Serialize, Deserialize)]
pub struct QuorumBody {
    /// `witness`, `group` and `quorum` lines.
    lines: String,
}

impl SetQuorum {
    /// # Errors
    /// Lines that are no policy.
    pub fn new(ledger: LedgerId, actor: &str, lines: &str) -> Result<Self> {
        OwnQuorum::parse(lines)?;
        Ok(Self {
            ledger,
            actor: actor.to_owned(),
            body: QuorumBody {
                lines: lines.to_owned(),
            },
        })
    }
}

impl Act for SetQuorum {
    const KIND: &'static str = "ledger.quorum";
    type Links = ();
    type Body = QuorumBody;
    type Output = ();
    type Refusal = std::convert::Infallible;

    fn actor(&self) -> &str {
        &self.actor
    }

    fn target(&self) -> Target {
        Target::Ledger(self.ledger)
    }

    fn check(&mut self, _: &Reader<'_>, _: i64) -> Result<(), Denied<Self::Refusal>> {
        Ok(())
    }

    fn links(&self) -> &() {
        &()
    }

    fn body(&self) -> Option<&QuorumBody> {
        Some(&self.body)
    }

    fn apply((): &(), body: Option<&QuorumBody>, rows: &Writer<'_>, at: &At) -> Result<()> {
        if let Some(body) = body {
            rows.execute(
                "INSERT INTO ledger_quorums (ledger, lines) VALUES ($1, $2)
                 ON CONFLICT (ledger) DO UPDATE SET lines = excluded.lines",
                &[at.entry.ledger().0.into(), body.lines.as_str().into()],
            )?;
        }
        Ok(())
    }
}

/// What makes a ledger's checkpoint witnessed: the trust policy's quorum, and beside it the ledger's own if it has one. The
/// operator signs the row that holds the own one, so that alone it would let the operator choose who is asked.
pub(crate) struct Quorums {
    trust: Arc<TrustPolicy>,
    own: Option<OwnQuorum>,
}

impl Quorums {
    pub(crate) fn of(shared: &Shared, rows: &Reader<'_>, ledger: LedgerId) -> Result<Self> {
        Self::with(shared, lines(rows, ledger)?.as_deref())
    }

    /// The same from the lines of the ledger's own.
    pub(crate) fn with(shared: &Shared, own: Option<&str>) -> Result<Self> {
        Ok(Self {
            trust: shared.trusted(),
            own: own.map(OwnQuorum::parse).transpose()?,
        })
    }

    /// Every witness that is asked: those that the trust policy lists, since no other counts.
    pub(crate) fn witnesses(&self) -> impl Iterator<Item = &VerifierKey> {
        let witnesses = self.trust.policy.witnesses();
        witnesses.iter().map(|witness| &witness.key)
    }

    /// Whether witnesses with these raw keys are enough.
    pub(crate) fn met(&self, cosigners: &BTreeSet<Vec<u8>>) -> bool {
        let trust = &self.trust.policy;
        let counts = |key: &VerifierKey| {
            trust.lists_witness(key) && cosigners.contains(key.key_bytes().as_slice())
        };
        let enough = |policy: &Policy| policy.has_quorum() && policy.quorum_met(&counts);
        enough(trust) && self.own.as_ref().is_none_or(|own| enough(own.policy()))
    }
}

pub(crate) fn lines(rows: &Reader<'_>, ledger: LedgerId) -> Result<Option<String>> {
    rows.one(
        "SELECT lines FROM ledger_quorums WHERE ledger = $1",
        &[ledger.0.into()],
        |row| Ok(row.text(0)?.to_owned()),
    )
}
