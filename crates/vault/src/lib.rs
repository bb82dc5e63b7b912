//! Buckets, objects, versions and multipart uploads: the part of the data centre that software sees through S3.
//!
//! What this crate promises:
//! - **Each change is an act** in the ledger of the bucket's institution, and on disk before it is acknowledged.
//! - **Conditions are judged by the one writer**, in the act's own check: of two rivals one loses.
//! - **Old or new, never mixed**: an overwrite, a copy, a completed upload appears whole.
//! - **Never wrong bytes**: content is checked against the digests in the ledger before any of it is given out; an
//!   error names the bucket and the key.
//! - **What is locked stays**: no version goes before its retention is over, by the clock and by the word of the witnesses.
//! - **Nothing of another institution is seen**: each verb checks the caller's right and the bucket's owner.
//! - **The same at home**: on a gateway's replica each verb does what it does at the data centre, by the same code; only
//!   who records an act, and who opens content, is another's matter ([`remote`]).
//!
//! Invariants: a row of `versions` is the fold of one entry, whose index it carries, and holds nothing that listing
//! doesn't need; everything else is read from the entry. Each blob that a version or a part names is counted once for
//! each holder in `blob_holders`; without holders it is gone. Content in rows has one holder, the entry it stands under.
//!
//! What it deliberately does not do: speak HTTP or XML, know access keys' secrets, keep policies or lifecycle,
//! or join the parts of an upload: a completed object is the list of its parts, and no byte is copied.

use std::sync::Arc;

use amana_store::{Replica, Service, Store, Writer};
use backing::Backing;
use home::Home;
use quotas::Quotas;
use remote::{Followed, Remote};

mod acts;
mod backing;
mod buckets;
mod check;
mod complete;
mod copy;
mod delete;
mod deliver;
mod encoding;
mod erase;
mod error;
mod figures;
mod get;
mod held;
mod holdings;
mod home;
mod ingest;
mod list;
mod locks;
mod mentions;
mod model;
mod parts;
mod put;
mod quotas;
mod read;
pub mod remote;
mod sealed;
mod tags;
mod uploads;
mod versions;
mod views;

pub use buckets::{BucketInfo, BucketOptions, DEFAULT_REASON, Mode};
pub use complete::{Completed, CompletedPart, Completion};
pub use delete::{Deleted, Deletion};
pub use error::{Error, Result};
pub use figures::{Figures, ListedPiece, ListedPieces};
pub use get::{ObjectInfo, PartInfo};
pub use holdings::{Custody, Holding};
pub use ingest::{Ingest, IngestOptions, Ingested};
pub use list::{ListQuery, ListedObject, Page};
pub use locks::subject;
pub use model::{
    BucketLock, BucketName, Checksum, ChecksumAlgorithm, ChecksumType, DefaultRetention, ETag,
    ETagMatch, Extent, Held, MAX_KEY_BYTES, MAX_TAG_KEY_CHARS, MAX_TAG_VALUE_CHARS, MAX_TAGS,
    Metadata, ObjectAttrs, ObjectKey, ObjectLock, Period, Retention, RetentionMode, SealedPiece,
    Tags, UploadId, VersionId, VersionRef, Versioning, WriteConditions,
};
pub use parts::{ListedPart, MAX_PARTS, PartsPage};
pub use put::Put;
pub use quotas::Used;
pub use read::ContentStream;
pub use sealed::{
    HandedIn, MAX_PIECE_BYTES, SealedPieceInfo, SealedRecorded, SealedRefusal, Staging,
    VerifiedSealed,
};
pub use uploads::{ListedUpload, UploadInfo, UploadOptions, UploadsPage, UploadsQuery};
pub use versions::{ListedVersion, VersionsPage, VersionsQuery};

/// Stands for the receipt of a change that waits at the gateway to be recorded.
pub const SPOOLED: &str = "spooled";

/// The most keys on a page of any listing.
pub const MAX_PAGE: usize = 1000;

/// What a verb did, and the receipt of its act: `<ledger>/<index>`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Done<T> {
    /// What it gave.
    pub value: T,
    /// Names the entry; what `amana receipt get` takes.
    pub receipt: String,
}

