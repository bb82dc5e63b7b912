//! A vault at home: planned on the replica, recorded by the data centre, adopted into the replica. [`crate::remote`]
//! says how.

mod turns;

use std::sync::Arc;

use amana_store::replica::{Adopted, Planned, Replica};
use amana_store::{At, Committed, EntryId, PlainAct, Reader, Writer};

use crate::acts::Sealable;
use crate::remote::{
    ActId, BucketHead, Followed, NewPiece, PlannedAct, RecordError, Remote, Slot, SlotHead, SlotId,
};
use crate::views::{heads, uploads, versions};
use crate::{Error, ObjectKey, Result};
use turns::Turns;

/// How often an act that another gateway came before is planned again.
const MAX_TRIES: usize = 8;
/// Pieces that nobody holds any more and that no act released, which an act releases beside its own.
const MAX_LOOSE: usize = 100;

/// The replica, the gateway around it, and whose turn it is.
pub(crate) struct Home {
    pub(crate) replica: Arc<Replica>,
    pub(crate) remote: Arc<dyn Remote>,
    turns: Turns,
}

/// What planning an act sees beside what the act does.
struct Seen {
    bucket: BucketHead,
    touches: Vec<SlotHead>,
    retires: Vec<SlotHead>,
    loose: Vec<amana_store::BlobId>,
}

/// A finished piece, until an act has brought it.
struct Pending<'r> {
    remote: &'r dyn Remote,
    piece: Option<NewPiece>,
}

impl Drop for Pending<'_> {
    fn drop(&mut self) {
        if let Some(piece) = self.piece.take() {
            self.remote.forget(piece.id);
        }
    }
}

impl Home {
    pub(crate) fn new(replica: Arc<Replica>, remote: Arc<dyn Remote>) -> Self {
        Self {
            replica,
            remote,
            turns: Turns::default(),
        }
    }

    /// Has an act recorded, and adopts it.
    pub(crate) async fn commit<A: Sealable>(
        &self,
        mut act: A,
        piece: Option<NewPiece>,
    ) -> Result<Committed<A::Output>> {
        let mut pending = Pending {
            remote: &*self.remote,
            piece,
        };
        for _ in 0..MAX_TRIES {
            let id = self.remote.act_id();
            let slots = self.slots(&act, id);
            let _turn = self.turns.take(slots).await;
            // Asked before the look at the rows: what is recorded in between is then seen.
            let waiting = act.is_spoolable() && self.remote.has_waiting();
            let (planned, output) = match self.plan(&mut act, id, pending.piece.clone()) {
                Err(Error::NoSuchVersion) if waiting => {
                    return Err(refused(self.remote.wait_behind(unplanned(&act, id)?).await));
                }
                planned => planned?,
            };
            // Once it is on its way, the piece is the act's: nobody knows what a request that is dropped here became.
            let piece = pending.piece.take();
            match self.remote.record(planned.clone()).await {
                Ok(recorded) => {
                    let entry = EntryId::new(planned.ledger, recorded.index).ok_or_else(beyond)?;
                    let followed = planned.recorded(entry, recorded.time_ms);
                    self.adopt(&followed, |_| Ok(()))?;
                    return self.committed::<A>(output, &followed);
                }
                Err(RecordError::Spooled { time_ms }) => return Err(Error::Spooled { time_ms }),
                Err(RecordError::Unknown { why }) => return Err(Error::OutcomeUnknown { why }),
                Err(RecordError::Conflict) => pending.piece = piece,
                Err(error) => {
                    pending.piece = piece;
                    return Err(refused(error));
                }
            }
            self.remote.catch_up().await?;
        }
        Err(Error::Busy)
    }

    fn committed<A: Sealable>(
        &self,
        output: A::Output,
        followed: &Followed,
    ) -> Result<Committed<A::Output>> {
        let ledger = followed.entry.ledger();
        let name = self.replica.ledger_name(ledger);
        Ok(Committed {
            output: A::settle(output, &followed.at()),
            entry: followed.entry,
            ledger: name.ok_or_else(|| amana_store::Error::Missing {
                what: format!("ledger {}", ledger.0),
            })?,
            time_ms: followed.time_ms,
        })
    }

    fn slots<A: Sealable>(&self, act: &A, id: ActId) -> Vec<SlotId> {
        let moved = act.moves(id).into_iter();
        moved.map(|(slot, _)| self.remote.slot(slot)).collect()
    }

