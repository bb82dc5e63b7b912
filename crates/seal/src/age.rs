//! Sealed files: age v1, to the byte (C2SP age, <https://c2sp.org/age>).
//!
//! # Promise
//! What is sealed here opens with any age program, and the reverse. Each file has its own file key and nonce, so that
//! no key ever seals two contents. Any chunk opens alone, by its number.
//!
//! # Shape
//! `header ‖ 16-byte nonce ‖ chunks`. The header and the nonce are the file's *prologue*; each chunk is up to 64 KiB of
//! ciphertext and its 16-byte tag, and only the last is shorter.
//!
//! # Bounds
//! A header has at most 16 KiB and is parsed in linear time, once, before any secret is used. age authenticates neither
//! sender nor context: the ledger's signed statements do.
//!
//! # Deliberately absent
//! ASCII armor, SSH keys, plugins, the tagged recipients of hardware keys: nothing here needs them.

mod bech32;
mod header;
mod hpke;
mod hybrid;
mod passphrase;
mod payload;
mod recipients;
mod whole;
mod wrapping;
mod x25519;

pub use header::prologue_size;
pub use hybrid::{HybridIdentity, HybridRecipient};
pub use passphrase::{MAX_WORK_FACTOR, Passphrase, WORK_FACTORS};
pub use payload::{Opener, Sealer};
pub use recipients::{Identity, Recipient};
pub use whole::{open_all, plain_size, seal_all, sealed_size};
pub use x25519::{X25519Identity, X25519Recipient};

/// The plaintext of a chunk, of every one but the last.
pub const CHUNK_BYTES: usize = 65_536;
/// What sealing adds to a chunk.
pub const TAG_BYTES: usize = 16;
/// The nonce that follows the header.
pub const NONCE_BYTES: usize = 16;
/// The largest header that is read or written, without the nonce.
pub const MAX_HEADER_BYTES: usize = 16 * 1024;
