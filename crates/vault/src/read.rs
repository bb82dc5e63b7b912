//! Content on its way out, verified chunk by chunk.

use std::collections::VecDeque;
use std::ops::Range;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use amana_store::blobs::CHUNK_BYTES;
use amana_store::{ContentReader, EntryId, Reader, Store};
use bytes::Bytes;
use futures::{Stream, StreamExt as _, TryStreamExt as _};
use tokio::task::{JoinHandle, spawn_blocking};

use crate::backing::Backing;
use crate::home::Home;
use crate::model::Extent;
use crate::remote::{PieceRange, PlainStream};
use crate::views::versions;
use crate::{Error, ObjectInfo, Result, Vault, apart, ended};

/// Files that are opened ahead: a file that is open is read to its end, whoever deletes it meanwhile.
const MAX_OPEN: usize = 64;
/// Chunk digests that are read ahead, 32 bytes each: 2 GiB of content.
const MAX_CHUNKS_AHEAD: u64 = 8192;

/// A chunk that is being read, and what reads on after it.
type Ahead = JoinHandle<(Box<Reading>, Result<Option<Bytes>>)>;

/// Verified content; an error ends it. At most two chunks of 256 KiB are in memory.
pub struct ContentStream(Flow);

enum Flow {
    /// Of the data centre's own files and rows.
    Chunks {
        first: Option<Bytes>,
        next: Option<Ahead>,
    },
    /// Opened by a gateway.
    Plain(PlainStream),
}

impl Stream for ContentStream {
    type Item = Result<Bytes>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let (first, next) = match &mut self.0 {
            Flow::Plain(stream) => return Pin::new(stream).poll_next(context),
            Flow::Chunks { first, next } => (first, next),
        };
        if let Some(first) = first.take() {
            return Poll::Ready(Some(Ok(first)));
        }
        let Some(task) = next else {
            return Poll::Ready(None);
        };
        let found = match Pin::new(task).poll(context) {
            Poll::Pending => return Poll::Pending,
            Poll::Ready(found) => found,
        };
        *next = None;
        let (reading, chunk) = match found {
            Ok(found) => found,
            Err(error) => return Poll::Ready(Some(Err(ended(error)))),
        };
        if let Ok(Some(_)) = &chunk {
            *next = reading.ahead();
        }
        Poll::Ready(chunk.transpose())
    }
}

impl Vault {
    /// Content small enough to lie in rows, verified, in one piece; `None` for larger content.
    ///
    /// # Errors
    /// [`Error::Damaged`]; [`Error::ConditionalConflict`] when the version was deleted or replaced since it was looked
    /// up: look it up again.
    pub async fn read_small(&self, object: &ObjectInfo) -> Result<Option<Bytes>> {
        let [extent] = &*object.extents else {
            return Ok(None);
        };
        if extent.blob.is_some() {
            return Ok(None);
        }
        if let Some(bytes) = &object.inline {
            return Ok(Some(bytes.clone()));
        }
        // It was looked up without its content, or its content is damaged: fetching a copy may take long.
        let (store, wanted) = (self.store.centre()?.clone(), extent.wanted(object.entry));
        let small = apart(move || Ok(store.small(&wanted)?)).await;
        small
            .map(Some)
            .map_err(|error| lost(&self.store, object, error))
    }

    /// The bytes of `range`. On return the first chunk is verified, so that damage there is an error here and not in
    /// the stream.
    ///
    /// # Errors
    /// [`Error::InvalidRange`], [`Error::Damaged`]; [`Error::ConditionalConflict`] when the version was deleted or
    /// replaced since it was looked up: look it up again.
    pub async fn read(&self, object: &ObjectInfo, range: Range<u64>) -> Result<ContentStream> {
        if range.start > range.end || range.end > object.size_bytes {
            return Err(Error::InvalidRange {
                from: range.start,
                until: range.end,
                size_bytes: object.size_bytes,
            });
        }
        if let Some(bytes) = self.read_small(object).await? {
            let place = |offset| usize::try_from(offset).unwrap_or(usize::MAX);
            return Ok(ContentStream(Flow::Chunks {
                first: (!range.is_empty())
                    .then(|| bytes.slice(place(range.start)..place(range.end))),
                next: None,
            }));
        }
        let pieces = pieces(&object.extents, &range);
        let store = match &self.store {
            Backing::Centre(store) => store.clone(),
            Backing::Home(home) => return self.read_at_home(home, object, pieces).await,
        };
        let mut reading = Box::new(Reading {
            store,
            later: pieces,
            open: VecDeque::new(),
            object: object.clone(),
        });
        let (first, reading) = apart(move || Ok((reading.chunk()?, reading))).await?;
        let next = first.as_ref().and_then(|_| reading.ahead());
        Ok(ContentStream(Flow::Chunks { first, next }))
    }

