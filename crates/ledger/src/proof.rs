//! Checking inclusion and consistency proofs. Source: RFC 9162 §2.1.3.2 and §2.1.4.2, whose trees are RFC 6962's.

use crate::error::{Error, Result};
use crate::hash::{EMPTY_ROOT, Hash, node_hash};
use crate::tree::MAX_TREE_SIZE;

/// The most hashes a proof may have, by tlog-witness; no tree within [`MAX_TREE_SIZE`] needs more.
pub const MAX_PROOF_HASHES: usize = 63;

/// Checks that the leaf is at `index` in the tree of `size` and `root`.
///
/// # Errors
/// [`Error::OutOfRange`] unless `index < size`, [`Error::ProofMismatch`] if the proof doesn't lead to the root, or is
/// longer or shorter than the one proof of that place.
pub fn verify_inclusion(
    leaf_hash: &Hash,
    index: u64,
    size: u64,
    proof: &[Hash],
    root: &Hash,
) -> Result<()> {
    check_range(index, size)?;
    if index == size {
        return Err(Error::OutOfRange { index, size });
    }
    let mut climb = Climb {
        node: index,
        last: size - 1,
    };
    let mut hash = *leaf_hash;
    for sibling in proof {
        match climb.side()? {
            Side::Left => {
                hash = node_hash(sibling, &hash);
                climb.skip_lone_levels();
            }
            Side::Right => hash = node_hash(&hash, sibling),
        }
        climb.up();
    }
    if climb.last == 0 && hash == *root {
        Ok(())
    } else {
        Err(Error::ProofMismatch)
    }
}

/// Checks that the tree of `old_size` and `old_root` is the beginning of the tree of `new_size` and `new_root`.
///
/// # Errors
/// [`Error::OutOfRange`] unless `old_size <= new_size`, [`Error::ProofMismatch`] if the proof doesn't lead to both
/// roots, or isn't empty where it must be (from the empty tree, or between equal sizes).
pub fn verify_consistency(
    old_size: u64,
    old_root: &Hash,
    new_size: u64,
    new_root: &Hash,
    proof: &[Hash],
) -> Result<()> {
    check_range(old_size, new_size)?;
    if old_size == 0 || old_size == new_size {
        let old_stands = if old_size == 0 {
            *old_root == EMPTY_ROOT
        } else {
            old_root == new_root
        };
        let empty_stands = new_size != 0 || *new_root == EMPTY_ROOT;
        return if old_stands && empty_stands && proof.is_empty() {
            Ok(())
        } else {
            Err(Error::ProofMismatch)
        };
    }
    let mut climb = Climb {
        node: old_size - 1,
        last: new_size - 1,
    };
    while climb.node & 1 == 1 {
        climb.up();
    }
    // Where the old tree is one perfect subtree, its root is the seed of the climb and isn't sent.
    let (seed, siblings) = if old_size.is_power_of_two() {
        (old_root, proof)
    } else {
        proof.split_first().ok_or(Error::ProofMismatch)?
    };
    let (mut old_hash, mut new_hash) = (*seed, *seed);
    for sibling in siblings {
        match climb.side()? {
            Side::Left => {
                old_hash = node_hash(sibling, &old_hash);
                new_hash = node_hash(sibling, &new_hash);
                climb.skip_lone_levels();
            }
            Side::Right => new_hash = node_hash(&new_hash, sibling),
        }
        climb.up();
    }
    let stands = climb.last == 0 && old_hash == *old_root && new_hash == *new_root;
    if stands {
        Ok(())
    } else {
        Err(Error::ProofMismatch)
    }
}

fn check_range(index: u64, size: u64) -> Result<()> {
    if index > size || size > MAX_TREE_SIZE {
        return Err(Error::OutOfRange {
            index,
            size: size.min(MAX_TREE_SIZE),
        });
    }
    Ok(())
}

/// A walk from a node to the root: the node's position on its level and the last position there.
struct Climb {
    node: u64,
    last: u64,
}

/// On which side of the node the next hash of the proof sits.
enum Side {
    Left,
    Right,
}

impl Climb {
    /// Fails where the walk is already at the root: the proof has a hash too many.
    fn side(&self) -> Result<Side> {
        if self.last == 0 {
            return Err(Error::ProofMismatch);
        }
        Ok(if self.node & 1 == 1 || self.node == self.last {
            Side::Left
        } else {
            Side::Right
        })
    }

    /// A rightmost node without a sibling stands for its own parent until a level where it is a right child.
    fn skip_lone_levels(&mut self) {
        while self.node & 1 == 0 && self.node != 0 {
            self.up();
        }
    }

    fn up(&mut self) {
        self.node >>= 1;
        self.last >>= 1;
    }
}
