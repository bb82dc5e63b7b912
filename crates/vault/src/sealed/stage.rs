//! Ciphertext that comes before the act that names it: large pieces, in one request or in several.
//!
//! Bytes go to the piece's blob as they come, at most 2 MiB of them in memory, and are hashed on the way. A request that
//! breaks off leaves what it brought, and the next one goes on there, as long as this process lives; after that the gateway
//! begins again, and the unfinished file is swept. A whole piece is durable, and waits for the act that names it, which may come
//! to any node ([`super::waiting`]).

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
use super::waiting;
use crate::{Error, Result, ended};

/// The longest piece: a part of 5 GiB as an `age` file, with its header, its nonce, and 16 bytes each 64 KiB.
pub const MAX_PIECE_BYTES: u64 = 5 * 1024 * 1024 * 1024 + 2 * 1024 * 1024;
/// Pieces of one member that come, or that wait for their acts, at most.
const MAX_WAITING: usize = 512;
/// A piece of which nothing more came in this time is let go.
const MAX_AGE_MS: i64 = 7 * 24 * 60 * 60 * 1000;
/// Between two looks for whole pieces that no act named.
const LOOK_EVERY_MS: i64 = 60 * 60 * 1000;
/// Bytes that gather before the disk gets them; as many again may be on their way to it.
const BATCH_BYTES: usize = 1024 * 1024;
/// The length of a piece that is sent while it is made: it is announced with its last bytes.
const UNKNOWN: u64 = u64::MAX;
/// How long a request waits for one before it that broke off and hasn't noticed.
const HANDOVER: Duration = Duration::from_secs(5);

/// The pieces that wait.
pub struct Staging {
    store: Arc<Store>,
    /// Those that are coming.
    pieces: Pieces,
    looked_ms: AtomicI64,
}

type Pieces = Arc<Mutex<HashMap<(LedgerId, PieceId), Arc<Coming>>>>;

/// A piece that is coming.
struct Coming {
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
    coming: Arc<Coming>,
    pieces: Pieces,
    store: Arc<Store>,
    member: Member,
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
            pieces: Pieces::default(),
            looked_ms: AtomicI64::new(0),
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
        self.let_go_of_old().await?;
        if !lock(&self.pieces).contains_key(&(member.caller.ledger, piece))
            && let Some(blob) = self.whole_elsewhere(member, piece).await?
        {
            let offset = blob.size_bytes;
            return Err(SealedRefusal::WrongOffset { piece, offset }.into());
        }
        let coming = self.coming(member, piece, size_bytes)?;
        let locked = tokio::time::timeout(HANDOVER, coming.state.clone().lock_owned());
        let Ok(state) = locked.await else {
            return Err(SealedRefusal::PieceBusy { piece }.into());
        };
        let received = coming.received_bytes.load(Ordering::Acquire);
        if offset != received {
            let offset = received;
            return Err(SealedRefusal::WrongOffset { piece, offset }.into());
        }
        Ok(Receiving {
            store: self.store.clone(),
            pieces: self.pieces.clone(),
            member: member.clone(),
            taken_bytes: received,
            gathered: BytesMut::new(),
            state: Some(tokio::spawn(async { Ok(state) })),
            coming,
        })
    }

    async fn whole_elsewhere(&self, member: &Member, piece: PieceId) -> Result<Option<BlobInfo>> {
        let (store, member) = (self.store.clone(), member.clone());
        spawn_blocking(move || waiting::find(&store, &member, piece))
            .await
            .map_err(ended)?
    }

    /// How many bytes of a member's piece are here, and how many it will have, if that was announced. Blocking.
    ///
    /// # Errors
    /// A failure of the memos.
    pub fn received(&self, member: &Member, piece: PieceId) -> Result<Option<(u64, Option<u64>)>> {
        let coming = lock(&self.pieces)
            .get(&(member.caller.ledger, piece))
            .cloned();
        if let Some(coming) = coming {
            let received = coming.received_bytes.load(Ordering::Acquire);
            let size = coming.size_bytes.load(Ordering::Acquire);
            let size = Some(size).filter(|size| *size != UNKNOWN);
            return Ok((coming.member == member.id).then_some((received, size)));
        }
        let whole = waiting::find(&self.store, member, piece)?;
        Ok(whole.map(|blob| (blob.size_bytes, Some(blob.size_bytes))))
    }

    /// A member's piece, if all of it is here. It goes on waiting until [`Staging::recorded`]: an act may be refused, and
    /// planned again with the same piece. Blocking.
    ///
    /// # Errors
    /// A failure of the memos.
    pub fn whole(&self, member: &Member, piece: PieceId) -> Result<Option<BlobInfo>> {
        waiting::find(&self.store, member, piece)
    }

    /// Forgets a piece whose act is recorded: its blob is the act's. `by` is the act's actor.
    pub async fn recorded(&self, ledger: LedgerId, by: String, piece: PieceId) {
        let store = self.store.clone();
        // A thread that panicked has told so, and leaves a memo that gets old.
        let _ = spawn_blocking(move || waiting::recorded(&store, ledger, &by, piece)).await;
    }

    fn coming(
        &self,
        member: &Member,
        piece: PieceId,
        size_bytes: Option<u64>,
    ) -> Result<Arc<Coming>> {
        let now_ms = self.store.now_ms();
        let mut pieces = lock(&self.pieces);
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
        let coming = Arc::new(Coming {
            piece,
            member: member.id,
            size_bytes: AtomicU64::new(size_bytes.unwrap_or(UNKNOWN)),
            received_bytes: AtomicU64::new(0),
            used_ms: AtomicI64::new(now_ms),
            state: Arc::new(tokio::sync::Mutex::new(State::Empty)),
        });
        pieces.insert((member.caller.ledger, piece), coming.clone());
        Ok(coming)
    }

    /// Lets go of what nobody went on with in days: what came of it is swept at the next start.
    async fn let_go_of_old(&self) -> Result<()> {
        let now_ms = self.store.now_ms();
        lock(&self.pieces)
            .retain(|_, coming| coming.used_ms.load(Ordering::Acquire) >= now_ms - MAX_AGE_MS);
        let looked_ms = self.looked_ms.load(Ordering::Acquire);
        if now_ms - looked_ms < LOOK_EVERY_MS {
            return Ok(());
        }
        self.looked_ms.store(now_ms, Ordering::Release);
        let store = self.store.clone();
        spawn_blocking(move || waiting::let_go_of_old(&store))
            .await
            .map_err(ended)?
    }
}

