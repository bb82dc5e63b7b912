//! What an act says of itself to be recorded sealed.

use amana_store::{Act, At};

use super::bucket::{CreateBucket, DeleteBucket, SetVersioning};
use super::lock::{Hold, Retain, SetLock};
use super::object::{DeleteObject, Made, PutObject, Removed, SetTags};
use super::upload::{AbortUpload, CompleteUpload, CreateUpload, PutPart};
use crate::Error;
use crate::model::{ObjectKey, UploadId, VersionId, VersionRef};
use crate::remote::{ActId, Slot};

/// A slot, and the key that is in it or is uploaded to.
type Moved<'a> = (Slot<'a>, &'a ObjectKey);

/// An act that a gateway may have recorded in place of the data centre's own.
pub(crate) trait Sealable: Act<Refusal = Error> {
    /// Name of its bucket.
    fn bucket(&self) -> &str;

    /// The entry that made its bucket, after [`Act::check`]; `None` for `bucket.create`.
    fn bucket_entry(&self) -> Option<u64>;

    /// Whether it brings something in, which isn't taken from an institution that leaves. What makes less, or changes what is
    /// said of what is there, brings nothing.
    fn brings(&self) -> bool;

    /// The slots that it moves; known before the check.
    fn moves(&self, id: ActId) -> Vec<Moved<'_>>;

    /// What it gave when it was tried, put right for where it stands: what a slot held is the same by then, or the act
    /// would not have been recorded.
    fn settle(output: Self::Output, at: &At) -> Self::Output;

    /// Whether it may as well be recorded later, on whatever stands then.
    fn is_spoolable(&self) -> bool {
        false
    }
}

fn object<'a>(bucket: &'a str, key: &'a ObjectKey) -> Moved<'a> {
    (Slot::Object { bucket, key }, key)
}

fn upload(id: UploadId, key: &ObjectKey) -> Moved<'_> {
    (Slot::Upload(id.0.tag), key)
}

fn made(made: Made, at: &At) -> Made {
    Made {
        version: made.version.map(|_| VersionId::of(at)),
        time_ms: at.time_ms,
    }
}

impl Sealable for CreateBucket {
    fn brings(&self) -> bool {
        true
    }

    fn bucket(&self) -> &str {
        &self.body.name
    }

    fn bucket_entry(&self) -> Option<u64> {
        None
    }

    fn moves(&self, _: ActId) -> Vec<Moved<'_>> {
        Vec::new()
    }

    fn settle((): (), _: &At) {}
}

impl Sealable for DeleteBucket {
    fn brings(&self) -> bool {
        false
    }

    fn bucket(&self) -> &str {
        &self.body.bucket
    }

    fn bucket_entry(&self) -> Option<u64> {
        Some(self.links.bucket)
    }

    fn moves(&self, _: ActId) -> Vec<Moved<'_>> {
        Vec::new()
    }

    fn settle((): (), _: &At) {}
}

impl Sealable for SetVersioning {
    fn brings(&self) -> bool {
        false
    }

    fn bucket(&self) -> &str {
        &self.body.bucket
    }

    fn bucket_entry(&self) -> Option<u64> {
        Some(self.links.bucket)
    }

    fn moves(&self, _: ActId) -> Vec<Moved<'_>> {
        Vec::new()
    }

    fn settle((): (), _: &At) {}
}

impl Sealable for SetLock {
    fn brings(&self) -> bool {
        false
    }

    fn bucket(&self) -> &str {
        &self.body.bucket
    }

    fn bucket_entry(&self) -> Option<u64> {
        Some(self.links.bucket)
    }

    fn moves(&self, _: ActId) -> Vec<Moved<'_>> {
        Vec::new()
    }

    fn settle((): (), _: &At) {}
}

impl Sealable for Retain {
    fn brings(&self) -> bool {
        false
    }

    fn bucket(&self) -> &str {
        &self.body.bucket
    }

    fn bucket_entry(&self) -> Option<u64> {
        Some(self.links.bucket)
    }

    fn moves(&self, _: ActId) -> Vec<Moved<'_>> {
        vec![object(&self.body.bucket, &self.body.key)]
    }

    fn settle((): (), _: &At) {}
}

impl Sealable for Hold {
    fn brings(&self) -> bool {
        false
    }

    fn bucket(&self) -> &str {
        &self.body.bucket
    }

    fn bucket_entry(&self) -> Option<u64> {
        Some(self.links.bucket)
    }

