//! The witness inside a gateway: the same memory, the same rules and the same refusals, in a folder of its own, for an
//! institution that has one machine.

use std::collections::BTreeSet;
use std::fs::File;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use amana_ledger::VerifierKey;
use anyhow::Result;

use super::dial::{Alarm, Dial, Failure, Visit};
use super::fetch::Centre;
use super::key::Key;
use super::pause::Pause;
use super::state::Memory;
use super::trust::Trust;
use crate::durable::{lock_folder, make_private_folder};

/// A witness that belongs to a gateway.
pub(crate) struct Inside {
    dial: Dial,
    every: Duration,
    /// Held for as long as this lives: two processes on one folder would have two memories.
    _lock: File,
}

/// What the visits came to so far.
#[derive(Clone, Default)]
pub(crate) struct Visits {
    /// Whether the data centre answered last time.
    pub(crate) answered: bool,
    /// Everything that it must never have done.
    pub(crate) alarms: BTreeSet<Alarm>,
}

impl Inside {
    /// Opens the witness of a folder, which is made at first, under `name`. With `only`, no other ledgers than those, by
    /// origin, are cosigned beside the national log.
    ///
    /// # Errors
    /// When the folder can't be used, or pins another history than `trust`.
    pub(crate) fn open(
        folder: &Path,
        name: &str,
        centre: Centre,
        trust: &Trust,
        only: Option<BTreeSet<String>>,
        every: Duration,
    ) -> Result<Self> {
        make_private_folder(folder)?;
        let lock = lock_folder(folder)?;
        Ok(Self {
            dial: Dial {
                centre,
                folder: folder.to_owned(),
                key: Arc::new(Key::load_or_create(folder, Some(name))?),
                memory: Arc::new(Mutex::new(Memory::open(folder, trust)?)),
                only,
                estranged: Arc::default(),
            },
            every,
            _lock: lock,
        })
    }

    /// The public half of its key, which the operator lists in the trust policy.
    pub(crate) fn vkey(&self) -> VerifierKey {
        self.dial.key.vkey()
    }

    /// Visits the data centre for ever, and tells `visits` what came of it, and `heed` of each alarm.
    ///
    /// # Errors
    /// When this machine's own disk fails: nothing may be cosigned then until a restart.
    pub(crate) async fn keep_visiting(
        &self,
        visits: &Mutex<Visits>,
        heed: impl Fn(&Alarm),
    ) -> Result<()> {
        let mut pause = Pause::new(self.every);
        loop {
            let mut visit = Visit::default();
            let came = self.dial.visit(&mut visit).await;
            for alarm in &visit.alarms {
                tracing::error!("{alarm}");
                heed(alarm);
            }
            let answered = match came {
                Ok(()) => true,
                Err(Failure::Line(error)) if pause.has_failed() => {
                    tracing::debug!("the witness's visit ended early: {error:#}");
                    false
                }
                Err(Failure::Line(error)) => {
                    tracing::warn!(
                        "the witness's visit ended early, and is tried again: {error:#}"
                    );
                    false
                }
                Err(Failure::Own(error)) => return Err(error),
            };
            {
                let mut told = visits
                    .lock()
                    .unwrap_or_else(std::sync::PoisonError::into_inner);
                told.answered = answered;
                told.alarms.extend(visit.alarms);
            }
            tokio::time::sleep(pause.after(answered, visit.more)).await;
        }
    }
}
