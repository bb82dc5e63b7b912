//! Acts on objects, and the two things that each of them is made of: placing a version, and discarding one.

use std::sync::Arc;

use amana_store::{
    Act, At, BlobId, Content, Denied, EntryId, LedgerId, Reader, Result, Scope, Source, Target,
    Writer, content,
};
use serde::{Deserialize, Serialize};

use super::recorded::{KeyBody, ObjectBody};
use super::{is_false, linked};
use crate::model::{
    ETagMatch, ObjectKey, ObjectLock, Tags, Told, VersionId, VersionRef, Versioning,
    WriteConditions,
};
use crate::views::{buckets, holders, locks, sums, tags, versions};
use crate::{BucketInfo, Error};

/// A version that an act made or found: its id, `None` for the null version, and when it was recorded.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Made {
    pub(crate) version: Option<VersionId>,
    pub(crate) time_ms: i64,
}

/// Which version a write makes, and which it replaces.
pub(crate) struct Place {
    pub(crate) replaces: Option<u64>,
    pub(crate) null: bool,
}

impl Place {
    /// Judges the conditions and finds what a write to `key` replaces.
    pub(crate) fn find(
        views: &Reader<'_>,
        bucket: &BucketInfo,
        key: &ObjectKey,
        conditions: &WriteConditions,
    ) -> crate::Result<Self> {
        let key = key.as_bytes();
        let enabled = bucket.versioning == Versioning::Enabled;
        let latest = if enabled && conditions.is_none() {
            None
        } else {
            versions::latest(views, bucket.id, key)?
        };
        conditions.judge(latest.as_ref().and_then(|version| version.etag))?;
        let replaced = match bucket.versioning {
            Versioning::Enabled => None,
            Versioning::Unversioned => latest,
            Versioning::Suspended => versions::null(views, bucket.id, key)?,
        };
        Ok(Self {
            replaces: replaced.map(|version| version.index),
            null: !enabled,
        })
    }
}

/// Makes the row of a version.
pub(crate) fn place(
    rows: &Writer<'_>,
    bucket: EntryId,
    body: &ObjectBody,
    null: bool,
    at: &At,
) -> Result<()> {
    let version = versions::Version {
        index: at.entry.index(),
        tag: (!null).then_some(at.tag),
        size_bytes: body.size_bytes(),
        etag: Some(body.etag),
        time_ms: at.time_ms,
        inline: body.is_inline(),
        checksum: body
            .attrs
            .checksum
            .as_ref()
            .map(|checksum| (checksum.algorithm, checksum.kind)),
    };
    versions::insert(rows, bucket, body.key.as_bytes(), &version)?;
    sums::add(rows, bucket, version.size_bytes);
    Ok(())
}

/// The blobs of an object, in order.
pub(crate) fn blobs(body: &ObjectBody) -> impl Iterator<Item = BlobId> {
    body.extents.iter().filter_map(|extent| extent.blob)
}

/// Removes a version's row, tags and content; says whether it was a delete marker, or nothing when it had no row.
///
/// Without the key, because the body of the act that removes it is erased, there is no row: a body is erased only after
/// those of the versions that its act replaced or removed (see `erase.rs`).
pub(crate) fn discard(
    rows: &Writer<'_>,
    bucket: EntryId,
    index: u64,
    key: Option<&ObjectKey>,
) -> Result<Option<bool>> {
    let entry = linked(bucket.ledger(), index)?;
    tags::remove(rows, entry)?;
    let Some(key) = key.map(ObjectKey::as_bytes) else {
        return Ok(None);
    };
    let Some(version) = versions::at(rows, bucket, key, index)? else {
        return Ok(None);
    };
    versions::remove(rows, bucket, key, index)?;
    if !version.is_marker() {
        sums::subtract(rows, bucket, version.size_bytes);
    }
    if version.inline {
        content::release(rows, bucket.ledger(), Source::Entry(index));
    } else if !version.is_marker() {
        holders::release_all(rows, entry)?;
    }
    Ok(Some(version.is_marker()))
}

/// `object.put`
pub(crate) struct PutObject {
    pub(crate) by: Arc<str>,
    pub(crate) ledger: LedgerId,
    pub(crate) conditions: WriteConditions,
    pub(crate) content: Option<Content>,
    /// For a copy that shares blobs: the version that must still hold them.
    pub(crate) source: Option<(EntryId, ObjectKey, EntryId)>,
    pub(crate) links: PutLinks,
    pub(crate) body: ObjectBody,
}

#[derive(Default, Serialize, Deserialize)]
pub(crate) struct PutLinks {
    pub(crate) bucket: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) replaces: Option<u64>,
    #[serde(default, skip_serializing_if = "is_false")]
    pub(crate) null: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) lock: Option<ObjectLock>,
}