    fn moves(&self, _: ActId) -> Vec<Moved<'_>> {
        vec![object(&self.body.bucket, &self.body.key)]
    }

    fn settle((): (), _: &At) {}
}

impl Sealable for PutObject {
    fn brings(&self) -> bool {
        true
    }

    fn bucket(&self) -> &str {
        &self.body.bucket
    }

    fn bucket_entry(&self) -> Option<u64> {
        Some(self.links.bucket)
    }

    /// Its object, and the source of a copy that shares pieces: both stand on the source's being there.
    fn moves(&self, _: ActId) -> Vec<Moved<'_>> {
        let bucket = &self.body.bucket;
        let source = self
            .source
            .as_ref()
            .filter(|(_, key, _)| *key != self.body.key);
        std::iter::once(object(bucket, &self.body.key))
            .chain(source.map(|(_, key, _)| object(bucket, key)))
            .collect()
    }

    fn settle(output: Made, at: &At) -> Made {
        made(output, at)
    }

    fn is_spoolable(&self) -> bool {
        // A date that was given may be past by the time that it is recorded.
        self.conditions.is_none() && self.source.is_none() && self.body.attrs.lock.is_none()
    }
}

impl Sealable for DeleteObject {
    fn brings(&self) -> bool {
        false
    }

    fn bucket(&self) -> &str {
        &self.body.bucket
    }

    fn bucket_entry(&self) -> Option<u64> {
        Some(self.links.bucket)
    }

    fn moves(&self, _: ActId) -> Vec<Moved<'_>> {
        vec![object(&self.body.bucket, &self.body.key)]
    }

    fn settle(output: Removed, at: &At) -> Removed {
        Removed {
            marker_made: output.marker_made.map(|marker| made(marker, at)),
            ..output
        }
    }

    fn is_spoolable(&self) -> bool {
        self.version == VersionRef::Latest && self.if_match.is_none()
    }
}

impl Sealable for SetTags {
    fn brings(&self) -> bool {
        false
    }

    fn bucket(&self) -> &str {
        &self.body.bucket
    }

    fn bucket_entry(&self) -> Option<u64> {
        Some(self.links.bucket)
    }

    fn moves(&self, _: ActId) -> Vec<Moved<'_>> {
        vec![object(&self.body.bucket, &self.body.key)]
    }

    fn settle(output: Option<VersionId>, _: &At) -> Option<VersionId> {
        output
    }
}

impl Sealable for CreateUpload {
    fn brings(&self) -> bool {
        true
    }

    fn bucket(&self) -> &str {
        &self.body.bucket
    }

    fn bucket_entry(&self) -> Option<u64> {
        Some(self.links.bucket)
    }

    /// The upload that it begins, whose id's tag is the act's own name.
    fn moves(&self, id: ActId) -> Vec<Moved<'_>> {
        vec![(Slot::Upload(id.0), &self.body.key)]
    }

    fn settle(_: UploadId, at: &At) -> UploadId {
        UploadId::of(at)
    }
}

impl Sealable for PutPart {
    fn brings(&self) -> bool {
        true
    }

    fn bucket(&self) -> &str {
        &self.body.bucket
    }

    fn bucket_entry(&self) -> Option<u64> {
        Some(self.links.bucket)
    }

    fn moves(&self, _: ActId) -> Vec<Moved<'_>> {
        let source = self.source.as_ref();
        std::iter::once(upload(self.upload, &self.body.key))
            .chain(source.map(|(_, key, _)| object(&self.body.bucket, key)))
            .collect()
    }

    fn settle(_: i64, at: &At) -> i64 {
        at.time_ms
    }
}

impl Sealable for CompleteUpload {
    fn brings(&self) -> bool {
        true
    }

    fn bucket(&self) -> &str {
        &self.body.bucket
    }

    fn bucket_entry(&self) -> Option<u64> {
        Some(self.links.bucket)
    }

    fn moves(&self, _: ActId) -> Vec<Moved<'_>> {
        vec![
            object(&self.body.bucket, &self.body.key),
            upload(self.upload, &self.body.key),
        ]
    }

    fn settle(output: Made, at: &At) -> Made {
        made(output, at)
    }
}

impl Sealable for AbortUpload {
    fn brings(&self) -> bool {
        false
    }

    fn bucket(&self) -> &str {
        &self.body.bucket
    }

    fn bucket_entry(&self) -> Option<u64> {
        Some(self.links.bucket)
    }

    fn moves(&self, _: ActId) -> Vec<Moved<'_>> {
        vec![upload(self.upload, &self.body.key)]
    }

    fn settle((): (), _: &At) {}
}
