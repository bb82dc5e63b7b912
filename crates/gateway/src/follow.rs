//! Following the institution's own ledger, and believing nothing of it that doesn't fit.
//!
//! Every entry is hashed here and pushed on a tree of our own. Nothing is adopted before the tree of the signed
//! checkpoint is shown to begin with exactly these entries; a sealed act is adopted only when a member of the keyring in
//! force signed it, it follows its slots' heads, and its envelope opens. Whatever doesn't fit raises an alarm, after which
//! nothing is adopted and nothing recorded: what was verified before can still be read, and says that it isn't vouched for.

mod entry;
mod erase;
mod erasure;
mod heads;
mod subject;
mod suspicion;
mod tiles;
mod trust;

use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use amana_ledger::{Checkpoint, Frontier, leaf_hash, verify_consistency};
use amana_vault::Vault;

pub(crate) use trust::Trust;

use crate::acks::Acks;
use crate::alarm::{Alarms, Claim, now_ms};
use crate::centre::Centre;
use crate::keys::Keys;
use crate::rows::{Rows, set_state};
use crate::wire::{self, ActText, Acts};
use crate::{Error, Result};
use entry::Judge;
use erasure::Foretold;
use heads::{Head, Heads};
use suspicion::Suspicion;
use tiles::Tiles;

/// The longest checkpoint or row.
const MAX_NOTE_BYTES: usize = amana_ledger::MAX_NOTE_BYTES;
const FRONTIER: &str = "frontier";

/// How far a long sync has come.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Progress {
    /// Entries followed.
    pub done: u64,
    /// Entries of the newest checkpoint.
    pub of: u64,
}

/// Told of progress, for a progress bar.
pub type Tell = Arc<dyn Fn(Progress) + Send + Sync>;

/// What following needs of the rest.
pub(crate) struct Follower {
    pub(crate) centre: Arc<Centre>,
    pub(crate) keys: Arc<Keys>,
    pub(crate) alarms: Arc<Alarms>,
    pub(crate) acks: Arc<Acks>,
    pub(crate) vault: Arc<Vault>,
    pub(crate) rows: Rows,
    pub(crate) trust: Trust,
    tell: Option<Tell>,
    place: tokio::sync::Mutex<Place>,
    shown: Mutex<Checkpoint>,
    followed_ms: AtomicI64,
    of: AtomicU64,
}

/// Where the follower stands.
struct Place {
    frontier: Frontier,
    heads: Heads,
}

/// The parts that a follower is made of.
pub(crate) struct Parts {
    pub(crate) centre: Arc<Centre>,
    pub(crate) keys: Arc<Keys>,
    pub(crate) alarms: Arc<Alarms>,
    pub(crate) acks: Arc<Acks>,
    pub(crate) vault: Arc<Vault>,
    pub(crate) rows: Rows,
    pub(crate) trust: Trust,
    pub(crate) tell: Option<Tell>,
}

impl Follower {
    /// Takes up where the replica says that it was left. Blocking.
    pub(crate) fn open(parts: Parts) -> Result<Self> {
        let frontier = match parts.rows.state(FRONTIER)? {
            Some(bytes) => Frontier::from_bytes(&bytes)?,
            None => Frontier::new(),
        };
        let stopped = parts.alarms.convicting().is_some();
        let heads = Heads::open(&parts.rows, &parts.trust.row.log, frontier.size(), stopped)?;
        parts.acks.passed(frontier.size())?;
        let shown = Mutex::new(Checkpoint {
            origin: parts.trust.origin().to_owned(),
            size: frontier.size(),
            root: frontier.root(),
        });
        Ok(Self {
            centre: parts.centre,
            keys: parts.keys,
            alarms: parts.alarms,
            acks: parts.acks,
            vault: parts.vault,
            rows: parts.rows,
            trust: parts.trust,
            tell: parts.tell,
            place: tokio::sync::Mutex::new(Place { frontier, heads }),
            shown,
            followed_ms: AtomicI64::new(0),
            of: AtomicU64::new(0),
        })
    }