fn lock<T>(state: &Mutex<T>) -> MutexGuard<'_, T> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Coming {
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
        if self.taken_bytes > self.coming.bound_bytes() {
            return Err(SealedRefusal::WrongPiece {
                piece: self.coming.piece,
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
    /// A failure of the file or of the memos, after which the piece begins again.
    pub async fn finish(mut self) -> Result<u64> {
        self.flush(true).await?;
        let received = self.coming.received_bytes.load(Ordering::Acquire);
        let Some(writing) = self.state.take() else {
            return Ok(received);
        };
        let mut state = writing.await.map_err(ended)??;
        let received = self
            .coming
            .received_bytes
            .load(Ordering::Acquire)
            .max(received);
        let State::Whole(blob) = &*state else {
            return Ok(received);
        };
        let (store, member) = (self.store.clone(), self.member.clone());
        let (piece, blob) = (self.coming.piece, blob.clone());
        let kept = spawn_blocking(move || waiting::keep(&store, &member, piece, &blob)).await;
        // Whether it waits now or not: what came is another's, or nobody's, and the blob isn't touched any more.
        *state = State::Empty;
        self.coming.received_bytes.store(0, Ordering::Release);
        let key = (self.member.caller.ledger, piece);
        lock(&self.pieces).remove(&key);
        kept.map_err(ended)??;
        Ok(received)
    }

    /// Gives the disk what gathered, once it has what came before.
    async fn flush(&mut self, last: bool) -> Result<()> {
        let Some(writing) = self.state.take() else {
            return Err(SealedRefusal::PieceBusy {
                piece: self.coming.piece,
            }
            .into());
        };
        let mut state = writing.await.map_err(ended)??;
        let batch = self.gathered.split().freeze();
        let (coming, blobs) = (self.coming.clone(), self.store.blobs().clone());
        self.state = Some(spawn_blocking(move || {
            let before = std::mem::replace(&mut *state, State::Empty);
            match write(before, &blobs, &coming, &batch, last) {
                Ok(after) => *state = after,
                Err(error) => {
                    // Nobody knows how much of the batch the file has.
                    coming.received_bytes.store(0, Ordering::Release);
                    return Err(error);
                }
            }
            Ok(state)
        }));
        Ok(())
    }
}

/// Writes a batch, and ends the blob with the piece's last byte. Blocking.
fn write(before: State, blobs: &Blobs, coming: &Coming, batch: &[u8], last: bool) -> Result<State> {
    let mut writer = match before {
        State::Coming(writer) => writer,
        State::Empty => Box::new(blobs.create()?),
        whole @ State::Whole(_) => return Ok(whole),
    };
    writer.write(batch)?;
    let more = batch.len() as u64;
    let received = coming.received_bytes.fetch_add(more, Ordering::AcqRel) + more;
    if last && received == coming.size_bytes.load(Ordering::Acquire) {
        return Ok(State::Whole(writer.finish()?));
    }
    Ok(State::Coming(writer))
}
