//! Trees and proofs, against RFC 6962's own example tree and against the `tlog_tiles` crate.

use amana_ledger::*;
use proptest::prelude::*;
use tlog_tiles::{
    HashReader, check_record, check_tree, prove_record, prove_tree, stored_hash_index, tree_hash,
};

/// Roots of the first n entries of Certificate Transparency's published test tree, n from 0.
const CT_ENTRIES: [&str; 8] = [
    "",
    "00",
    "10",
    "2021",
    "3031",
    "40414243",
    "5051525354555657",
    "606162636465666768696a6b6c6d6e6f",
];
const CT_ROOTS: [&str; 9] = [
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
];

fn bytes_of(hex: &str) -> Vec<u8> {
    (0..hex.len())
        .step_by(2)
        .map(|at| u8::from_str_radix(&hex[at..at + 2], 16).expect("hex"))
        .collect()
}

/// A tree that keeps every node.
pub(crate) struct Kept {
    pub(crate) frontier: Frontier,
    pub(crate) nodes: std::collections::BTreeMap<NodeId, Hash>,
}

impl Kept {
    pub(crate) fn of(size: u64) -> Self {
        let mut kept = Self {
            frontier: Frontier::new(),
            nodes: std::collections::BTreeMap::new(),
        };
        for index in 0..size {
            let Self { frontier, nodes } = &mut kept;
            frontier.push_with(leaf_hash(&index.to_be_bytes()), &mut |id, hash| {
                nodes.insert(id, hash);
            });
        }
        kept
    }

    pub(crate) fn node(&self) -> impl FnMut(NodeId) -> Result<Hash> {
        |id| Ok(self.nodes[&id])
    }
}

impl HashReader for Kept {
    fn read_hashes(
        &self,
        indexes: &[u64],
    ) -> std::result::Result<Vec<tlog_tiles::Hash>, tlog_tiles::Error> {
        let by_index: std::collections::BTreeMap<u64, Hash> = self
            .nodes
            .iter()
            .map(|(id, hash)| (stored_hash_index(id.level, id.index), *hash))
            .collect();
        Ok(indexes
            .iter()
            .map(|index| tlog_tiles::Hash(*by_index[index].as_bytes()))
            .collect())
    }
}

fn theirs(hash: Hash) -> tlog_tiles::Hash {
    tlog_tiles::Hash(*hash.as_bytes())
}

fn all_theirs(hashes: &[Hash]) -> Vec<tlog_tiles::Hash> {
    hashes.iter().copied().map(theirs).collect()
}

#[test]
fn the_published_tree_has_its_roots() {
    let mut frontier = Frontier::new();
    assert_eq!(frontier.root(), EMPTY_ROOT);
    for (size, root) in CT_ROOTS.iter().enumerate() {
        assert_eq!(
            frontier.root().as_bytes().as_slice(),
            bytes_of(root),
            "size {size}"
        );
        if let Some(entry) = CT_ENTRIES.get(size) {
            frontier.push(leaf_hash(&bytes_of(entry)));
        }
    }
    let entries: Vec<Vec<u8>> = CT_ENTRIES.iter().map(|entry| bytes_of(entry)).collect();
    assert_eq!(
        root_of_entries(entries.iter().map(Vec::as_slice)),
        frontier.root()
    );
}

#[test]
fn every_proof_of_small_trees_verifies_and_no_other_place_does() {
    let kept = Kept::of(33);
    for size in 1..=33 {
        let root = root_at(size, &mut kept.node()).expect("kept");
        for index in 0..size {
            let leaf = leaf_hash(&index.to_be_bytes());
            let proof = inclusion_proof(index, size, &mut kept.node()).expect("kept");
            assert_eq!(verify_inclusion(&leaf, index, size, &proof, &root), Ok(()));
            for other in (0..size).filter(|&other| other != index) {
                assert!(
                    verify_inclusion(&leaf, other, size, &proof, &root).is_err(),
                    "{index} as {other} of {size}"
                );
            }
            let longer = [proof.as_slice(), &[root]].concat();
            assert_eq!(
                verify_inclusion(&leaf, index, size, &longer, &root),
                Err(Error::ProofMismatch)
            );
            if let Some((_, shorter)) = proof.split_last() {
                assert_eq!(
                    verify_inclusion(&leaf, index, size, shorter, &root),
                    Err(Error::ProofMismatch)
                );
            }
        }
        for old in 0..=size {
            let old_root = root_at(old, &mut kept.node()).expect("kept");
            let proof = consistency_proof(old, size, &mut kept.node()).expect("kept");
            assert_eq!(
                verify_consistency(old, &old_root, size, &root, &proof),
                Ok(())
            );
            assert!(verify_consistency(old, &leaf_hash(b"x"), size, &root, &proof).is_err());
            assert!(
                verify_consistency(old, &old_root, size, &leaf_hash(b"x"), &proof).is_err()
                    || old == 0
            );
            let longer = [proof.as_slice(), &[root]].concat();
            assert_eq!(
                verify_consistency(old, &old_root, size, &root, &longer),
                Err(Error::ProofMismatch)
            );
        }
    }
}

