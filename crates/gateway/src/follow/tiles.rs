//! Nodes of the ledger's tree, fetched as tiles: what proofs are made of. They are believed only as far as a proof made
//! of them leads to a signed root.

use std::collections::HashMap;

use amana_ledger::{
    EMPTY_ROOT, Hash, NodeId, TileId, consistency_proof, inclusion_proof, root_at, tile_node,
};

use super::Follower;
use crate::{Error, Result};

/// A tile has at most this many bytes.
const MAX_TILE_BYTES: usize = 256 * 32;
/// Tiles kept while one checkpoint is followed.
const MAX_KEPT: usize = 256;

/// Where a proof's nodes come from.
type Source<'a> = &'a mut dyn FnMut(NodeId) -> amana_ledger::Result<Hash>;
/// A proof in the making.
type Ask<'a> = &'a (dyn Fn(Source<'_>) -> amana_ledger::Result<()> + Sync);

/// The tiles of a tree of one size.
pub(super) struct Tiles<'f> {
    follower: &'f Follower,
    size: u64,
    kept: HashMap<TileId, Vec<Hash>>,
}

impl<'f> Tiles<'f> {
    pub(super) fn new(follower: &'f Follower, size: u64) -> Self {
        Self {
            follower,
            size,
            kept: HashMap::new(),
        }
    }

    /// The proof that the tree of `new` leaves begins with `old` leaves.
    pub(super) async fn consistency(&mut self, old: u64, new: u64) -> Result<Vec<Hash>> {
        let nodes = self
            .gather(&|node| consistency_proof(old, new, node).map(|_| ()))
            .await?;
        Ok(consistency_proof(old, new, &mut known(&nodes))?)
    }

    /// The proof that a leaf is in the tree.
    pub(super) async fn inclusion(&mut self, index: u64) -> Result<Vec<Hash>> {
        let size = self.size;
        let nodes = self
            .gather(&|node| inclusion_proof(index, size, node).map(|_| ()))
            .await?;
        Ok(inclusion_proof(index, size, &mut known(&nodes))?)
    }

    /// The root of the first `size` leaves.
    pub(super) async fn root_at(&mut self, size: u64) -> Result<Hash> {
        let nodes = self.gather(&|node| root_at(size, node).map(|_| ())).await?;
        Ok(root_at(size, &mut known(&nodes))?)
    }

    /// Learns which nodes are asked for, and fetches them: the mathematics itself never waits.
    async fn gather(&mut self, ask: Ask<'_>) -> Result<HashMap<NodeId, Hash>> {
        let mut wanted = Vec::new();
        ask(&mut |node| {
            wanted.push(node);
            Ok(EMPTY_ROOT)
        })?;
        let mut nodes = HashMap::new();
        for node in wanted {
            let (tile, level, index) = TileId::of_node(node, self.size)?;
            if !self.kept.contains_key(&tile) {
                self.fetch(tile).await?;
            }
            if let Some(hashes) = self.kept.get(&tile) {
                nodes.insert(node, tile_node(hashes, level, index)?);
            }
        }
        Ok(nodes)
    }

    async fn fetch(&mut self, tile: TileId) -> Result<()> {
        let path = tile.path();
        let bytes = self.follower.fetch(&path, MAX_TILE_BYTES).await?;
        let (hashes, spare) = bytes.as_chunks::<32>();
        if !spare.is_empty() || hashes.len() != usize::from(tile.width) {
            return Err(Error::malformed(
                &path,
                "it has not as many hashes as its name says",
            ));
        }
        if self.kept.len() >= MAX_KEPT {
            self.kept.clear();
        }
        let hashes = hashes.iter().copied().map(Hash::from_bytes).collect();
        self.kept.insert(tile, hashes);
        Ok(())
    }
}

fn known(nodes: &HashMap<NodeId, Hash>) -> impl FnMut(NodeId) -> amana_ledger::Result<Hash> + '_ {
    |node| {
        nodes
            .get(&node)
            .copied()
            .ok_or(amana_ledger::Error::ProofMismatch)
    }
}
