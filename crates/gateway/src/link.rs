//! The gateway, as its vault sees it.

use std::sync::atomic::Ordering;
use std::sync::{Arc, OnceLock};

use amana_store::BlobId;
use amana_vault::remote::{
    ActId, PieceRange, PieceSink, PlainStream, PlannedAct, RecordError, Recorded, Remote, Slot,
    SlotId,
};

use crate::follow::Follower;
use crate::keys::Keys;
use crate::pieces::Pieces;
use crate::recorder::Recorder;
use crate::spool::{Spooling, apart, is_delivering};
use crate::{Error, refusal};

/// Joins recorder, pieces, keys and follower.
pub(crate) struct Link {
    pub(crate) keys: Arc<Keys>,
    pub(crate) pieces: Arc<Pieces>,
    pub(crate) recorder: Arc<Recorder>,
    pub(crate) spooling: Option<Arc<Spooling>>,
    /// The follower adopts into the vault, which is made with this link: so it comes last.
    pub(crate) follower: OnceLock<Arc<Follower>>,
}

#[async_trait::async_trait]
impl Remote for Link {
    fn act_id(&self) -> ActId {
        let mut id = [0; 8];
        if getrandom::fill(&mut id).is_err() {
            // A name that is taken is refused by the data centre, so that nothing worse than a refusal follows.
            tracing::error!("the system gives no randomness");
        }
        ActId(id)
    }

    fn slot(&self, slot: Slot<'_>) -> SlotId {
        let Ok(key) = self.keys.name_key() else {
            // Nothing is recorded without keys; the act fails where it is sealed, and says why.
            return SlotId([0; 32]);
        };
        let id = match slot {
            Slot::Object { bucket, key: name } => key.object(bucket, name.as_str()),
            Slot::Upload(tag) => key.upload(&tag),
        };
        SlotId(id.0)
    }

    fn ingest(&self, bucket: &str) -> amana_vault::Result<Box<dyn PieceSink>> {
        self.pieces.sink(bucket).map_err(Error::into_vault)
    }

    fn forget(&self, piece: BlobId) {
        if let Some(spooling) = &self.spooling {
            let spool = spooling.spool.clone();
            tokio::task::spawn_blocking(move || spool.forget(piece));
        }
        // The data centre sweeps pieces that no act named: it can't be told of each, since it may be out of reach.
        tracing::debug!(%piece, "a piece is left for the data centre to sweep");
    }

    async fn record(&self, act: PlannedAct) -> Result<Recorded, RecordError> {
        let Some(spooling) = self.spooling.as_ref().filter(|_| !is_delivering()) else {
            return self.recorder.record(act).await;
        };
        let apart = act.piece.as_ref().filter(|piece| piece.inline.is_none());
        let in_spool = apart.is_some_and(|piece| spooling.spool.has_piece(piece.id));
        // What the data centre was already sent can't be spooled: it may let go of it while it is out of reach.
        let may = act.spoolable && (in_spool || apart.is_none());
        if may && (in_spool || spooling.must()) {
            return spool(spooling, act).await;
        }
        if in_spool || spooling.must() {
            return Err(RecordError::Unreachable {
                why: "changes wait in the spool, and this one can't wait with them: it hangs on a condition, or is part of \
                      an upload"
                    .into(),
            });
        }
        if !may {
            return self.recorder.record(act).await;
        }
        match self.recorder.record(act.clone()).await {
            Err(RecordError::Unreachable { .. }) => {
                spooling.online.store(false, Ordering::Relaxed);
                spool(spooling, act).await
            }
            recorded => recorded,
        }
    }

    fn has_waiting(&self) -> bool {
        let spooling = self.spooling.as_ref().filter(|_| !is_delivering());
        spooling.is_some_and(|spooling| spooling.spool.has_waiting())
    }

    async fn wait_behind(&self, act: PlannedAct) -> RecordError {
        let Some(spooling) = &self.spooling else {
            return RecordError::Busy;
        };
        spool(spooling, act)
            .await
            .err()
            .unwrap_or(RecordError::Busy)
    }

    async fn read(&self, pieces: Vec<PieceRange>) -> amana_vault::Result<PlainStream> {
        self.pieces.read(pieces).await
    }

    async fn catch_up(&self) -> amana_vault::Result<()> {
        match self.follower.get() {
            Some(follower) => follower.advance().await.map_err(Error::into_vault),
            None => Ok(()),
        }
    }
}

async fn spool(spooling: &Spooling, act: PlannedAct) -> Result<Recorded, RecordError> {
    let bucket = act.bucket.name.clone();
    match apart(&spooling.spool, move |spool| spool.put(&act)).await {
        Ok(time_ms) => Err(RecordError::Spooled { time_ms }),
        Err(error) => Err(refusal::not_recorded(error, &bucket)),
    }
}