    /// The head that everything served here comes from.
    pub(crate) fn head(&self) -> Checkpoint {
        let shown = self.shown.lock().unwrap_or_else(PoisonError::into_inner);
        shown.clone()
    }

    /// The signed head that was followed to its end last; nothing before the first.
    pub(crate) async fn followed(&self) -> Result<Option<Head>> {
        Ok(self.place.lock().await.heads.followed.clone())
    }

    /// Whether the signed tree begins with exactly these entries.
    pub(crate) async fn begins_with(&self, ahead: &Frontier, head: &Checkpoint) -> Result<bool> {
        self.continues(ahead, head, &mut Tiles::new(self, head.size))
            .await
    }

    /// When the ledger was last followed to its end, milliseconds since 1970; 0 for never since the start.
    pub(crate) fn followed_ms(&self) -> i64 {
        self.followed_ms.load(Ordering::Relaxed)
    }

    /// Entries of the newest checkpoint that was seen.
    pub(crate) fn known_size(&self) -> u64 {
        self.of.load(Ordering::Relaxed)
    }

    /// Follows the ledger to its newest checkpoint.
    pub(crate) async fn advance(&self) -> Result<()> {
        if let Some(alarm) = self.alarms.convicting() {
            return Err(alarm.into());
        }
        let mut place = self.place.lock().await;
        let advanced = self.to_newest(&mut place).await;
        if advanced.is_err() && self.alarms.convicting().is_some() {
            let rows = self.rows.clone();
            let convicted = tokio::task::spawn_blocking(move || Heads::convict(&rows)).await;
            convicted.map_err(|_| Error::Stopping)??;
        }
        advanced
    }

    async fn to_newest(&self, place: &mut Place) -> Result<()> {
        // Looked at before the question: what was acknowledged or erased by now is in every checkpoint that is signed from
        // here on.
        let (acked, erased) = (self.acks.newest(), self.unexplained()?);
        let note = self.fetch("checkpoint", MAX_NOTE_BYTES).await?;
        let head = match Checkpoint::open(&note, &self.trust.row.log) {
            Ok(opened) => opened,
            Err(error) => return Err(self.trust.foreign(self, &error).await),
        };
        self.judge_head(place, &head).await?;
        place.heads.see(&self.rows, &head)?;
        if let Some((index, ack)) = self.acks.denied() {
            return Err(self.denied(index, ack, &head).await);
        }
        if let Some(index) = acked
            && index >= head.0.size
        {
            return Err(self.unrecorded(index, &head).await?);
        }
        if let Some(alarm) = self.alarms.stopping() {
            // The witness inside was shown what it refuses. If this gateway is shown as much, that is evidence of its own,
            // which others can judge; nothing is followed either way.
            if let Some(followed) = &place.heads.followed {
                self.leads_on(place, followed, &head).await?;
            }
            return Err(alarm.into());
        }
        self.of.store(head.0.size, Ordering::Relaxed);
        let (mut tiles, mut foretold) = (Tiles::new(self, head.0.size), Foretold::default());
        while place.frontier.size() < head.0.size {
            self.page(place, &head, &mut tiles, &mut foretold).await?;
        }
        self.explained(place, &head, erased).await?;
        place.heads.follow(&self.rows, &head)?;
        self.followed_ms.store(now_ms(), Ordering::Relaxed);
        Ok(())
    }

    /// It acknowledged an act of ours at an entry that it had shown to be another.
    async fn denied(&self, index: u64, ack: String, head: &Head) -> Error {
        let why = "it acknowledged an act of ours for this entry, after it had shown another one";
        let found = Suspicion {
            ack: Some(ack),
            ..Suspicion::of(Claim::DeniedAck, index, why)
        };
        let act = self.act_at(index).await;
        self.suspect(found, act.as_ref(), head).await
    }

    /// It acknowledged an act, and signs a checkpoint afterwards that doesn't hold it.
    async fn unrecorded(&self, index: u64, head: &Head) -> Result<Error> {
        let why = format!(
            "it acknowledged an act of ours for this entry, and has {} entries afterwards",
            head.0.size
        );
        let found = Suspicion {
            ack: self.acks.note_of(index)?,
            ..Suspicion::of(Claim::DeniedAck, index, &why)
        };
        Ok(self.suspect(found, None, head).await)
    }