impl Act for PutObject {
    const KIND: &'static str = "object.put";
    type Links = PutLinks;
    type Body = ObjectBody;
    type Output = Made;
    type Refusal = Error;

    fn actor(&self) -> &str {
        &self.by
    }

    fn target(&self) -> Target {
        Target::Ledger(self.ledger)
    }

    fn check(&mut self, views: &Reader<'_>, now_ms: i64) -> Result<(), Denied<Error>> {
        let bucket = buckets::owned(views, &self.body.bucket, self.ledger)?;
        let given = self.body.attrs.lock;
        let lock = ObjectLock::of_deposit(bucket.lock, given, now_ms)?;
        let place = Place::find(views, &bucket, &self.body.key, &self.conditions)?;
        if let Some((bucket, key, entry)) = &self.source
            && versions::at(views, *bucket, key.as_bytes(), entry.index())?.is_none()
        {
            return Err(Error::NoSuchKey.into());
        }
        self.links = PutLinks {
            bucket: bucket.id.index(),
            replaces: place.replaces,
            null: place.null,
            lock,
        };
        Ok(())
    }

    fn links(&self) -> &PutLinks {
        &self.links
    }

    fn body(&self) -> Option<&ObjectBody> {
        Some(&self.body)
    }

    fn apply(
        links: &PutLinks,
        body: Option<&ObjectBody>,
        rows: &Writer<'_>,
        at: &At,
    ) -> Result<Made> {
        let bucket = linked(at.entry.ledger(), links.bucket)?;
        // The new version holds its blobs before the old one lets go of them: a copy onto itself shares them.
        if let Some(body) = body {
            place(rows, bucket, body, links.null, at)?;
            if let Some(lock) = &links.lock {
                locks::insert(rows, at.entry, lock)?;
            }
            holders::set(rows, at.entry, blobs(body))?;
            for blob in blobs(body) {
                holders::hold(rows, blob)?;
            }
        }
        if let Some(replaced) = links.replaces {
            discard(rows, bucket, replaced, body.map(|body| &body.key))?;
        }
        Ok(Made {
            version: (!links.null).then(|| VersionId::of(at)),
            time_ms: at.time_ms,
        })
    }

    fn take_content(&mut self) -> Vec<Content> {
        self.content.take().into_iter().collect()
    }

    fn scope(&self) -> Option<Scope> {
        // A copy that shares blobs looks at its source too.
        let alone = self.source.is_none();
        alone.then(|| of_key(&self.body.bucket, &self.body.key))
    }
}

/// What the check of an act on a key looks at, beside its bucket: the versions of the key.
pub(crate) fn of_key(bucket: &str, key: &ObjectKey) -> Scope {
    Scope::of((bucket, key.as_bytes()))
}

/// `object.delete`
pub(crate) struct DeleteObject {
    pub(crate) by: Arc<str>,
    pub(crate) ledger: LedgerId,
    pub(crate) version: VersionRef,
    pub(crate) if_match: Option<ETagMatch>,
    /// Whether retention is to be ended early, by who has the right to.
    pub(crate) bypass: bool,
    /// What time it is by the word of the witnesses, once that was asked.
    pub(crate) witnessed_ms: Option<i64>,
    pub(crate) links: DeleteLinks,
    pub(crate) body: KeyBody,
}

#[derive(Default, Serialize, Deserialize)]
pub(crate) struct DeleteLinks {
    pub(crate) bucket: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) removes: Option<u64>,
    #[serde(default, skip_serializing_if = "is_false")]
    pub(crate) marker: bool,
    #[serde(default, skip_serializing_if = "is_false")]
    pub(crate) null: bool,
    /// Whether a lock goes with what is removed, which then is over.
    #[serde(default, skip_serializing_if = "is_false")]
    pub(crate) unlocks: bool,
    /// Whether its retention is ended early.
    #[serde(default, skip_serializing_if = "is_false")]
    pub(crate) bypassed: bool,
}

/// What a delete did: the version removed was a delete marker; the marker that was made.
pub(crate) struct Removed {
    pub(crate) marker_removed: bool,
    pub(crate) marker_made: Option<Made>,
}

impl Act for DeleteObject {
    const KIND: &'static str = "object.delete";
    type Links = DeleteLinks;
    type Body = KeyBody;
    type Output = Removed;
    /// [`Error::NoSuchVersion`] says that there is nothing to delete.
    type Refusal = Error;

    fn actor(&self) -> &str {
        &self.by
    }

    fn target(&self) -> Target {
        Target::Ledger(self.ledger)
    }

