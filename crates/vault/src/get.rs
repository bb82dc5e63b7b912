//! Looking an object up.

use std::ops::Range;
use std::sync::Arc;

use amana_access::Caller;
use amana_store::EntryId;
use bytes::Bytes;

use crate::model::{Checksum, ETag, Extent, ObjectAttrs, ObjectKey, VersionId, VersionRef};
use crate::{Result, Vault};

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
    /// Content in rows, read with the rest but not verified yet.
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

impl Vault {
    /// An object without its content. Takes microseconds, on the caller's thread.
    ///
    /// # Errors
    /// [`crate::Error::NoSuchKey`], [`crate::Error::NoSuchVersion`], [`crate::Error::DeleteMarker`] when the latest is
    /// one, [`crate::Error::MethodNotAllowed`] when the version named is one, [`crate::Error::Damaged`].
    pub fn object(
        &self,
        caller: &Caller,
        bucket: &str,
        key: &ObjectKey,
        version: VersionRef,
    ) -> Result<ObjectInfo> {
        unimplemented!()
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
        unimplemented!()
    }
}
