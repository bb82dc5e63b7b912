//! Delivering what was spooled, oldest first, one after the other.

use std::os::unix::fs::FileExt as _;
use std::sync::Arc;
use std::time::Duration;

use amana_store::BlobId;
use amana_vault::Vault;
use amana_vault::remote::NewPiece;
use bytes::Bytes;

use super::{Spool, apart};
use crate::pieces::{Pieces, Segment};
use crate::{Error, LEDGER, Result};

/// Ciphertext that is read and sent at once.
const SEGMENT_BYTES: u64 = 2 * 1024 * 1024;
/// Between two tries while the line is down.
const PAUSE: Duration = Duration::from_secs(2);

tokio::task_local! {
    static DELIVERING: ();
}

/// Whether this task delivers: what it records goes to the data centre, and never back to the spool.
pub(crate) fn is_delivering() -> bool {
    DELIVERING.try_with(|()| ()).is_ok()
}

/// What delivering needs.
pub(crate) struct Delivery {
    pub(crate) spool: Arc<Spool>,
    pub(crate) vault: Arc<Vault>,
    pub(crate) pieces: Arc<Pieces>,
}

impl Delivery {
    /// Delivers what waits, for as long as it is polled.
    pub(crate) async fn run(self) {
        loop {
            match self.oldest().await {
                Ok(true) => {}
                Ok(false) => self.spool.woken.notified().await,
                Err(error) => {
                    tracing::debug!(%error, "the spool waits");
                    tokio::time::sleep(PAUSE).await;
                }
            }
        }
    }

    /// Delivers the oldest act; says whether there was one.
    async fn oldest(&self) -> Result<bool> {
        let Some((number, plain, piece)) = apart(&self.spool, Spool::oldest).await? else {
            return Ok(false);
        };
        if let Some(NewPiece {
            id,
            sealed,
            inline: None,
        }) = &piece
        {
            self.send_piece(*id, sealed.size_bytes).await?;
        }
        let delivering = self.vault.deliver(LEDGER, &plain, piece);
        match DELIVERING.scope((), delivering).await {
            Ok(index) => {
                let index = index.unwrap_or(0);
                apart(&self.spool, move |spool| spool.delivered(number, index)).await?;
                Ok(true)
            }
            Err(error) if may_pass(&error) => Err(Error::Unknown {
                why: error.to_string(),
            }),
            // Its piece was brought before, by this act, whose answer was lost.
            Err(amana_vault::Error::ConditionalConflict) => {
                apart(&self.spool, move |spool| spool.delivered(number, 0)).await?;
                Ok(true)
            }
            Err(error) => {
                tracing::error!(number, %error, "a spooled change is refused for good, and set aside");
                apart(&self.spool, move |spool| spool.refused(number)).await?;
                Ok(true)
            }
        }
    }

    /// Brings a piece to the data centre, from where it has it.
    async fn send_piece(&self, piece: BlobId, size_bytes: u64) -> Result<()> {
        let path = self.pieces.path(piece);
        let mut at = match self.pieces.offset(&path).await {
            Ok(offset) => offset.unwrap_or(0),
            Err(Error::Refused { status: 404, .. }) => 0,
            Err(error) => return Err(error),
        };
        while at < size_bytes {
            let size = SEGMENT_BYTES.min(size_bytes - at);
            let bytes = apart(&self.spool, move |spool| spool.run_of(piece, at, size)).await?;
            let last = at + size == size_bytes;
            let segment = Segment {
                path: path.clone(),
                from: at,
                bytes,
                size_bytes: last.then_some(size_bytes),
            };
            segment.send(&self.pieces).await?;
            at += size;
        }
        Ok(())
    }
}

impl Spool {
    /// A run of a piece, from the first disk that can read it. Blocking.
    fn run_of(&self, piece: BlobId, from: u64, size_bytes: u64) -> Result<Bytes> {
        let mut failed = Error::Stopping;
        for file in self.disks.open_piece(piece) {
            let mut bytes = vec![0; usize::try_from(size_bytes).unwrap_or(usize::MAX)];
            let read = file.and_then(|file| {
                let of = std::path::Path::new("a piece of the spool");
                file.read_exact_at(&mut bytes, from)
                    .map_err(Error::file("read", of))
            });
            match read {
                Ok(()) => return Ok(bytes.into()),
                Err(error) => failed = error,
            }
        }
        Err(failed)
    }
}

/// Whether another try may do better, now or later.
fn may_pass(error: &amana_vault::Error) -> bool {
    use amana_store::Error as Store;
    use amana_vault::Error as Vault;
    matches!(
        error,
        Vault::Unreachable { .. }
            | Vault::OutcomeUnknown { .. }
            | Vault::Busy
            | Vault::Full(_)
            | Vault::QuotaExceeded
            | Vault::Leaving
            | Vault::ReadOnly(_)
            | Vault::Store(Store::Full { .. } | Store::Stopped { .. } | Store::Failed { .. })
    )
}