    fn check(&mut self, views: &Reader<'_>, now_ms: i64) -> Result<(), Denied<Error>> {
        let bucket = buckets::owned(views, &self.body.bucket, self.ledger)?;
        let key = self.body.key.as_bytes();
        let meant = versions::find(views, bucket.id, key, self.version)?;
        let conditions = WriteConditions {
            if_match: self.if_match.clone(),
            if_none_match_any: false,
        };
        conditions.judge(meant.as_ref().and_then(|version| version.etag))?;
        let removed = match (self.version, bucket.versioning) {
            (VersionRef::Latest, Versioning::Enabled) => None,
            (VersionRef::Latest, Versioning::Suspended) => versions::null(views, bucket.id, key)?,
            _ => Some(meant.ok_or(Error::NoSuchVersion)?),
        };
        let told = Told {
            now_ms,
            witnessed_ms: self.witnessed_ms,
            bypass: self.bypass,
        };
        let lock = match &removed {
            Some(version) if bucket.lock.is_some() => {
                locks::of(views, linked(self.ledger, version.index)?)?
            }
            _ => None,
        };
        let bypassed = lock.map(|lock| lock.may_go(told)).transpose()?;
        let marker =
            self.version == VersionRef::Latest && bucket.versioning != Versioning::Unversioned;
        self.links = DeleteLinks {
            bucket: bucket.id.index(),
            removes: removed.map(|version| version.index),
            marker,
            null: marker && bucket.versioning == Versioning::Suspended,
            unlocks: lock.is_some(),
            bypassed: bypassed.unwrap_or_default(),
        };
        Ok(())
    }

    fn links(&self) -> &DeleteLinks {
        &self.links
    }

    fn body(&self) -> Option<&KeyBody> {
        Some(&self.body)
    }

    fn apply(
        links: &DeleteLinks,
        body: Option<&KeyBody>,
        rows: &Writer<'_>,
        at: &At,
    ) -> Result<Removed> {
        let bucket = linked(at.entry.ledger(), links.bucket)?;
        let removed = match links.removes {
            Some(index) => {
                if links.unlocks {
                    locks::remove(rows, linked(bucket.ledger(), index)?)?;
                }
                discard(rows, bucket, index, body.map(|body| &body.key))?
            }
            None => None,
        };
        if let Some(body) = body.filter(|_| links.marker) {
            let version = versions::Version {
                index: at.entry.index(),
                tag: (!links.null).then_some(at.tag),
                size_bytes: 0,
                etag: None,
                time_ms: at.time_ms,
                inline: false,
                checksum: None,
            };
            versions::insert(rows, bucket, body.key.as_bytes(), &version)?;
        }
        Ok(Removed {
            marker_removed: removed == Some(true),
            marker_made: links.marker.then(|| Made {
                version: (!links.null).then(|| VersionId::of(at)),
                time_ms: at.time_ms,
            }),
        })
    }

    fn frees(&self) -> bool {
        true
    }

    fn scope(&self) -> Option<Scope> {
        Some(of_key(&self.body.bucket, &self.body.key))
    }
}

/// `object.tags`
pub(crate) struct SetTags {
    pub(crate) by: Arc<str>,
    pub(crate) ledger: LedgerId,
    pub(crate) version: VersionRef,
    pub(crate) links: TagsLinks,
    pub(crate) body: TagsBody,
}

#[derive(Default, Serialize, Deserialize)]
pub(crate) struct TagsLinks {
    pub(crate) bucket: u64,
    pub(crate) version: u64,
}

#[derive(Serialize, Deserialize)]
pub(crate) struct TagsBody {
    pub(crate) bucket: String,
    pub(crate) key: ObjectKey,
    pub(crate) tags: Tags,
}

impl Act for SetTags {
    const KIND: &'static str = "object.tags";
    type Links = TagsLinks;
    type Body = TagsBody;
    type Output = Option<VersionId>;
    type Refusal = Error;

    fn actor(&self) -> &str {
        &self.by
    }

    fn target(&self) -> Target {
        Target::Ledger(self.ledger)
    }

    fn check(&mut self, views: &Reader<'_>, _now_ms: i64) -> Result<(), Denied<Error>> {
        let bucket = buckets::owned(views, &self.body.bucket, self.ledger)?;
        let version = crate::get::standing(views, bucket.id, &self.body.key, self.version)?;
        self.links = TagsLinks {
            bucket: bucket.id.index(),
            version: version.index,
        };
        Ok(())
    }

    fn links(&self) -> &TagsLinks {
        &self.links
    }

    fn body(&self) -> Option<&TagsBody> {
        Some(&self.body)
    }

    fn apply(
        links: &TagsLinks,
        body: Option<&TagsBody>,
        rows: &Writer<'_>,
        at: &At,
    ) -> Result<Option<VersionId>> {
        let Some(body) = body else { return Ok(None) };
        let ledger = at.entry.ledger();
        tags::set(rows, linked(ledger, links.version)?, &body.tags)?;
        let bucket = linked(ledger, links.bucket)?;
        let version = versions::at(rows, bucket, body.key.as_bytes(), links.version)?;
        Ok(version.and_then(|version| version.id()))
    }
}
