//! Mirror before witness: a head that only this machine holds isn't shown to witnesses yet, so that after its loss they
//! normally know no more than a mirror does, and history goes on without a word.

use std::collections::{BTreeMap, HashMap};
use std::sync::Mutex;

use crate::store::{Shared, lock_state};
use crate::{LedgerId, Reader, Result, Store};

/// Kind of the memo of how far mirrors are.
const MIRRORED: &str = "mirrored";

/// Sizes by ledger.
type Sizes = BTreeMap<u32, u64>;

fn parsed(text: &str) -> Sizes {
    serde_json::from_str(text).unwrap_or_default()
}

/// How far mirrors are, and how long witnesses wait for them.
#[derive(Default)]
pub(crate) struct Mirrored(Mutex<State>);

#[derive(Default)]
struct State {
    /// None: witnesses wait for no mirror.
    wait_ms: Option<i64>,
    sizes: HashMap<LedgerId, u64>,
    /// A head that no mirror held when it was first wanted, and since when.
    wanted: HashMap<LedgerId, (u64, i64)>,
}

impl Mirrored {
    /// A mirror holds a ledger up to that size.
    pub(crate) fn note(&self, ledger: LedgerId, size: u64) {
        let mut state = lock_state(&self.0);
        let known = state.sizes.entry(ledger).or_default();
        *known = size.max(*known);
    }

    /// The size up to which witnesses may be asked, at most `newest`.
    fn up_to(&self, ledger: LedgerId, newest: u64, now_ms: i64) -> u64 {
        let mut state = lock_state(&self.0);
        let Some(wait_ms) = state.wait_ms else {
            return newest;
        };
        let mirrored = state.sizes.get(&ledger).copied().unwrap_or(0);
        if mirrored >= newest {
            state.wanted.remove(&ledger);
            return newest;
        }
        let wanted = state.wanted.entry(ledger).or_insert((newest, now_ms));
        if wanted.0 <= mirrored {
            *wanted = (newest, now_ms);
        }
        // A mirror that is away must not keep acts from being witnessed.
        if now_ms - wanted.1 >= wait_ms {
            return newest;
        }
        mirrored
    }
}

impl Shared {
    /// The newest head that witnesses may be asked to cosign, of those that an epoch committed; nothing while no mirror
    /// holds any.
    pub(crate) fn showable(
        &self,
        rows: &Reader<'_>,
        ledger: LedgerId,
        newest: u64,
        now_ms: i64,
    ) -> Result<Option<u64>> {
        let size = self.mirrored.up_to(ledger, newest, now_ms);
        if size == newest || ledger == LedgerId::NATIONAL {
            return Ok((size > 0).then_some(size));
        }
        rows.one(
            "SELECT size FROM epoch_heads WHERE ledger = $1 AND size <= $2 ORDER BY epoch DESC LIMIT 1",
            &[ledger.0.into(), size.cast_signed().into()],
            |row| Ok(row.int(0)?.cast_unsigned()),
        )
    }
}

impl Store {
    /// Tells the other nodes how far mirrors are that this one keeps up. Blocking; nothing is done where there is one node.
    ///
    /// # Errors
    /// A failure of the memos.
    pub fn tell_mirrored(&self) -> Result<()> {
        if !self.has_nodes() {
            return Ok(());
        }
        let sizes = lock_state(&self.shared.mirrored.0).sizes.clone();
        let ours: Sizes = sizes.iter().map(|(id, size)| (id.0, *size)).collect();
        self.change_memo(MIRRORED, "", |known| {
            let mut all = known.map(parsed).unwrap_or_default();
            for (ledger, size) in &ours {
                let known = all.entry(*ledger).or_default();
                *known = (*known).max(*size);
            }
            Ok((serde_json::to_string(&all).ok(), ()))
        })
    }

    /// Hears from the other nodes how far mirrors are, if witnesses wait for them. Blocking.
    pub(super) fn hear_mirrored(&self) -> Result<()> {
        if !self.has_nodes() || lock_state(&self.shared.mirrored.0).wait_ms.is_none() {
            return Ok(());
        }
        let Some(memo) = self.memo(MIRRORED, "")? else {
            return Ok(());
        };
        for (ledger, size) in parsed(&memo.text) {
            self.shared.mirrored.note(LedgerId(ledger), size);
        }
        Ok(())
    }

    /// From now on witnesses are shown what a mirror holds, and what waited for one for longer than `wait_ms`.
    pub fn mirror_before_witness(&self, wait_ms: i64) {
        lock_state(&self.shared.mirrored.0).wait_ms = Some(wait_ms);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn witnesses_wait_for_a_mirror_and_not_for_ever() {
        let (mirrored, ledger) = (Mirrored::default(), LedgerId(1));
        assert_eq!(mirrored.up_to(ledger, 5, 0), 5, "no mirror is waited for");
        lock_state(&mirrored.0).wait_ms = Some(60_000);
        assert_eq!(mirrored.up_to(ledger, 5, 0), 0);
        mirrored.note(ledger, 4);
        assert_eq!(mirrored.up_to(ledger, 5, 1000), 4);
        mirrored.note(ledger, 5);
        assert_eq!(mirrored.up_to(ledger, 5, 2000), 5);
        assert_eq!(mirrored.up_to(ledger, 9, 100_000), 5);
        assert_eq!(
            mirrored.up_to(ledger, 12, 160_000),
            12,
            "it waited for too long"
        );
        mirrored.note(ledger, 10);
        assert_eq!(
            mirrored.up_to(ledger, 12, 161_000),
            10,
            "the mirror is back"
        );
    }
}