impl<T> Done<T> {
    fn of(committed: amana_store::Committed<T>) -> Self {
        Self {
            receipt: committed.receipt(),
            value: committed.output,
        }
    }
}

/// The vault. Cheap to clone.
#[derive(Clone)]
pub struct Vault {
    store: Backing,
    quotas: Arc<Quotas>,
}

impl Vault {
    /// On that store, whose catalog has [`Vault::service`].
    #[must_use]
    pub fn new(store: Arc<Store>) -> Self {
        Self {
            store: Backing::Centre(store),
            quotas: Arc::default(),
        }
    }

    /// At a gateway: on a replica whose catalog has [`Vault::service`] and [`Vault::replica_service`]. It does what the
    /// vault of the data centre does, by the same code; its buckets are sealed, and its acts recorded by way of `remote`.
    #[must_use]
    pub fn on_replica(replica: Arc<Replica>, remote: Arc<dyn Remote>) -> Self {
        Self {
            store: Backing::Home(Arc::new(Home::new(replica, remote))),
            quotas: Arc::default(),
        }
    }

    /// The tables that a replica has beside those of [`Vault::service`].
    #[must_use]
    pub fn replica_service() -> Service {
        Service {
            name: "vault-replica",
            views: &views::heads::TABLES,
            kinds: Vec::new(),
        }
    }

    /// Adopts an act that stands in the ledger; one that was adopted before is only compared. `also` runs in the same
    /// instant, adopted before or not: the place to keep how far the ledger was followed. Entries may come in any order
    /// but for those of one slot, which come in theirs. Blocking, for less than a millisecond.
    ///
    /// # Errors
    /// [`Error::Store`] on a data centre's vault, when another act was adopted at that entry, when the act is of an
    /// unknown kind or malformed, or for a failure of the rows: nothing is changed then.
    pub fn adopt(
        &self,
        act: &Followed,
        also: impl FnOnce(&Writer<'_>) -> amana_store::Result<()>,
    ) -> Result<()> {
        match &self.store {
            Backing::Home(home) => Ok(home.adopt(act, also)?),
            Backing::Centre(_) => Err(Error::Store(amana_store::Error::Refused {
                what: "an act of another ledger".into(),
                why: "this is the data centre".into(),
            })),
        }
    }

    /// At a gateway: the entry that moved a slot last; nothing for one that never was moved, or was retired.
    ///
    /// # Errors
    /// A failure of the rows.
    pub fn slot_head(&self, slot: remote::SlotId) -> Result<Option<u64>> {
        self.store
            .read(|rows| Ok(views::heads::of_slot(rows, slot)?))
    }

    /// Whether a bucket holds anything that keeps it from being deleted: a version, or an upload under way.
    ///
    /// # Errors
    /// A failure of the rows.
    pub fn holds_objects(&self, bucket: amana_store::EntryId) -> Result<bool> {
        self.store.read(|rows| {
            let versions = views::versions::any(rows, bucket)?;
            Ok(versions || views::uploads::any(rows, bucket)?.is_some())
        })
    }

    /// The views and the acts, for the store's catalog.
    #[must_use]
    pub fn service() -> Service {
        Service {
            name: "vault",
            views: &views::VIEWS,
            kinds: acts::kinds(),
        }
    }

    /// Reads rows where blocking is allowed: for reads of more than a few rows.
    async fn read_apart<T: Send + 'static>(
        &self,
        read: impl FnOnce(&amana_store::Reader<'_>) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let store = self.store.clone();
        apart(move || store.read(read)).await
    }
}

/// Runs work that blocks on a thread made for it.
async fn apart<T: Send + 'static>(work: impl FnOnce() -> Result<T> + Send + 'static) -> Result<T> {
    tokio::task::spawn_blocking(work).await.map_err(ended)?
}

/// A thread of ours ended early: the process is going down, or a bug made it panic.
fn ended(error: tokio::task::JoinError) -> Error {
    Error::Store(amana_store::Error::Failed {
        why: format!("a thread ended: {error}"),
    })
}
