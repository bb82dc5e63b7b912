//! When no acts are taken, and why.

use crate::store::{Shared, lock_state};
use crate::{Error, Result, Store};

/// Why no writes are taken.
#[derive(Default)]
pub(crate) struct ReadOnly {
    until_restart: Option<String>,
    for_witnesses: Option<String>,
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
    }

    /// What witnesses showed, if they did: the one reason that giving back ends.
    pub(crate) fn read_only_for_witnesses(&self, why: Option<String>) {
        lock_state(&self.read_only).for_witnesses = why;
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
