//! When no acts are taken, and why.

use crate::national::awaited::Heard;
use crate::store::{Shared, lock_state};
use crate::{Error, Result, Store};

/// Why no writes are taken.
#[derive(Default)]
pub(crate) struct ReadOnly {
    until_restart: Option<String>,
    for_witnesses: Option<String>,
    until_heard: Option<String>,
    while_moving: Option<String>,
    heard: Heard,
}

impl Store {
    /// Takes no writes until restarted, and says why to everybody who asks.
    pub fn become_read_only(&self, why: &str) {
        let mut read_only = lock_state(&self.shared.read_only);
        read_only
            .until_restart
            .get_or_insert_with(|| why.to_owned());
    }

    /// Why no writes are taken, if so.
    #[must_use]
    pub fn read_only(&self) -> Option<String> {
        self.shared.read_only_why()
    }

    /// Whether acts are taken at all.
    ///
    /// # Errors
    /// [`Error::Stopped`], [`Error::ReadOnly`].
    pub fn writable(&self) -> Result<()> {
        self.shared.writable()
    }
}

impl Shared {
    pub(crate) fn read_only_why(&self) -> Option<String> {
        let read_only = lock_state(&self.read_only);
        read_only
            .until_restart
            .clone()
            .or_else(|| read_only.for_witnesses.clone())
            .or_else(|| read_only.until_heard.clone())
            .or_else(|| read_only.while_moving.clone())
    }

    /// What witnesses showed, if they did: the one reason that giving back ends.
    pub(crate) fn read_only_for_witnesses(&self, why: Option<String>) {
        lock_state(&self.read_only).for_witnesses = why;
    }

    /// That a restored folder's witnesses have not called yet.
    pub(crate) fn read_only_until_heard(&self, why: Option<String>) {
        lock_state(&self.read_only).until_heard = why;
    }

    /// That the rows are being moved, or were.
    pub(crate) fn read_only_while_moving(&self, why: Option<String>) {
        lock_state(&self.read_only).while_moving = why;
    }

    /// Notes that a witness called; gives all that did.
    pub(crate) fn note_heard(&self, key: &[u8]) -> Heard {
        let mut read_only = lock_state(&self.read_only);
        read_only.heard.insert(key.to_vec());
        read_only.heard.clone()
    }

    /// Whether a restored folder's witnesses have not called yet.
    pub(crate) fn is_awaiting(&self) -> bool {
        lock_state(&self.read_only).until_heard.is_some()
    }

    /// Whether acts are taken at all.
    pub(crate) fn writable(&self) -> Result<()> {
        if let Some(why) = self.stopped.why() {
            return Err(Error::Stopped { why });
        }
        match self.read_only_why() {
            Some(why) => Err(Error::ReadOnly { why }),
            None => Ok(()),
        }
    }
}