#[test]
fn places_outside_the_tree_are_refused() {
    let kept = Kept::of(4);
    let out_of_range = |index, size| Error::OutOfRange { index, size };
    assert_eq!(
        inclusion_proof(4, 4, &mut kept.node()),
        Err(out_of_range(4, 4))
    );
    assert_eq!(
        inclusion_proof(0, 0, &mut kept.node()),
        Err(out_of_range(0, 0))
    );
    assert_eq!(
        consistency_proof(5, 4, &mut kept.node()),
        Err(out_of_range(5, 4))
    );
    assert_eq!(
        verify_inclusion(&EMPTY_ROOT, 4, 4, &[], &EMPTY_ROOT),
        Err(out_of_range(4, 4))
    );
    assert_eq!(
        verify_consistency(5, &EMPTY_ROOT, 4, &EMPTY_ROOT, &[]),
        Err(out_of_range(5, 4))
    );
    assert_eq!(
        root_at(MAX_TREE_SIZE + 1, &mut kept.node()),
        Err(out_of_range(MAX_TREE_SIZE + 1, MAX_TREE_SIZE))
    );
    assert_eq!(
        verify_inclusion(&EMPTY_ROOT, 0, u64::MAX, &[], &EMPTY_ROOT),
        Err(out_of_range(0, MAX_TREE_SIZE))
    );
}

#[test]
fn proofs_of_the_largest_tree_fit_their_maximum() {
    let mut node = |id: NodeId| -> Result<Hash> { Ok(leaf_hash(&[id.level])) };
    for size in [MAX_TREE_SIZE, MAX_TREE_SIZE - 1] {
        assert!(
            inclusion_proof(size - 1, size, &mut node)
                .expect("in range")
                .len()
                <= MAX_PROOF_HASHES
        );
        assert!(
            consistency_proof(size / 2 + 1, size, &mut node)
                .expect("in range")
                .len()
                <= MAX_PROOF_HASHES
        );
        assert!(
            consistency_proof(1, size, &mut node)
                .expect("in range")
                .len()
                <= MAX_PROOF_HASHES
        );
    }
}

#[test]
fn a_frontier_with_the_wrong_number_of_roots_is_refused() {
    let bytes = Kept::of(7).frontier.to_bytes();
    assert_eq!(bytes.len(), 8 + 3 * 32);
    for length in 0..bytes.len() {
        assert!(
            Frontier::from_bytes(&bytes[..length]).is_err(),
            "cut to {length}"
        );
    }
    let longer = [bytes.as_slice(), &[0; 32]].concat();
    assert_eq!(
        Frontier::from_bytes(&longer).expect_err("too long").code(),
        "malformed-frontier"
    );
    assert_eq!(
        Frontier::from_bytes(&[0xff; 8])
            .expect_err("too large")
            .code(),
        "too-large"
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn trees_agree_with_tlog_tiles(size in 1u64..400, index: prop::sample::Index, old: prop::sample::Index) {
        let kept = Kept::of(size);
        let root = kept.frontier.root();
        prop_assert_eq!(theirs(root), tree_hash(size, &kept).expect("their root"));
        prop_assert_eq!(root_at(size, &mut kept.node()).expect("kept"), root);
        prop_assert_eq!(&Frontier::from_bytes(&kept.frontier.to_bytes()).expect("stored"), &kept.frontier);

        let index = index.index(usize::try_from(size).expect("small")) as u64;
        let leaf = leaf_hash(&index.to_be_bytes());
        let proof = inclusion_proof(index, size, &mut kept.node()).expect("kept");
        prop_assert_eq!(all_theirs(&proof), prove_record(size, index, &kept).expect("their proof"));
        prop_assert!(check_record(&all_theirs(&proof), size, theirs(root), index, theirs(leaf)).is_ok());
        prop_assert_eq!(verify_inclusion(&leaf, index, size, &proof, &root), Ok(()));

        let old = 1 + old.index(usize::try_from(size).expect("small")) as u64;
        let old_root = root_at(old, &mut kept.node()).expect("kept");
        let proof = consistency_proof(old, size, &mut kept.node()).expect("kept");
        prop_assert_eq!(all_theirs(&proof), prove_tree(size, old, &kept).expect("their proof"));
        prop_assert!(check_tree(&all_theirs(&proof), size, theirs(root), old, theirs(old_root)).is_ok());
        prop_assert_eq!(verify_consistency(old, &old_root, size, &root, &proof), Ok(()));
    }

    /// Any proof at all, right or wrong: both verifiers say the same.
    #[test]
    fn verifiers_agree_on_damaged_proofs(size in 2u64..60, index in 0u64..60, at: prop::sample::Index, cut: bool) {
        let kept = Kept::of(size);
        let index = index % size;
        let root = kept.frontier.root();
        let leaf = leaf_hash(&index.to_be_bytes());
        let mut proof = inclusion_proof(index, size, &mut kept.node()).expect("kept");
        let position = at.index(proof.len());
        if cut { proof.remove(position); } else { proof[position] = leaf_hash(b"damage"); }
        let mine = verify_inclusion(&leaf, index, size, &proof, &root).is_ok();
        let their = check_record(&all_theirs(&proof), size, theirs(root), index, theirs(leaf)).is_ok();
        prop_assert_eq!(mine, their);
        prop_assert!(!mine);
    }
}
