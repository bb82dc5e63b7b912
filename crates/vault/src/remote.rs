//! What a vault on a replica asks of the gateway that it runs in: sealing, signing, sending, and bringing news.
//!
//! A verb goes this way. The vault takes the turn of each slot that the act will move, so that two requests at one
//! gateway never race for a slot: parts of one upload, say. Under one lock of the replica it checks the act, reads the
//! heads of its slots, and applies it in a savepoint that is rolled back, to learn what it frees. [`Remote::record`] then
//! has it recorded, and the vault adopts it into the replica at the index that was given. [`RecordError::Conflict`] means
//! that another gateway came first: [`Remote::catch_up`], and the act is planned again.
//!
//! The gateway's follower brings the acts of other gateways, and its own once more, by [`crate::Vault::adopt`].

use std::fmt;
use std::ops::Range;

use amana_store::{BlobId, EntryId, LedgerId, PlainAct};
use bytes::Bytes;
use futures::stream::BoxStream;

use crate::{Error, Extent, ObjectKey, Result, SealedPiece};

/// Names a slot to the data centre and says nothing else: a keyed hash of what it stands for.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct SlotId(pub [u8; 32]);

/// Names an act before it is recorded: 8 random bytes, which become the tag of the ids that it makes.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct ActId(pub [u8; 8]);

impl fmt::Display for ActId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", u64::from_be_bytes(self.0))
    }
}

/// What a slot stands for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Slot<'a> {
    /// All versions of a key.
    Object {
        /// Its bucket's name.
        bucket: &'a str,
        /// The key.
        key: &'a ObjectKey,
    },
    /// An upload under way, by the tag of its id: the [`ActId`] of the act that began it.
    Upload([u8; 8]),
}

/// A slot and the index of the entry that moved it last; `None` for one that never was moved, or was retired.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct SlotHead {
    /// The slot.
    pub slot: SlotId,
    /// Its head.
    pub head: Option<u64>,
}

/// The bucket that an act is about, by index of entries in the institution's ledger.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct BucketHead {
    /// Its name.
    pub name: String,
    /// The entry that made it; `None` for `bucket.create`.
    pub entry: Option<u64>,
    /// The last entry of a `bucket.*` act on it; `None` for `bucket.create`.
    pub settings: Option<u64>,
}

/// A piece: one age file of ciphertext, which one act brings.
#[derive(Clone, Debug)]
pub struct NewPiece {
    /// Its name at the data centre, random; an [`Extent`]'s `blob`.
    pub id: BlobId,
    /// What opening it takes.
    pub sealed: SealedPiece,
    /// The ciphertext, when it is small and goes with the act; `None` when the data centre has it already.
    pub inline: Option<Bytes>,
}

/// An act that the replica let pass, ready to be sealed and signed.
#[derive(Clone, Debug)]
pub struct PlannedAct {
    /// The institution's ledger, as the replica numbers it.
    pub ledger: LedgerId,
    /// Its name, from [`Remote::act_id`].
    pub id: ActId,
    /// What goes in the envelope; the statement's verb is its `kind`.
    pub plain: PlainAct,
    /// Its bucket.
    pub bucket: BucketHead,
    /// Slots that it moves, at most 8.
    pub touches: Vec<SlotHead>,
    /// Slots of which nothing is left after it, at most 8.
    pub retires: Vec<SlotHead>,
    /// The piece that it brings.
    pub piece: Option<NewPiece>,
    /// Pieces that nobody holds after it, at most 10,000.
    pub releases: Vec<BlobId>,
    /// Whether it may as well be recorded later, on whatever stands then: no condition hangs on it, and its answer names no
    /// version.
    pub spoolable: bool,
}

/// Where the data centre recorded an act.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Recorded {
    /// Index of its entry in the institution's ledger.
    pub index: u64,
    /// The data centre's time for it, milliseconds since 1970.
    pub time_ms: i64,
}

/// Why an act was not recorded, or isn't known to be.
#[derive(Debug)]
pub enum RecordError {
    /// A slot's head, the bucket's settings, or a piece is not as planned: another gateway came first. Not recorded.
    Conflict,
    /// The data centre's rules refuse it whatever the replica says: a bucket's name that another institution has
    /// ([`Error::BucketAlreadyExists`]), a suspended institution, a full disk. Not recorded.
    Refused(Error),
    /// Too much waits. Not recorded.
    Busy,
    /// The data centre can't be reached, and the gateway keeps the act, durable, until it can: it is planned anew then, by
    /// [`crate::Vault::deliver`]. Only for an act that is [`PlannedAct::spoolable`].
    Spooled {
        /// When it was taken, milliseconds since 1970.
        time_ms: i64,
    },
    /// The data centre can't be reached. Not recorded.
    Unreachable {
        /// What failed, for a person.
        why: String,
    },
    /// It was sent and no answer came: recorded or not. The follower tells in the end.
    Unknown {
        /// What failed, for a person.
        why: String,
    },
}