    fn plan<A: Sealable>(
        &self,
        act: &mut A,
        id: ActId,
        piece: Option<NewPiece>,
    ) -> Result<(PlannedAct, A::Output)> {
        let amana_store::Target::Ledger(ledger) = act.target() else {
            return Err(beyond().into());
        };
        let planned = self
            .replica
            .plan(act, id.0, |act, rows| self.look(act, id, ledger, rows));
        let Planned {
            plain,
            output,
            frees: mut releases,
            seen,
        } = planned.map_err(denied)?;
        // A part that replaces itself, and the like, may free what it brings: nothing of that is released.
        releases.retain(|blob| piece.as_ref().is_none_or(|piece| piece.id != *blob));
        releases.extend(seen.loose);
        let planned = PlannedAct {
            ledger,
            id,
            plain,
            bucket: seen.bucket,
            touches: seen.touches,
            retires: seen.retires,
            piece,
            releases,
            spoolable: act.is_spoolable(),
        };
        Ok((planned, output))
    }

    /// Reads the heads that the act stands on, and which of its slots nothing would be left of.
    fn look<A: Sealable>(
        &self,
        act: &A,
        id: ActId,
        ledger: amana_store::LedgerId,
        rows: &Reader<'_>,
    ) -> amana_store::Result<Seen> {
        let bucket = match act.bucket_entry() {
            Some(index) => Some(EntryId::new(ledger, index).ok_or_else(beyond)?),
            None => None,
        };
        let (mut touches, mut retires) = (Vec::new(), Vec::new());
        for (slot, key) in act.moves(id) {
            let left = match bucket {
                Some(bucket) => is_left(rows, bucket, slot, key)?,
                None => true,
            };
            let slot = self.remote.slot(slot);
            let head = heads::of_slot(rows, slot)?;
            let moved = if left { &mut touches } else { &mut retires };
            moved.push(SlotHead { slot, head });
        }
        let (settings, loose) = match bucket {
            Some(bucket) => (
                heads::of_bucket(rows, bucket)?,
                heads::loose(rows, bucket, MAX_LOOSE)?,
            ),
            None => (None, Vec::new()),
        };
        Ok(Seen {
            bucket: BucketHead {
                name: act.bucket().to_owned(),
                entry: act.bucket_entry(),
                settings,
            },
            touches,
            retires,
            loose,
        })
    }

    /// Applies a recorded act and moves the heads that it moved, once; `also` runs in the same instant.
    pub(crate) fn adopt(
        &self,
        followed: &Followed,
        also: impl FnOnce(&Writer<'_>) -> amana_store::Result<()>,
    ) -> amana_store::Result<()> {
        let (at, plain) = (followed.at(), &followed.plain);
        self.replica.adopt(&at, plain, |rows, adopted| {
            if let Adopted::Now { frees } = adopted {
                heads::moved(rows, followed, frees)?;
            }
            also(rows)
        })
    }
}

impl Followed {
    fn at(&self) -> At {
        At {
            entry: self.entry,
            time_ms: self.time_ms,
            tag: self.id.0,
        }
    }
}

impl PlannedAct {
    /// The act as it stands in the ledger.
    fn recorded(self, entry: EntryId, time_ms: i64) -> Followed {
        let slots = |heads: Vec<SlotHead>| heads.into_iter().map(|head| head.slot).collect();
        Followed {
            entry,
            id: self.id,
            time_ms,
            plain: self.plain,
            touches: slots(self.touches),
            retires: slots(self.retires),
            releases: self.releases,
        }
    }
}

/// Whether anything is left of a slot.
fn is_left(
    rows: &Reader<'_>,
    bucket: EntryId,
    slot: Slot<'_>,
    key: &ObjectKey,
) -> amana_store::Result<bool> {
    Ok(match slot {
        Slot::Object { .. } => versions::latest(rows, bucket, key.as_bytes())?.is_some(),
        Slot::Upload(tag) => uploads::is_under_way(rows, bucket, key.as_bytes(), tag)?,
    })
}

/// What an act says that found nothing to do.
fn unplanned<A: Sealable>(act: &A, id: ActId) -> Result<PlannedAct> {
    let amana_store::Target::Ledger(ledger) = act.target() else {
        return Err(beyond().into());
    };
    Ok(PlannedAct {
        ledger,
        id,
        plain: PlainAct::of(act)?,
        bucket: BucketHead {
            name: act.bucket().to_owned(),
            entry: None,
            settings: None,
        },
        touches: Vec::new(),
        retires: Vec::new(),
        piece: None,
        releases: Vec::new(),
        spoolable: true,
    })
}

fn refused(error: RecordError) -> Error {
    match error {
        RecordError::Refused(error) => error,
        RecordError::Conflict | RecordError::Busy => Error::Busy,
        RecordError::Spooled { time_ms } => Error::Spooled { time_ms },
        RecordError::Unreachable { why } => Error::Unreachable { why },
        RecordError::Unknown { why } => Error::OutcomeUnknown { why },
    }
}

fn denied(denied: amana_store::Denied<Error>) -> Error {
    match denied {
        amana_store::Denied::Refused(error) => error,
        amana_store::Denied::Store(error) => error.into(),
    }
}

fn beyond() -> amana_store::Error {
    amana_store::Error::TooLarge {
        what: "an entry's index",
        max: 1 << 40,
    }
}
