//! Blobs in an object store: S3, Azure, GCS, by the crate `object_store`. What speaks HTTP to it is passed in.
//!
//! Of the store only plain verbs are asked: put, put in parts, get a range, head, list, delete. Versions, conditions and
//! locks are the ledger's own, so that a store without them does. A blob is `<prefix>/<2 hex>/<32 hex>`, the bytes and
//! nothing else, as in the folder: standard tools copy one into the other.
//!
//! What always holds:
//! - A blob is whole and durable there before the act that names it is queued; it goes after the commit that freed it.
//! - What comes back is held against the ledger's digests at each read; see `reading.rs`.
//! - Each verb is asked again while that may help, and ends within a bounded time; see `line.rs`.
//! - The place is one data centre's; see `claim.rs`.

mod cache;
mod claim;
mod line;
mod reading;
mod removal;
mod sweep;
mod upload;

use std::ops::Range;
use std::path::Path as FilePath;
use std::sync::Arc;

use bytes::Bytes;
use futures::FutureExt as _;
use futures::future::BoxFuture;
use object_store::multipart::MultipartStore;
use object_store::path::Path;
use object_store::{
    GetOptions, GetRange, ObjectMeta, ObjectStore, ObjectStoreExt as _, PutPayload,
};

use super::BlobId;
use crate::{Error, Result};
use cache::Cache;
use claim::Claim;
use line::{Failed, Line};
use removal::Removals;

pub use line::Patience;
pub(super) use reading::{Window, missing, wrong_length};
pub use sweep::Swept;
pub(super) use upload::{Upload, give_up_unfinished};

/// What an object store must do.
pub trait BackEnd: ObjectStore + MultipartStore {}

impl<T: ObjectStore + MultipartStore> BackEnd for T {}

/// A place in an object store.
#[derive(Clone)]
pub struct ObjectPlace {
    /// What people call it: `s3://bucket/prefix`.
    pub name: String,
    /// Who answers. Its own retries should be off: this crate asks again by itself.
    pub back_end: Arc<dyn BackEnd>,
    /// Before every name; may be empty.
    pub prefix: String,
    /// Bytes that the read cache may have on the local disk; none when zero.
    pub cache_bytes: u64,
    /// How long it is asked.
    pub patience: Patience,
}

/// Bytes of a blob, and how long all of it is.
pub(super) struct Piece {
    pub(super) bytes: Bytes,
    pub(super) blob_bytes: u64,
}

/// The place, at work. All verbs block, and may be called on any thread.
pub(crate) struct Objects {
    name: String,
    back_end: Arc<dyn BackEnd>,
    prefix: Path,
    line: Line,
    claim: Claim,
    removals: Removals,
    cache: Option<Cache>,
}

impl Objects {
    /// Begins to work with a place. `folder` is for the cache; without one there is none.
    pub(super) fn open(place: &ObjectPlace, folder: Option<&FilePath>) -> Result<Self> {
        let cache = folder.filter(|_| place.cache_bytes > 0);
        let cache = cache.map(|folder| Cache::open(folder.join("cache"), place.cache_bytes));
        let line = Line::new(place.patience)?;
        let prefix = Path::from(place.prefix.as_str());
        let removals = Removals::begin(&line, place.back_end.clone(), prefix.clone());
        Ok(Self {
            name: place.name.clone(),
            back_end: place.back_end.clone(),
            prefix,
            line,
            claim: Claim::default(),
            removals,
            cache: cache.transpose()?,
        })
    }

    pub(super) fn name(&self) -> &str {
        &self.name
    }

    /// Where a blob is, for a person.
    pub(super) fn shown(&self, id: BlobId) -> String {
        let id = id.to_string();
        format!("{}/{}/{id}", self.name.trim_end_matches('/'), &id[..2])
    }

    fn key(&self, id: BlobId) -> Path {
        key(&self.prefix, id)
    }

    fn unreachable(&self, why: &str) -> Error {
        Error::Away {
            place: self.name.clone(),
            why: why.to_owned(),
        }
    }

    /// A failure of a verb, other than that the blob isn't there.
    fn failed(&self, failed: Failed) -> Error {
        match failed {
            Failed::Absent => self.unreachable("there is no such bucket or container"),
            Failed::Refused(why) | Failed::Away(why) => self.unreachable(&why),
        }
    }

