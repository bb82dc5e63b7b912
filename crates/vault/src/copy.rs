//! Copying an object: large content is shared, small content is written again.

use std::ops::Range;

use amana_access::{Caller, Right};
use amana_store::Content;
use futures::StreamExt as _;

use crate::acts::object::{PutLinks, PutObject};
use crate::acts::recorded::ObjectBody;
use crate::backing::{Backing, Fresh};
use crate::buckets::require;
use crate::model::{ObjectAttrs, ObjectKey, WriteConditions};
use crate::{Done, Error, IngestOptions, Ingested, ObjectInfo, Put, Result, Vault};

/// How an entry names what was copied.
pub(crate) fn origin(source: &ObjectInfo) -> String {
    match source.version {
        Some(version) => format!("{}/{}?versionId={version}", source.bucket, source.key),
        None => format!("{}/{}", source.bucket, source.key),
    }
}

impl Vault {
    /// Puts an object that has the content of another; its tag stays the same. The caller decides on attributes: those of
    /// the source, or new ones.
    ///
    /// # Errors
    /// As [`Vault::put_object`]; [`crate::Error::NoSuchKey`] when the source was deleted meanwhile, [`Error::ConditionalConflict`] when it was
    /// replaced.
    pub async fn copy_object(
        &self,
        caller: &Caller,
        source: &ObjectInfo,
        bucket: &str,
        key: &ObjectKey,
        attrs: ObjectAttrs,
        conditions: WriteConditions,
    ) -> Result<Done<Put>> {
        require(caller, bucket, Right::Write)?;
        self.check_lock(&attrs)?;
        if source.bucket_id.ledger() != caller.ledger {
            return Err(Error::AccessDenied);
        }
        let admitted = self.admit_deposit(caller.ledger, source.size_bytes, 1);
        let admitted = admitted.await?;
        let mut extents = source.extents.to_vec();
        // Content in rows has one holder, the entry it stands under: the copy gets its own.
        let mut content = self.read_small(source).await?.map(Content::Inline);
        let mut fresh = Fresh::Nothing;
        let shared = content.is_none() && self.may_share(source, bucket);
        if content.is_none() && !shared {
            let options = IngestOptions {
                algorithms: Vec::new(),
                max_bytes: source.size_bytes,
            };
            let range = 0..source.size_bytes;
            let again = self.take_again(source, range, bucket, options).await?;
            let (extent, kept, new) = again.into_parts();
            (extents, content, fresh) = (vec![extent], kept, new);
        }
        let act = PutObject {
            by: caller.actor.clone(),
            ledger: caller.ledger,
            conditions,
            content,
            source: shared.then(|| (source.bucket_id, source.key.clone(), source.entry)),
            links: PutLinks::default(),
            body: ObjectBody {
                bucket: bucket.to_owned(),
                key: key.clone(),
                etag: source.etag,
                extents,
                attrs,
                copied_from: Some(origin(source)),
            },
        };
        let done = self.commit_put(act, fresh).await?;
        if let Some(admitted) = admitted {
            admitted.recorded();
        }
        Ok(done)
    }

    /// Whether a copy in `bucket` may hold what the source holds. A piece of ciphertext is for one bucket's key, and its
    /// slots stand in one bucket: a copy into another is sealed again.
    pub(crate) fn may_share(&self, source: &ObjectInfo, bucket: &str) -> bool {
        match self.store {
            Backing::Centre(_) => true,
            Backing::Home(_) => *source.bucket == *bucket,
        }
    }

    /// Takes content of an object in once more, for `bucket`.
    pub(crate) async fn take_again(
        &self,
        source: &ObjectInfo,
        range: Range<u64>,
        bucket: &str,
        options: IngestOptions,
    ) -> Result<Ingested> {
        let mut ingest = self.ingest(bucket, options)?;
        let mut stream = self.read(source, range).await?;
        while let Some(bytes) = stream.next().await {
            ingest.write(bytes?).await?;
        }
        ingest.finish().await
    }
}
