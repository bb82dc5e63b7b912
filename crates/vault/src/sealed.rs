//! Sealed acts: what the data centre records for an institution without being able to read it.
//!
//! A gateway runs this same crate on a replica and decides there what a request does. What it hands in here is an
//! *envelope*, which only its institution opens, and a signed *statement*: which slots the act moves and from which
//! entry, which piece of ciphertext it brings, which pieces nobody needs any more. That is all that is checked:
//!
//! - **Signed by a member of the newest keyring.** The signature is verified before the queue ([`Vault::verify_sealed`]);
//!   that the member still stands in the keyring, and that the keyring is still the newest, is seen by the writer.
//! - **Compare and set.** Each slot, and the bucket's settings, must still stand where the statement says.
//! - **Once.** A statement is recorded at most once: handed in again it is answered with the entry that it has.
//! - **Nobody else's.** A plain act on a sealed bucket is refused, and so is a piece of another bucket.

mod act;
mod check;
pub(crate) mod erase;
mod read;
mod record;
mod refusal;
mod stage;
pub(crate) mod views;
mod waiting;

pub(crate) use act::{RecordSealed, SealedBody};
pub(crate) use check::each_piece;
pub use read::SealedPieceInfo;
pub use record::{HandedIn, SealedRecorded, VerifiedSealed};
pub use refusal::SealedRefusal;
pub use stage::{MAX_PIECE_BYTES, Staging};
