//! The spool: changes taken while the data centre is out of reach, each on every disk that was named before it is
//! acknowledged, and recorded in their order when the line is back.
//!
//! In a folder of the spool:
//!
//! ```text
//! 0000000000000007.act    a sealed record: the plain act, its piece, and the ciphertext of a small one
//! <piece id>.piece        the ciphertext of a larger one
//! 0000000000000007.done   the index of the entry that recorded it, until that is witnessed
//! *.new                   a write under way; swept at start
//! ```
//!
//! Records are sealed under a key of this machine's own; pieces are sealed as everywhere. Nothing is kept in clear. An act is
//! spooled as what was asked, not as what is signed: it is planned anew, sealed and signed when it is delivered.

mod delivery;
mod disk;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use amana_seal::envelope::{self, EnvelopeKey};
use amana_store::{BlobId, PlainAct, clock};
use amana_vault::SealedPiece;
use amana_vault::remote::{NewPiece, PlannedAct};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use serde::{Deserialize, Serialize};
use tokio::sync::Notify;

use crate::{Error, Result};
pub(crate) use delivery::{Delivery, is_delivering};
use disk::Disks;

/// Acts that wait at most, whatever their size.
const MAX_ACTS: usize = 1_000_000;

/// Where and how much is spooled.
#[derive(Clone, Debug)]
pub struct SpoolOptions {
    /// Folders, each on a disk of its own.
    pub folders: Vec<PathBuf>,
    /// Whether one folder is enough.
    pub accept_single_copy: bool,
    /// The most that it holds, in bytes.
    pub max_bytes: u64,
}

/// The spool, and whether the data centre is in reach.
pub(crate) struct Spooling {
    pub(crate) spool: Arc<Spool>,
    pub(crate) online: Arc<AtomicBool>,
}

impl Spooling {
    /// Whether what comes now goes to the spool: the line is down, or something waits that must be recorded before.
    pub(crate) fn must(&self) -> bool {
        !self.online.load(Ordering::Relaxed) || self.spool.has_waiting()
    }
}

/// What the spool holds now.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub(crate) struct Held {
    /// Acts that wait.
    pub(crate) acts: u64,
    /// Bytes on each disk, what was delivered and is not witnessed yet included.
    pub(crate) bytes: u64,
    /// Acts that the data centre refused for good.
    pub(crate) refused: u64,
}

/// The spool.
pub(crate) struct Spool {
    disks: Disks,
    key: EnvelopeKey,
    max_bytes: u64,
    state: Mutex<State>,
    woken: Notify,
}

#[derive(Default)]
struct State {
    next: u64,
    bytes: u64,
    refused: u64,
    /// By number.
    waiting: BTreeMap<u64, Item>,
    delivered: BTreeMap<u64, (Item, u64)>,
    /// Pieces that no record names yet, and their bytes so far.
    coming: BTreeMap<BlobId, u64>,
}

/// What one act takes.
#[derive(Clone, Copy)]
struct Item {
    piece: Option<BlobId>,
    bytes: u64,
}

/// A record as it is sealed.
#[derive(Serialize, Deserialize)]
struct Record {
    plain: PlainAct,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    piece: Option<RecordedPiece>,
    taken_ms: i64,
}

#[derive(Serialize, Deserialize)]
struct RecordedPiece {
    id: BlobId,
    sealed: SealedPiece,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    inline: Option<String>,
}