    /// Follows one page of acts.
    async fn page(
        &self,
        place: &mut Place,
        head: &Head,
        tiles: &mut Tiles<'_>,
        foretold: &mut Foretold,
    ) -> Result<()> {
        let size = head.0.size;
        let first = place.frontier.size();
        let path = format!("acts/{first}");
        let page = self.fetch(&path, wire::MAX_ACTS_BYTES).await?;
        let Acts { acts } = wire::json(&path, &page)?;
        let mut ahead = place.frontier.clone();
        let mut taken = Vec::new();
        for act in acts {
            if ahead.size() == size {
                break;
            }
            if act.index != ahead.size() {
                return Err(Error::malformed(&path, "its acts are not in order"));
            }
            let hash = leaf_hash(&act.leaf());
            if act.index == 0 && hash != self.trust.row.genesis {
                let found = Suspicion::of(Claim::OtherLedger, 0, "it does not begin as it did");
                return Err(self.suspect(found, Some(&act), head).await);
            }
            if !act.body_stands() {
                let why = "its body is not the one that was hashed";
                let found = Suspicion::of(Claim::ChangedEntry, act.index, why);
                return Err(self.suspect(found, Some(&act), head).await);
            }
            ahead.push(hash);
            taken.push(act);
        }
        if taken.is_empty() {
            return Err(Error::malformed(
                &path,
                "it has no acts, and there must be some",
            ));
        }
        if !self.continues(&ahead, &head.0, tiles).await? {
            return Err(self.diverged(place, head, ahead.size()).await);
        }
        self.foretell(foretold, &taken, size).await?;
        self.adopt(taken, &ahead, head, foretold).await?;
        place.frontier = ahead;
        self.show(&place.frontier);
        if let Some(tell) = &self.tell {
            tell(Progress {
                done: place.frontier.size(),
                of: size,
            });
        }
        Ok(())
    }

    /// Whether the signed tree begins with exactly these entries.
    async fn continues(
        &self,
        ahead: &Frontier,
        head: &Checkpoint,
        tiles: &mut Tiles<'_>,
    ) -> Result<bool> {
        if ahead.size() == head.size {
            return Ok(ahead.root() == head.root);
        }
        let proof = tiles.consistency(ahead.size(), head.size).await?;
        let stands = verify_consistency(ahead.size(), &ahead.root(), head.size, &head.root, &proof);
        Ok(stands.is_ok())
    }

    /// Judges a page's acts and adopts them, with the place where that leaves us, in one go.
    async fn adopt(
        &self,
        acts: Vec<ActText>,
        ahead: &Frontier,
        head: &Head,
        foretold: &Foretold,
    ) -> Result<()> {
        let judge = Judge::of(self, foretold);
        let frontier = ahead.to_bytes();
        let (rows, acks, size) = (self.rows.clone(), self.acks.clone(), ahead.size());
        let judged = tokio::task::spawn_blocking(move || -> Result<_> {
            for act in acts {
                if let Err(found) = judge.follow(&act)? {
                    return Ok(Some((act, found)));
                }
            }
            rows.write(|rows| set_state(rows, FRONTIER, &frontier))?;
            acks.passed(size)?;
            Ok(None)
        });
        match judged.await.map_err(|_| Error::Stopping)?? {
            None => Ok(()),
            Some((act, found)) => Err(self.suspect(found, Some(&act), head).await),
        }
    }

    fn show(&self, frontier: &Frontier) {
        let mut shown = self.shown.lock().unwrap_or_else(PoisonError::into_inner);
        shown.size = frontier.size();
        shown.root = frontier.root();
    }

    async fn fetch(&self, under: &str, max_bytes: usize) -> Result<bytes::Bytes> {
        let path = format!("/ledgers/{}/{under}", self.trust.row.name);
        self.centre.get(&path, max_bytes).await
    }
}
