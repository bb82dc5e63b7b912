//! Looking an object up.

use std::ops::Range;
use std::sync::Arc;

use amana_access::{Caller, Right};
use amana_store::{EntryId, Reader, Row, Value, content};
use bytes::Bytes;

use crate::acts::recorded::{self, ObjectBody};
use crate::buckets::require;
use crate::model::{
    Checksum, ETag, Extent, ObjectAttrs, ObjectKey, ObjectLock, VersionId, VersionRef, Versioning,
};
use crate::views::{buckets, objects, versions};
use crate::{Error, Result, Vault};

/// A version of an object: everything but its content.
#[derive(Clone, Debug)]
pub struct ObjectInfo {
    /// Its bucket.
    pub bucket: Arc<str>,
    /// Its key.
    pub key: ObjectKey,
    /// Its version; `None` for the null version.
    pub version: Option<VersionId>,
    /// Whether it is the newest of its key.
    pub is_latest: bool,
    /// Whether its bucket keeps versions.
    pub versioning: Versioning,
    /// Its tag.
    pub etag: ETag,
    /// Its length.
    pub size_bytes: u64,
    /// When it was made, milliseconds since 1970.
    pub modified_ms: i64,
    /// What its depositor said of it. Its tags may have been replaced since: see [`Vault::tags`].
    pub attrs: Arc<ObjectAttrs>,
    /// How many tags it has now.
    pub tag_count: usize,
    /// What keeps it from being deleted.
    pub lock: Option<ObjectLock>,
    /// The entry that made it.
    pub entry: EntryId,
    pub(crate) bucket_id: EntryId,
    pub(crate) extents: Arc<[Extent]>,
    /// Content in rows, verified, when the object was opened for reading.
    pub(crate) inline: Option<Bytes>,
}

/// A part of an object that was uploaded in parts.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PartInfo {
    /// Its number in the upload.
    pub number: u32,
    /// Its length.
    pub size_bytes: u64,
    /// Where it lies in the object.
    pub range: Range<u64>,
    /// Its checksum, if the upload asked for one.
    pub checksum: Option<Checksum>,
}

impl ObjectInfo {
    /// The parts it was uploaded in; none when it was put whole.
    #[must_use]
    pub fn parts(&self) -> Vec<PartInfo> {
        let mut from = 0;
        self.extents
            .iter()
            .filter_map(|extent| {
                let range = from..from + extent.size_bytes;
                from = range.end;
                Some(PartInfo {
                    number: extent.part?,
                    size_bytes: extent.size_bytes,
                    range,
                    checksum: extent.checksum.clone(),
                })
            })
            .collect()
    }
}

/// The version that is meant, if it is there and no delete marker.
///
/// # Errors
/// [`Error::NoSuchKey`], [`Error::NoSuchVersion`], [`Error::DeleteMarker`], [`Error::MethodNotAllowed`].
pub(crate) fn standing(
    rows: &Reader<'_>,
    bucket: EntryId,
    key: &ObjectKey,
    version: VersionRef,
) -> Result<versions::Version> {
    judged(
        versions::find(rows, bucket, key.as_bytes(), version)?,
        version,
    )
}

/// What was found of the version that is meant, if it is there and no delete marker.
fn judged(found: Option<versions::Version>, wanted: VersionRef) -> Result<versions::Version> {
    let latest = wanted == VersionRef::Latest;
    match found {
        None if latest => Err(Error::NoSuchKey),
        None => Err(Error::NoSuchVersion),
        Some(found) if !found.is_marker() => Ok(found),
        Some(marker) if latest => Err(Error::DeleteMarker {
            version: marker.id(),
        }),
        Some(marker) => Err(Error::MethodNotAllowed {
            modified_ms: marker.time_ms,
        }),
    }
}

/// What the entry of a version says, if it is the one that the row speaks of.
pub(crate) fn recorded_object(
    rows: &Reader<'_>,
    bucket: &str,
    key: &[u8],
    entry: EntryId,
    version: &versions::Version,
) -> Result<ObjectBody> {
    agreeing(recorded::body(rows, entry)?, bucket, key, entry, version)
}

fn agreeing(
    body: ObjectBody,
    bucket: &str,
    key: &[u8],
    entry: EntryId,
    version: &versions::Version,
) -> Result<ObjectBody> {
    let agrees = body.bucket == bucket
        && body.key.as_bytes() == key
        && Some(body.etag) == version.etag
        && body.size_bytes() == version.size_bytes
        && body.is_inline() == version.inline;
    if agrees {
        return Ok(body);
    }
    Err(Error::Store(amana_store::Error::Damaged {
        what: "its row".into(),
        why: format!("it doesn't say what entry {entry} says; rebuild the tables from the ledgers"),
    }))
}

impl Vault {
    /// An object without its content. Blocking where rows are far away, and otherwise microseconds.
    ///
    /// # Errors
    /// [`Error::NoSuchKey`], [`Error::NoSuchVersion`], [`Error::DeleteMarker`] when the latest is one,
    /// [`Error::MethodNotAllowed`] when the version named is one, [`Error::Damaged`].
    pub fn object(
        &self,
        caller: &Caller,
        bucket: &str,
        key: &ObjectKey,
        version: VersionRef,
    ) -> Result<ObjectInfo> {
        let asked = Asked::new(caller, bucket, key, version, false);
        asked.now(self)
    }

