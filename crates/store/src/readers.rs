//! Connections that read: as many as ask at once, and on a server that others use too no more than its share.

use std::sync::{Condvar, Mutex, PoisonError};
use std::time::Duration;

use crate::rows::{Connection, Isolation};
use crate::store::lock_state;
use crate::{Error, Result};

/// Kept open while nobody reads.
const MAX_IDLE: usize = 16;
/// Open at once on a server; who comes later waits.
const MAX_OPEN: usize = 24;
/// For so long.
const WAIT: Duration = Duration::from_secs(10);

/// Connections that read.
#[derive(Default)]
pub(crate) struct Readers {
    idle: Mutex<Vec<Connection>>,
    open: Mutex<usize>,
    closed: Condvar,
}

/// A share of those that may be open, given back when dropped.
pub(crate) struct Share<'r>(Option<&'r Readers>);

impl Drop for Share<'_> {
    fn drop(&mut self) {
        if let Some(readers) = self.0 {
            *lock_state(&readers.open) -= 1;
            readers.closed.notify_one();
        }
    }
}

impl Readers {
    /// A connection on which a transaction has begun that reads: one that is idle, if it can still be used, or another.
    ///
    /// # Errors
    /// Those of `open`; [`Error::Unreachable`] when too many read for too long.
    pub(crate) fn take(
        &self,
        is_shared: bool,
        open: impl FnOnce() -> Result<Connection>,
    ) -> Result<(Connection, Share<'_>)> {
        let share = Share(if is_shared { Some(self.wait()?) } else { None });
        loop {
            let Some(idle) = lock_state(&self.idle).pop() else {
                break;
            };
            if idle.is_usable() && idle.begin(Isolation::Snapshot).is_ok() {
                return Ok((idle, share));
            }
        }
        let fresh = open()?;
        fresh.begin(Isolation::Snapshot)?;
        Ok((fresh, share))
    }

    /// A connection to the embedded rows, for one statement, which needs no transaction to be as of one instant.
    ///
    /// # Errors
    /// Those of `open`.
    pub(crate) fn take_for_one(
        &self,
        open: impl FnOnce() -> Result<Connection>,
    ) -> Result<Connection> {
        let idle = lock_state(&self.idle).pop();
        idle.map_or_else(open, Ok)
    }

    /// Keeps a connection for the next reader.
    pub(crate) fn keep(&self, connection: Connection) {
        let mut idle = lock_state(&self.idle);
        if connection.is_usable() && idle.len() < MAX_IDLE {
            idle.push(connection);
        }
    }

    fn wait(&self) -> Result<&Self> {
        let open = lock_state(&self.open);
        let waited = self
            .closed
            .wait_timeout_while(open, WAIT, |open| *open >= MAX_OPEN);
        let (mut open, _) = waited.unwrap_or_else(PoisonError::into_inner);
        if *open >= MAX_OPEN {
            return Err(Error::Unreachable {
                why: "too many read at once".into(),
            });
        }
        *open += 1;
        Ok(self)
    }
}
