//! Listing the objects of a bucket.

use std::ops::ControlFlow;

use amana_access::{Caller, Right};
use amana_store::{EntryId, Reader, Row};

use crate::buckets::admit;
use crate::model::{ChecksumAlgorithm, ChecksumType, ETag};
use crate::views::versions;
use crate::{MAX_PAGE, Result, Vault};

/// What to list.
#[derive(Clone, Default, Debug)]
pub struct ListQuery {
    /// Keys that begin so.
    pub prefix: String,
    /// Keys with this after the prefix are rolled up into a common prefix.
    pub delimiter: Option<String>,
    /// Keys and common prefixes after this one, in the order of bytes: a marker, `start-after`, or [`Page::next`].
    pub after: Option<String>,
    /// Keys and common prefixes together, at most; beyond [`crate::MAX_PAGE`] it counts as that.
    pub max: usize,
}

/// An object on a page.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ListedObject {
    /// Its key.
    pub key: String,
    /// Its tag.
    pub etag: ETag,
    /// Its length.
    pub size_bytes: u64,
    /// When it was made, milliseconds since 1970.
    pub modified_ms: i64,
    /// What checksum it has.
    pub checksum: Option<(ChecksumAlgorithm, ChecksumType)>,
}

/// A page.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Page {
    /// Objects, by key.
    pub objects: Vec<ListedObject>,
    /// Common prefixes, in order.
    pub prefixes: Vec<String>,
    /// Where the next page begins, when there is more. A page may have fewer than `max` all the same.
    pub next: Option<String>,
}

impl Vault {
    /// Lists latest versions that are no delete markers.
    ///
    /// # Errors
    /// [`crate::Error::NoSuchBucket`], [`crate::Error::AccessDenied`].
    pub async fn list_objects(
        &self,
        caller: &Caller,
        bucket: &str,
        query: ListQuery,
    ) -> Result<Page> {
        let (caller, bucket) = (caller.clone(), bucket.to_owned());
        self.read_apart(move |rows| {
            let bucket = admit(rows, &caller, &bucket, Right::Read)?;
            list(rows, bucket.id, &query)
        })
        .await
    }
}

/// Versions of one key that are stepped over before the next key is sought.
const MAX_STEPS: usize = 8;
/// Rows that a page looks at: a run of delete markers ends a page early rather than holding a thread.
const MAX_ROWS: usize = 50_000;

/// Which keys a listing is about, and which of them it rolls up.
pub(crate) struct Filter<'q> {
    prefix: &'q [u8],
    delimiter: Option<&'q [u8]>,
}

impl<'q> Filter<'q> {
    /// An empty delimiter counts as none.
    pub(crate) fn new(prefix: &'q str, delimiter: Option<&'q str>) -> Self {
        Self {
            prefix: prefix.as_bytes(),
            delimiter: delimiter
                .map(str::as_bytes)
                .filter(|delimiter| !delimiter.is_empty()),
        }
    }

    pub(crate) fn takes(&self, key: &[u8]) -> bool {
        key.starts_with(self.prefix)
    }

    /// The common prefix that a key is rolled up into.
    pub(crate) fn group<'k>(&self, key: &'k [u8]) -> Option<&'k [u8]> {
        let delimiter = self.delimiter?;
        let rest = key.strip_prefix(self.prefix)?;
        let place = rest
            .windows(delimiter.len())
            .position(|window| window == delimiter)?;
        Some(&key[..self.prefix.len() + place + delimiter.len()])
    }

    /// The first key that may come after a marker. A marker that is itself a common prefix was listed as one: all its
    /// keys are passed over.
    pub(crate) fn start(&self, after: Option<&str>) -> Vec<u8> {
        let Some(after) = after.map(str::as_bytes) else {
            return self.prefix.to_vec();
        };
        let from = if self.group(after) == Some(after) {
            past_group(after)
        } else {
            past_key(after)
        };
        from.max(self.prefix.to_vec())
    }
}

/// The first key after `key`, in the order of bytes.
pub(crate) fn past_key(key: &[u8]) -> Vec<u8> {
    [key, &[0]].concat()
}

/// The first key that doesn't begin with `group`. Its last byte is one of UTF-8, which never is 0xff.
pub(crate) fn past_group(group: &[u8]) -> Vec<u8> {
    let mut next = group.to_vec();
    if let Some(last) = next.last_mut() {
        *last = last.saturating_add(1);
    }
    next
}

/// Keys are UTF-8 when they are put; a damaged row must not end a listing.
pub(crate) fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// How a walk over rows goes on.
pub(crate) enum Step {
    On,
    Seek(Vec<u8>),
    End,
}

/// Walks over rows from `from` on, as `visit` says; `sql` takes the bucket and the first key.
pub(crate) fn walk(
    rows: &Reader<'_>,
    sql: &str,
    bucket: EntryId,
    from: Vec<u8>,
    mut visit: impl FnMut(&Row<'_>) -> amana_store::Result<Step>,
) -> amana_store::Result<()> {
    let mut next = Some(from);
    while let Some(from) = next.take() {
        rows.each(sql, &[bucket.into(), from.as_slice().into()], |row| {
            Ok(match visit(row)? {
                Step::On => ControlFlow::Continue(()),
                Step::Seek(key) => {
                    next = Some(key);
                    ControlFlow::Break(())
                }
                Step::End => ControlFlow::Break(()),
            })
        })?;
    }
    Ok(())
}

/// Lists the latest versions of a bucket's keys. Each common prefix, and each key with many versions, costs one seek,
/// however many rows lie under it.
fn list(rows: &Reader<'_>, bucket: EntryId, query: &ListQuery) -> Result<Page> {
    let mut page = Page::default();
    let max = query.max.min(MAX_PAGE);
    if max == 0 {
        return Ok(page);
    }
    let filter = Filter::new(&query.prefix, query.delimiter.as_deref());
    let mut looked_at = 0;
    let mut key_before: Vec<u8> = Vec::new();
    let mut steps = 0;
    let mut last = String::new();
    let sql = "SELECT nseq, tag, size, etag, time_ms, flags, key FROM versions \
               WHERE bucket = $1 AND key >= $2 ORDER BY key, nseq";
    walk(
        rows,
        sql,
        bucket,
        filter.start(query.after.as_deref()),
        |row| {
            let key = row.blob(6)?;
            if !filter.takes(key) {
                return Ok(Step::End);
            }
            if key == key_before {
                steps += 1;
                return Ok(if steps > MAX_STEPS {
                    Step::Seek(past_key(key))
                } else {
                    Step::On
                });
            }
            if looked_at == MAX_ROWS {
                page.next = Some(text(&key_before));
                return Ok(Step::End);
            }
            looked_at += 1;
            steps = 0;
            key_before.clear();
            key_before.extend_from_slice(key);
            let version = versions::read(row)?;
            let Some(etag) = version.etag else {
                return Ok(Step::On);
            };
            if page.objects.len() + page.prefixes.len() == max {
                page.next = Some(std::mem::take(&mut last));
                return Ok(Step::End);
            }
            if let Some(group) = filter.group(key) {
                last = text(group);
                page.prefixes.push(last.clone());
                return Ok(Step::Seek(past_group(group)));
            }
            last = text(key);
            page.objects.push(ListedObject {
                key: last.clone(),
                etag,
                size_bytes: version.size_bytes,
                modified_ms: version.time_ms,
                checksum: version.checksum,
            });
            Ok(Step::On)
        },
    )?;
    Ok(page)
}
