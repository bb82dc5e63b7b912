//! Content on its way out: sealed in chunks, sent in segments, each of which is kept until the data centre has it.

use std::sync::Arc;

use amana_seal::age::{CHUNK_BYTES, Recipient, Sealer, TAG_BYTES};
use amana_store::BlobId;
use amana_vault::SealedPiece;
use amana_vault::remote::{NewPiece, PieceSink};
use bytes::Bytes;
use futures::stream;
use http::HeaderMap;
use sha2::{Digest as _, Sha256};
use tokio::task::{JoinHandle, spawn_blocking};
use tokio::time::{Duration, sleep};
use zeroize::Zeroizing;

use super::{MAX_INLINE_PLAIN_BYTES, Pieces, fresh_id};
use crate::spool::{Spool, apart};
use crate::{Error, Result};

/// Ciphertext that is sent at once. One segment may be on its way while the next one fills.
const SEGMENT_BYTES: usize = 2 * 1024 * 1024;
/// How often a segment is tried, each time after a longer pause.
const TRIES: u32 = 6;
const FIRST_PAUSE: Duration = Duration::from_millis(250);
/// The longest answer to a segment.
const MAX_ANSWER_BYTES: usize = 64 * 1024;

/// A piece in the making.
pub(super) struct Sink {
    pieces: Arc<Pieces>,
    bucket: String,
    epoch: u32,
    recipient: Recipient,
    /// Where a large piece goes instead of the data centre.
    spool: Option<Arc<Spool>>,
    /// What came so far, while it may still fit into an act.
    small: Zeroizing<Vec<u8>>,
    large: Option<Large>,
}

/// A piece too large for its act.
struct Large {
    id: BlobId,
    sealing: Work,
    /// Ciphertext before the segment that fills.
    sent_bytes: u64,
    flight: Option<JoinHandle<Result<()>>>,
    spool: Option<Arc<Spool>>,
    is_whole: bool,
}

impl Drop for Large {
    fn drop(&mut self) {
        if let Some(spool) = self.spool.take().filter(|_| !self.is_whole) {
            let id = self.id;
            let flight = self.flight.take();
            tokio::spawn(async move {
                if let Some(flight) = flight {
                    let _ = flight.await;
                }
                let _ = apart(&spool, move |spool| {
                    spool.forget(id);
                    Ok(())
                })
                .await;
            });
        }
    }
}

/// Where the sealing is: here, or on a thread that may block.
enum Work {
    Here(Box<Sealing>),
    Away(JoinHandle<Result<Box<Sealing>>>),
    /// A failure took it.
    Lost,
}

/// The state that goes from one batch to the next.
struct Sealing {
    sealer: Sealer,
    prologue_bytes: u32,
    prologue_sha256: [u8; 32],
    /// Plain bytes that don't fill a chunk, or of which it isn't known whether they are the last.
    rest: Zeroizing<Vec<u8>>,
    segment: Vec<u8>,
    digest: Sha256,
    size_bytes: u64,
}

impl Sink {
    pub(super) fn new(
        pieces: Arc<Pieces>,
        bucket: &str,
        epoch: u32,
        recipient: Recipient,
        spool: Option<Arc<Spool>>,
    ) -> Self {
        Self {
            pieces,
            bucket: bucket.to_owned(),
            epoch,
            recipient,
            spool,
            small: Zeroizing::default(),
            large: None,
        }
    }

    async fn take(&mut self, plain: Bytes) -> Result<()> {
        let Some(large) = &mut self.large else {
            if self.small.len() + plain.len() <= MAX_INLINE_PLAIN_BYTES {
                self.keep(&plain);
                return Ok(());
            }
            let sealing = Sealing::begin(&self.recipient, CHUNK_BYTES)?;
            let mut large = Large {
                id: fresh_id()?,
                sealing: Work::Here(Box::new(sealing)),
                sent_bytes: 0,
                flight: None,
                spool: self.spool.clone(),
                is_whole: false,
            };
            let first = std::mem::take(&mut self.small);
            large.seal(move |sealing| {
                sealing.take(&first)?;
                sealing.take(&plain)
            });
            self.large = Some(large);
            return Ok(());
        };
        large.settle(&self.pieces).await?;
        large.seal(move |sealing| sealing.take(&plain));
        Ok(())
    }

    /// Adds to what may fit into an act. A vector that grows by itself would leave plaintext behind; one that has room for
    /// the largest from the start takes longer to wipe than most objects take to seal.
    fn keep(&mut self, plain: &[u8]) {
        let size = self.small.len() + plain.len();
        if size > self.small.capacity() {
            let room = size.next_power_of_two().min(MAX_INLINE_PLAIN_BYTES);
            let mut wider = Zeroizing::new(Vec::with_capacity(room));
            wider.extend_from_slice(&self.small);
            self.small = wider;
        }
        self.small.extend_from_slice(plain);
    }

