//! How far an institution's ledger is proved: spooled, recorded and witnessed are three things.

use amana_ledger::PolicyWitness;
use amana_store::{EntryId, LedgerId, LedgerInfo, Reader, entries};
use serde::Serialize;

use crate::{Console, Result};

/// How far a ledger is.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Standing {
    /// The ledger's name.
    pub ledger: String,
    /// Entries recorded: durable, and in a checkpoint that the operator signed.
    pub recorded: u64,
    /// The root over them, hexadecimal.
    pub root: String,
    /// Entries that a quorum of witnesses stands behind; nothing while it never did, or without a quorum.
    pub witnessed: Option<u64>,
    /// When that quorum stood, by the witnesses' clocks, in seconds since 1970.
    pub witnessed_s: Option<u64>,
    /// Since when the oldest entry that isn't witnessed waits, in seconds since 1970.
    pub waiting_since_s: Option<u64>,
    /// Those who cosigned it, by their names in the policy.
    pub witnesses: Vec<String>,
    /// Whether the trust policy asks for witnesses at all.
    pub has_quorum: bool,
}

impl Standing {
    /// The state now. What counts is the ledger's own checkpoint; a receipt proves that the national log has it too.
    ///
    /// # Errors
    /// A failure of the store.
    pub fn of(console: &Console, rows: &Reader<'_>, info: &LedgerInfo) -> Result<Self> {
        let trusted = console.store.policy();
        let policy = &trusted.policy;
        let has_quorum = policy.has_quorum();
        let witnessed = match has_quorum {
            true => console.store.witnessed_size(rows, info.id)?,
            false => None,
        };
        let mut standing = Self {
            ledger: info.name.clone(),
            recorded: info.size,
            root: info
                .root
                .as_bytes()
                .map(|byte| format!("{byte:02x}"))
                .concat(),
            witnessed,
            witnessed_s: None,
            waiting_since_s: None,
            witnesses: Vec::new(),
            has_quorum,
        };
        if let Some(size) = witnessed.filter(|size| *size > 0) {
            let note = console.store.signed_checkpoint(rows, info, size)?;
            let cosigned = policy.cosigned(&note)?;
            standing.witnessed_s = policy.quorum_time_s(&cosigned);
            let came = |witness: &&PolicyWitness| cosigned.contains_key(witness.key.key_bytes());
            let came = policy.witnesses().iter().filter(came);
            standing.witnesses = came
                .map(|witness| String::from_utf8_lossy(&witness.name).into_owned())
                .collect();
        }
        let first = witnessed.unwrap_or(0);
        if has_quorum && first < info.size {
            standing.waiting_since_s = time_s(rows, info.id, first)?;
        }
        Ok(standing)
    }
}

/// When an entry was recorded.
fn time_s(rows: &Reader<'_>, ledger: LedgerId, index: u64) -> Result<Option<u64>> {
    let Some(id) = EntryId::new(ledger, index) else {
        return Ok(None);
    };
    let Some(entry) = entries::entry(rows, id)? else {
        return Ok(None);
    };
    Ok(u64::try_from(entry.at()?.time_ms / 1000).ok())
}
