//! Pieces: content sealed on its way out, and opened on its way in. Nothing of it touches this machine's disk in clear.
//!
//! Each piece is one age file, sealed to the key that its bucket has in the current epoch. Small ones travel inside
//! their act; larger ones go to the data centre in segments while they come in, so that memory stays constant.

mod opening;
mod reading;
mod sink;

use std::sync::Arc;

use amana_store::BlobId;
use amana_vault::remote::{PieceRange, PieceSink, PlainStream};

use crate::alarm::Alarms;
use crate::centre::Centre;
use crate::keys::Keys;
use crate::spool::Spooling;
use crate::{Error, Result};
use opening::Openers;
pub(crate) use sink::Segment;

/// Plain content of at most this many bytes travels inside its act.
const MAX_INLINE_PLAIN_BYTES: usize = 24 * 1024;

/// What sealing and opening pieces needs.
pub(crate) struct Pieces {
    centre: Arc<Centre>,
    keys: Arc<Keys>,
    alarms: Arc<Alarms>,
    origin: String,
    spooling: Option<Arc<Spooling>>,
    openers: Openers,
}

impl Pieces {
    pub(crate) fn new(
        centre: Arc<Centre>,
        keys: Arc<Keys>,
        alarms: Arc<Alarms>,
        origin: &str,
        spooling: Option<Arc<Spooling>>,
    ) -> Self {
        Self {
            centre,
            keys,
            alarms,
            origin: origin.to_owned(),
            spooling,
            openers: Openers::default(),
        }
    }

    /// Begins a piece for a bucket.
    pub(crate) fn sink(self: &Arc<Self>, bucket: &str) -> Result<Box<dyn PieceSink>> {
        self.alarms.check()?;
        let (epoch, recipient) = self.keys.recipient(bucket)?;
        let spooling = self.spooling.as_ref().filter(|spooling| spooling.must());
        let to = spooling.map(|spooling| spooling.spool.clone());
        let sink = sink::Sink::new(self.clone(), bucket, epoch, recipient, to);
        Ok(Box::new(sink))
    }

    /// Reads plain bytes; the first of them are verified on return.
    pub(crate) async fn read(
        self: &Arc<Self>,
        pieces: Vec<PieceRange>,
    ) -> amana_vault::Result<PlainStream> {
        reading::read(self.clone(), pieces).await
    }

    pub(crate) fn path(&self, piece: BlobId) -> String {
        format!(
            "/api/v1/sealed/{}/pieces/{piece}",
            self.centre.institution()
        )
    }

    /// How much of the piece at that path the data centre has.
    pub(crate) async fn offset(&self, path: &str) -> Result<Option<u64>> {
        Ok(sink::upload_offset(&self.centre.head(path).await?))
    }
}

/// A random name for a piece.
fn fresh_id() -> Result<BlobId> {
    let mut id = [0; 16];
    getrandom::fill(&mut id).map_err(|error| Error::Random(error.to_string()))?;
    Ok(BlobId::from_bytes(id))
}