    /// As [`Vault::object`], for reading: content that lies in rows is fetched in the same instant, so that a rival's
    /// overwrite can't come between.
    ///
    /// # Errors
    /// As [`Vault::object`].
    pub fn open(
        &self,
        caller: &Caller,
        bucket: &str,
        key: &ObjectKey,
        version: VersionRef,
    ) -> Result<ObjectInfo> {
        let asked = Asked::new(caller, bucket, key, version, true);
        asked.now(self)
    }

    /// As [`Vault::object`], for who can wait: where rows are far away, those who ask at the same time share a round trip.
    ///
    /// # Errors
    /// As [`Vault::object`].
    pub async fn ask_object(
        &self,
        caller: &Caller,
        bucket: &str,
        key: &ObjectKey,
        version: VersionRef,
    ) -> Result<ObjectInfo> {
        let asked = Asked::new(caller, bucket, key, version, false);
        asked.soon(self).await
    }

    /// As [`Vault::open`], for who can wait, as [`Vault::ask_object`].
    ///
    /// # Errors
    /// As [`Vault::object`].
    pub async fn ask_open(
        &self,
        caller: &Caller,
        bucket: &str,
        key: &ObjectKey,
        version: VersionRef,
    ) -> Result<ObjectInfo> {
        let asked = Asked::new(caller, bucket, key, version, true);
        asked.soon(self).await
    }
}

/// Which object is asked for, and who asks.
struct Asked<'a> {
    caller: &'a Caller,
    bucket: &'a str,
    key: &'a ObjectKey,
    version: VersionRef,
    with_content: bool,
}

impl<'a> Asked<'a> {
    fn new(
        caller: &'a Caller,
        bucket: &'a str,
        key: &'a ObjectKey,
        version: VersionRef,
        with_content: bool,
    ) -> Self {
        Self {
            caller,
            bucket,
            key,
            version,
            with_content,
        }
    }

    fn statement(&self) -> (&'static str, Vec<Value<'a>>) {
        let key = self.key.as_bytes();
        objects::statement(self.bucket, key, self.version, self.with_content)
    }

    fn now(&self, vault: &Vault) -> Result<ObjectInfo> {
        let (sql, values) = self.statement();
        let read = |row: Option<&Row<'_>>| self.read(row);
        self.named(vault.store.read(|rows| rows.first(sql, &values, read)))
    }

    async fn soon(&self, vault: &Vault) -> Result<ObjectInfo> {
        let (sql, values) = self.statement();
        let read = |row: Option<&Row<'_>>| self.read(row);
        self.named(vault.store.first(sql, &values, read).await)
    }

    fn read(&self, row: Option<&Row<'_>>) -> Result<ObjectInfo> {
        let found = row.map(|row| objects::read(row, self.version, self.with_content));
        let mut found = found.transpose()?.ok_or_else(|| Error::NoSuchBucket {
            name: self.bucket.to_owned(),
        })?;
        let own = buckets::of(Some(found.bucket), self.bucket, self.caller.ledger)?;
        found.bucket = buckets::plain(own, found.is_sealed)?;
        require(self.caller, self.bucket, Right::Read)?;
        info(found, self.key, self.version)
    }

    fn named(&self, found: Result<ObjectInfo>) -> Result<ObjectInfo> {
        found.map_err(|error| error.naming(|| format!("{}/{}", self.bucket, self.key)))
    }
}

/// What was found, if it agrees with what its entry says.
fn info(found: objects::Found, key: &ObjectKey, wanted: VersionRef) -> Result<ObjectInfo> {
    let bucket_id = found.bucket.id;
    let version = judged(found.version, wanted)?;
    let entry = entry_of(bucket_id, version.index)?;
    let body = recorded::body_of(entry, found.entry)?;
    let mut body = agreeing(body, &found.bucket.name, key.as_bytes(), entry, &version)?;
    // A copy that takes these attributes over isn't locked by it.
    body.attrs.lock = None;
    let inline = match body.extents.first() {
        Some(extent) if version.inline && found.with_content => {
            match content::verified(found.data, entry, &extent.sha256) {
                // Reading it may heal it, or names the damage.
                Err(error) if error.is_damage() => None,
                read => Some(read?),
            }
        }
        _ => None,
    };
    Ok(ObjectInfo {
        bucket: found.bucket.name.into(),
        key: key.clone(),
        version: version.id(),
        is_latest: found.is_latest,
        versioning: found.bucket.versioning,
        etag: body.etag,
        size_bytes: version.size_bytes,
        modified_ms: version.time_ms,
        tag_count: found
            .tags
            .as_ref()
            .unwrap_or(&body.attrs.tags)
            .pairs()
            .len(),
        lock: found.lock,
        attrs: Arc::new(body.attrs),
        entry,
        bucket_id,
        extents: body.extents.into(),
        inline,
    })
}

/// The entry at an index that stands in a row of that bucket.
pub(crate) fn entry_of(bucket: EntryId, index: u64) -> Result<EntryId> {
    EntryId::new(bucket.ledger(), index).ok_or_else(|| {
        Error::Store(amana_store::Error::Damaged {
            what: "its row".into(),
            why: "it has the number of no entry; rebuild the tables from the ledgers".into(),
        })
    })
}
