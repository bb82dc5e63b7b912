//! What the data centre acknowledged and its ledger has not shown yet.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use amana_ledger::{Note, VerifierKey};
use amana_store::Value;

use crate::rows::{Rows, entry_of_act};
use crate::wire::ack_lines;
use crate::{Error, Result};

/// What an acknowledgement must say of an index.
pub(crate) struct Expected {
    /// The SHA-256 of the signed statement.
    pub(crate) digest: [u8; 32],
    /// The act's own number.
    pub(crate) act: [u8; 8],
}

/// Acknowledgements of acts beyond the place where the follower stands; each is kept in the replica until then.
pub(crate) struct Acks {
    rows: Rows,
    /// By index: the SHA-256 of the signed statement, and the first index of the note that says so.
    waiting: Mutex<BTreeMap<u64, ([u8; 32], u64)>>,
    /// Where the follower stands.
    passed: AtomicU64,
    /// An index that was acknowledged when the ledger had shown it to hold something else, and the note that says so.
    denied: Mutex<Option<(u64, String)>>,
}

impl Acks {
    pub(crate) fn open(rows: Rows) -> Result<Self> {
        let acks = Self {
            rows,
            waiting: Mutex::default(),
            passed: AtomicU64::new(0),
            denied: Mutex::default(),
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

    /// Checks an acknowledgement and keeps it. `expected` is what it must say, by index, and the number of the act.
    pub(crate) fn keep(
        &self,
        note: &str,
        log: &VerifierKey,
        expected: &BTreeMap<u64, Expected>,
    ) -> Result<()> {
        // Whatever is wrong with it, the acts may have been recorded all the same: so each is an answer that can't be used.
        let refused = |why: String| Error::malformed("the acts handed in", why);
        let unsigned = |error: amana_ledger::Error| refused(format!("its ack: {error}"));
        let signed = Note::parse(note.as_bytes()).map_err(unsigned)?;
        signed.verify(log).map_err(unsigned)?;
        let (origin, acked) =
            ack_lines(&signed.text).ok_or_else(|| refused("its ack is not one".into()))?;
        if origin != log.name() {
            return Err(refused(format!("its ack is of {origin}")));
        }
        for (index, Expected { digest, act }) in expected {
            if !acked.contains(&(*index, *digest)) {
                return Err(refused(format!("its ack does not name entry {index}")));
            }
            // What the ledger has shown already won't be compared again: it must have shown this act there.
            if *index < self.passed.load(Ordering::Acquire)
                && self.rows.read(|rows| entry_of_act(rows, *act))? != Some(*index)
            {
                let mut denied = self.denied.lock().unwrap_or_else(PoisonError::into_inner);
                denied.get_or_insert((*index, note.to_owned()));
                return Err(refused(format!(
                    "entry {index} was followed, and is another act"
                )));
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
        let digests = expected
            .iter()
            .map(|(index, expected)| (*index, expected.digest));
        self.remember(&digests.collect());
        Ok(())
    }

    /// An index that was acknowledged against what the ledger shows, and the note that says so.
    pub(crate) fn denied(&self) -> Option<(u64, String)> {
        let denied = self.denied.lock().unwrap_or_else(PoisonError::into_inner);
        denied.clone()
    }

    /// What was acknowledged at that index.
    pub(crate) fn at(&self, index: u64) -> Option<[u8; 32]> {
        self.lock().get(&index).map(|(digest, _)| *digest)
    }

    /// The highest index that was acknowledged and not shown yet.
    pub(crate) fn newest(&self) -> Option<u64> {
        self.lock().last_key_value().map(|(index, _)| *index)
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
        self.passed.store(size, Ordering::Release);
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
