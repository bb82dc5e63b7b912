//! From what doesn't fit to evidence that others can judge.

use amana_ledger::{Hash, Note, TlogProof};

use super::Follower;
use super::heads::Head;
use super::tiles::Tiles;
use crate::Error;
use crate::alarm::{Claim, now_ms};
use crate::evidence::Evidence;
use crate::wire::{self, ActText, Acts};

/// What doesn't fit at an entry.
pub(crate) struct Suspicion {
    pub(crate) claim: Claim,
    pub(crate) index: u64,
    pub(crate) why: String,
    /// The keyring in force there, where it matters.
    pub(crate) keyring: Option<String>,
    /// The entry that made the bucket, where it matters.
    pub(crate) bucket: Option<u64>,
    /// The acknowledgement that is denied.
    pub(crate) ack: Option<String>,
}

impl Suspicion {
    pub(crate) fn of(claim: Claim, index: u64, why: &str) -> Self {
        Self {
            claim,
            index,
            why: why.to_owned(),
            keyring: None,
            bucket: None,
            ack: None,
        }
    }
}

impl Follower {
    /// Raises the alarm for two signed checkpoints, or for the later one alone where the earlier isn't kept. `shown` is the
    /// root that the later tree has at the earlier size, and the proof of it.
    pub(super) fn two_heads(
        &self,
        claim: Claim,
        why: &str,
        before: Option<&Note>,
        after: &Note,
        shown: Option<(Hash, Vec<Hash>)>,
    ) -> Error {
        let mut evidence = self.evidence(claim, why);
        if let Some(before) = before {
            evidence = evidence.with("before", before);
        }
        evidence = evidence.with("after", after);
        if let Some((beginning, proof)) = shown {
            let lines: Vec<String> = std::iter::once(&beginning)
                .chain(&proof)
                .map(Hash::to_string)
                .collect();
            evidence = evidence.with("beginning", lines.join("\n"));
        }
        self.alarms.raise(&evidence).into()
    }

    /// Raises the alarm for an entry, with whatever proof of it is still to be had.
    pub(super) async fn suspect(
        &self,
        found: Suspicion,
        act: Option<&ActText>,
        head: &Head,
    ) -> Error {
        let (head, note) = head;
        let why = format!("entry {}: {}", found.index, found.why);
        let mut evidence = self.evidence(found.claim, &why).with("after", note);
        let mut tiles = Tiles::new(self, head.size);
        if let Some(act) = act {
            let proof = prove(&mut tiles, act.index, note).await;
            evidence = evidence
                .with_act("entry", &act.shown())
                .with_proof("proof", proof.as_ref());
        }
        if let Some(index) = found.bucket
            && let Some(made) = self.act_at(index).await
        {
            let proof = prove(&mut tiles, index, note).await;
            evidence = evidence
                .with_act("bucket", &made.shown())
                .with_proof("bucket proof", proof.as_ref());
        }
        if let Some(keyring) = found.keyring {
            evidence = evidence.with("keyring", keyring);
        }
        if let Some(ack) = found.ack {
            evidence = evidence.with("ack", ack);
        }
        self.alarms.raise(&evidence).into()
    }

    pub(super) fn evidence(&self, claim: Claim, why: &str) -> Evidence {
        Evidence::new(claim, self.trust.origin(), now_ms(), why).with("row", &self.trust.note)
    }

    pub(super) async fn act_at(&self, index: u64) -> Option<ActText> {
        let path = format!("acts/{index}");
        let page = self.fetch(&path, wire::MAX_ACTS_BYTES).await.ok()?;
        let Acts { acts } = wire::json(&path, &page).ok()?;
        acts.into_iter().find(|act| act.index == index)
    }
}

/// The place of an entry in the signed tree; nothing if it can't be had. It is for the judge to verify.
async fn prove(tiles: &mut Tiles<'_>, index: u64, note: &Note) -> Option<TlogProof> {
    let proof = tiles.inclusion(index).await.ok()?;
    Some(TlogProof {
        extra: None,
        index,
        proof,
        checkpoint: note.clone(),
    })
}