impl Spool {
    /// Opens the spool; what waits there is delivered. Blocking.
    ///
    /// # Errors
    /// [`Error::Setting`] for one folder without leave, or none; [`Error::File`]; [`Error::Seal`] for a record that isn't of
    /// this gateway.
    pub(crate) fn open(options: SpoolOptions, key: EnvelopeKey) -> Result<Self> {
        let few = options.folders.len() < 2 && !options.accept_single_copy;
        if options.folders.is_empty() || few {
            return Err(Error::Setting {
                what: "spool".into(),
                why: "it names two folders on two disks, or one with accept_single_copy = true"
                    .into(),
            });
        }
        let spool = Self {
            disks: Disks::open(options.folders)?,
            key,
            max_bytes: options.max_bytes,
            state: Mutex::default(),
            woken: Notify::new(),
        };
        let found = spool.disks.found()?;
        let mut state = State {
            next: found.last_number.map_or(0, |last| last + 1),
            refused: found.refused,
            ..State::default()
        };
        for number in found.acts {
            let record = spool.read(number)?;
            let piece = record.piece.filter(|piece| piece.inline.is_none());
            let piece = piece.map(|piece| piece.id);
            let sizes = found.pieces.get(&number_or(piece)).copied();
            let item = Item {
                piece,
                bytes: spool.disks.act_bytes(number) + sizes.unwrap_or(0),
            };
            state.bytes += item.bytes;
            match found.done.get(&number) {
                Some(index) => state.delivered.insert(number, (item, *index)).map(|_| ()),
                None => state.waiting.insert(number, item).map(|_| ()),
            };
        }
        let named: Vec<BlobId> = state
            .waiting
            .values()
            .chain(state.delivered.values().map(|(item, _)| item))
            .filter_map(|item| item.piece)
            .collect();
        spool.disks.sweep(&named)?;
        *spool.lock() = state;
        Ok(spool)
    }

    /// Whether something waits to be delivered: what comes after must wait behind it.
    pub(crate) fn has_waiting(&self) -> bool {
        !self.lock().waiting.is_empty()
    }

    /// What it holds.
    pub(crate) fn held(&self) -> Held {
        let state = self.lock();
        Held {
            acts: state.waiting.len() as u64,
            bytes: state.bytes,
            refused: state.refused,
        }
    }

    /// Whether a piece is in the spool.
    pub(crate) fn has_piece(&self, piece: BlobId) -> bool {
        self.lock().coming.contains_key(&piece)
    }

    /// Takes a run of a piece's ciphertext; with the last one the piece is whole, and durable on every disk. Blocking.
    pub(crate) fn append(&self, piece: BlobId, from: u64, bytes: &[u8], last: bool) -> Result<()> {
        let more = bytes.len() as u64;
        {
            let mut state = self.lock();
            self.room(&state, more)?;
            state.bytes += more;
            *state.coming.entry(piece).or_default() += more;
        }
        self.disks.append(piece, from, bytes, last)
    }

    /// Forgets a piece that no record will name. Blocking.
    pub(crate) fn forget(&self, piece: BlobId) {
        let mut state = self.lock();
        if let Some(bytes) = state.coming.remove(&piece) {
            state.bytes -= bytes;
            drop(state);
            self.disks.remove_piece(piece);
        }
    }

    /// Takes an act, durable on every disk on return. Gives the time of it. Blocking.
    ///
    /// # Errors
    /// [`Error::Store`] with [`amana_store::Error::Full`] beyond the bound; [`Error::File`].
    pub(crate) fn put(&self, act: &PlannedAct) -> Result<i64> {
        let taken_ms = clock::system_ms();
        let piece = act.piece.as_ref().map(|piece| RecordedPiece {
            id: piece.id,
            sealed: piece.sealed.clone(),
            inline: piece.inline.as_ref().map(|bytes| STANDARD.encode(bytes)),
        });
        let apart = piece
            .as_ref()
            .filter(|piece| piece.inline.is_none())
            .map(|piece| piece.id);
        let record = Record {
            plain: act.plain.clone(),
            piece,
            taken_ms,
        };
        let json = serde_json::to_vec(&record).map_err(unreadable)?;
        // One at a time: their numbers are their order, and a number is durable before the next one is given.
        let mut state = self.lock();
        let number = state.next;
        let sealed = envelope::seal(&self.key, &context(number), &json)?;
        self.room(&state, sealed.len() as u64)?;
        if state.waiting.len() >= MAX_ACTS {
            return Err(self.full(&state));
        }
        self.disks.write_act(number, &sealed)?;
        let of_piece = apart
            .and_then(|piece| state.coming.remove(&piece))
            .unwrap_or(0);
        state.next += 1;
        state.bytes += sealed.len() as u64;
        let item = Item {
            piece: apart,
            bytes: sealed.len() as u64 + of_piece,
        };
        state.waiting.insert(number, item);
        drop(state);
        self.woken.notify_one();
        Ok(taken_ms)
    }

