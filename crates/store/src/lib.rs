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
mod ahead;
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
mod handed_in;
mod healing;
mod job;
pub mod keys;
mod ledgers;
pub mod memos;
pub mod mirror;
pub mod moving;
pub mod national;
mod nodes;
mod opening;
mod options;
pub mod parity;
mod postgres;
mod read_only;
mod readers;
mod reading;
pub mod replica;
mod rows;
mod schema;
pub mod scrub;
mod secrets;
mod sqlite;
mod stop;
mod store;
mod sums;
pub mod turns;
mod wal;

/// Target of the spans that traces are made of. They are of the level `trace`, and cost nothing while nobody asks for them.
pub const TRACES: &str = "amana::traces";

pub use act::{
    Act, At, Catalog, Denied, Erasable, IsHeld, Kind, Scope, Service, Target, View, Visibility,
};
pub use backup::BackedUp;
pub use blobs::{
    BackEnd, BlobId, BlobInfo, BlobReader, BlobWriter, Blobs, ObjectPlace, Patience, Swept,
};
pub use content::{Content, Source};
pub use copies::{Copies, Repair, Wanted, Was};
pub use entries::{Entry, EntryId, LedgerId};
pub use error::{CommitError, Error, Result};
pub use healing::ContentReader;
pub use ledgers::{LedgerInfo, Tiles};
pub use memos::Memo;
pub use options::Options;
pub use postgres::Database;
pub use replica::{PlainAct, Replica, ReplicaKey};
pub use rows::{Reader, Row, Value, Writer};
pub use store::{Committed, Store};
pub use sums::Sums;
