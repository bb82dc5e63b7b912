//! A little country in memory: a national log, one ledger of it, and a gateway that signs.

use amana_gateway::Evidence;
use amana_ledger::{
    Checkpoint, Frontier, Hash, LedgerQuorum, NodeId, Note, Policy, RegistryRow, SigningKey,
    TlogProof, Visibility, act_leaf, body_hash, consistency_proof, inclusion_proof, leaf_hash,
};
use amana_seal::member::MemberKey;
use amana_seal::statement::{BucketAt, EnvelopeDigest, SignedStatement, Statement};
use std::collections::HashMap;

pub(crate) const ORIGIN: &str = "centre.example/ledgers/finances/vault";
const SALT: [u8; 32] = [5; 32];

/// An act of the ledger.
#[derive(Clone)]
pub(crate) struct Entry {
    pub(crate) core: String,
    pub(crate) body: String,
}

impl Entry {
    pub(crate) fn hash(&self) -> Hash {
        body_hash(&SALT, self.body.as_bytes())
    }

    fn leaf(&self) -> Hash {
        leaf_hash(&act_leaf(self.core.as_bytes(), &self.hash()))
    }

    /// As evidence shows it.
    pub(crate) fn section(&self) -> String {
        let salt = hex::encode(SALT);
        format!(
            "core {}\nbody-hash {}\nsalt {salt}\nbody {}\n",
            self.core,
            self.hash(),
            self.body
        )
    }
}

/// The ledger with its keys.
pub(crate) struct Country {
    national: SigningKey,
    ledger: SigningKey,
    pub(crate) member: MemberKey,
    pub(crate) entries: Vec<Entry>,
}

impl Country {
    pub(crate) fn new() -> Self {
        let key = |name, seed| SigningKey::from_seed(name, [seed; 32]).expect("a good name");
        Self {
            national: key("centre.example/national", 1),
            ledger: key(ORIGIN, 2),
            member: MemberKey::from_seed(zeroize::Zeroizing::new([3; 32])),
            entries: Vec::new(),
        }
    }

    pub(crate) fn policy(&self) -> Policy {
        let text = format!("log {}\nquorum none\n", self.national.verifier());
        Policy::parse(text.as_bytes()).expect("a policy")
    }

    pub(crate) fn row(&self) -> Note {
        let row = RegistryRow {
            name: "finances/vault".into(),
            slot: 0,
            visibility: Visibility::Private,
            genesis: self
                .entries
                .first()
                .map_or(Hash::from_bytes([9; 32]), Entry::leaf),
            log: self.ledger.verifier(),
            quorum: LedgerQuorum::National,
        };
        row.sign(&self.national).expect("a row")
    }

    /// Appends a plain act.
    pub(crate) fn plain(&mut self, kind: &str, links: &str, body: &str) {
        let core = format!(
            r#"{{"kind":"{kind}","at":"2026-11-22T05:00:00.000Z","by":"operator","links":{links}}}"#
        );
        self.entries.push(Entry {
            core,
            body: body.to_owned(),
        });
    }

    /// Appends a sealed act.
    pub(crate) fn sealed(&mut self, statement: &SignedStatement) {
        let text = std::str::from_utf8(statement.bytes()).expect("statements are text");
        let body = serde_json::json!({ "statement": text, "envelope": "" }).to_string();
        self.plain("sealed.act", "{}", &body);
    }

    /// A statement of a bucket's making.
    pub(crate) fn bucket(&self, act: u8) -> SignedStatement {
        let statement = Statement {
            ledger: ORIGIN.into(),
            member: self.member.id(),
            keyring: 1,
            epoch: 1,
            act: [act; 8],
            verb: "bucket.create".parse().expect("a verb"),
            bucket: BucketAt {
                name: "records".into(),
                created: None,
                settings: None,
            },
            touches: Vec::new(),
            retires: Vec::new(),
            piece: None,
            releases: Vec::new(),
            envelope: EnvelopeDigest::of(b""),
        };
        statement
            .sign(&self.member)
            .expect("it is within its bounds")
    }

    /// The signed head at a size.
    pub(crate) fn head(&self, size: usize) -> Note {
        let mut tree = Frontier::new();
        self.entries[..size]
            .iter()
            .for_each(|entry| tree.push(entry.leaf()));
        let head = Checkpoint {
            origin: ORIGIN.into(),
            size: size as u64,
            root: tree.root(),
        };
        head.sign(&self.ledger).expect("its own key")
    }

    /// Signs a text as the ledger does.
    pub(crate) fn sign(&self, text: &str) -> Note {
        Note::sign(text, &self.ledger).expect("a text")
    }

    /// The place of an entry under the head of all.
    pub(crate) fn proof(&self, index: u64) -> TlogProof {
        let nodes = self.nodes();
        let size = self.entries.len() as u64;
        TlogProof {
            extra: None,
            index,
            proof: inclusion_proof(index, size, &mut |node| found(&nodes, node))
                .expect("in the tree"),
            checkpoint: self.head(self.entries.len()),
        }
    }

    /// The root of the first entries, and the proof that the tree of all begins with them: a section of evidence.
    pub(crate) fn beginning(&self, size: usize) -> String {
        let nodes = self.nodes();
        let (old, new) = (size as u64, self.entries.len() as u64);
        let proof = consistency_proof(old, new, &mut |node| found(&nodes, node)).expect("smaller");
        let mut tree = Frontier::new();
        self.entries[..size]
            .iter()
            .for_each(|entry| tree.push(entry.leaf()));
        let hashes = std::iter::once(tree.root()).chain(proof);
        hashes.map(|hash| format!("{hash}\n")).collect()
    }

    fn nodes(&self) -> HashMap<NodeId, Hash> {
        let mut nodes = HashMap::new();
        let mut tree = Frontier::new();
        for entry in &self.entries {
            tree.push_with(entry.leaf(), &mut |node, hash| {
                nodes.insert(node, hash);
            });
        }
        nodes
    }

    /// Evidence against this ledger, with its row.
    pub(crate) fn evidence(&self, claim: amana_gateway::Claim) -> Evidence {
        Evidence::new(claim, ORIGIN, 0, "something").with("row", self.row())
    }
}

fn found(nodes: &HashMap<NodeId, Hash>, node: NodeId) -> amana_ledger::Result<Hash> {
    nodes
        .get(&node)
        .copied()
        .ok_or(amana_ledger::Error::ProofMismatch)
}
