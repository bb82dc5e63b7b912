//! The signed heads that bind. What the ledger's key signed once may not be taken back, whether it was followed or not.

use amana_ledger::{Checkpoint, Hash, Note, VerifierKey, verify_consistency};
use amana_store::Writer;

use super::suspicion::Suspicion;
use super::tiles::Tiles;
use super::{Follower, Place};
use crate::alarm::Claim;
use crate::rows::{Rows, set_state};
use crate::{Error, Result};

/// The newest head that was seen.
const SEEN: &str = "head";
/// The newest head that was followed to its end.
const FOLLOWED: &str = "followed";
/// That what was seen since is in evidence, and no more than that.
const CONVICTED: &str = "convicted";

/// A checkpoint that the ledger's key signed, and the note that says so.
pub(super) type Head = (Checkpoint, Note);

/// What is remembered of heads.
pub(super) struct Heads {
    /// The newest that was seen. It binds from then on: a crash before it is followed doesn't undo it.
    pub(super) seen: Option<Head>,
    /// The newest that was followed to its end, under which everything here was adopted: what convicts a history that
    /// doesn't begin with it.
    pub(super) followed: Option<Head>,
}

impl Heads {
    /// What the replica remembers, where it stands at `size` entries. `stopped` says that evidence of an alarm is kept.
    ///
    /// When it was taken away since, people saw to what was seen: it binds no more, and the ledger is followed on from the
    /// last head that was followed to its end.
    pub(super) fn open(rows: &Rows, log: &VerifierKey, size: u64, stopped: bool) -> Result<Self> {
        let kept = |name| -> Result<Option<Head>> {
            let note = rows.state(name)?.filter(|note| !note.is_empty());
            let opened = note.map(|note| Checkpoint::open(&note, log)).transpose();
            Ok(opened?)
        };
        let seen = kept(SEEN)?;
        let at_its_end = || seen.clone().filter(|(seen, _)| seen.size == size);
        let followed = kept(FOLLOWED)?.or_else(at_its_end);
        let mut heads = Self { seen, followed };
        let convicted = rows.state(CONVICTED)?.is_some_and(|mark| mark == [1]);
        if stopped && !convicted {
            Self::convict(rows)?;
        }
        if convicted && !stopped {
            heads.seen = heads.followed.clone();
            rows.write(|rows| {
                keep(rows, SEEN, heads.seen.as_ref())?;
                set_state(rows, CONVICTED, &[0])
            })?;
            rows.flush()?;
        }
        Ok(heads)
    }

    /// Marks that what was seen is in evidence. Durable on return.
    pub(super) fn convict(rows: &Rows) -> Result<()> {
        rows.write(|rows| set_state(rows, CONVICTED, &[1]))?;
        rows.flush()
    }

    /// Remembers a head before anything is read under it. Durable on return.
    pub(super) fn see(&mut self, rows: &Rows, head: &Head) -> Result<()> {
        if is_at(self.seen.as_ref(), head) {
            return Ok(());
        }
        rows.write(|rows| keep(rows, SEEN, Some(head)))?;
        rows.flush()?;
        self.seen = Some(head.clone());
        Ok(())
    }

    /// Remembers that a head was followed to its end.
    pub(super) fn follow(&mut self, rows: &Rows, head: &Head) -> Result<()> {
        if is_at(self.followed.as_ref(), head) {
            return Ok(());
        }
        rows.write(|rows| keep(rows, FOLLOWED, Some(head)))?;
        self.followed = Some(head.clone());
        Ok(())
    }
}

impl Follower {
    /// Compares a signed checkpoint with what is known, before any entry of it is looked at.
    pub(super) async fn judge_head(&self, place: &Place, head: &Head) -> Result<()> {
        let ((now, note), size) = (head, place.frontier.size());
        let seen = place.heads.seen.as_ref();
        // What was followed binds even where its head isn't kept.
        let known_size = seen.map_or(0, |(seen, _)| seen.size).max(size);
        if now.size < known_size {
            let why = format!(
                "it signed {known_size} entries and shows {} now: entries were removed, or it was restored from an older copy",
                now.size
            );
            let before = seen.filter(|(seen, _)| seen.size > now.size);
            let before = before.map(|(_, note)| note);
            return Err(self.two_heads(Claim::Rollback, &why, before, note, None));
        }
        if let Some((_, before)) =
            seen.filter(|(seen, _)| seen.size == now.size && seen.root != now.root)
        {
            let why = format!("it signed two roots of {} entries", now.size);
            return Err(self.two_heads(Claim::Fork, &why, Some(before), note, None));
        }
        if now.size == size && now.root != place.frontier.root() {
            return Err(self.diverged(place, head, size).await);
        }
        // A head that was seen and never followed to its end binds as well: the new one must begin with it.
        match seen {
            Some(seen) if seen.0.size > size => self.leads_on(place, seen, head).await,
            _ => Ok(()),
        }
    }

    /// Asks for the proof that the new head begins with a known one.
    pub(super) async fn leads_on(&self, place: &Place, known: &Head, head: &Head) -> Result<()> {
        let ((known, _), (now, _)) = (known, head);
        if known.size == now.size {
            return Ok(());
        }
        let mut tiles = Tiles::new(self, now.size);
        let proof = tiles.consistency(known.size, now.size).await?;
        if verify_consistency(known.size, &known.root, now.size, &now.root, &proof).is_ok() {
            return Ok(());
        }
        Err(self.diverged(place, head, known.size).await)
    }

    /// What we hold doesn't lead to what was signed: finds out whether the signed trees contradict one another, or an
    /// entry isn't the one in the tree.
    pub(super) async fn diverged(&self, place: &Place, head: &Head, until: u64) -> Error {
        let heads = &place.heads;
        for known in heads.followed.iter().chain(&heads.seen) {
            if let Some(fork) = self.forks(known, head).await {
                return fork;
            }
        }
        let from = place.frontier.size();
        let why = format!(
            "one of the entries {from} to {} is not the one that was recorded: they do not have the root that it signed",
            until.saturating_sub(1)
        );
        let found = Suspicion::of(Claim::ChangedEntry, from, &why);
        self.suspect(found, None, head).await
    }

    /// The alarm for a head that provably doesn't begin with a known one.
    async fn forks(&self, known: &Head, head: &Head) -> Option<Error> {
        let ((known, known_note), (now, note)) = (known, head);
        if known.size == 0 || known.size >= now.size {
            return None;
        }
        let mut tiles = Tiles::new(self, now.size);
        let proof = tiles.consistency(known.size, now.size).await.ok()?;
        let beginning = tiles.root_at(known.size).await.ok()?;
        let leads =
            |root: &Hash| verify_consistency(known.size, root, now.size, &now.root, &proof).is_ok();
        if leads(&known.root) {
            return None;
        }
        let why = format!(
            "the {} entries that it signs now do not begin with the {} that it signed before",
            now.size, known.size
        );
        let shown = leads(&beginning).then_some((beginning, proof));
        Some(self.two_heads(Claim::Fork, &why, Some(known_note), note, shown))
    }
}

fn is_at(known: Option<&Head>, head: &Head) -> bool {
    known.is_some_and(|(known, _)| known.size == head.0.size)
}

fn keep(rows: &Writer<'_>, name: &str, head: Option<&Head>) -> amana_store::Result<()> {
    let note = head.map_or_else(String::new, |(_, note)| note.to_string());
    set_state(rows, name, note.as_bytes())
}
