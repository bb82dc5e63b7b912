//! What an act leaves in its ledger: thirty-three bytes that commit its core for ever, and its body only for as long as
//! somebody keeps it. Drawn in `docs/formats/leaf.md`.

use crate::hash::Hash;

/// First byte of an act's entry.
pub const ACT_LEAF: u8 = 0x01;

/// First byte of an entry that holds its text itself.
pub const PUBLIC_LEAF: u8 = 0x02;

/// The longest core, in bytes: an entry's core must fit an entry of a bundle.
pub const MAX_CORE_BYTES: usize = 65_535;

/// Stands where an act without a body would have its body's hash. SHA-256 is not known to give it for any body.
pub const NO_BODY: Hash = Hash::from_bytes([0; 32]);

/// The salted hash of an act's body: SHA-256(`"amana/act-body/v1\0" ‖ salt ‖ body`).
///
/// The salt is fresh for each act: once body and salt are erased, nobody can tell the body by trying likely ones.
#[must_use]
pub fn body_hash(salt: &[u8; 32], body: &[u8]) -> Hash {
    Hash::of(&[b"amana/act-body/v1\0", salt, body])
}

/// The entry of an act: `0x01 ‖ SHA-256("amana/act/v1\0" ‖ length of core (u32, big-endian) ‖ core ‖ body hash)`.
///
/// # Panics
/// If the core has 4 GiB or more; whoever makes acts keeps them within [`MAX_CORE_BYTES`].
#[must_use]
pub fn act_leaf(core: &[u8], body_hash: &Hash) -> [u8; 33] {
    let length = u32::try_from(core.len())
        .expect("a core is within MAX_CORE_BYTES")
        .to_be_bytes();
    let digest = Hash::of(&[b"amana/act/v1\0", &length, core, body_hash.as_bytes()]);
    let mut leaf = [ACT_LEAF; 33];
    leaf[1..].copy_from_slice(digest.as_bytes());
    leaf
}

/// The entry of a public text, such as an epoch: `0x02 ‖ text`.
#[must_use]
pub fn public_leaf(text: &[u8]) -> Vec<u8> {
    let mut leaf = Vec::with_capacity(1 + text.len());
    leaf.push(PUBLIC_LEAF);
    leaf.extend_from_slice(text);
    leaf
}
