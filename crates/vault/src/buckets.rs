//! Buckets: one namespace for the whole data centre.

use amana_access::{Caller, Right};
use amana_store::EntryId;

use crate::model::{BucketName, Versioning};
use crate::{Done, Result, Vault};

/// Who can read what a bucket holds.
#[derive(Clone, Copy, PartialEq, Eq, Debug, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Mode {
    /// The data centre can: public data, data of hosted applications.
    Open,
    /// The institution alone.
    Sealed,
}

/// How a bucket is made.
#[derive(Clone, Default, Debug)]
pub struct BucketOptions {
    /// Why it is open; without one: that it was created through the data centre's S3 front.
    pub open_reason: Option<String>,
    /// `LocationConstraint`, kept and shown.
    pub region: Option<String>,
}

/// A bucket.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct BucketInfo {
    /// Its name.
    pub name: String,
    /// The entry that made it.
    pub id: EntryId,
    /// When, milliseconds since 1970.
    pub created_ms: i64,
    /// Whether it keeps versions.
    pub versioning: Versioning,
    /// Who can read it.
    pub mode: Mode,
    /// `LocationConstraint`, if one was given.
    pub region: Option<String>,
}

impl Vault {
    /// Makes a bucket.
    ///
    /// # Errors
    /// [`crate::Error::BucketAlreadyOwnedByYou`], [`crate::Error::BucketAlreadyExists`], [`crate::Error::AccessDenied`].
    pub async fn create_bucket(
        &self,
        caller: &Caller,
        name: BucketName,
        options: BucketOptions,
    ) -> Result<Done<()>> {
        unimplemented!()
    }

    /// Deletes an empty bucket; uploads that are under way in it are aborted first.
    ///
    /// # Errors
    /// [`crate::Error::BucketNotEmpty`], [`crate::Error::NoSuchBucket`], [`crate::Error::AccessDenied`].
    pub async fn delete_bucket(&self, caller: &Caller, bucket: &str) -> Result<Done<()>> {
        unimplemented!()
    }

    /// Enables or suspends versioning.
    ///
    /// # Errors
    /// [`crate::Error::InvalidVersioning`] for [`Versioning::Unversioned`], [`crate::Error::NoSuchBucket`],
    /// [`crate::Error::AccessDenied`].
    pub async fn set_versioning(
        &self,
        caller: &Caller,
        bucket: &str,
        versioning: Versioning,
    ) -> Result<Done<()>> {
        unimplemented!()
    }

    /// A bucket, if the caller has at least `right` on it. Takes microseconds: a front asks it before it reads a body.
    ///
    /// # Errors
    /// [`crate::Error::NoSuchBucket`], [`crate::Error::AccessDenied`].
    pub fn bucket(&self, caller: &Caller, bucket: &str, right: Right) -> Result<BucketInfo> {
        unimplemented!()
    }

    /// The caller's institution's buckets that the caller may read, by name: those that begin with `prefix` and come
    /// after `after`, at most `max`; and whether there are more.
    ///
    /// # Errors
    /// A failure of the store.
    pub async fn list_buckets(
        &self,
        caller: &Caller,
        prefix: &str,
        after: Option<&str>,
        max: usize,
    ) -> Result<(Vec<BucketInfo>, bool)> {
        unimplemented!()
    }
}