    async fn end(mut self) -> Result<NewPiece> {
        let Some(mut large) = self.large.take() else {
            let mut sealing = Sealing::begin(&self.recipient, self.small.len())?;
            sealing.take(&self.small)?;
            sealing.end()?;
            let inline = Bytes::from(std::mem::take(&mut sealing.segment));
            return Ok(self.piece(fresh_id()?, sealing, Some(inline)));
        };
        large.settle(&self.pieces).await?;
        large.seal(Sealing::end);
        let mut sealing = large.here().await?;
        let segment = std::mem::take(&mut sealing.segment);
        large
            .send(&self.pieces, segment, Some(sealing.size_bytes))
            .await?;
        large.landed().await?;
        large.is_whole = true;
        Ok(self.piece(large.id, *sealing, None))
    }

    fn piece(self, id: BlobId, sealing: Sealing, inline: Option<Bytes>) -> NewPiece {
        NewPiece {
            id,
            sealed: SealedPiece {
                epoch: self.epoch,
                bucket: self.bucket,
                size_bytes: sealing.size_bytes,
                prologue_bytes: sealing.prologue_bytes,
                prologue_sha256: sealing.prologue_sha256,
                sha256: sealing.digest.finalize().into(),
            },
            inline,
        }
    }
}

#[async_trait::async_trait]
impl PieceSink for Sink {
    async fn write(&mut self, plain: Bytes) -> amana_vault::Result<()> {
        self.take(plain).await.map_err(Error::into_vault)
    }

    async fn finish(self: Box<Self>) -> amana_vault::Result<NewPiece> {
        self.end().await.map_err(Error::into_vault)
    }
}

impl Large {
    /// Begins work on the sealing; [`Large::settle`] came before.
    fn seal(&mut self, work: impl FnOnce(&mut Sealing) -> Result<()> + Send + 'static) {
        if let Work::Here(mut sealing) = std::mem::replace(&mut self.sealing, Work::Lost) {
            self.sealing = Work::Away(spawn_blocking(move || work(&mut sealing).map(|()| sealing)));
        }
    }

    /// Waits for the work under way, and sends a segment that is full.
    async fn settle(&mut self, pieces: &Arc<Pieces>) -> Result<()> {
        let mut sealing = self.here().await?;
        if sealing.segment.len() >= SEGMENT_BYTES {
            let room = Vec::with_capacity(SEGMENT_BYTES + SEGMENT_BYTES / 2);
            let segment = std::mem::replace(&mut sealing.segment, room);
            self.send(pieces, segment, None).await?;
        }
        self.sealing = Work::Here(sealing);
        Ok(())
    }

    async fn here(&mut self) -> Result<Box<Sealing>> {
        match std::mem::replace(&mut self.sealing, Work::Lost) {
            Work::Here(sealing) => Ok(sealing),
            Work::Away(task) => task.await.map_err(|_| Error::Stopping)?,
            Work::Lost => Err(Error::Stopping),
        }
    }

    /// Sends a segment once the one before has landed. The last one announces how long the piece is.
    async fn send(
        &mut self,
        pieces: &Arc<Pieces>,
        segment: Vec<u8>,
        size_bytes: Option<u64>,
    ) -> Result<()> {
        self.landed().await?;
        let pieces = pieces.clone();
        let segment = Segment {
            path: pieces.path(self.id),
            from: self.sent_bytes,
            bytes: segment.into(),
            size_bytes,
        };
        self.sent_bytes += segment.bytes.len() as u64;
        let (spool, id) = (self.spool.clone(), self.id);
        self.flight = Some(tokio::spawn(async move {
            let Some(spool) = spool else {
                return segment.send(&pieces).await;
            };
            let last = segment.size_bytes.is_some();
            let keep = move |spool: &Spool| spool.append(id, segment.from, &segment.bytes, last);
            apart(&spool, keep).await
        }));
        Ok(())
    }

    async fn landed(&mut self) -> Result<()> {
        match self.flight.take() {
            Some(flight) => flight.await.map_err(|_| Error::Stopping)?,
            None => Ok(()),
        }
    }
}

/// A run of a piece's ciphertext.
pub(crate) struct Segment {
    /// Where the data centre takes the piece.
    pub(crate) path: String,
    /// Where it lies in the piece.
    pub(crate) from: u64,
    /// The bytes.
    pub(crate) bytes: Bytes,
    /// The whole piece's length, with its last segment.
    pub(crate) size_bytes: Option<u64>,
}

