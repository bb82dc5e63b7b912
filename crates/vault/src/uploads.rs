//! Multipart uploads: beginning, finding, listing and aborting them.

use std::ops::ControlFlow;

use amana_access::{Caller, Right};
use amana_store::{EntryId, Reader};

use crate::acts::bucket::BucketLinks;
use crate::acts::recorded::{self, KeyBody};
use crate::acts::upload::{AbortLinks, AbortUpload, CreateUpload, UploadBody};
use crate::backing::Fresh;
use crate::buckets::{admit, require};
use crate::list::{Filter, Step, past_group, past_key, text, walk};
use crate::model::{ChecksumAlgorithm, ChecksumType, ObjectAttrs, ObjectKey, UploadId};
use crate::views::uploads;
use crate::{Done, Error, MAX_PAGE, Result, Vault};

/// How an upload is begun.
#[derive(Clone, Default, Debug)]
pub struct UploadOptions {
    /// What is said of the object that it becomes; its checksum is ignored.
    pub attrs: ObjectAttrs,
    /// The checksum that each part has, and then the object.
    pub checksum: Option<(ChecksumAlgorithm, ChecksumType)>,
}

/// An upload under way.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct UploadInfo {
    /// Its id.
    pub id: UploadId,
    /// The key of the object that it becomes.
    pub key: ObjectKey,
    /// When it was begun, milliseconds since 1970.
    pub initiated_ms: i64,
    /// What is said of the object that it becomes.
    pub attrs: ObjectAttrs,
    /// The checksum that each part must have: ask for this algorithm when taking a part in.
    pub checksum: Option<(ChecksumAlgorithm, ChecksumType)>,
}

/// What uploads to list.
#[derive(Clone, Default, Debug)]
pub struct UploadsQuery {
    /// Keys that begin so.
    pub prefix: String,
    /// Keys with this after the prefix are rolled up into a common prefix.
    pub delimiter: Option<String>,
    /// Begins after this key, or with `upload_marker` after that upload of it.
    pub key_marker: Option<String>,
    /// Begins after this upload of `key_marker`.
    pub upload_marker: Option<UploadId>,
    /// Uploads and common prefixes together, at most; beyond [`crate::MAX_PAGE`] it counts as that.
    pub max: usize,
}

/// An upload on a page.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ListedUpload {
    /// The key of the object that it becomes.
    pub key: String,
    /// Its id.
    pub id: UploadId,
    /// When it was begun, milliseconds since 1970.
    pub initiated_ms: i64,
    /// The checksum that it was begun with.
    pub checksum: Option<(ChecksumAlgorithm, ChecksumType)>,
    /// The storage class that it was begun with.
    pub storage_class: Option<String>,
}

/// A page.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct UploadsPage {
    /// Uploads by key, the oldest of a key first.
    pub uploads: Vec<ListedUpload>,
    /// Common prefixes, in order.
    pub prefixes: Vec<String>,
    /// Where the next page begins, when there is more.
    pub next: Option<(String, Option<UploadId>)>,
}

impl Vault {
    /// Begins an upload.
    ///
    /// # Errors
    /// [`crate::Error::NoSuchBucket`], [`crate::Error::AccessDenied`], [`crate::Error::InvalidChecksum`].
    pub async fn create_upload(
        &self,
        caller: &Caller,
        bucket: &str,
        key: &ObjectKey,
        options: UploadOptions,
    ) -> Result<Done<UploadId>> {
        require(caller, bucket, Right::Write)?;
        self.check_lock(&options.attrs)?;
        if let Some((algorithm, kind)) = options.checksum
            && !algorithm.allows(kind)
        {
            return Err(Error::InvalidChecksum {
                why: "the algorithm doesn't come in this type",
            });
        }
        let act = CreateUpload {
            by: caller.actor.clone(),
            ledger: caller.ledger,
            links: BucketLinks { bucket: 0 },
            body: UploadBody {
                bucket: bucket.to_owned(),
                key: key.clone(),
                attrs: ObjectAttrs {
                    checksum: None,
                    ..options.attrs
                },
                checksum: options.checksum,
            },
        };
        Ok(Done::of(self.store.commit(act, Fresh::Nothing).await?))
    }

    /// An upload under way. Takes microseconds.
    ///
    /// # Errors
    /// [`crate::Error::NoSuchUpload`], [`crate::Error::NoSuchBucket`], [`crate::Error::AccessDenied`].
    pub fn upload(
        &self,
        caller: &Caller,
        bucket: &str,
        key: &ObjectKey,
        id: UploadId,
    ) -> Result<UploadInfo> {
        self.store
            .read(|rows| find(rows, caller, bucket, key, id))
            .map(|(_, upload)| upload)
            .map_err(|error: Error| error.naming(|| format!("{bucket}/{key}")))
    }

