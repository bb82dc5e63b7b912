//! Where candidates are kept: in the database where several nodes answer witnesses, so that all ask for the same checkpoint;
//! in memory otherwise.

use std::collections::HashMap;
use std::sync::Mutex;

use crate::rows::Isolation;
use crate::store::{Shared, lock_state};
use crate::{LedgerId, Reader, Result};

/// The size that is the candidate of a ledger, and since when, milliseconds since 1970.
type Candidate = (u64, i64);

/// The candidates of a lone process.
#[derive(Default)]
pub(crate) struct Candidates(Mutex<HashMap<LedgerId, Candidate>>);

/// The candidates as a poll found them, and those that it chose.
pub(super) struct Current {
    known: HashMap<LedgerId, Candidate>,
    pub(super) chosen: HashMap<LedgerId, Candidate>,
}

impl Current {
    pub(super) fn of(&self, ledger: LedgerId) -> Option<Candidate> {
        self.known.get(&ledger).copied()
    }
}

impl Shared {
    pub(super) fn candidates(&self, rows: &Reader<'_>) -> Result<Current> {
        let known = if self.database.is_none() {
            lock_state(&self.candidates.0).clone()
        } else {
            let sql = "SELECT ledger, size, since_ms FROM candidates ORDER BY ledger";
            let all = rows.all(sql, &[], |row| {
                let ledger = LedgerId(u32::try_from(row.int(0)?).unwrap_or(u32::MAX));
                Ok((ledger, (row.int(1)?.cast_unsigned(), row.int(2)?)))
            });
            all?.into_iter().collect()
        };
        let chosen = HashMap::new();
        Ok(Current { known, chosen })
    }

    /// Keeps what a poll chose. Of two nodes that chose at once, the larger size stays, and both ask for it from then on.
    pub(super) fn keep_candidates(&self, chosen: &HashMap<LedgerId, Candidate>) -> Result<()> {
        if chosen.is_empty() {
            return Ok(());
        }
        if self.database.is_none() {
            lock_state(&self.candidates.0).extend(chosen);
            return Ok(());
        }
        let rows = self.connect_to_write()?;
        rows.begin(Isolation::Newest)?;
        let writer = rows.writer();
        let mut chosen: Vec<_> = chosen.iter().collect();
        // In one order, so that two nodes don't wait for one another.
        chosen.sort_unstable_by_key(|(ledger, _)| **ledger);
        for (ledger, (size, since_ms)) in chosen {
            writer.execute(
                "INSERT INTO candidates (ledger, size, since_ms) VALUES ($1, $2, $3)
                 ON CONFLICT (ledger) DO UPDATE SET size = excluded.size, since_ms = excluded.since_ms
                    WHERE candidates.size < excluded.size",
                &[
                    ledger.0.into(),
                    size.cast_signed().into(),
                    (*since_ms).into(),
                ],
            )?;
        }
        rows.commit()
    }
}
