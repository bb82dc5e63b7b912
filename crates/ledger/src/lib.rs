//! Merkle trees, checkpoints, witness rules and receipts, without any I/O.
//!
//! # Promise
//! Everything that a stranger needs to check Amana's word is here, and nothing here can lie by accident: no file, no
//! socket, no clock and no randomness. Times, salts and secrets are parameters; hashes of stored nodes are asked from
//! the caller. The same input gives the same answer on every machine.
//!
//! # Invariants
//! - Every parser is total: bytes from outside give a value or an [`Error`], never a panic, and never an allocation
//!   beyond the `MAX_…` named in its module.
//! - Every format has one spelling: `parse` then `Display` gives back the same bytes, so that what was hashed or signed
//!   is what is shown.
//! - Signatures are verified by the strict rules of Ed25519 (no small-order points, no malleable scalars).
//!
//! # Deliberately absent
//! Storage of nodes, fetching of tiles, HTTP statuses beyond the numbers that tlog-witness assigns, JSON: an act's core
//! and body are opaque lines here, hashed as they stand.
//!
//! # Formats
//! C2SP signed-note, tlog-checkpoint, tlog-cosignature (Ed25519), tlog-tiles, tlog-witness, tlog-policy and tlog-proof;
//! our own leaf, registry row, epoch and receipt are drawn in `docs/formats/`.

pub mod checkpoint;
pub mod cosignature;
pub mod epoch;
pub mod error;
pub mod hash;
pub mod leaf;
pub mod note;
pub mod policy;
pub mod proof;
pub mod receipt;
pub mod registry;
pub mod release;
mod text;
pub mod tile;
pub mod tlog_proof;
pub mod tree;
pub mod verdict;
pub mod vkey;
pub mod witness;

pub use checkpoint::*;
pub use cosignature::*;
pub use epoch::*;
pub use error::*;
pub use hash::*;
pub use leaf::*;
pub use note::*;
pub use policy::*;
pub use proof::*;
pub use receipt::*;
pub use registry::*;
pub use release::*;
pub use tile::*;
pub use tlog_proof::*;
pub use tree::*;
pub use verdict::*;
pub use vkey::*;
pub use witness::*;
