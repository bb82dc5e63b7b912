//! An append-only Merkle tree, kept as its frontier, and proofs made from nodes that somebody else stores.
//!
//! A tree of n leaves is a row of perfect subtrees, one for each set bit of n, the largest first. The frontier holds
//! their roots: all that appending and the root need, in at most 62 hashes. Proofs need older nodes; they are asked
//! from the caller by [`NodeId`], and only nodes of perfect subtrees are ever asked, which a tiled store has.

use crate::error::{Error, Format, Result};
use crate::hash::{EMPTY_ROOT, Hash, leaf_hash, node_hash};

/// The largest tree accepted from outside. Any proof in it has at most [`crate::MAX_PROOF_HASHES`] hashes, and no sum
/// of two positions overflows a `u64`.
pub const MAX_TREE_SIZE: u64 = 1 << 62;

/// The roots of a tree's perfect subtrees, from the largest to the smallest.
///
/// Bytes: `size (u64, big-endian) ‖ 32-byte root of each perfect subtree, the largest first`; 8 + 32·popcount(size).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Frontier {
    size: u64,
    roots: Vec<Hash>,
}

impl Frontier {
    /// The empty tree.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            size: 0,
            roots: Vec::new(),
        }
    }

    /// Number of leaves.
    #[must_use]
    pub const fn size(&self) -> u64 {
        self.size
    }

    /// Appends a leaf, by its hash.
    pub fn push(&mut self, leaf: Hash) {
        self.push_with(leaf, &mut |_, _| {});
    }

    /// Appends a leaf and tells `made` of each perfect subtree that it completes, itself first: what a store writes.
    pub fn push_with(&mut self, leaf: Hash, made: &mut dyn FnMut(NodeId, Hash)) {
        let mut node = NodeId {
            level: 0,
            index: self.size,
        };
        let mut hash = leaf;
        made(node, hash);
        while node.index & 1 == 1 {
            let left = self
                .roots
                .pop()
                .expect("a frontier has one root for each set bit of its size");
            hash = node_hash(&left, &hash);
            node = NodeId {
                level: node.level + 1,
                index: node.index >> 1,
            };
            made(node, hash);
        }
        self.roots.push(hash);
        self.size += 1;
    }

    /// The Merkle tree hash. Source: RFC 6962 §2.1.
    #[must_use]
    pub fn root(&self) -> Hash {
        let right_to_left = self.roots.iter().rev().copied();
        right_to_left
            .reduce(|right, left| node_hash(&left, &right))
            .unwrap_or(EMPTY_ROOT)
    }

    /// The bytes to store.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(8 + 32 * self.roots.len());
        bytes.extend_from_slice(&self.size.to_be_bytes());
        for root in &self.roots {
            bytes.extend_from_slice(root.as_bytes());
        }
        bytes
    }

    /// A frontier from its bytes. Its hashes can't be checked here: compare [`Frontier::root`] with a checkpoint.
    ///
    /// # Errors
    /// [`Error::Malformed`] if the length doesn't fit the size; [`Error::TooLarge`] over [`MAX_TREE_SIZE`].
    pub fn from_bytes(bytes: &[u8]) -> Result<Self> {
        let wrong_length = Format::Frontier.malformed("the length does not fit the size");
        let (size, nodes) = bytes.split_first_chunk::<8>().ok_or(wrong_length.clone())?;
        let size = u64::from_be_bytes(*size);
        if size > MAX_TREE_SIZE {
            return Err(Error::TooLarge {
                format: Format::Frontier,
                max: 1 << 62,
            });
        }
        let (roots, spare) = nodes.as_chunks::<32>();
        if !spare.is_empty() || roots.len() != size.count_ones() as usize {
            return Err(wrong_length);
        }
        Ok(Self {
            size,
            roots: roots.iter().copied().map(Hash::from_bytes).collect(),
        })
    }
}

impl Default for Frontier {
    fn default() -> Self {
        Self::new()
    }
}

/// The root over whole entries, in order: what the registry and the slots of an epoch need.
#[must_use]
pub fn root_of_entries<'a>(entries: impl IntoIterator<Item = &'a [u8]>) -> Hash {
    let mut tree = Frontier::new();
    for entry in entries {
        tree.push(leaf_hash(entry));
    }
    tree.root()
}

