//! Whether an institution's own mirror is whole: held against the trust policy alone, believing neither the data centre nor
//! the disk.

use std::collections::{BTreeMap, HashMap};
use std::io::Read;

use amana_ledger::{
    Checkpoint, Cosigned, Frontier, Hash, LedgerQuorum, Policy, RegistryRow, Signature, act_leaf,
    leaf_hash, verify_cosignature,
};
use anyhow::{Context as _, Result, ensure};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use super::acts::Opened;
use super::bag::Received;
use super::fold::Fold;
use super::keys::Opener;
use crate::progress::Progress;

/// Faults that are named at most.
const MAX_FAULTS: usize = 1000;
const READ_BYTES: usize = 256 * 1024;

/// Replays all acts, and reads all content that stands. What is missing or damaged stands under `faults`.
///
/// # Errors
/// When the acts aren't those that were signed, or an act isn't what a member signed: then nothing else can be said.
pub(crate) fn check(mirror: &Received, opener: &Opener, policy: &Policy) -> Result<Value> {
    let (checkpoint, row) = mirror.home()?.checkpoint(Some(policy))?;
    let mut fold = Fold::new(opener);
    let mut roots = Roots::of(mirror)?;
    mirror.each_act(|act| {
        let hash: Hash = act.body_hash.parse()?;
        roots.push(leaf_hash(&act_leaf(act.core.as_bytes(), &hash)));
        fold.take(act)
    })?;
    let folded = fold.end(&checkpoint)?;
    let witnessed = roots.witnessed(mirror, (&checkpoint, &row), policy)?;
    let (mut faults, mut contents, mut bytes) = (Vec::new(), 0_u64, 0_u64);
    let mut judge = |what: String, read: Result<u64>| {
        contents += 1;
        match read {
            Ok(size) => bytes += size,
            Err(why) if faults.len() < MAX_FAULTS => faults.push(format!("{what}: {why:#}")),
            Err(_) => {}
        }
    };
    let mut progress = Progress::new("reading content");
    let total = folded.pieces.len() as u64;
    for (done, (id, sha256)) in (0..).zip(&folded.pieces) {
        progress.at(done, total, "pieces");
        let read = mirror.piece(id).and_then(|stream| digested(stream, sha256));
        judge(format!("piece {}", hex::encode(id)), read);
    }
    let mut opened = Opened::new(opener);
    for act in mirror.acts()? {
        let act = act?;
        let made = opened.take(&act)?.and_then(|act| act.made());
        let Some(made) = made.filter(|_| folded.standing.contains_key(&act.index)) else {
            continue;
        };
        for extent in made.object.iter().flat_map(|object| &object.extents) {
            if extent.sealed.is_none() {
                let read = mirror.home()?.content(act.index, extent.blob);
                let read = read.and_then(|stream| digested(stream, &extent.sha256));
                judge(format!("{}/{}", made.place.bucket, made.place.key), read);
            }
        }
    }
    Ok(json!({
        "ledger": row.name,
        "acts": folded.size,
        "root": checkpoint.root.to_string(),
        "witnessed_size": witnessed,
        "contents": contents,
        "bytes": bytes,
        "faults": faults,
    }))
}

/// Reads a stream to its end; how long it was, if it has that digest.
fn digested(mut stream: Box<dyn Read + Send>, sha256: &[u8; 32]) -> Result<u64> {
    let (mut digest, mut size) = (Sha256::new(), 0);
    let mut buffer = vec![0; READ_BYTES];
    loop {
        match stream.read(&mut buffer).context("it can't be read")? {
            0 => break,
            read => {
                digest.update(&buffer[..read]);
                size += read as u64;
            }
        }
    }
    let found: [u8; 32] = digest.finalize().into();
    ensure!(found == *sha256, "it is not what its act says");
    Ok(size)
}

/// The roots at the sizes that witnesses cosigned.
struct Roots {
    frontier: Frontier,
    wanted: BTreeMap<u64, Vec<Signature>>,
    roots: HashMap<u64, Hash>,
}

impl Roots {
    fn of(mirror: &Received) -> Result<Self> {
        let mut wanted: BTreeMap<u64, Vec<Signature>> = BTreeMap::new();
        for line in mirror.home()?.cosigned() {
            wanted
                .entry(line.size)
                .or_default()
                .push(line.line.parse()?);
        }
        Ok(Self {
            frontier: Frontier::new(),
            wanted,
            roots: HashMap::new(),
        })
    }

    fn push(&mut self, leaf: Hash) {
        self.frontier.push(leaf);
        let size = self.frontier.size();
        if self.wanted.contains_key(&size) {
            self.roots.insert(size, self.frontier.root());
        }
    }

    /// The largest size at which the quorum of the policy stands, and the ledger's own if it has one.
    fn witnessed(
        &self,
        mirror: &Received,
        (checkpoint, row): (&Checkpoint, &RegistryRow),
        policy: &Policy,
    ) -> Result<Option<u64>> {
        let mut newest = None;
        for (size, signatures) in &self.wanted {
            let Some(root) = self.roots.get(size) else {
                continue;
            };
            let head = Checkpoint {
                origin: checkpoint.origin.clone(),
                size: *size,
                root: *root,
            };
            let mut stands = has_quorum(&head, signatures, policy);
            if let LedgerQuorum::Own(own) = &row.quorum {
                stands &= has_quorum(&head, signatures, own.policy());
            }
            if stands {
                newest = Some(*size);
            }
        }
        ensure!(
            newest.is_none_or(|newest| newest <= checkpoint.size),
            "{}: witnesses saw more than it counts",
            mirror.describe()
        );
        Ok(newest)
    }
}

fn has_quorum(head: &Checkpoint, signatures: &[Signature], policy: &Policy) -> bool {
    let mut cosigned = Cosigned::new();
    for signature in signatures {
        let mut known = policy.witnesses().iter();
        if let Some(witness) = known.find(|known| signature.is_by(&known.key))
            && let Ok(time_s) = verify_cosignature(&head.body(), signature, &witness.key)
        {
            cosigned.insert(*witness.key.key_bytes(), time_s);
        }
    }
    policy.quorum_time_s(&cosigned).is_some()
}
