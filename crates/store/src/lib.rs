//! Rows, blobs and the group commit: the one way in which anything changes.
//!
//! What this crate promises:
//! - **One writer.** [`Store::commit`] queues an act; one thread gathers what waits, opens one transaction, checks each
//!   act against the views, applies it, appends its leaf, and commits once for the whole group.
//! - **No acknowledgement before durability.** A commit answers when the group's transaction is synced, and large
//!   content was synced before it.
//! - **Refused acts leave no trace**, and fail only themselves.
//! - **Content is verified whenever it is read.** Damage is mended from copies that verify ([`copies`]), or it is an error
//!   that names what is damaged: never wrong bytes.
//! - **Every table is a view** of the entries, except the entries, content, secrets, and the evidence of others
//!   (cosignatures). [`rebuild`](check) replays the entries into empty views and compares.
//! - **The same views elsewhere**: a [`replica`] holds them at an institution's own gateway, in one encrypted file, by
//!   the same acts.
//!
//! What it deliberately does not do: know any service's acts (they are passed in as a [`Catalog`]), speak HTTP, or
//! cluster. The system clock is read in [`clock`] alone.

pub mod act;
mod backup;
pub mod blobs;
pub mod check;
pub mod clock;
pub mod content;
pub mod copies;
pub mod crash;
pub mod entries;
pub mod erase;
mod error;
pub mod faults;
pub mod figures;
pub mod folders;
mod group;
mod healing;
mod job;
pub mod keys;
mod ledgers;
pub mod mirror;
pub mod national;
mod opening;
pub mod parity;
mod read_only;
pub mod replica;
mod schema;
pub mod scrub;
mod sqlite;
mod stop;
mod store;
mod wal;

pub use act::{
    Act, At, Catalog, Denied, Erasable, IsHeld, Kind, Service, Target, View, Visibility,
};
pub use backup::BackedUp;
pub use blobs::{BlobId, BlobInfo, BlobReader, BlobWriter, Blobs};
pub use content::{Content, Source};
pub use copies::{Copies, Repair, Wanted, Was};
pub use entries::{Entry, EntryId, LedgerId};
pub use error::{CommitError, Error, Result};
pub use healing::ContentReader;
pub use ledgers::{LedgerInfo, Tiles};
pub use replica::{PlainAct, Replica, ReplicaKey};
pub use sqlite::{Reader, Row, Value, Writer};
pub use store::{Committed, Options, Store};
