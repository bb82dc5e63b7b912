//! Acts on multipart uploads. Parts lie in blobs, whatever their size: a completed object is then a list of blobs.

use std::collections::BTreeSet;
use std::sync::Arc;

use amana_store::{Act, At, Content, Denied, EntryId, LedgerId, Reader, Result, Target, Writer};
use serde::{Deserialize, Serialize};

use super::object::{Made, Place, blobs, discard, place};
use super::recorded::{KeyBody, ObjectBody};
use super::{bucket::BucketLinks, is_false, linked};
use crate::model::{
    ChecksumAlgorithm, ChecksumType, ETag, Extent, ObjectAttrs, ObjectKey, ObjectLock, UploadId,
    VersionId, WriteConditions,
};
use crate::parts::MAX_PARTS;
use crate::views::{buckets, holders, locks, uploads, versions};
use crate::{BucketInfo, Error};

/// The upload's bucket and entry, if it is under way.
fn under_way(
    views: &Reader<'_>,
    bucket: &str,
    ledger: LedgerId,
    key: &ObjectKey,
    id: UploadId,
) -> crate::Result<(BucketInfo, uploads::Upload)> {
    let bucket = buckets::owned(views, bucket, ledger)?;
    let upload = uploads::find(views, bucket.id, key.as_bytes(), id)?.ok_or(Error::NoSuchUpload)?;
    Ok((bucket, upload))
}

/// `upload.create`
pub(crate) struct CreateUpload {
    pub(crate) by: Arc<str>,
    pub(crate) ledger: LedgerId,
    pub(crate) links: BucketLinks,
    pub(crate) body: UploadBody,
}

#[derive(Serialize, Deserialize)]
pub(crate) struct UploadBody {
    pub(crate) bucket: String,
    pub(crate) key: ObjectKey,
    #[serde(default)]
    pub(crate) attrs: ObjectAttrs,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) checksum: Option<(ChecksumAlgorithm, ChecksumType)>,
}

impl Act for CreateUpload {
    const KIND: &'static str = "upload.create";
    type Links = BucketLinks;
    type Body = UploadBody;
    type Output = UploadId;
    type Refusal = Error;

    fn actor(&self) -> &str {
        &self.by
    }

    fn target(&self) -> Target {
        Target::Ledger(self.ledger)
    }

    fn check(&mut self, views: &Reader<'_>, _now_ms: i64) -> Result<(), Denied<Error>> {
        let bucket = buckets::owned(views, &self.body.bucket, self.ledger)?;
        if bucket.lock.is_none() && self.body.attrs.lock.is_some() {
            return Err(Error::NoObjectLock.into());
        }
        self.links.bucket = bucket.id.index();
        Ok(())
    }

    fn links(&self) -> &BucketLinks {
        &self.links
    }

    fn body(&self) -> Option<&UploadBody> {
        Some(&self.body)
    }

    fn apply(
        links: &BucketLinks,
        body: Option<&UploadBody>,
        rows: &Writer<'_>,
        at: &At,
    ) -> Result<UploadId> {
        if let Some(body) = body {
            let upload = uploads::Upload {
                entry: at.entry,
                bucket: linked(at.entry.ledger(), links.bucket)?,
                key: body.key.as_bytes().to_vec(),
                tag: at.tag,
                time_ms: at.time_ms,
            };
            uploads::insert(rows, &upload)?;
        }
        Ok(UploadId::of(at))
    }
}

/// `upload.part`
pub(crate) struct PutPart {
    pub(crate) by: Arc<str>,
    pub(crate) ledger: LedgerId,
    pub(crate) upload: UploadId,
    pub(crate) content: Option<Content>,
    /// For a copy that shares a blob: the version that must still hold it.
    pub(crate) source: Option<(EntryId, ObjectKey, EntryId)>,
    pub(crate) links: PartLinks,
    pub(crate) body: PartBody,
}

#[derive(Serialize, Deserialize)]
pub(crate) struct PartLinks {
    pub(crate) bucket: u64,
    pub(crate) upload: u64,
    pub(crate) number: u32,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct PartBody {
    pub(crate) bucket: String,
    pub(crate) key: ObjectKey,
    pub(crate) etag: ETag,
    pub(crate) extent: Extent,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) copied_from: Option<String>,
}

