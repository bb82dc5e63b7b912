//! Listing all versions of a bucket's objects, delete markers too.

use std::ops::ControlFlow;

use amana_access::{Caller, Right};
use amana_store::{EntryId, Reader};

use crate::buckets::admit;
use crate::list::{Filter, Step, past_group, text, walk};
use crate::model::{ChecksumAlgorithm, ChecksumType, ETag, VersionId, VersionRef};
use crate::views::versions::{self, Version};
use crate::{MAX_PAGE, Result, Vault};

/// What to list.
#[derive(Clone, Default, Debug)]
pub struct VersionsQuery {
    /// Keys that begin so.
    pub prefix: String,
    /// Keys with this after the prefix are rolled up into a common prefix.
    pub delimiter: Option<String>,
    /// Begins after this key, or with `version_marker` after that version of it.
    pub key_marker: Option<String>,
    /// Begins after this version of `key_marker`; [`VersionRef::Latest`] counts as none.
    pub version_marker: Option<VersionRef>,
    /// Versions and common prefixes together, at most; beyond [`crate::MAX_PAGE`] it counts as that.
    pub max: usize,
}

/// A version on a page.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ListedVersion {
    /// Its key.
    pub key: String,
    /// Its version; `None` for the null version.
    pub version: Option<VersionId>,
    /// Whether it is the newest of its key.
    pub is_latest: bool,
    /// Whether it is a delete marker.
    pub delete_marker: bool,
    /// Its tag; `None` for a delete marker.
    pub etag: Option<ETag>,
    /// Its length.
    pub size_bytes: u64,
    /// When it was made, milliseconds since 1970.
    pub modified_ms: i64,
    /// What checksum it has.
    pub checksum: Option<(ChecksumAlgorithm, ChecksumType)>,
}

/// A page.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct VersionsPage {
    /// Versions by key, the newest of a key first.
    pub versions: Vec<ListedVersion>,
    /// Common prefixes, in order.
    pub prefixes: Vec<String>,
    /// Where the next page begins, when there is more: a key marker and, unless it is a common prefix, a version
    /// marker. The marker of a null version is an id, too, which only says where that version stood.
    pub next: Option<(String, Option<VersionRef>)>,
}

impl Vault {
    /// Lists all versions.
    ///
    /// # Errors
    /// [`crate::Error::NoSuchBucket`], [`crate::Error::AccessDenied`].
    pub async fn list_versions(
        &self,
        caller: &Caller,
        bucket: &str,
        query: VersionsQuery,
    ) -> Result<VersionsPage> {
        let (caller, bucket) = (caller.clone(), bucket.to_owned());
        self.read_apart(move |rows| {
            let bucket = admit(rows, &caller, &bucket, Right::Read)?;
            list(rows, bucket.id, &query)
        })
        .await
    }
}

/// A page that is being filled.
struct Filling<'q> {
    page: VersionsPage,
    max: usize,
    filter: Filter<'q>,
    last: (String, Option<VersionRef>),
}

impl Filling<'_> {
    fn take(&mut self, key: &[u8], version: &Version, is_latest: bool) -> Step {
        if self.page.versions.len() + self.page.prefixes.len() == self.max {
            self.page.next = Some(std::mem::take(&mut self.last));
            return Step::End;
        }
        if let Some(group) = self.filter.group(key) {
            self.last = (text(group), None);
            self.page.prefixes.push(text(group));
            return Step::Seek(past_group(group));
        }
        let place = VersionId {
            index: version.index,
            tag: version.tag.unwrap_or_default(),
        };
        self.last = (text(key), Some(VersionRef::Id(place)));
        self.page.versions.push(ListedVersion {
            key: text(key),
            version: version.id(),
            is_latest,
            delete_marker: version.is_marker(),
            etag: version.etag,
            size_bytes: version.size_bytes,
            modified_ms: version.time_ms,
            checksum: version.checksum,
        });
        Step::On
    }
}

/// Lists versions: first what is left of the key that the page before ended in, then the keys after it.
fn list(rows: &Reader<'_>, bucket: EntryId, query: &VersionsQuery) -> Result<VersionsPage> {
    let max = query.max.min(MAX_PAGE);
    if max == 0 {
        return Ok(VersionsPage::default());
    }
    let filter = Filter::new(&query.prefix, query.delimiter.as_deref());
    let from = filter.start(query.key_marker.as_deref());
    let mut filling = Filling {
        page: VersionsPage::default(),
        max,
        filter,
        last: Default::default(),
    };
    if rest_of_key(rows, bucket, query, &mut filling)?.is_break() {
        return Ok(filling.page);
    }
    let mut key_before: Vec<u8> = Vec::new();
    let sql = "SELECT nseq, tag, size, etag, time_ms, flags, key FROM versions \
               WHERE bucket = $1 AND key >= $2 ORDER BY key, nseq";
    walk(rows, sql, bucket, from, |row| {
        let key = row.blob(6)?;
        if !filling.filter.takes(key) {
            return Ok(Step::End);
        }
        let is_latest = key != key_before;
        if is_latest {
            key_before.clear();
            key_before.extend_from_slice(key);
        }
        Ok(filling.take(key, &versions::read(row)?, is_latest))
    })?;
    Ok(filling.page)
}

/// The versions of the marker's key that are older than the marker's.
fn rest_of_key(
    rows: &Reader<'_>,
    bucket: EntryId,
    query: &VersionsQuery,
    filling: &mut Filling<'_>,
) -> Result<ControlFlow<()>> {
    let (Some(key), Some(marker)) = (&query.key_marker, query.version_marker) else {
        return Ok(ControlFlow::Continue(()));
    };
    let key = key.as_bytes();
    let index = match marker {
        VersionRef::Latest => None,
        VersionRef::Null => versions::null(rows, bucket, key)?.map(|version| version.index),
        VersionRef::Id(id) => Some(id.index),
    };
    let (true, Some(index)) = (filling.filter.takes(key), index) else {
        return Ok(ControlFlow::Continue(()));
    };
    let latest = versions::latest(rows, bucket, key)?.map(|version| version.index);
    let mut end = ControlFlow::Continue(());
    rows.each(
        "SELECT nseq, tag, size, etag, time_ms, flags FROM versions \
         WHERE bucket = $1 AND key = $2 AND nseq > $3 ORDER BY nseq",
        &[
            bucket.into(),
            key.into(),
            versions::nseq(index & i64::MAX.cast_unsigned()).into(),
        ],
        |row| {
            let version = versions::read(row)?;
            if matches!(
                filling.take(key, &version, latest == Some(version.index)),
                Step::End
            ) {
                end = ControlFlow::Break(());
            }
            Ok(end)
        },
    )?;
    Ok(end)
}
