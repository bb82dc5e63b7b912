//! A copy of a data centre in another place, from which it can be proved and restored: docs/formats/mirror.md.
//!
//! What it promises:
//! - **A valid older state at any instant**: blobs are written before the segment whose entries name them, segments
//!   before the head that counts them, and the head is one stream that is put whole.
//! - **Nothing but the place is needed to go on**: what was mirrored is found by looking. A local index saves reading.
//! - **What an institution erased is erased there too**, as soon as the mirror goes on. What was only freed waits a while,
//!   so that a mistake can be mended.
//! - **A place that isn't the operator's sees ciphertext**: every stream is one standard age file, which the operator and
//!   the institution that it belongs to open without each other.
//!
//! What it deliberately leaves out: the operator's seed, views (replay makes them), and speaking to any network: a
//! [`Place`] does that.

mod fetch;
mod folder;
mod gather;
mod head;
pub mod home;
mod index;
mod names;
mod past;
mod place;
mod read;
mod rebuild;
mod restore;
mod sealing;
mod segment;
mod sweep;
mod turn;
mod verified;
mod write;

pub use fetch::{Fetched, absent_blobs, fetch_blobs};
pub use folder::FolderPlace;
pub use head::{CosignedLine, Freed, Head, HeadLedger};
pub use names::{SegmentName, blob_name};
pub use place::{Listed, Place};
pub use read::Mirror;
pub use rebuild::{Rebuilt, rebuild};
pub use restore::restore;
pub use sealing::MirrorKey;
pub use segment::{ChunkList, FULL_SEGMENT_BYTES, MAX_SEGMENT_BYTES, MAX_SEGMENT_ENTRIES, Segment};
pub use turn::PlaceInTurn;
pub use write::{MirrorOptions, Mirroring, Pace, Round};

use crate::{BlobId, Entry, LedgerId, Reader, Result};
use amana_seal::age::Recipient;

/// A blob that an entry's body names.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Mention {
    /// The blob.
    pub blob: BlobId,
    /// Whether it is ciphertext already, so that it goes anywhere as it is.
    pub sealed: bool,
}

/// What services tell of their entries: the store knows no service's acts.
#[derive(Clone, Copy)]
pub struct Services {
    /// Blobs that an entry's body names; none when it is erased.
    pub mentions: fn(&Entry) -> Result<Vec<Mention>>,
    /// Who, beside the operator, opens what is a ledger's in a place that isn't the operator's.
    pub recipients: fn(&Reader<'_>, LedgerId) -> Result<Vec<Recipient>>,
}