    async fn read_at_home(
        &self,
        home: &Home,
        object: &ObjectInfo,
        pieces: VecDeque<Piece>,
    ) -> Result<ContentStream> {
        let pieces = pieces
            .into_iter()
            .map(|(extent, range)| PieceRange { extent, range });
        let opened = home.remote.read(pieces.collect()).await;
        let stream = opened.map_err(|error| lost(&self.store, object, error))?;
        let (store, object) = (self.store.clone(), object.clone());
        let stream = stream.map_err(move |error| lost(&store, &object, error));
        Ok(ContentStream(Flow::Plain(stream.boxed())))
    }
}

/// A piece of a range: an extent, and which of its bytes.
type Piece = (Extent, Range<u64>);

/// The pieces of the extents that lie in `range`.
fn pieces(extents: &[Extent], range: &Range<u64>) -> VecDeque<Piece> {
    let mut from = 0;
    let mut found = VecDeque::new();
    for extent in extents {
        let until = from + extent.size_bytes;
        let piece = range.start.max(from)..range.end.min(until);
        if !piece.is_empty() {
            found.push_back((extent.clone(), piece.start - from..piece.end - from));
        }
        from = until;
    }
    found
}

/// Reading under way.
struct Reading {
    store: Arc<Store>,
    object: ObjectInfo,
    open: VecDeque<(ContentReader, Range<u64>)>,
    later: VecDeque<Piece>,
}

impl Reading {
    /// Reads the next chunk while the one before is being sent; `None` when there is no more.
    fn ahead(mut self: Box<Self>) -> Option<Ahead> {
        if self.open.is_empty() && self.later.is_empty() {
            return None;
        }
        Some(spawn_blocking(move || {
            let chunk = self.chunk();
            (self, chunk)
        }))
    }

    /// The next bytes, of one chunk at most; `None` at the end. Blocking.
    fn chunk(&mut self) -> Result<Option<Bytes>> {
        if self.open.is_empty() {
            self.open_more()?;
        }
        let Some((reader, rest)) = self.open.front_mut() else {
            return Ok(None);
        };
        let number = rest.start / CHUNK_BYTES as u64;
        let begin = number * CHUNK_BYTES as u64;
        let chunk = reader.chunk(number).map_err(|error| {
            let store = Backing::Centre(self.store.clone());
            lost(&store, &self.object, error.into())
        })?;
        let until = rest.end.min(begin + CHUNK_BYTES as u64);
        let place = |offset: u64| usize::try_from(offset - begin).unwrap_or(usize::MAX);
        let bytes = chunk.slice(place(rest.start)..place(until));
        rest.start = until;
        if rest.is_empty() {
            self.open.pop_front();
        }
        Ok(Some(bytes))
    }

    /// Opens the next files, with their chunk digests, all as of one instant.
    fn open_more(&mut self) -> Result<()> {
        let Self {
            store,
            object,
            open,
            later,
        } = self;
        let mut chunks_ahead = 0;
        let opened = store.read(|rows| {
            while let Some((extent, range)) = later.pop_front() {
                let reader = open_blob(store, rows, object.entry, &extent)?;
                chunks_ahead += reader.chunk_count();
                open.push_back((reader, range));
                if open.len() == MAX_OPEN || chunks_ahead >= MAX_CHUNKS_AHEAD {
                    break;
                }
            }
            Ok(())
        });
        opened.map_err(|error| lost(&Backing::Centre(store.clone()), object, error))
    }
}

/// Opens the blob of an extent that `entry` names.
pub(crate) fn open_blob(
    store: &Arc<Store>,
    rows: &Reader<'_>,
    entry: EntryId,
    extent: &Extent,
) -> Result<ContentReader> {
    if extent.blob.is_none() {
        return Err(Error::Store(amana_store::Error::Missing {
            what: "the blob of an extent".into(),
        }));
    }
    Ok(store.reader(rows, extent.wanted(entry)))
}

fn name(object: &ObjectInfo) -> String {
    format!("{}/{}", object.bucket, object.key)
}

/// Content that isn't there is damage, unless its version is gone by now as well.
fn lost(store: &Backing, object: &ObjectInfo, error: Error) -> Error {
    let missing = matches!(error, Error::Store(amana_store::Error::Missing { .. }));
    let (key, index) = (object.key.as_bytes(), object.entry.index());
    let standing = |rows: &Reader<'_>| versions::at(rows, object.bucket_id, key, index);
    if missing && matches!(store.read(standing), Ok(None)) {
        return Error::ConditionalConflict;
    }
    error.naming(|| name(object))
}
