//! Looking an object up.

use std::ops::Range;
use std::sync::Arc;

use amana_access::{Caller, Right};
use amana_store::{EntryId, Reader, content};
use bytes::Bytes;

use crate::acts::recorded::{self, ObjectBody};
use crate::buckets::admit;
use crate::model::{Checksum, ETag, Extent, ObjectAttrs, ObjectKey, VersionId, VersionRef};
use crate::views::{tags, versions};
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
    let latest = version == VersionRef::Latest;
    match versions::find(rows, bucket, key.as_bytes(), version)? {
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
    let body: ObjectBody = recorded::body(rows, entry)?;
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
    /// An object without its content. Takes microseconds, on the caller's thread.
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
        self.look_up(caller, bucket, key, version, false)
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
        self.look_up(caller, bucket, key, version, true)
    }

    fn look_up(
        &self,
        caller: &Caller,
        bucket: &str,
        key: &ObjectKey,
        wanted: VersionRef,
        with_content: bool,
    ) -> Result<ObjectInfo> {
        let read = |rows: &Reader<'_>| {
            let found = admit(rows, caller, bucket, Right::Read)?;
            let version = standing(rows, found.id, key, wanted)?;
            let entry = entry_of(found.id, version.index)?;
            let body = recorded_object(rows, bucket, key.as_bytes(), entry, &version)?;
            let is_latest = wanted == VersionRef::Latest
                || versions::latest(rows, found.id, key.as_bytes())?
                    .is_some_and(|latest| latest.index == version.index);
            let tags = tags::of(rows, entry)?;
            let inline = match body.extents.first() {
                Some(extent) if with_content && version.inline => {
                    match content::read_inline(rows, entry, &extent.sha256) {
                        // Reading it may heal it, or names the damage.
                        Err(error) if error.is_damage() => None,
                        read => Some(read?),
                    }
                }
                _ => None,
            };
            Ok(ObjectInfo {
                bucket: bucket.into(),
                key: key.clone(),
                version: version.id(),
                is_latest,
                etag: body.etag,
                size_bytes: version.size_bytes,
                modified_ms: version.time_ms,
                tag_count: tags.as_ref().unwrap_or(&body.attrs.tags).pairs().len(),
                attrs: Arc::new(body.attrs),
                entry,
                bucket_id: found.id,
                extents: body.extents.into(),
                inline,
            })
        };
        self.store
            .read(read)
            .map_err(|error: Error| error.naming(|| format!("{bucket}/{key}")))
    }
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
