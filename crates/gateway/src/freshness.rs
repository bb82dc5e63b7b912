//! Whether what is served here can be vouched for: the witnesses saw the followed head, and not long ago.
//!
//! Time is the witnesses', read from cosignatures under the keys of the pinned policy and of the ledger's own row; the
//! data centre's clock has no say. A data centre that freezes one gateway in the past can't make these times young.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use amana_ledger::{
    Checkpoint, Cosigned, Hash, LedgerQuorum, Policy, Receipt, RegistryRow, Signature, State,
    verify_cosignature,
};

use crate::Result;
use crate::wire::CosignedLine;

/// Older than this, a head can't be vouched for, in seconds.
pub const MAX_AGE_S: i64 = 180;
/// Heads that are remembered while their cosignatures gather.
const MAX_HEADS: usize = 4096;

/// What a gateway says of the head that it serves from.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Vouched {
    /// The quorum saw it this many seconds ago, less than [`MAX_AGE_S`].
    Yes {
        /// Its age.
        age_s: i64,
    },
    /// It can't be vouched for: the quorum saw it too long ago, or never.
    No {
        /// When it was seen last, seconds since 1970.
        last_s: Option<i64>,
    },
}

impl Vouched {
    /// The value of the header `x-amana-vouched`: an age in seconds, or `no`.
    #[must_use]
    pub fn header(self) -> String {
        match self {
            Self::Yes { age_s } => age_s.to_string(),
            Self::No { .. } => "no".to_owned(),
        }
    }
}

/// What the witnesses are known to have seen of the followed ledger.
#[derive(Default)]
pub(crate) struct Freshness(Mutex<Seen>);

#[derive(Default)]
struct Seen {
    /// Roots of sizes that were followed, as far back as cosignatures may still come for.
    roots: BTreeMap<u64, Hash>,
    /// The largest size that the quorum stands behind.
    witnessed: Option<u64>,
    /// When a quorum last stood behind a head of this ledger, seconds since 1970.
    seen_s: Option<i64>,
}

impl Freshness {
    /// Remembers a head that was followed: only of these cosignatures are weighed.
    pub(crate) fn followed(&self, head: &Checkpoint) {
        let mut seen = self.lock();
        seen.roots.insert(head.size, head.root);
        while seen.roots.len() > MAX_HEADS {
            seen.roots.pop_first();
        }
    }

    /// Weighs the cosignatures at hand. Lines that don't verify, or are of heads not known here, count for nothing.
    pub(crate) fn weigh(&self, lines: &[CosignedLine], row: &RegistryRow, policy: &Policy) {
        let mut by_size: BTreeMap<u64, Vec<&str>> = BTreeMap::new();
        for line in lines {
            by_size.entry(line.size).or_default().push(&line.line);
        }
        let mut seen = self.lock();
        for (size, lines) in by_size {
            let Some(root) = seen.roots.get(&size).copied() else {
                continue;
            };
            let head = Checkpoint {
                origin: row.log.name().to_owned(),
                size,
                root,
            };
            let Some(time_s) = quorum_time_s(&head, &lines, row, policy) else {
                continue;
            };
            seen.witnessed = seen.witnessed.max(Some(size));
            seen.seen_s = seen.seen_s.max(i64::try_from(time_s).ok());
        }
        // Cosignatures of what came before a witnessed head tell nothing more.
        if let Some(witnessed) = seen.witnessed {
            seen.roots = seen.roots.split_off(&witnessed);
        }
    }

    /// Takes a receipt that shows the newest epoch: a ledger in which nothing happens is fresh as long as the national
    /// log, which goes on, commits the same head.
    ///
    /// # Errors
    /// [`crate::Error::Malformed`] for what isn't a receipt of this ledger that stands under the policy.
    pub(crate) fn take_receipt(
        &self,
        receipt: &[u8],
        row: &RegistryRow,
        policy: &Policy,
    ) -> Result<()> {
        let what = "a receipt of the newest epoch";
        let receipt = Receipt::parse(receipt)?;
        let verdict = receipt
            .verify(policy)
            .map_err(|error| crate::Error::malformed(what, error))?;
        // A copy of our entries under another name has the same root, and honest witnesses.
        if verdict.row.name != row.name || verdict.row.log != row.log {
            let why = format!("it is of {}", verdict.row.name);
            return Err(crate::Error::malformed(what, why));
        }
        let checkpoint = Checkpoint::parse(&receipt.ledger.checkpoint.text)?;
        let mut seen = self.lock();
        let known = seen.roots.get(&verdict.size) == Some(&checkpoint.root);
        if known && verdict.state == State::Witnessed {
            let time_s = verdict.national_quorum_time_s;
            seen.witnessed = seen.witnessed.max(Some(verdict.size));
            seen.seen_s = seen
                .seen_s
                .max(time_s.and_then(|time_s| i64::try_from(time_s).ok()));
        }
        Ok(())
    }

    /// The largest size that the quorum stands behind.
    pub(crate) fn witnessed(&self) -> Option<u64> {
        self.lock().witnessed
    }

    /// What can be said now, `now_s` seconds since 1970.
    pub(crate) fn vouched(&self, now_s: i64) -> Vouched {
        let last_s = self.lock().seen_s;
        match last_s {
            // A witness's clock that is ahead of ours by less than that is no older than now.
            Some(seen_s) if (-MAX_AGE_S..MAX_AGE_S).contains(&(now_s - seen_s)) => Vouched::Yes {
                age_s: (now_s - seen_s).max(0),
            },
            last_s => Vouched::No { last_s },
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Seen> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// When the policy's quorum, and the row's own if it has one, stood behind a head.
fn quorum_time_s(
    head: &Checkpoint,
    lines: &[&str],
    row: &RegistryRow,
    policy: &Policy,
) -> Option<u64> {
    let body = head.body();
    let cosigned = |policy: &Policy| {
        let mut cosigned = Cosigned::new();
        for line in lines {
            let Ok(signature) = line.parse::<Signature>() else {
                continue;
            };
            let mut known = policy.witnesses().iter();
            if let Some(witness) = known.find(|known| signature.is_by(&known.key))
                && let Ok(time_s) = verify_cosignature(&body, &signature, &witness.key)
            {
                cosigned.insert(*witness.key.key_bytes(), time_s);
            }
        }
        policy.quorum_time_s(&cosigned)
    };
    let national = cosigned(policy)?;
    match &row.quorum {
        LedgerQuorum::National => Some(national),
        LedgerQuorum::Own(own) => Some(national.max(cosigned(own.policy())?)),
    }
}
