//! What stands at the end of a ledger, as far as a deposit elsewhere needs it.

use std::collections::{BTreeMap, HashMap, HashSet};

use amana_ledger::{Checkpoint, Frontier, Hash, act_leaf, body_hash, leaf_hash};
use amana_seal::statement::{Statement, Touch};
use amana_vault::{Tags, Versioning};
use anyhow::{Context as _, Result, bail, ensure};

use super::acts::{Made, Opened, Plain, erased_by};
use super::keys::Opener;
use crate::wire::ActText;

/// A fold over all acts.
pub(super) struct Fold<'o> {
    opened: Opened<'o>,
    frontier: Frontier,
    slots: HashMap<(Option<u64>, [u8; 32]), u64>,
    /// Acts without the body that they had: which slots they moved went with it.
    bodiless: HashSet<u64>,
    /// Acts whose bodies an act erased.
    erased: HashSet<u64>,
    folded: Folded,
}

/// What stands.
#[derive(Default)]
pub(super) struct Folded {
    /// How many acts there are.
    pub(super) size: u64,
    /// Entries of versions, delete markers among them, with the bucket of each.
    pub(super) standing: BTreeMap<u64, u64>,
    /// Tags set after the deposit.
    pub(super) tags: HashMap<u64, Tags>,
    /// By the entry that made it.
    pub(super) buckets: BTreeMap<u64, Bucket>,
    /// Digests of pieces, as they were signed.
    pub(super) pieces: HashMap<[u8; 16], [u8; 32]>,
}

/// A bucket.
pub(super) struct Bucket {
    pub(super) name: String,
    sealed: bool,
    pub(super) versioning: Versioning,
}

impl<'o> Fold<'o> {
    /// Nothing yet.
    pub(super) fn new(opener: &'o Opener) -> Self {
        Self {
            opened: Opened::new(opener),
            frontier: Frontier::new(),
            slots: HashMap::new(),
            bodiless: HashSet::new(),
            erased: HashSet::new(),
            folded: Folded::default(),
        }
    }

    /// Takes the next act.
    ///
    /// # Errors
    /// An act out of order, a body that was changed, and those of [`Opened::take`].
    pub(super) fn take(&mut self, act: &ActText) -> Result<()> {
        let index = act.index;
        ensure!(index == self.folded.size, "act {index} is out of order");
        let hash: Hash = act.body_hash.parse()?;
        if let Some(body) = &act.body {
            let mut salt = [0; 32];
            hex::decode_to_slice(&body.salt, &mut salt).with_context(|| format!("act {index}"))?;
            ensure!(
                body_hash(&salt, body.text.as_bytes()) == hash,
                "the body of act {index} is not the one that was recorded"
            );
        }
        self.frontier
            .push(leaf_hash(&act_leaf(act.core.as_bytes(), &hash)));
        self.folded.size += 1;
        if act.body.is_none() && hash.as_bytes() != &[0; 32] {
            self.bodiless.insert(index);
        }
        self.erased.extend(erased_by(act)?);
        if let Some(plain) = self.opened.take(act)? {
            if let Some(statement) = &plain.statement {
                self.slots(index, statement)?;
            }
            self.folded.apply(index, &plain)?;
        }
        Ok(())
    }

    /// What stands, if the acts are those that were signed.
    ///
    /// # Errors
    /// When they aren't.
    pub(super) fn end(self, checkpoint: &Checkpoint) -> Result<Folded> {
        ensure!(
            (self.folded.size, self.frontier.root()) == (checkpoint.size, checkpoint.root),
            "the acts of the bag are not those that the old data centre signed"
        );
        if let Some(lost) = self.bodiless.difference(&self.erased).min() {
            bail!("act {lost} has lost its body, and no act says that it was erased");
        }
        Ok(self.folded)
    }

    /// Each act names the one that moved its slots last: none is left out, doubled or moved.
    fn slots(&mut self, index: u64, statement: &Statement) -> Result<()> {
        let bucket = statement.bucket.created;
        let moved = statement.touches.iter().chain(&statement.retires);
        for Touch { slot, last } in moved {
            let found = self.slots.insert((bucket, *slot), index);
            ensure!(
                found == *last || last.is_some_and(|last| self.bodiless.contains(&last)),
                "act {index} does not follow the last one on its object: one was left out or moved"
            );
        }
        for Touch { slot, .. } in &statement.retires {
            self.slots.remove(&(bucket, *slot));
        }
        if let Some(piece) = &statement.piece {
            self.folded.pieces.insert(piece.id.0, piece.sha256);
        }
        for released in &statement.releases {
            self.folded.pieces.remove(&released.0);
        }
        Ok(())
    }
}

impl Folded {
    fn apply(&mut self, index: u64, plain: &Plain) -> Result<()> {
        let links = &plain.links;
        let bucket = links.bucket.and_then(|bucket| self.buckets.get(&bucket));
        ensure!(
            plain.statement.is_some() || bucket.is_none_or(|bucket| !bucket.sealed),
            "nobody signed act {index}, and it is on a sealed bucket: the data centre wrote it"
        );
        match plain.kind.as_str() {
            "bucket.create" => {
                if let Some(new) = plain.new_bucket() {
                    let bucket = Bucket {
                        name: new.name,
                        sealed: plain.statement.is_some(),
                        versioning: Versioning::Unversioned,
                    };
                    self.buckets.insert(index, bucket);
                }
            }
            "bucket.delete" => {
                links.bucket.map(|bucket| self.buckets.remove(&bucket));
            }
            "bucket.versioning" => {
                let bucket = links
                    .bucket
                    .and_then(|bucket| self.buckets.get_mut(&bucket));
                if let (Some(bucket), Some(versioning)) = (bucket, links.versioning) {
                    bucket.versioning = versioning;
                }
            }
            "object.tags" => {
                let of_it = |version: &u64| self.standing.get(version) == links.bucket.as_ref();
                let version = links.version.filter(of_it);
                if let (Some(version), Some(tags)) = (version, plain.tags()) {
                    self.tags.insert(version, tags);
                }
            }
            _ => {
                for gone in [links.replaces, links.removes].into_iter().flatten() {
                    if self.standing.get(&gone) == links.bucket.as_ref() {
                        self.standing.remove(&gone);
                        self.tags.remove(&gone);
                    }
                }
                if let (Some(bucket), Some(_)) = (links.bucket, plain.made()) {
                    self.standing.insert(index, bucket);
                }
            }
        }
        Ok(())
    }

    /// Whether the bucket must keep versions for this one to be made as it was.
    pub(super) fn versioning_for(&self, made: &Made) -> Versioning {
        match (made.null, made.object.is_some()) {
            (false, _) => Versioning::Enabled,
            (true, true) => Versioning::Unversioned,
            // Only a bucket that kept versions once has delete markers.
            (true, false) => Versioning::Suspended,
        }
    }
}