impl Act for PutPart {
    const KIND: &'static str = "upload.part";
    type Links = PartLinks;
    type Body = PartBody;
    type Output = i64;
    type Refusal = Error;

    fn actor(&self) -> &str {
        &self.by
    }

    fn target(&self) -> Target {
        Target::Ledger(self.ledger)
    }

    fn check(&mut self, views: &Reader<'_>, _now_ms: i64) -> Result<(), Denied<Error>> {
        let (name, key) = (&self.body.bucket, &self.body.key);
        let (bucket, upload) = under_way(views, name, self.ledger, key, self.upload)?;
        if let Some((bucket, key, entry)) = &self.source
            && versions::at(views, *bucket, key.as_bytes(), entry.index())?.is_none()
        {
            return Err(Error::NoSuchKey.into());
        }
        self.links.bucket = bucket.id.index();
        self.links.upload = upload.entry.index();
        Ok(())
    }

    fn links(&self) -> &PartLinks {
        &self.links
    }

    fn body(&self) -> Option<&PartBody> {
        Some(&self.body)
    }

    fn apply(
        links: &PartLinks,
        body: Option<&PartBody>,
        rows: &Writer<'_>,
        at: &At,
    ) -> Result<i64> {
        let ledger = at.entry.ledger();
        let upload = linked(ledger, links.upload)?;
        let replaced = uploads::take_part(rows, upload, links.number)?;
        if let Some((body, blob)) = body.and_then(|body| Some((body, body.extent.blob?))) {
            let part = uploads::Part {
                number: links.number,
                entry: at.entry,
                blob,
                size_bytes: body.extent.size_bytes,
                md5: body.etag.md5,
                time_ms: at.time_ms,
            };
            uploads::insert_part(rows, upload, &part)?;
            holders::hold(rows, blob)?;
        }
        if let Some(replaced) = replaced {
            holders::release(rows, ledger, replaced.blob)?;
        }
        Ok(at.time_ms)
    }

    fn take_content(&mut self) -> Vec<Content> {
        self.content.take().into_iter().collect()
    }
}

/// `upload.complete`
pub(crate) struct CompleteUpload {
    pub(crate) by: Arc<str>,
    pub(crate) ledger: LedgerId,
    pub(crate) upload: UploadId,
    pub(crate) conditions: WriteConditions,
    /// Entries of the parts that the body was made from, by number.
    pub(crate) parts: Vec<(u32, EntryId)>,
    pub(crate) links: CompleteLinks,
    pub(crate) body: ObjectBody,
}

#[derive(Default, Serialize, Deserialize)]
pub(crate) struct CompleteLinks {
    pub(crate) bucket: u64,
    pub(crate) upload: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) replaces: Option<u64>,
    #[serde(default, skip_serializing_if = "is_false")]
    pub(crate) null: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) lock: Option<ObjectLock>,
}

impl CompleteUpload {
    /// Whether each part that the body names is still the one uploaded last.
    fn parts_stand(&self, views: &Reader<'_>, upload: EntryId) -> Result<bool> {
        let standing = uploads::parts(views, upload, 0, MAX_PARTS as usize)?;
        let mut standing = standing.iter();
        Ok(self.parts.iter().all(|(number, entry)| {
            standing
                .find(|part| part.number >= *number)
                .is_some_and(|part| part.number == *number && part.entry == *entry)
        }))
    }
}

impl Act for CompleteUpload {
    const KIND: &'static str = "upload.complete";
    type Links = CompleteLinks;
    type Body = ObjectBody;
    type Output = Made;
    type Refusal = Error;

    fn actor(&self) -> &str {
        &self.by
    }

    fn weight_bytes(&self) -> usize {
        // About what a part takes in the body, and again while it is checked.
        self.parts.len() * 600
    }

    fn target(&self) -> Target {
        Target::Ledger(self.ledger)
    }

