//! Ciphertext that comes before the act that names it: large pieces, in one request or in several.
//!
//! Bytes go to the piece's blob as they come, at most 2 MiB of them in memory, and are hashed on the way. A request that
//! breaks off leaves what it brought, and the next one goes on there, as long as this process lives; after that the gateway
//! begins again, and the unfinished file is swept. A whole piece is durable, and waits for the act that names it.

use std::collections::HashMap;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use amana_access::Member;
use amana_seal::member::MemberId;
use amana_seal::statement::PieceId;
use amana_store::{BlobInfo, BlobWriter, Blobs, LedgerId, Store};
use bytes::{Bytes, BytesMut};
use tokio::sync::OwnedMutexGuard;
use tokio::task::{JoinHandle, spawn_blocking};

use super::refusal::SealedRefusal;
use super::views;
use crate::{Error, Result, ended};

/// The longest piece: a part of 5 GiB as an `age` file, with its header, its nonce, and 16 bytes each 64 KiB.
pub const MAX_PIECE_BYTES: u64 = 5 * 1024 * 1024 * 1024 + 2 * 1024 * 1024;
/// Pieces of one member that wait for their acts at most.
const MAX_WAITING: usize = 512;
/// A piece that no act named in this time is let go.
const MAX_AGE_MS: i64 = 7 * 24 * 60 * 60 * 1000;
/// Bytes that gather before the disk gets them; as many again may be on their way to it.
const BATCH_BYTES: usize = 1024 * 1024;
/// The length of a piece that is sent while it is made: it is announced with its last bytes.
const UNKNOWN: u64 = u64::MAX;
/// How long a request waits for one before it that broke off and hasn't noticed.
const HANDOVER: Duration = Duration::from_secs(5);

/// The pieces that wait.
pub struct Staging {
    store: Arc<Store>,
    pieces: Mutex<HashMap<(LedgerId, PieceId), Arc<Waiting>>>,
}

/// A piece that waits, or is coming.
struct Waiting {
    piece: PieceId,
    member: MemberId,
    /// [`UNKNOWN`] until a request announces it.
    size_bytes: AtomicU64,
    received_bytes: AtomicU64,
    /// When it was last asked for, milliseconds since 1970.
    used_ms: AtomicI64,
    state: Arc<tokio::sync::Mutex<State>>,
}

enum State {
    Empty,
    Coming(Box<BlobWriter>),
    Whole(BlobInfo),
}

/// A request that brings bytes of a piece. Dropped, it leaves what the disk has.
pub struct Receiving {
    waiting: Arc<Waiting>,
    blobs: Blobs,
    taken_bytes: u64,
    gathered: BytesMut,
    state: Option<Writing>,
}

type Guard = OwnedMutexGuard<State>;
type Writing = JoinHandle<Result<Guard>>;

impl Staging {
    /// On that store, nothing waiting.
    #[must_use]
    pub fn new(store: Arc<Store>) -> Self {
        Self {
            store,
            pieces: Mutex::default(),
        }
    }

    /// Begins to take a piece in, or goes on at `offset`. Its length may be announced late, and never changes then.
    ///
    /// # Errors
    /// [`SealedRefusal::WrongOffset`] with the offset to go on at, [`SealedRefusal::PieceBusy`],
    /// [`SealedRefusal::TooManyPieces`], [`SealedRefusal::WrongPiece`] for another length than before,
    /// [`Error::EntityTooLarge`], [`Error::Full`].
    pub async fn receive(
        &self,
        member: &Member,
        piece: PieceId,
        size_bytes: Option<u64>,
        offset: u64,
    ) -> Result<Receiving> {
        if size_bytes.is_some_and(|size_bytes| size_bytes > MAX_PIECE_BYTES) {
            return Err(Error::EntityTooLarge {
                max_bytes: MAX_PIECE_BYTES,
            });
        }
        self.store.room_for_content()?;
        self.let_go_of_old();
        let waiting = self.waiting(member, piece, size_bytes)?;
        let locked = tokio::time::timeout(HANDOVER, waiting.state.clone().lock_owned());
        let Ok(state) = locked.await else {
            return Err(SealedRefusal::PieceBusy { piece }.into());
        };
        let received = waiting.received_bytes.load(Ordering::Acquire);
        if offset != received {
            let offset = received;
            return Err(SealedRefusal::WrongOffset { piece, offset }.into());
        }
        Ok(Receiving {
            blobs: self.store.blobs().clone(),
            taken_bytes: received,
            gathered: BytesMut::new(),
            state: Some(tokio::spawn(async { Ok(state) })),
            waiting,
        })
    }

