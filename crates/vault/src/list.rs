//! Listing the objects of a bucket.

use amana_access::Caller;

use crate::model::ETag;
use crate::{Result, Vault};

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
        unimplemented!()
    }
}
