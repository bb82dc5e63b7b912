//! What the checks of a group will ask, asked for all of them together: where rows are far away, a group costs a few round
//! trips and not a few an act.
//!
//! Checks only read, and run again whenever the group does. So each runs once for nothing: what it asks is noted, and it
//! ends there. What all of them asked is answered in one round trip, the first time with the locks of their ledgers, and they
//! run again, until none asks anything new. Then the acts are taken one after the other as ever, and a check that asks what
//! was answered before is told that, as long as no act before it in the group changed what it looks at
//! ([`Act::scope`](crate::Act::scope)). The ledgers are locked by then, so nobody else does.

use std::collections::HashSet;

use crate::Result;
use crate::act::Scope;
use crate::group::{Group, Slot};
use crate::rows::Connection;

/// Questions that depend on one another; what is asked beyond is asked by each check for itself.
const MAX_ROUNDS: usize = 4;

/// What the acts of a group changed so far.
#[derive(Default)]
pub(crate) struct Touched {
    scopes: HashSet<Scope>,
    anything: bool,
}

impl Touched {
    /// Whether what a check of that scope looks at stands as it did before the group.
    pub(crate) fn spares(&self, scope: Option<Scope>) -> bool {
        !self.anything && scope.is_some_and(|scope| !self.scopes.contains(&scope))
    }

    /// An act of that scope was applied.
    pub(crate) fn add(&mut self, scope: Option<Scope>) {
        match scope {
            Some(scope) => drop(self.scopes.insert(scope)),
            None => self.anything = true,
        }
    }
}

impl Group {
    /// Notes what the checks of these acts ask first: it is answered together with the locks of their ledgers.
    pub(crate) fn note_ahead(&self, slots: &mut [Slot], now_ms: i64) {
        let Connection::Postgres(session) = &self.connection else {
            return;
        };
        session.note();
        let rows = self.connection.reader();
        for slot in slots.iter_mut().filter(|slot| slot.job.scope().is_some()) {
            // Whatever it finds, it finds it again.
            let _ = slot.job.check(&rows, now_ms);
        }
    }

    /// Asks ahead what the checks of these acts ask beyond that; the ledgers must be locked. A lone act asks for itself.
    pub(crate) fn ask_ahead(&self, slots: &mut [Slot], now_ms: i64) -> Result<()> {
        let Connection::Postgres(session) = &self.connection else {
            return Ok(());
        };
        if slots.len() < 2 {
            return Ok(());
        }
        for _ in 1..MAX_ROUNDS {
            self.note_ahead(slots, now_ms);
            if !session.answer_noted()? {
                break;
            }
        }
        Ok(())
    }

    /// Whether the next check may be told what was asked ahead.
    pub(crate) fn recall(&self, may: bool) {
        if let Connection::Postgres(session) = &self.connection {
            session.recall(may);
        }
    }
}