/// An act that stands in the ledger, as the follower opened it.
#[derive(Clone, Debug)]
pub struct Followed {
    /// Its entry.
    pub entry: EntryId,
    /// Its name.
    pub id: ActId,
    /// When it was recorded, milliseconds since 1970.
    pub time_ms: i64,
    /// What its envelope holds.
    pub plain: PlainAct,
    /// The slots that its statement touches.
    pub touches: Vec<SlotId>,
    /// The slots that its statement retires.
    pub retires: Vec<SlotId>,
    /// The pieces that its statement releases.
    pub releases: Vec<BlobId>,
}

/// Takes content in, in plain, and seals it on the way. Dropped unfinished, it leaves nothing.
#[async_trait::async_trait]
pub trait PieceSink: Send {
    /// Takes more: 1 MiB at most, and no empty bytes.
    async fn write(&mut self, plain: Bytes) -> Result<()>;

    /// Ends it: on return all of the ciphertext is in [`NewPiece::inline`], or at the data centre.
    async fn finish(self: Box<Self>) -> Result<NewPiece>;
}

/// Part of an extent, to be read.
#[derive(Clone, Debug)]
pub struct PieceRange {
    /// The extent, whose `blob` and `sealed` are there.
    pub extent: Extent,
    /// Which of its plain bytes; not empty, unless the extent is.
    pub range: Range<u64>,
}

/// Verified plain bytes, in order; an error ends it.
pub type PlainStream = BoxStream<'static, Result<Bytes>>;

/// The gateway, as the vault sees it.
///
/// The vault serializes acts by slot itself: it calls [`Remote::record`] for as many acts at once as there are requests
/// under way, never for two that move one slot.
#[async_trait::async_trait]
pub trait Remote: Send + Sync + 'static {
    /// A fresh name for an act.
    fn act_id(&self) -> ActId;

    /// The name of a slot. The same for ever; it takes microseconds, as it is asked for each request.
    fn slot(&self, slot: Slot<'_>) -> SlotId;

    /// Begins to take in content for a bucket.
    ///
    /// # Errors
    /// What [`crate::Vault::ingest`] may answer: [`Error::Full`], [`Error::Unreachable`].
    fn ingest(&self, bucket: &str) -> Result<Box<dyn PieceSink>>;

    /// Forgets a piece that was finished and that no act will bring: its request was refused, or went away.
    fn forget(&self, piece: BlobId);

    /// Has an act recorded: seals `act.plain`, signs, sends, and waits for the answer. The vault adopts the act itself.
    /// Dropped while it waits, the act may be recorded all the same, and comes by the follower.
    ///
    /// # Errors
    /// [`RecordError`].
    async fn record(&self, act: PlannedAct) -> Result<Recorded, RecordError>;

    /// Whether changes were taken that are not recorded yet, and that the replica therefore does not show.
    fn has_waiting(&self) -> bool {
        false
    }

    /// Keeps an act behind what waits, durable, to be planned when that is recorded. The act found nothing to do on what the
    /// replica shows, and may have something to do then: of its plan, what it says and its bucket's name are filled in.
    ///
    /// Gives [`RecordError::Spooled`] when all is well.
    async fn wait_behind(&self, _: PlannedAct) -> RecordError {
        RecordError::Busy
    }

    /// Reads plain bytes. The first of them are verified on return, so that damage there is an error here and not in
    /// the stream.
    ///
    /// # Errors
    /// [`Error::Unreachable`]; [`Error::Store`] with [`amana_store::Error::Damaged`] or, for a piece that the data centre
    /// doesn't have, [`amana_store::Error::Missing`]: the vault puts the object's name before it, and finds out whether
    /// the object was deleted meanwhile.
    async fn read(&self, pieces: Vec<PieceRange>) -> Result<PlainStream>;

    /// Adopts whatever the ledger holds by now, up to the data centre's newest entry at the time of the call.
    ///
    /// # Errors
    /// [`Error::Unreachable`].
    async fn catch_up(&self) -> Result<()>;
}
