//! Which witnesses a ledger's own quorum needs. Without one of its own it has the trust policy's.

use amana_ledger::OwnQuorum;
use serde::{Deserialize, Serialize};

use crate::act::{Denied, Target};
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

pub(crate) fn lines(rows: &Reader<'_>, ledger: LedgerId) -> Result<Option<String>> {
    rows.one(
        "SELECT lines FROM ledger_quorums WHERE ledger = $1",
        &[ledger.0.into()],
        |row| Ok(row.text(0)?.to_owned()),
    )
}