    fn check(&mut self, views: &Reader<'_>, now_ms: i64) -> Result<(), Denied<Error>> {
        let (name, key) = (&self.body.bucket, &self.body.key);
        let (bucket, upload) = under_way(views, name, self.ledger, key, self.upload)?;
        // Retention begins when there is something to retain, not when the upload was begun.
        let lock = ObjectLock::of_deposit(bucket.lock, self.body.attrs.lock, now_ms)?;
        if !self.parts_stand(views, upload.entry)? {
            return Err(Error::ConditionalConflict.into());
        }
        let place = Place::find(views, &bucket, key, &self.conditions)?;
        self.links = CompleteLinks {
            bucket: bucket.id.index(),
            upload: upload.entry.index(),
            replaces: place.replaces,
            null: place.null,
            lock,
        };
        Ok(())
    }

    fn links(&self) -> &CompleteLinks {
        &self.links
    }

    fn body(&self) -> Option<&ObjectBody> {
        Some(&self.body)
    }

    fn apply(
        links: &CompleteLinks,
        body: Option<&ObjectBody>,
        rows: &Writer<'_>,
        at: &At,
    ) -> Result<Made> {
        let ledger = at.entry.ledger();
        let bucket = linked(ledger, links.bucket)?;
        let upload = linked(ledger, links.upload)?;
        let mut parts: BTreeSet<_> = uploads::parts(rows, upload, 0, MAX_PARTS as usize)?
            .into_iter()
            .map(|part| (part.number, part.blob))
            .collect();
        uploads::remove(rows, upload)?;
        if let Some(body) = body {
            place(rows, bucket, body, links.null, at)?;
            if let Some(lock) = &links.lock {
                locks::insert(rows, at.entry, lock)?;
            }
            holders::set(rows, at.entry, blobs(body))?;
            for extent in &body.extents {
                // A part that is joined hands its blob over; one whose own body was erased never counted it.
                if let (Some(blob), Some(number)) = (extent.blob, extent.part)
                    && !parts.remove(&(number, blob))
                {
                    holders::hold(rows, blob)?;
                }
            }
        }
        for (_, blob) in parts {
            holders::release(rows, ledger, blob)?;
        }
        if let Some(replaced) = links.replaces {
            discard(rows, bucket, replaced, body.map(|body| &body.key))?;
        }
        Ok(Made {
            version: (!links.null).then(|| VersionId::of(at)),
            time_ms: at.time_ms,
        })
    }
}

/// `upload.abort`
pub(crate) struct AbortUpload {
    pub(crate) by: Arc<str>,
    pub(crate) ledger: LedgerId,
    pub(crate) upload: UploadId,
    pub(crate) links: AbortLinks,
    pub(crate) body: KeyBody,
}

#[derive(Default, Serialize, Deserialize)]
pub(crate) struct AbortLinks {
    pub(crate) bucket: u64,
    pub(crate) upload: u64,
}

impl Act for AbortUpload {
    const KIND: &'static str = "upload.abort";
    type Links = AbortLinks;
    type Body = KeyBody;
    type Output = ();
    type Refusal = Error;

    fn actor(&self) -> &str {
        &self.by
    }

    fn target(&self) -> Target {
        Target::Ledger(self.ledger)
    }

    fn check(&mut self, views: &Reader<'_>, _now_ms: i64) -> Result<(), Denied<Error>> {
        let (name, key) = (&self.body.bucket, &self.body.key);
        let (bucket, upload) = under_way(views, name, self.ledger, key, self.upload)?;
        self.links = AbortLinks {
            bucket: bucket.id.index(),
            upload: upload.entry.index(),
        };
        Ok(())
    }

    fn links(&self) -> &AbortLinks {
        &self.links
    }

    fn body(&self) -> Option<&KeyBody> {
        Some(&self.body)
    }

    fn apply(
        links: &AbortLinks,
        _body: Option<&KeyBody>,
        rows: &Writer<'_>,
        at: &At,
    ) -> Result<()> {
        let ledger = at.entry.ledger();
        let upload = linked(ledger, links.upload)?;
        let parts = uploads::parts(rows, upload, 0, MAX_PARTS as usize)?;
        uploads::remove(rows, upload)?;
        for part in parts {
            holders::release(rows, ledger, part.blob)?;
        }
        Ok(())
    }

    fn frees(&self) -> bool {
        true
    }
}