    /// Aborts an upload and frees its parts.
    ///
    /// # Errors
    /// [`crate::Error::NoSuchUpload`], [`crate::Error::NoSuchBucket`], [`crate::Error::AccessDenied`].
    pub async fn abort_upload(
        &self,
        caller: &Caller,
        bucket: &str,
        key: &ObjectKey,
        id: UploadId,
    ) -> Result<Done<()>> {
        require(caller, bucket, Right::Write)?;
        let act = AbortUpload {
            by: caller.actor.clone(),
            ledger: caller.ledger,
            upload: id,
            links: AbortLinks::default(),
            body: KeyBody {
                bucket: bucket.to_owned(),
                key: key.clone(),
            },
        };
        Ok(Done::of(self.store.commit(act, Fresh::Nothing).await?))
    }

    /// Lists uploads under way.
    ///
    /// # Errors
    /// [`crate::Error::NoSuchBucket`], [`crate::Error::AccessDenied`].
    pub async fn list_uploads(
        &self,
        caller: &Caller,
        bucket: &str,
        query: UploadsQuery,
    ) -> Result<UploadsPage> {
        let (caller, bucket) = (caller.clone(), bucket.to_owned());
        self.read_apart(move |rows| {
            let bucket = admit(rows, &caller, &bucket, Right::Read)?;
            list(rows, bucket.id, &query)
        })
        .await
    }
}

/// The upload of that key, and its entry.
pub(crate) fn find(
    rows: &Reader<'_>,
    caller: &Caller,
    bucket: &str,
    key: &ObjectKey,
    id: UploadId,
) -> Result<(EntryId, UploadInfo)> {
    let found = admit(rows, caller, bucket, Right::Write)?;
    let upload = uploads::find(rows, found.id, key.as_bytes(), id)?.ok_or(Error::NoSuchUpload)?;
    let body: UploadBody = recorded::body(rows, upload.entry)?;
    let info = UploadInfo {
        id,
        key: key.clone(),
        initiated_ms: upload.time_ms,
        attrs: body.attrs,
        checksum: body.checksum,
    };
    Ok((upload.entry, info))
}

/// A page that is being filled.
struct Filling<'q> {
    page: UploadsPage,
    max: usize,
    filter: Filter<'q>,
    last: (String, Option<UploadId>),
}

impl Filling<'_> {
    fn take(&mut self, rows: &Reader<'_>, upload: &uploads::Upload) -> amana_store::Result<Step> {
        if self.page.uploads.len() + self.page.prefixes.len() == self.max {
            self.page.next = Some(std::mem::take(&mut self.last));
            return Ok(Step::End);
        }
        if let Some(group) = self.filter.group(&upload.key) {
            self.last = (text(group), None);
            self.page.prefixes.push(text(group));
            return Ok(Step::Seek(past_group(group)));
        }
        let body: UploadBody = recorded::body(rows, upload.entry)?;
        self.last = (text(&upload.key), Some(upload.id()));
        self.page.uploads.push(ListedUpload {
            key: text(&upload.key),
            id: upload.id(),
            initiated_ms: upload.time_ms,
            checksum: body.checksum,
            storage_class: body.attrs.storage_class,
        });
        Ok(Step::On)
    }
}

/// Lists uploads: first what is left of the key that the page before ended in, then the keys after it.
fn list(rows: &Reader<'_>, bucket: EntryId, query: &UploadsQuery) -> Result<UploadsPage> {
    let max = query.max.min(MAX_PAGE);
    if max == 0 {
        return Ok(UploadsPage::default());
    }
    let filter = Filter::new(&query.prefix, query.delimiter.as_deref());
    let mut from = filter.start(query.key_marker.as_deref());
    let mut filling = Filling {
        page: UploadsPage::default(),
        max,
        filter,
        last: Default::default(),
    };
    if let (Some(key), Some(marker)) = (&query.key_marker, query.upload_marker)
        && filling.filter.takes(key.as_bytes())
        && let Some(after) = EntryId::new(bucket.ledger(), marker.0.index)
    {
        let mut end = ControlFlow::Continue(());
        rows.each(
            "SELECT upload, bucket, key, tag, time_ms FROM uploads \
             WHERE bucket = $1 AND key = $2 AND upload > $3 ORDER BY upload",
            &[bucket.into(), key.as_bytes().into(), after.into()],
            |row| {
                if matches!(filling.take(rows, &uploads::read(row)?)?, Step::End) {
                    end = ControlFlow::Break(());
                }
                Ok(end)
            },
        )?;
        if end.is_break() {
            return Ok(filling.page);
        }
        from = from.max(past_key(key.as_bytes()));
    }
    let sql = "SELECT upload, bucket, key, tag, time_ms FROM uploads \
               WHERE bucket = $1 AND key >= $2 ORDER BY key, upload";
    walk(rows, sql, bucket, from, |row| {
        let upload = uploads::read(row)?;
        if !filling.filter.takes(&upload.key) {
            return Ok(Step::End);
        }
        filling.take(rows, &upload)
    })?;
    Ok(filling.page)
}