    /// How many bytes of a member's piece are here, and how many it will have, if that was announced.
    #[must_use]
    pub fn received(&self, member: &Member, piece: PieceId) -> Option<(u64, Option<u64>)> {
        let pieces = self.lock();
        let waiting = pieces.get(&(member.caller.ledger, piece))?;
        let received = waiting.received_bytes.load(Ordering::Acquire);
        let size = Some(waiting.size_bytes.load(Ordering::Acquire)).filter(|size| *size != UNKNOWN);
        (waiting.member == member.id).then_some((received, size))
    }

    /// A member's piece, if all of it is here. It goes on waiting until [`Staging::recorded`]: an act may be refused, and
    /// planned again with the same piece.
    #[must_use]
    pub fn whole(&self, member: &Member, piece: PieceId) -> Option<BlobInfo> {
        let waiting = self
            .lock()
            .get(&(member.caller.ledger, piece))
            .filter(|waiting| waiting.member == member.id)?
            .clone();
        waiting
            .used_ms
            .store(self.store.now_ms(), Ordering::Release);
        match &*waiting.state.try_lock().ok()? {
            State::Whole(blob) => Some(blob.clone()),
            _ => None,
        }
    }

    /// Forgets a piece whose act is recorded: its blob is the act's.
    pub fn recorded(&self, ledger: LedgerId, piece: PieceId) {
        self.lock().remove(&(ledger, piece));
    }

    fn waiting(
        &self,
        member: &Member,
        piece: PieceId,
        size_bytes: Option<u64>,
    ) -> Result<Arc<Waiting>> {
        let now_ms = self.store.now_ms();
        let mut pieces = self.lock();
        if let Some(known) = pieces.get(&(member.caller.ledger, piece)) {
            if known.member != member.id || !known.announce(size_bytes) {
                let why = "was begun by another member, or with another length";
                return Err(SealedRefusal::WrongPiece { piece, why }.into());
            }
            known.used_ms.store(now_ms, Ordering::Release);
            return Ok(known.clone());
        }
        let of_member = pieces.values().filter(|known| known.member == member.id);
        if of_member.count() >= MAX_WAITING {
            return Err(SealedRefusal::TooManyPieces { max: MAX_WAITING }.into());
        }
        let waiting = Arc::new(Waiting {
            piece,
            member: member.id,
            size_bytes: AtomicU64::new(size_bytes.unwrap_or(UNKNOWN)),
            received_bytes: AtomicU64::new(0),
            used_ms: AtomicI64::new(now_ms),
            state: Arc::new(tokio::sync::Mutex::new(State::Empty)),
        });
        pieces.insert((member.caller.ledger, piece), waiting.clone());
        Ok(waiting)
    }

