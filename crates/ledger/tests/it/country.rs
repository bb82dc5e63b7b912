//! A small country with fixed keys, in which any act at any place of any size of tree has its receipt.

use amana_ledger::*;

/// Where a leaf sits in a tree.
#[derive(Clone, Copy)]
pub(crate) struct Place {
    pub(crate) index: u64,
    pub(crate) size: u64,
}

/// Root of a tree in which every leaf but one is the same, and the inclusion proof of that one: trees of any size
/// without their leaves.
pub(crate) fn sparse(place: Place, leaf: Hash) -> (Hash, Vec<Hash>) {
    let filler = Filler::new();
    let mut node = |id: NodeId| -> Result<Hash> { Ok(filler.node(id, place.index, leaf)) };
    let root = root_at(place.size, &mut node).expect("a size within bounds");
    let proof =
        inclusion_proof(place.index, place.size, &mut node).expect("an index within the size");
    (root, proof)
}

/// Roots of perfect subtrees whose leaves are all the same, by level.
struct Filler(Vec<Hash>);

impl Filler {
    fn new() -> Self {
        let mut levels = vec![leaf_hash(b"another leaf")];
        for level in 0..62 {
            levels.push(node_hash(&levels[level], &levels[level]));
        }
        Self(levels)
    }

    fn node(&self, id: NodeId, index: u64, leaf: Hash) -> Hash {
        if index >> id.level != id.index {
            return self.0[usize::from(id.level)];
        }
        if id.level == 0 {
            return leaf;
        }
        let child = |index| NodeId {
            level: id.level - 1,
            index,
        };
        let left = self.node(child(2 * id.index), index, leaf);
        node_hash(&left, &self.node(child(2 * id.index + 1), index, leaf))
    }
}

/// The keys of everybody.
pub(crate) struct Country {
    pub(crate) national: SigningKey,
    pub(crate) ledger: SigningKey,
    pub(crate) witnesses: [CosigningKey; 3],
}

/// Names of the witnesses within the policy.
pub(crate) const WITNESSES: [&str; 3] = ["finances", "court", "university"];

/// The time of the vectors' cosignatures: 22 November 2026.
pub(crate) const NOON_S: u64 = 1_795_348_800;

impl Country {
    pub(crate) fn new() -> Self {
        let witness = |position: usize| {
            let name = format!("{}.example/witness", WITNESSES[position]);
            let seed = [u8::try_from(position).expect("three witnesses") + 0x11; 32];
            CosigningKey::from_seed(&name, seed).expect("a good name")
        };
        Self {
            national: SigningKey::from_seed("amana.example/national", [0x01; 32])
                .expect("a good name"),
            ledger: SigningKey::from_seed("amana.example/ledgers/finances/vault", [0x02; 32])
                .expect("a good name"),
            witnesses: [witness(0), witness(1), witness(2)],
        }
    }

    /// The witness lines of a policy.
    pub(crate) fn witness_lines(&self) -> String {
        let named = WITNESSES.iter().zip(&self.witnesses);
        named
            .map(|(name, key)| format!("witness {name} {}\n", key.verifier()))
            .collect()
    }

    /// A trust policy whose quorum is the given lines.
    pub(crate) fn policy_text(&self, genesis: &Hash, quorum: &str) -> String {
        let log = self.national.verifier();
        let witnesses = self.witness_lines();
        format!(
            "# The trust policy of an example country\n# genesis {genesis}\n\nlog {log}\n\n{witnesses}{quorum}"
        )
    }

    /// Two of three witnesses.
    pub(crate) fn policy(&self) -> Policy {
        let text = self.policy_text(&self.genesis(), TWO_OF_THREE);
        Policy::parse(text.as_bytes()).expect("a good policy")
    }

    /// Leaf hash of the first epoch, which commits the first act.
    pub(crate) fn genesis(&self) -> Hash {
        let first = Case::first().receipt(self);
        leaf_hash(&first.epoch.expect("it has an epoch").leaf.entry())
    }
}

pub(crate) const TWO_OF_THREE: &str =
    "group two-of-three 2 finances court university\nquorum two-of-three\n";

/// What a receipt is made of.
pub(crate) struct Case {
    pub(crate) act: ReceiptAct,
    pub(crate) act_at: Place,
    pub(crate) quorum: LedgerQuorum,
    /// The slot, among the ledgers.
    pub(crate) slot_at: Place,
    pub(crate) epoch_at: Place,
    /// Which witnesses cosigned the ledger's checkpoint, and when.
    pub(crate) ledger_cosigned: Vec<(usize, u64)>,
    pub(crate) national_cosigned: Vec<(usize, u64)>,
}

