//! The trees of an epoch, of its registry and of its slots, whole in memory: each is made once, and serves the receipts of
//! every ledger.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use amana_ledger::{EMPTY_ROOT, Hash, NodeId, inclusion_proof, leaf_hash, node_hash, root_at};

use crate::store::lock_state;
use crate::{Error, Result};

/// A Merkle tree with every node of its perfect subtrees: 64 bytes a leaf.
pub(crate) struct WholeTree(Vec<Vec<Hash>>);

impl WholeTree {
    /// Over whole entries, in order.
    pub(crate) fn of<'a>(entries: impl Iterator<Item = &'a [u8]>) -> Self {
        let mut levels = vec![entries.map(leaf_hash).collect::<Vec<Hash>>()];
        while let Some(last) = levels.last().filter(|level| level.len() > 1) {
            let pairs = last.as_chunks::<2>().0.iter();
            levels.push(pairs.map(|[left, right]| node_hash(left, right)).collect());
        }
        Self(levels)
    }

    /// How many leaves it has.
    pub(crate) fn size(&self) -> u64 {
        self.0[0].len() as u64
    }

    /// Its root. Source: RFC 6962 §2.1.
    pub(crate) fn root(&self) -> Hash {
        root_at(self.size(), &mut |node| self.node(node)).unwrap_or(EMPTY_ROOT)
    }

    /// Inclusion of one of its leaves.
    pub(crate) fn path(&self, index: u64) -> Result<Vec<Hash>> {
        inclusion_proof(index, self.size(), &mut |node| self.node(node))
    }

    fn node(&self, node: NodeId) -> Result<Hash> {
        let level = self.0.get(usize::from(node.level));
        let hash = level.and_then(|level| level.get(usize::try_from(node.index).ok()?));
        hash.copied().ok_or_else(|| Error::Missing {
            what: format!("a node of an epoch's tree (level {})", node.level),
        })
    }
}

/// Trees of recent epochs by their root.
#[derive(Default)]
pub(crate) struct RecentTrees(Mutex<VecDeque<Arc<Rooted>>>);

struct Rooted {
    root: Hash,
    tree: WholeTree,
}

const MAX_RECENT: usize = 32;

impl RecentTrees {
    /// Keeps a tree; gives its root.
    pub(crate) fn remember(&self, tree: WholeTree) -> Hash {
        let root = tree.root();
        let mut recent = lock_state(&self.0);
        if !recent.iter().any(|known| known.root == root) {
            if recent.len() == MAX_RECENT {
                recent.pop_front();
            }
            recent.push_back(Arc::new(Rooted { root, tree }));
        }
        root
    }

    /// The inclusion of a leaf in the tree with that root, which `make` makes again if memory hasn't got it.
    ///
    /// # Errors
    /// Those of `make`, and [`Error::Damaged`] when what it makes has another root.
    pub(crate) fn path(
        &self,
        root: Hash,
        index: u64,
        make: impl FnOnce() -> Result<WholeTree>,
    ) -> Result<Vec<Hash>> {
        if let Some(known) = self.recall(root) {
            return known.tree.path(index);
        }
        let made = self.remember(make()?);
        match self.recall(root) {
            Some(known) => known.tree.path(index),
            None => Err(Error::Damaged {
                what: "what was kept beside an epoch".into(),
                why: format!("it has the root {made}, and the epoch says {root}"),
            }),
        }
    }

    fn recall(&self, root: Hash) -> Option<Arc<Rooted>> {
        let recent = lock_state(&self.0);
        recent.iter().find(|known| known.root == root).cloned()
    }
}

#[cfg(test)]
mod tests {
    use amana_ledger::{root_of_entries, verify_inclusion};

    use super::*;

    #[test]
    fn whole_trees_are_those_of_rfc_6962() {
        for size in 0..70_u8 {
            let entries: Vec<[u8; 1]> = (0..size).map(|n| [n]).collect();
            let entries = || entries.iter().map(<[u8; 1]>::as_slice);
            let tree = WholeTree::of(entries());
            let root = root_of_entries(entries());
            assert_eq!(tree.root(), root, "{size}");
            for (index, entry) in (0..).zip(entries()) {
                let path = tree.path(index).unwrap();
                let leaf = leaf_hash(entry);
                verify_inclusion(&leaf, index, u64::from(size), &path, &root).unwrap();
            }
        }
    }

    #[test]
    fn a_tree_with_another_root_is_refused_and_old_ones_are_made_again() {
        let recent = RecentTrees::default();
        let tree = |n: usize| WholeTree::of([n.to_string().as_bytes()].into_iter());
        let first = recent.remember(tree(0));
        for n in 1..=MAX_RECENT {
            recent.remember(tree(n));
        }
        assert!(recent.path(first, 0, || Ok(tree(7))).is_err());
        assert!(recent.path(first, 0, || Ok(tree(0))).unwrap().is_empty());
        let again = || -> Result<WholeTree> { panic!("it is in memory now") };
        assert!(recent.path(first, 0, again).unwrap().is_empty());
    }
}