    /// Lets go of what nobody asked for in days. A blob that a row names after all is not touched.
    fn let_go_of_old(&self) {
        let before = self.store.now_ms() - MAX_AGE_MS;
        let mut old = Vec::new();
        self.lock().retain(|(ledger, piece), waiting| {
            let keep = waiting.used_ms.load(Ordering::Acquire) >= before;
            if !keep {
                old.push((*ledger, *piece, waiting.clone()));
            }
            keep
        });
        for (ledger, piece, waiting) in old {
            let recorded = self.store.read(|rows| views::piece(rows, ledger, piece));
            if let (Ok(None), Ok(state)) = (recorded, waiting.state.try_lock())
                && let State::Whole(blob) = &*state
                && let Err(error) = self.store.blobs().remove(blob.id)
            {
                tracing::warn!(blob = %blob.id, %error, "a piece that no act named stays until the next start");
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<(LedgerId, PieceId), Arc<Waiting>>> {
        self.pieces.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Waiting {
    /// Takes a length that is announced; says whether it doesn't contradict what was announced or came before.
    fn announce(&self, size_bytes: Option<u64>) -> bool {
        let Some(size_bytes) = size_bytes else {
            return true;
        };
        let known = self.size_bytes.load(Ordering::Acquire);
        if known == UNKNOWN && self.received_bytes.load(Ordering::Acquire) <= size_bytes {
            self.size_bytes.store(size_bytes, Ordering::Release);
            return true;
        }
        known == size_bytes
    }

    /// The most that it may have.
    fn bound_bytes(&self) -> u64 {
        self.size_bytes.load(Ordering::Acquire).min(MAX_PIECE_BYTES)
    }
}

impl Receiving {
    /// Takes more.
    ///
    /// # Errors
    /// [`SealedRefusal::WrongPiece`] for more than was announced; a failure of the file, after which the piece begins again.
    pub async fn write(&mut self, bytes: Bytes) -> Result<()> {
        self.taken_bytes = self.taken_bytes.saturating_add(bytes.len() as u64);
        if self.taken_bytes > self.waiting.bound_bytes() {
            return Err(SealedRefusal::WrongPiece {
                piece: self.waiting.piece,
                why: "is longer than was announced",
            }
            .into());
        }
        let mut rest = &bytes[..];
        while !rest.is_empty() {
            let room = BATCH_BYTES - self.gathered.len();
            let (now, later) = rest.split_at(room.min(rest.len()));
            self.gathered.extend_from_slice(now);
            rest = later;
            if self.gathered.len() == BATCH_BYTES {
                self.flush(false).await?;
            }
        }
        Ok(())
    }

    /// Ends the request, whether all came that was to come or not; gives how many bytes are here. A piece that is whole is
    /// durable on return.
    ///
    /// # Errors
    /// A failure of the file, after which the piece begins again.
    pub async fn finish(mut self) -> Result<u64> {
        self.flush(true).await?;
        if let Some(writing) = self.state.take() {
            drop(writing.await.map_err(ended)??);
        }
        Ok(self.waiting.received_bytes.load(Ordering::Acquire))
    }

    /// Gives the disk what gathered, once it has what came before.
    async fn flush(&mut self, last: bool) -> Result<()> {
        let Some(writing) = self.state.take() else {
            return Err(SealedRefusal::PieceBusy {
                piece: self.waiting.piece,
            }
            .into());
        };
        let mut state = writing.await.map_err(ended)??;
        let batch = self.gathered.split().freeze();
        let (waiting, blobs) = (self.waiting.clone(), self.blobs.clone());
        self.state = Some(spawn_blocking(move || {
            let before = std::mem::replace(&mut *state, State::Empty);
            match write(before, &blobs, &waiting, &batch, last) {
                Ok(after) => *state = after,
                Err(error) => {
                    // Nobody knows how much of the batch the file has.
                    waiting.received_bytes.store(0, Ordering::Release);
                    return Err(error);
                }
            }
            Ok(state)
        }));
        Ok(())
    }
}

/// Writes a batch, and ends the blob with the piece's last byte. Blocking.
fn write(
    before: State,
    blobs: &Blobs,
    waiting: &Waiting,
    batch: &[u8],
    last: bool,
) -> Result<State> {
    let mut writer = match before {
        State::Coming(writer) => writer,
        State::Empty => Box::new(blobs.create()?),
        whole @ State::Whole(_) => return Ok(whole),
    };
    writer.write(batch)?;
    let more = batch.len() as u64;
    let received = waiting.received_bytes.fetch_add(more, Ordering::AcqRel) + more;
    if last && received == waiting.size_bytes.load(Ordering::Acquire) {
        return Ok(State::Whole(writer.finish()?));
    }
    Ok(State::Coming(writer))
}