fn act(core: &str, salt: [u8; 32], body: &str) -> ReceiptAct {
    ReceiptAct {
        core: core.to_owned(),
        body_hash: body_hash(&salt, body.as_bytes()),
        body: Some(ReceiptBody {
            salt,
            text: body.to_owned(),
        }),
    }
}

impl Case {
    /// An object's deposit in a country at work, seen by all witnesses.
    pub(crate) fn deposit() -> Self {
        Self {
            act: act(
                r#"{"kind":"object-put","actor":"gateway/finances-1","time":"2026-11-22T02:11:12.123Z","bucket":"archives","object":"5f0c"}"#,
                [0x5a; 32],
                r#"{"size":48213,"note":"relevé de l'exercice 2025"}"#,
            ),
            act_at: Place {
                index: 70_000,
                size: 109_482,
            },
            quorum: LedgerQuorum::National,
            slot_at: Place { index: 3, size: 5 },
            epoch_at: Place {
                index: 12,
                size: 20,
            },
            ledger_cosigned: vec![(0, NOON_S), (1, NOON_S + 7), (2, NOON_S + 3)],
            national_cosigned: vec![(0, NOON_S + 2), (1, NOON_S + 9), (2, NOON_S + 5)],
        }
    }

    /// The ledger's first act, in the first epoch, when the country has one ledger.
    pub(crate) fn first() -> Self {
        let start = Place { index: 0, size: 1 };
        let slot_at = start;
        let act = act(
            r#"{"kind":"ledger-open","ledger":"finances/vault"}"#,
            [0x00; 32],
            r#"{"reason":"first day"}"#,
        );
        Self {
            act,
            act_at: start,
            slot_at,
            epoch_at: start,
            ..Self::deposit()
        }
    }

    pub(crate) fn row(&self, country: &Country) -> RegistryRow {
        RegistryRow {
            name: "finances/vault".to_owned(),
            slot: self.slot_at.index,
            visibility: Visibility::Private,
            genesis: leaf_hash(
                &act(
                    r#"{"kind":"ledger-open","ledger":"finances/vault"}"#,
                    [0x00; 32],
                    r#"{"reason":"first day"}"#,
                )
                .entry(),
            ),
            log: country.ledger.verifier(),
            quorum: self.quorum.clone(),
        }
    }

    pub(crate) fn receipt(&self, country: &Country) -> Receipt {
        let act_leaf = leaf_hash(&self.act.entry());
        let (ledger, checkpoint) = cosigned_proof(
            &country.ledger,
            &country.witnesses,
            self.act_at,
            act_leaf,
            &self.ledger_cosigned,
        );
        let registry = self
            .row(country)
            .sign(&country.national)
            .expect("a good row");

        let (registry_root, row_proof) = sparse(self.slot_at, leaf_hash(registry.text.as_bytes()));
        let slot_salt = slot_salt(&[0x77; 32], self.epoch_at.index);
        let slot = slot_entry(&slot_salt, &checkpoint.body());
        let (slots_root, slot_proof) = sparse(self.slot_at, leaf_hash(&slot));
        let leaf = EpochLeaf {
            epoch: self.epoch_at.index,
            time_ms: NOON_S * 1000 + 123,
            ledgers: self.slot_at.size,
            registry_root,
            slots_root,
        };
        let epoch_leaf = leaf_hash(&leaf.entry());
        let (national, _) = cosigned_proof(
            &country.national,
            &country.witnesses,
            self.epoch_at,
            epoch_leaf,
            &self.national_cosigned,
        );
        let epoch = ReceiptEpoch {
            leaf,
            row_proof,
            slot_salt,
            slot_proof,
            national,
        };
        Receipt {
            act: self.act.clone(),
            ledger,
            registry,
            epoch: Some(epoch),
        }
    }
}

/// A leaf's proof in a signed and cosigned checkpoint.
pub(crate) fn cosigned_proof(
    log: &SigningKey,
    witnesses: &[CosigningKey],
    place: Place,
    leaf: Hash,
    cosigned: &[(usize, u64)],
) -> (TlogProof, Checkpoint) {
    let (root, proof) = sparse(place, leaf);
    let checkpoint = Checkpoint {
        origin: log.name().to_owned(),
        size: place.size,
        root,
    };
    let mut note = checkpoint.sign(log).expect("the origin is the key's name");
    let lines = cosigned
        .iter()
        .map(|&(witness, time_s)| witnesses[witness].cosign(&checkpoint, time_s));
    note.signatures.extend(lines);
    (
        TlogProof {
            extra: None,
            index: place.index,
            proof,
            checkpoint: note,
        },
        checkpoint,
    )
}
