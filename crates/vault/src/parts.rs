//! Parts of an upload. Each lies in a blob, whatever its size.

use std::ops::Range;

use amana_access::{Caller, Right};
use amana_store::Content;

use crate::acts::recorded;
use crate::acts::upload::{PartBody, PartLinks, PutPart};
use crate::backing::{Backing, Fresh};
use crate::buckets::require;
use crate::copy::origin;
use crate::model::{Checksum, ChecksumType, ETag, Extent, ObjectKey, UploadId};
use crate::quotas::Admitted;
use crate::views::uploads;
use crate::{
    Done, Error, IngestOptions, Ingested, MAX_PAGE, ObjectInfo, Result, UploadInfo, Vault,
};

/// The highest number of a part.
pub const MAX_PARTS: u32 = 10_000;

/// A part that is uploaded.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ListedPart {
    /// Its number.
    pub number: u32,
    /// Its tag.
    pub etag: ETag,
    /// Its length.
    pub size_bytes: u64,
    /// When it was recorded, milliseconds since 1970.
    pub modified_ms: i64,
    /// Its checksum, if the upload has one.
    pub checksum: Option<Checksum>,
}

/// A page of parts.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PartsPage {
    /// The upload.
    pub upload: UploadInfo,
    /// Parts, by number.
    pub parts: Vec<ListedPart>,
    /// The number after which the next page begins, when there is more.
    pub next: Option<u32>,
}

/// Where a part goes.
struct PartPlace {
    bucket: String,
    upload: UploadInfo,
    number: u32,
}

/// Where a part's content comes from: new, in the rows or beside them, or shared with an object.
struct PartContent<'s> {
    content: Option<Content>,
    fresh: Fresh,
    source: Option<&'s ObjectInfo>,
    admitted: Option<Admitted>,
}

impl Vault {
    /// Puts a part, in place of an earlier one of the same number.
    ///
    /// # Errors
    /// [`Error::NoSuchUpload`], [`Error::InvalidPartNumber`], [`Error::InvalidChecksum`] when the upload's checksum was
    /// not computed, [`Error::AccessDenied`], [`Error::QuotaExceeded`], [`Error::Busy`], [`Error::Full`].
    pub async fn put_part(
        &self,
        caller: &Caller,
        bucket: &str,
        key: &ObjectKey,
        upload: UploadId,
        number: u32,
        content: Ingested,
    ) -> Result<Done<ListedPart>> {
        let place = self.part_place(caller, bucket, key, upload, number)?;
        let admitted = self.admit_deposit(caller.ledger, content.size_bytes, 0);
        let admitted = admitted.await?;
        let checksum = match place.upload.checksum {
            None => None,
            Some((algorithm, _)) => Some(Checksum {
                algorithm,
                kind: ChecksumType::FullObject,
                value: content.checksums.get(&algorithm).cloned().ok_or(
                    Error::InvalidChecksum {
                        why: "the upload was begun with another algorithm",
                    },
                )?,
                parts: None,
            }),
        };
        let etag = ETag::whole(content.md5);
        let content = match &self.store {
            Backing::Centre(store) => content.into_blob(store.blobs()).await?,
            Backing::Home(_) => content,
        };
        let (extent, content, fresh) = content.into_parts();
        let extent = Extent { checksum, ..extent };
        let content = PartContent {
            content,
            fresh,
            source: None,
            admitted,
        };
        self.commit_part(caller, place, etag, extent, content).await
    }