    /// Puts a whole blob. Durable on return.
    fn put(&self, id: BlobId, bytes: Bytes) -> Result<()> {
        self.claimed()?;
        let (back_end, key) = (self.back_end.clone(), self.key(id));
        let length = bytes.len() as u64;
        let put = move || {
            let (back_end, key) = (back_end.clone(), key.clone());
            let payload = PutPayload::from_bytes(bytes.clone());
            async move { back_end.put(&key, payload).await.map(drop) }
        };
        self.line.ask(length, put).map_err(|e| self.failed(e))
    }

    /// How long a blob is; nothing when it isn't there.
    pub(super) fn size_bytes(&self, id: BlobId) -> Result<Option<u64>> {
        match self.line.ask(0, head(self, id)) {
            Ok(meta) => Ok(Some(meta.size)),
            Err(Failed::Absent) => self.still_stands().map(|()| None),
            Err(failed) => Err(self.failed(failed)),
        }
    }

    /// Bytes of a blob that should have `expected` in all; nothing when it isn't there, and no bytes when it has another
    /// length.
    pub(super) fn piece(
        &self,
        id: BlobId,
        range: Range<u64>,
        expected: u64,
    ) -> Result<Option<Piece>> {
        let (back_end, key) = (self.back_end.clone(), self.key(id));
        let length = range.end - range.start;
        let get = move || fetch(back_end.clone(), key.clone(), range.clone(), expected);
        match self.line.ask(length, get) {
            Ok(piece) => Ok(Some(piece)),
            Err(Failed::Absent) => self.still_stands().map(|()| None),
            Err(failed) => Err(self.failed(failed)),
        }
    }

    /// Has a blob go, once nobody in this process reads it. What stays is found by the sweep.
    pub(super) fn remove(&self, id: BlobId) {
        if let Some(cache) = &self.cache {
            cache.forget(id);
        }
        self.removals.add(id);
    }

    /// Waits until what was to go has gone, or `limit` has passed; says whether it has.
    pub(super) fn drain(&self, limit: std::time::Duration) -> bool {
        self.removals.drain(limit)
    }
}

impl Drop for Objects {
    fn drop(&mut self) {
        // What is left then is found by the sweep.
        self.removals.drain(removal::AT_END);
    }
}

fn key(prefix: &Path, id: BlobId) -> Path {
    let id = id.to_string();
    prefix.clone().join(&id[..2]).join(id.as_str())
}

/// Asks what is known of a blob.
fn head(
    objects: &Objects,
    id: BlobId,
) -> impl Fn() -> BoxFuture<'static, object_store::Result<ObjectMeta>> + Send + 'static + use<> {
    let (back_end, key) = (objects.back_end.clone(), objects.key(id));
    move || {
        let (back_end, key) = (back_end.clone(), key.clone());
        async move { back_end.head(&key).await }.boxed()
    }
}

async fn fetch(
    back_end: Arc<dyn BackEnd>,
    key: Path,
    range: Range<u64>,
    expected: u64,
) -> object_store::Result<Piece> {
    let wanted = range.clone();
    let options = GetOptions {
        range: Some(GetRange::Bounded(range)),
        ..GetOptions::default()
    };
    let got = match back_end.get_opts(&key, options).await {
        Ok(got) => got,
        Err(absent @ object_store::Error::NotFound { .. }) => return Err(absent),
        // A blob that was cut short has no such range, and stores tell that in many ways.
        Err(error) => match back_end.head(&key).await {
            Ok(meta) if meta.size != expected => {
                return Ok(Piece {
                    bytes: Bytes::new(),
                    blob_bytes: meta.size,
                });
            }
            _ => return Err(error),
        },
    };
    let blob_bytes = got.meta.size;
    if blob_bytes != expected {
        return Ok(Piece {
            bytes: Bytes::new(),
            blob_bytes,
        });
    }
    let bytes = got.bytes().await?;
    if bytes.len() as u64 != wanted.end - wanted.start {
        return Err(object_store::Error::Generic {
            store: "blobs",
            source: format!("{} bytes came of {wanted:?}", bytes.len()).into(),
        });
    }
    Ok(Piece { bytes, blob_bytes })
}