    /// The oldest act that waits, with its piece: the ciphertext of a small one, or nothing when it lies apart. Blocking.
    fn oldest(&self) -> Result<Option<(u64, PlainAct, Option<NewPiece>)>> {
        let Some(number) = self
            .lock()
            .waiting
            .first_key_value()
            .map(|(number, _)| *number)
        else {
            return Ok(None);
        };
        let record = self.read(number)?;
        let piece = match record.piece {
            Some(piece) => Some(NewPiece {
                id: piece.id,
                sealed: piece.sealed,
                inline: match piece.inline {
                    Some(base64) => Some(Bytes::from(STANDARD.decode(base64).map_err(unreadable)?)),
                    None => None,
                },
            }),
            None => None,
        };
        Ok(Some((number, record.plain, piece)))
    }

    /// Notes that an act is recorded at `index`: its files stay until that is witnessed. Blocking.
    fn delivered(&self, number: u64, index: u64) -> Result<()> {
        self.disks.write_done(number, index)?;
        let mut state = self.lock();
        if let Some(item) = state.waiting.remove(&number) {
            state.delivered.insert(number, (item, index));
        }
        Ok(())
    }

    /// Sets an act aside that the data centre refuses for good: it is kept for a person. Blocking.
    fn refused(&self, number: u64) -> Result<()> {
        self.disks.set_aside(number)?;
        let mut state = self.lock();
        state.refused += 1;
        state.waiting.remove(&number);
        Ok(())
    }

    /// Removes what is witnessed: everything recorded below `size`. Blocking.
    pub(crate) fn purge(&self, size: u64) {
        let mut state = self.lock();
        let gone: Vec<u64> = state
            .delivered
            .iter()
            .filter(|(_, (_, index))| *index < size)
            .map(|(number, _)| *number)
            .collect();
        for number in gone {
            if let Some((item, _)) = state.delivered.remove(&number) {
                state.bytes = state.bytes.saturating_sub(item.bytes);
                if let Some(piece) = item.piece {
                    self.disks.remove_piece(piece);
                }
                self.disks.remove_act(number);
            }
        }
    }

    fn read(&self, number: u64) -> Result<Record> {
        let mut failed = None;
        for sealed in self.disks.read_act(number) {
            let opened =
                sealed.and_then(|sealed| Ok(envelope::open(&self.key, &context(number), &sealed)?));
            match opened {
                Ok(json) => return serde_json::from_slice(&json).map_err(unreadable),
                Err(error) => failed = Some(error),
            }
        }
        Err(failed.unwrap_or(Error::Stopping))
    }

    fn room(&self, state: &State, more: u64) -> Result<()> {
        if state.bytes.saturating_add(more) > self.max_bytes {
            return Err(self.full(state));
        }
        Ok(())
    }

    fn full(&self, state: &State) -> Error {
        Error::Store(amana_store::Error::Full {
            path: self.disks.first(),
            free_bytes: self.max_bytes.saturating_sub(state.bytes),
            reserve_bytes: 0,
        })
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A piece that no spool has stands for none.
fn number_or(piece: Option<BlobId>) -> BlobId {
    piece.unwrap_or(BlobId::from_bytes([0; 16]))
}

fn context(number: u64) -> Vec<u8> {
    format!("amana.spool/v1\n{number}\n").into_bytes()
}

fn unreadable(error: impl std::fmt::Display) -> Error {
    Error::Store(amana_store::Error::Damaged {
        what: "a record of the spool".into(),
        why: error.to_string(),
    })
}

/// Blocking work of the spool, on a thread for it.
pub(crate) async fn apart<T: Send + 'static>(
    spool: &Arc<Spool>,
    work: impl FnOnce(&Spool) -> Result<T> + Send + 'static,
) -> Result<T> {
    let spool = spool.clone();
    let done = tokio::task::spawn_blocking(move || work(&spool));
    done.await.map_err(|_| Error::Stopping)?
}