    /// Puts a part with the content of an object, or of a range of it. A whole object that lies in one blob is shared.
    ///
    /// # Errors
    /// As [`Vault::put_part`] and [`Vault::read`].
    #[expect(
        clippy::too_many_arguments,
        reason = "each names another thing that S3 asks for"
    )]
    pub async fn copy_part(
        &self,
        caller: &Caller,
        source: &ObjectInfo,
        range: Option<Range<u64>>,
        bucket: &str,
        key: &ObjectKey,
        upload: UploadId,
        number: u32,
    ) -> Result<Done<ListedPart>> {
        let place = self.part_place(caller, bucket, key, upload, number)?;
        if source.bucket_id.ledger() != caller.ledger {
            return Err(Error::AccessDenied);
        }
        let range = range.unwrap_or(0..source.size_bytes);
        if self.may_share(source, bucket)
            && let Some(extent) = shareable(source, &range, &place.upload)
        {
            let content = PartContent {
                content: None,
                fresh: Fresh::Nothing,
                source: Some(source),
                admitted: self
                    .admit_deposit(caller.ledger, source.size_bytes, 0)
                    .await?,
            };
            return self
                .commit_part(caller, place, source.etag, extent, content)
                .await;
        }
        let algorithm = place.upload.checksum.map(|(algorithm, _)| algorithm);
        let options = IngestOptions {
            algorithms: algorithm.into_iter().collect(),
            max_bytes: source.size_bytes,
        };
        let content = self.take_again(source, range, bucket, options).await?;
        self.put_part(caller, bucket, key, upload, number, content)
            .await
    }

    /// Lists the parts that come after a number, at most `max`.
    ///
    /// # Errors
    /// [`Error::NoSuchUpload`], [`Error::NoSuchBucket`], [`Error::AccessDenied`].
    pub async fn list_parts(
        &self,
        caller: &Caller,
        bucket: &str,
        key: &ObjectKey,
        upload: UploadId,
        after: u32,
        max: usize,
    ) -> Result<PartsPage> {
        let (caller, bucket, key) = (caller.clone(), bucket.to_owned(), key.clone());
        let max = max.min(MAX_PAGE);
        self.read_apart(move |rows| {
            let (entry, upload) = crate::uploads::find(rows, &caller, &bucket, &key, upload)?;
            let mut found = uploads::parts(rows, entry, after, max + 1)?;
            let more = found.len() > max;
            found.truncate(max);
            let next = found.last().filter(|_| more).map(|part| part.number);
            let listed = |part: uploads::Part| {
                let checksum = match upload.checksum {
                    Some(_) => {
                        recorded::body::<PartBody>(rows, part.entry)?
                            .extent
                            .checksum
                    }
                    None => None,
                };
                Ok(ListedPart {
                    number: part.number,
                    etag: ETag::whole(part.md5),
                    size_bytes: part.size_bytes,
                    modified_ms: part.time_ms,
                    checksum,
                })
            };
            let parts = found.into_iter().map(listed).collect::<Result<_>>()?;
            Ok(PartsPage {
                upload,
                parts,
                next,
            })
        })
        .await
    }

    fn part_place(
        &self,
        caller: &Caller,
        bucket: &str,
        key: &ObjectKey,
        upload: UploadId,
        number: u32,
    ) -> Result<PartPlace> {
        require(caller, bucket, Right::Write)?;
        if !(1..=MAX_PARTS).contains(&number) {
            return Err(Error::InvalidPartNumber {
                number,
                max: MAX_PARTS,
            });
        }
        Ok(PartPlace {
            bucket: bucket.to_owned(),
            upload: self.upload(caller, bucket, key, upload)?,
            number,
        })
    }

    async fn commit_part(
        &self,
        caller: &Caller,
        place: PartPlace,
        etag: ETag,
        extent: Extent,
        content: PartContent<'_>,
    ) -> Result<Done<ListedPart>> {
        let PartContent {
            content,
            fresh,
            source,
            admitted,
        } = content;
        let (size_bytes, checksum) = (extent.size_bytes, extent.checksum.clone());
        let act = PutPart {
            by: caller.actor.clone(),
            ledger: caller.ledger,
            upload: place.upload.id,
            content,
            source: source.map(|source| (source.bucket_id, source.key.clone(), source.entry)),
            links: PartLinks {
                bucket: 0,
                upload: 0,
                number: place.number,
            },
            body: PartBody {
                bucket: place.bucket,
                key: place.upload.key,
                etag,
                extent: Extent {
                    part: Some(place.number),
                    ..extent
                },
                copied_from: source.map(origin),
            },
        };
        let committed = self.store.commit(act, fresh).await?;
        if let Some(admitted) = admitted {
            admitted.recorded();
        }
        Ok(Done {
            receipt: committed.receipt(),
            value: ListedPart {
                number: place.number,
                etag,
                size_bytes,
                modified_ms: committed.output,
                checksum,
            },
        })
    }
}

/// The one blob of an object whose whole content becomes a part, when its tag and checksum are a part's as well.
fn shareable(source: &ObjectInfo, range: &Range<u64>, upload: &UploadInfo) -> Option<Extent> {
    let [extent] = &*source.extents else {
        return None;
    };
    if extent.blob.is_none() || *range != (0..source.size_bytes) || source.etag.parts.is_some() {
        return None;
    }
    let checksum =
        match upload.checksum {
            None => None,
            Some((algorithm, _)) => Some(source.attrs.checksum.clone().filter(|sum| {
                sum.algorithm == algorithm && sum.kind == ChecksumType::FullObject
            })?),
        };
    Some(Extent {
        checksum,
        ..extent.clone()
    })
}
