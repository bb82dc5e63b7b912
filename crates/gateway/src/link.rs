//! The gateway, as its vault sees it.

use std::sync::{Arc, OnceLock};

use amana_store::BlobId;
use amana_vault::remote::{
    ActId, PieceRange, PieceSink, PlainStream, PlannedAct, RecordError, Recorded, Remote, Slot,
    SlotId,
};

use crate::Error;
use crate::follow::Follower;
use crate::keys::Keys;
use crate::pieces::Pieces;
use crate::recorder::Recorder;

/// Joins recorder, pieces, keys and follower.
pub(crate) struct Link {
    pub(crate) keys: Arc<Keys>,
    pub(crate) pieces: Arc<Pieces>,
    pub(crate) recorder: Arc<Recorder>,
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
        // The data centre sweeps pieces that no act named: it can't be told of each, since it may be out of reach.
        tracing::debug!(%piece, "a piece is left for the data centre to sweep");
    }

    async fn record(&self, act: PlannedAct) -> Result<Recorded, RecordError> {
        self.recorder.record(act).await
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
