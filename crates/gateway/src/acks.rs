//! What the data centre acknowledged and its ledger has not shown yet.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use amana_ledger::{Note, VerifierKey};
use amana_store::Value;

use crate::rows::Rows;
use crate::wire::ack_lines;
use crate::{Error, Result};

/// Acknowledgements of acts beyond the place where the follower stands; each is kept in the replica until then.
pub(crate) struct Acks {
    rows: Rows,
    /// By index: the SHA-256 of the signed statement, and the first index of the note that says so.
    waiting: Mutex<BTreeMap<u64, ([u8; 32], u64)>>,
}

impl Acks {
    pub(crate) fn open(rows: Rows) -> Result<Self> {
        let acks = Self {
            rows,
            waiting: Mutex::default(),
        };
        let notes = acks.rows.read(|rows| {
            rows.all("SELECT note FROM gateway_acks", &[], |row| {
                Ok(row.text(0)?.to_owned())
            })
        })?;
        for note in notes {
            let note = Note::parse(note.as_bytes())?;
            let (_, acked) = ack_lines(&note.text).unwrap_or_default();
            acks.remember(&acked.into_iter().collect());
        }
        Ok(acks)
    }

    /// Checks an acknowledgement and keeps it. `expected` is what it must say, by index.
    pub(crate) fn keep(
        &self,
        note: &str,
        log: &VerifierKey,
        expected: &BTreeMap<u64, [u8; 32]>,
    ) -> Result<()> {
        let refused = |why: String| Error::malformed("the acts handed in", why);
        let signed = Note::parse(note.as_bytes())?;
        signed.verify(log)?;
        let (origin, acked) =
            ack_lines(&signed.text).ok_or_else(|| refused("its ack is not one".into()))?;
        if origin != log.name() {
            return Err(refused(format!("its ack is of {origin}")));
        }
        for (index, digest) in expected {
            if !acked.contains(&(*index, *digest)) {
                return Err(refused(format!("its ack does not name entry {index}")));
            }
        }
        let (Some((first, _)), Some((last, _))) =
            (expected.first_key_value(), expected.last_key_value())
        else {
            return Ok(());
        };
        self.rows.write(|rows| {
            rows.execute(
                "INSERT INTO gateway_acks (first, last, note) VALUES ($1, $2, $3) ON CONFLICT (first) DO NOTHING",
                &[int(*first), int(*last), note.into()],
            )?;
            Ok(())
        })?;
        self.remember(expected);
        Ok(())
    }

    /// What was acknowledged at that index.
    pub(crate) fn at(&self, index: u64) -> Option<[u8; 32]> {
        self.lock().get(&index).map(|(digest, _)| *digest)
    }

    /// The note that acknowledged it, for evidence.
    pub(crate) fn note_of(&self, index: u64) -> Result<Option<String>> {
        let Some((_, first)) = self.lock().get(&index).copied() else {
            return Ok(None);
        };
        self.rows.read(|rows| {
            rows.one(
                "SELECT note FROM gateway_acks WHERE first = $1",
                &[int(first)],
                |row| Ok(row.text(0)?.to_owned()),
            )
        })
    }

    /// Forgets what the ledger has shown by now: everything below that size.
    pub(crate) fn passed(&self, size: u64) -> Result<()> {
        let mut waiting = self.lock();
        let left = waiting.split_off(&size);
        let had = std::mem::replace(&mut *waiting, left);
        drop(waiting);
        if had.is_empty() {
            return Ok(());
        }
        self.rows.write(|rows| {
            rows.execute("DELETE FROM gateway_acks WHERE last < $1", &[int(size)])?;
            Ok(())
        })
    }

    fn remember(&self, acked: &BTreeMap<u64, [u8; 32]>) {
        let Some((&first, _)) = acked.first_key_value() else {
            return;
        };
        let waiting = acked
            .iter()
            .map(|(index, digest)| (*index, (*digest, first)));
        self.lock().extend(waiting);
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<u64, ([u8; 32], u64)>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn int(index: u64) -> Value<'static> {
    Value::Int(index.cast_signed())
}