/// A perfect subtree: the 2^`level` leaves from `index`·2^`level` on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct NodeId {
    /// Height above the leaves, which are at 0.
    pub level: u8,
    /// Position among the nodes of that level, from 0.
    pub index: u64,
}

/// The hash of a perfect subtree, from wherever the caller keeps it.
pub type NodeSource<'a, E> = &'a mut dyn FnMut(NodeId) -> Result<Hash, E>;

/// The root of the tree as it was at `size`.
///
/// # Errors
/// [`Error::OutOfRange`] over [`MAX_TREE_SIZE`], and those of `node`.
pub fn root_at<E: From<Error>>(size: u64, node: NodeSource<'_, E>) -> Result<Hash, E> {
    check_size(size)?;
    if size == 0 {
        Ok(EMPTY_ROOT)
    } else {
        range_root(0, size, node)
    }
}

/// The inclusion proof of leaf `index` in the tree of `size`, from the leaf's sibling up. Source: RFC 6962 §2.1.1.
///
/// # Errors
/// [`Error::OutOfRange`] unless `index < size` and `size` is within [`MAX_TREE_SIZE`], and those of `node`.
pub fn inclusion_proof<E: From<Error>>(
    index: u64,
    size: u64,
    node: NodeSource<'_, E>,
) -> Result<Vec<Hash>, E> {
    check_size(size)?;
    if index >= size {
        return Err(Error::OutOfRange { index, size }.into());
    }
    let (mut start, mut end) = (0, size);
    let mut proof = Vec::new();
    while end - start > 1 {
        let middle = start + split(end - start);
        if index < middle {
            proof.push(range_root(middle, end, node)?);
            end = middle;
        } else {
            proof.push(range_root(start, middle, node)?);
            start = middle;
        }
    }
    proof.reverse();
    Ok(proof)
}

/// The proof that the tree of `old` leaves is the beginning of the tree of `new`. Empty if `old` is 0 or `new`: then
/// the two roots say it all. Source: RFC 6962 §2.1.2.
///
/// # Errors
/// [`Error::OutOfRange`] unless `old <= new` and `new` is within [`MAX_TREE_SIZE`], and those of `node`.
pub fn consistency_proof<E: From<Error>>(
    old: u64,
    new: u64,
    node: NodeSource<'_, E>,
) -> Result<Vec<Hash>, E> {
    check_size(new)?;
    if old > new {
        return Err(Error::OutOfRange {
            index: old,
            size: new,
        }
        .into());
    }
    let mut proof = Vec::new();
    if old == 0 {
        return Ok(proof);
    }
    let (mut start, mut end) = (0, new);
    while old != end {
        let middle = start + split(end - start);
        if old <= middle {
            proof.push(range_root(middle, end, node)?);
            end = middle;
        } else {
            proof.push(range_root(start, middle, node)?);
            start = middle;
        }
    }
    // From the leftmost corner the verifier holds this root already: it is the old tree itself.
    if start != 0 {
        proof.push(range_root(start, end, node)?);
    }
    proof.reverse();
    Ok(proof)
}

fn check_size(size: u64) -> Result<()> {
    if size > MAX_TREE_SIZE {
        return Err(Error::OutOfRange {
            index: size,
            size: MAX_TREE_SIZE,
        });
    }
    Ok(())
}

/// The largest power of two below `count`, which is at least 2: where RFC 6962 splits a tree.
fn split(count: u64) -> u64 {
    1 << (count - 1).ilog2()
}

/// The hash over the leaves from `start` to before `end`, not empty, where `start` is a multiple of a power of two that
/// is at least `end - start`: the shape of every range that RFC 6962's splits make.
fn range_root<E>(mut start: u64, end: u64, node: NodeSource<'_, E>) -> Result<Hash, E> {
    let mut perfect = Vec::new();
    while start < end {
        let level = (end - start).ilog2();
        let level_byte = u8::try_from(level).expect("a u64 has at most 64 levels");
        perfect.push(node(NodeId {
            level: level_byte,
            index: start >> level,
        })?);
        start += 1 << level;
    }
    let right_to_left = perfect.into_iter().rev();
    let root = right_to_left.reduce(|right, left| node_hash(&left, &right));
    Ok(root.expect("the range is not empty"))
}
