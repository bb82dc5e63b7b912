//! Listing all versions of a bucket's objects, delete markers too.

use amana_access::Caller;

use crate::model::{ETag, VersionId, VersionRef};
use crate::{Result, Vault};

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
}

/// A page.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct VersionsPage {
    /// Versions by key, the newest of a key first.
    pub versions: Vec<ListedVersion>,
    /// Common prefixes, in order.
    pub prefixes: Vec<String>,
    /// Where the next page begins, when there is more: a key marker and, unless it is a common prefix, a version marker.
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
        unimplemented!()
    }
}
