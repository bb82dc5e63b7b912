//! Content on its way in: only the chunks that a range needs, each opened before any of it is given out.

use std::sync::Arc;

use amana_seal::age::{CHUNK_BYTES, MAX_HEADER_BYTES, Opener, TAG_BYTES, sealed_size};
use amana_store::BlobId;
use amana_vault::SealedPiece;
use amana_vault::remote::{PieceRange, PlainStream};
use bytes::Bytes;
use futures::{StreamExt as _, stream};
use sha2::{Digest as _, Sha256};
use tokio::sync::mpsc;

use super::Pieces;
use crate::alarm::{Claim, now_ms};
use crate::centre::Answer;
use crate::evidence::Evidence;
use crate::{Error, Result};

/// Plain bytes that wait for whoever takes them: this many times [`GIVEN_BYTES`].
const AHEAD: usize = 4;
/// What is given out at once, about.
const GIVEN_BYTES: usize = 4 * CHUNK_BYTES;
/// How often a line that was cut is taken up again, for one stream.
const TRIES: u32 = 4;

/// The longest header and nonce: held in memory on the word of whoever sealed it.
const MAX_PROLOGUE_BYTES: usize = MAX_HEADER_BYTES + 16;

const SEALED_CHUNK_BYTES: u64 = (CHUNK_BYTES + TAG_BYTES) as u64;

/// Begins to read. On return the first bytes are verified.
pub(super) async fn read(
    pieces: Arc<Pieces>,
    wanted: Vec<PieceRange>,
) -> amana_vault::Result<PlainStream> {
    let (give, mut taken) = mpsc::channel(AHEAD);
    let task = tokio::spawn(async move {
        for one in wanted {
            if let Err(error) = read_one(&pieces, &one, &give).await {
                // Whoever went away wants no error either.
                let _ = give.send(Err(error)).await;
                return;
            }
        }
    });
    let first = match taken.recv().await {
        Some(Err(error)) => return Err(error.into_vault()),
        Some(Ok(first)) => Some(Ok(first)),
        None => {
            // Nothing was wanted, or the task was lost.
            task.await.map_err(|_| Error::Stopping.into_vault())?;
            None
        }
    };
    let rest = stream::unfold(taken, |mut taken| async move {
        let next: Result<Bytes> = taken.recv().await?;
        Some((next.map_err(Error::into_vault), taken))
    });
    Ok(stream::iter(first).chain(rest).boxed())
}

/// A piece and the place in it, while it is read.
struct Place<'p> {
    piece: BlobId,
    sealed: &'p SealedPiece,
    chunks: u64,
    plain_bytes: u64,
}

type Give = mpsc::Sender<Result<Bytes>>;

async fn read_one(pieces: &Pieces, wanted: &PieceRange, give: &Give) -> Result<()> {
    let extent = &wanted.extent;
    let (Some(piece), Some(sealed)) = (extent.blob, &extent.sealed) else {
        return Err(Error::Setting {
            what: "the object".into(),
            why: "it is not sealed: read it at the data centre".into(),
        });
    };
    let place = Place {
        piece,
        sealed,
        chunks: extent.size_bytes.div_ceil(CHUNK_BYTES as u64).max(1),
        plain_bytes: extent.size_bytes,
    };
    let too_long =
        usize::try_from(sealed.prologue_bytes).unwrap_or(usize::MAX) > MAX_PROLOGUE_BYTES;
    if too_long || sealed_size(sealed.prologue_bytes.into(), extent.size_bytes) != sealed.size_bytes
    {
        return Err(damaged(pieces, &place, "its lengths don't fit one another"));
    }
    let (mut from, until) = (wanted.range.start, wanted.range.end);
    let mut tries = 0;
    loop {
        let done = read_on(pieces, &place, &mut from, until, give).await;
        match done {
            Err(error) if error.is_offline() && tries < TRIES => {
                tries += 1;
                tracing::debug!(%error, %piece, from, "a piece is read on");
            }
            done => return done,
        }
    }
}

/// Reads from `from`, which moves with what was given, until the end or a failure.
async fn read_on(
    pieces: &Pieces,
    place: &Place<'_>,
    from: &mut u64,
    until: u64,
    give: &Give,
) -> Result<()> {
    let path = pieces.path(place.piece);
    let first = *from / CHUNK_BYTES as u64;
    let last = until.saturating_sub(1).max(*from) / CHUNK_BYTES as u64;
    let end = place.end_of(last);
    let known = pieces.openers.of(place.piece);
    let begin = if known.is_none() && first == 0 {
        0
    } else {
        place.begin_of(first)
    };
    let known = match known {
        None if begin > 0 => Some(prologue_alone(pieces, place, &path).await?),
        known => known,
    };
    let mut bytes = Incoming::open(pieces, &path, begin, end).await?;
    let opener = match known {
        Some(opener) => opener,
        None => {
            let prologue = bytes.take(u64::from(place.sealed.prologue_bytes)).await;
            opener_of(pieces, place, &prologue.map_err(|e| place.told(pieces, e))?)?
        }
    };
    // The first chunk at once, since somebody waits for it; then more together.
    let mut enough = CHUNK_BYTES;
    let mut plain = Vec::with_capacity(GIVEN_BYTES);
    for number in first..=last {
        let size = place.end_of(number) - place.begin_of(number);
        let chunk = bytes.take(size).await.map_err(|e| place.told(pieces, e))?;
        let opened = opener.append_chunk(number, number + 1 == place.chunks, &chunk, &mut plain);
        if opened.is_err() {
            let why = format!("chunk {number} is not what was sealed");
            return Err(damaged(pieces, place, &why));
        }
        if plain.len() >= enough || number == last {
            enough = GIVEN_BYTES;
            let given = std::mem::replace(&mut plain, Vec::with_capacity(GIVEN_BYTES));
            let begin = (number + 1) * CHUNK_BYTES as u64 - pad(number, place) - given.len() as u64;
            let wanted = cut(Bytes::from(given), begin, *from, until);
            *from += wanted.len() as u64;
            if give.send(Ok(wanted)).await.is_err() {
                return Ok(());
            }
            // Whoever takes it was woken on this thread, and would wait until all that has come in is opened.
            tokio::task::yield_now().await;
        }
    }
    bytes.end().await;
    Ok(())
}