impl Segment {
    /// Sends it; when the line is cut, goes on from where the data centre has it.
    pub(crate) async fn send(&self, pieces: &Pieces) -> Result<()> {
        let Self { path, from, .. } = self;
        let until = from + self.bytes.len() as u64;
        let announced = self
            .size_bytes
            .map_or(String::new(), |size| format!("size={size}&"));
        let (mut at, mut pause) = (*from, FIRST_PAUSE);
        for tried in 1.. {
            let rest = self
                .bytes
                .slice(usize::try_from(at - from).unwrap_or(usize::MAX)..);
            let left = rest.len() as u64;
            let target = format!("{path}?{announced}offset={at}");
            let whole = stream::iter([Ok(rest)]);
            match pieces
                .centre
                .put(&target, whole, left, MAX_ANSWER_BYTES)
                .await
            {
                Ok(_) => return Ok(()),
                // With no line at all the first bytes are refused at once: who asks has something better to do than wait.
                Err(error @ Error::Unreachable { .. }) if *from == 0 && tried > 1 => {
                    return Err(error);
                }
                Err(error) if tried < TRIES && may_pass(&error) => {
                    tracing::debug!(%error, path, "a segment is sent again");
                }
                Err(error) => return Err(error),
            }
            sleep(pause).await;
            pause *= 2;
            // What can't be asked now is asked after the next pause: the offset known so far holds, or is refused.
            if let Ok(headers) = pieces.centre.head(path).await
                && let Some(offset) = upload_offset(&headers)
            {
                if offset == until {
                    return Ok(());
                }
                if !(*from..until).contains(&offset) {
                    let why = "it has another length of this piece than was sent";
                    return Err(Error::malformed(path, why));
                }
                at = offset;
            }
        }
        Err(Error::Stopping)
    }
}

/// Whether another try may do better: the line, the clocks, or another request of ours that still holds the piece.
fn may_pass(error: &Error) -> bool {
    match error {
        Error::Refused { status, code, .. } => {
            *status == 401 || code == "piece-busy" || code == "wrong-offset" || error.is_offline()
        }
        other => other.is_offline(),
    }
}

pub(super) fn upload_offset(headers: &HeaderMap) -> Option<u64> {
    headers.get("upload-offset")?.to_str().ok()?.parse().ok()
}

impl Sealing {
    /// `room` is for plain bytes that wait: those of a whole chunk, or of all that there will be.
    fn begin(recipient: &Recipient, room: usize) -> Result<Self> {
        let sealer = Sealer::new(std::slice::from_ref(recipient))?;
        let prologue = sealer.prologue();
        let mut sealing = Self {
            prologue_bytes: u32::try_from(prologue.len()).unwrap_or(u32::MAX),
            prologue_sha256: Sha256::digest(prologue).into(),
            rest: Zeroizing::new(Vec::with_capacity(room)),
            segment: Vec::with_capacity(
                prologue.len() + room.min(MAX_INLINE_PLAIN_BYTES) + TAG_BYTES,
            ),
            digest: Sha256::new(),
            size_bytes: 0,
            sealer,
        };
        let prologue = sealing.sealer.prologue().to_vec();
        sealing.emit(&prologue);
        Ok(sealing)
    }

    /// Takes more; a full chunk is sealed once it is known not to be the last.
    fn take(&mut self, mut plain: &[u8]) -> Result<()> {
        while !plain.is_empty() {
            if self.rest.len() == CHUNK_BYTES {
                let rest = std::mem::take(&mut self.rest);
                self.chunk(&rest, false)?;
                self.rest = rest;
                self.rest.clear();
            }
            if self.rest.is_empty() && plain.len() > CHUNK_BYTES {
                let (chunk, after) = plain.split_at(CHUNK_BYTES);
                self.chunk(chunk, false)?;
                plain = after;
                continue;
            }
            let room = CHUNK_BYTES - self.rest.len();
            let (now, later) = plain.split_at(room.min(plain.len()));
            self.rest.extend_from_slice(now);
            plain = later;
        }
        Ok(())
    }

    fn end(&mut self) -> Result<()> {
        let rest = std::mem::take(&mut self.rest);
        self.chunk(&rest, true)
    }

    fn chunk(&mut self, plain: &[u8], last: bool) -> Result<()> {
        let before = self.segment.len();
        self.sealer.append_chunk(plain, last, &mut self.segment)?;
        self.digest.update(&self.segment[before..]);
        self.size_bytes += (self.segment.len() - before) as u64;
        Ok(())
    }

    fn emit(&mut self, bytes: &[u8]) {
        self.segment.extend_from_slice(bytes);
        self.digest.update(bytes);
        self.size_bytes += bytes.len() as u64;
    }
}