/// By how much a chunk is shorter than full ones.
fn pad(number: u64, place: &Place<'_>) -> u64 {
    ((number + 1) * CHUNK_BYTES as u64).saturating_sub(place.plain_bytes)
}

/// What of `plain`, which begins at `begin`, lies in `from..until`.
fn cut(plain: Bytes, begin: u64, from: u64, until: u64) -> Bytes {
    let place = |at: u64| usize::try_from(at.saturating_sub(begin)).unwrap_or(usize::MAX);
    plain.slice(place(from).min(plain.len())..place(until).min(plain.len()))
}

async fn prologue_alone(pieces: &Pieces, place: &Place<'_>, path: &str) -> Result<Arc<Opener>> {
    let end = u64::from(place.sealed.prologue_bytes);
    let mut bytes = Incoming::open(pieces, path, 0, end).await?;
    let prologue = bytes.take(end).await.map_err(|e| place.told(pieces, e))?;
    bytes.end().await;
    opener_of(pieces, place, &prologue)
}

/// Checks header and nonce against the ledger, and only then uses a key on them.
fn opener_of(pieces: &Pieces, place: &Place<'_>, prologue: &[u8]) -> Result<Arc<Opener>> {
    if <[u8; 32]>::from(Sha256::digest(prologue)) != place.sealed.prologue_sha256 {
        return Err(damaged(
            pieces,
            place,
            "its header is not the one that the ledger names",
        ));
    }
    let identity = pieces
        .keys
        .identity(place.sealed.epoch, &place.sealed.bucket)?;
    let opener = Opener::new(prologue, std::slice::from_ref(&*identity))
        .map_err(|error| damaged(pieces, place, &error.to_string()))?;
    let opener = Arc::new(opener);
    pieces.openers.keep(place.piece, &opener);
    Ok(opener)
}

impl Place<'_> {
    /// Where a chunk begins in the ciphertext.
    fn begin_of(&self, chunk: u64) -> u64 {
        u64::from(self.sealed.prologue_bytes) + chunk * SEALED_CHUNK_BYTES
    }

    fn end_of(&self, chunk: u64) -> u64 {
        self.begin_of(chunk + 1).min(self.sealed.size_bytes)
    }

    /// An answer that ends too early, whole as HTTP goes, is damage; all else stays what it is.
    fn told(&self, pieces: &Pieces, error: Error) -> Error {
        match error {
            Error::Malformed { why, .. } => damaged(pieces, self, &why),
            other => other,
        }
    }
}

/// Raises the alarm, and gives the error that names the object.
fn damaged(pieces: &Pieces, place: &Place<'_>, why: &str) -> Error {
    let SealedPiece {
        bucket,
        sha256,
        size_bytes,
        ..
    } = place.sealed;
    let told = format!("bucket {bucket}: piece {}: {why}", place.piece);
    let evidence = Evidence::new(Claim::DamagedPiece, &pieces.origin, now_ms(), &told).with(
        "expected",
        format!("{} {size_bytes} {}", place.piece, hex::encode(sha256)),
    );
    let alarm = pieces.alarms.raise(&evidence);
    let file = alarm
        .evidence
        .as_ref()
        .map(|file| file.display().to_string());
    Error::DamagedPiece {
        object: bucket.clone(),
        piece: place.piece.to_string(),
        why: format!(
            "{why} (evidence: {})",
            file.as_deref().unwrap_or("not kept")
        ),
    }
}

/// An answer's bytes, taken in lengths of our own.
struct Incoming {
    answer: Answer,
    held: Bytes,
}

impl Incoming {
    async fn open(pieces: &Pieces, path: &str, from: u64, until: u64) -> Result<Self> {
        let answer = pieces.centre.open(path, from, until).await?;
        Ok(Self {
            answer,
            held: Bytes::new(),
        })
    }

    /// Sees the end of the answer once all of it was taken, so that its connection serves again. What comes instead of an
    /// end is of no interest: the connection is closed then.
    async fn end(mut self) {
        if self.held.is_empty() {
            let _ = self.answer.chunk().await;
        }
    }

    /// Exactly `size` bytes.
    async fn take(&mut self, size: u64) -> Result<Bytes> {
        let size = usize::try_from(size).unwrap_or(usize::MAX);
        if self.held.len() >= size {
            return Ok(self.held.split_to(size));
        }
        let mut gathered = Vec::with_capacity(size);
        gathered.extend_from_slice(&self.held);
        self.held = Bytes::new();
        while gathered.len() < size {
            let Some(mut more) = self.answer.chunk().await? else {
                return Err(Error::malformed("a piece", "it ends too early"));
            };
            let now = more.split_to(more.len().min(size - gathered.len()));
            gathered.extend_from_slice(&now);
            self.held = more;
        }
        Ok(gathered.into())
    }
}
