//! What a file was before, and files that were deleted, in buckets that keep versions; and by which entry each stands.

use amana_access::Right;
use amana_vault::{
    BucketInfo, ListedVersion, MAX_PAGE, ObjectKey, VersionRef, Versioning, VersionsQuery,
    WriteConditions,
};

use super::{Reading, Tree};
use crate::path::{Place, is_shown};
use crate::{Error, Result};

/// The most versions of a file that are shown.
const MAX_VERSIONS: usize = 100;
/// The most pages of a folder's versions that are looked through for what was deleted.
const MAX_PAGES: usize = 5;

/// What a file was, or is.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Version {
    /// The name of the file in its folder.
    pub name: String,
    /// By which it is asked for.
    pub version: VersionRef,
    /// Whether the file is so now.
    pub is_latest: bool,
    /// Its length.
    pub size_bytes: u64,
    /// When it was made so, milliseconds since 1970.
    pub modified_ms: i64,
}

/// What keeps, and may keep, versions.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Keeping {
    /// Whether what is replaced and deleted is kept from now on.
    pub keeps: bool,
    /// Whether this person may change that.
    pub may_change: bool,
}

impl Tree {
    /// The versions of a file, the newest first; deletions are left out.
    ///
    /// # Errors
    /// [`Error::Missing`], [`Error::OtherKind`], [`Error::Vault`].
    pub async fn versions(&self, place: &Place) -> Result<Vec<Version>> {
        let Place::Within(bucket, name) = place else {
            return Err(Error::OtherKind("only files have versions"));
        };
        let query = VersionsQuery {
            prefix: name.clone(),
            max: MAX_VERSIONS,
            ..VersionsQuery::default()
        };
        let caller = &self.caller;
        let page = self
            .vault
            .list_versions(caller, bucket.as_str(), query)
            .await?;
        let own = page.versions.into_iter().filter(|one| one.key == *name);
        let shown = name.rsplit('/').next().unwrap_or(name);
        Ok(own
            .filter(|one| !one.delete_marker)
            .map(|one| version(shown, &one))
            .collect())
    }

    /// Files that were deleted from a folder, each as it last was. Of a folder with very many versions, the first.
    ///
    /// # Errors
    /// [`Error::Vault`].
    pub async fn removed(&self, place: &Place) -> Result<Vec<Version>> {
        let Some((bucket, prefix)) = place.prefix() else {
            return Ok(Vec::new());
        };
        let mut query = VersionsQuery {
            prefix: prefix.clone(),
            delimiter: Some("/".to_owned()),
            max: MAX_PAGE,
            ..VersionsQuery::default()
        };
        let mut removed: Vec<Version> = Vec::new();
        let mut gone: Option<String> = None;
        for _ in 0..MAX_PAGES {
            let asked = query.clone();
            let page = self
                .vault
                .list_versions(&self.caller, bucket, asked)
                .await?;
            for one in page.versions {
                if one.delete_marker {
                    if one.is_latest {
                        gone = Some(one.key);
                    }
                } else if gone.as_ref() == Some(&one.key) {
                    gone = None;
                    let name = one.key.strip_prefix(&prefix).unwrap_or(&one.key);
                    if is_shown(name) {
                        removed.push(version(name, &one));
                    }
                }
            }
            let Some((key, marker)) = page.next else {
                break;
            };
            query.key_marker = Some(key);
            query.version_marker = marker;
        }
        Ok(removed)
    }

    /// Opens a file as it was.
    ///
    /// # Errors
    /// [`Error::Missing`], [`Error::OtherKind`], [`Error::Vault`].
    pub async fn open_version(&self, place: &Place, version: VersionRef) -> Result<Reading> {
        let Place::Within(bucket, name) = place else {
            return Err(Error::OtherKind("a folder can't be read as a file"));
        };
        let key = ObjectKey::parse(name.as_str())?;
        let object = self
            .vault
            .open(&self.caller, bucket.as_str(), &key, version)?;
        Ok(Reading::of(self.vault.clone(), object))
    }

    /// Makes a file what it was, or brings it back: the version is copied in front of the others, which stay.
    ///
    /// # Errors
    /// [`Error::Missing`], [`Error::OtherKind`], [`Error::Vault`].
    pub async fn restore(&self, place: &Place, version: VersionRef) -> Result<()> {
        let Place::Within(bucket, name) = place else {
            return Err(Error::OtherKind("only files have versions"));
        };
        let (bucket, key) = (bucket.as_str(), ObjectKey::parse(name.as_str())?);
        let object = self.vault.open(&self.caller, bucket, &key, version)?;
        let attrs = (*object.attrs).clone();
        let conditions = WriteConditions::default();
        let copied = self
            .vault
            .copy_object(&self.caller, &object, bucket, &key, attrs, conditions);
        self.tell(copied.await?.receipt);
        Ok(())
    }

    /// Whether the bucket that a place is in keeps versions; nothing at the top.
    ///
    /// # Errors
    /// [`Error::Missing`], [`Error::Vault`].
    pub fn keeping(&self, place: &Place) -> Result<Option<Keeping>> {
        let Some(name) = place.bucket() else {
            return Ok(None);
        };
        let BucketInfo { versioning, .. } = self.bucket(name, Right::Read)?;
        Ok(Some(Keeping {
            keeps: versioning == Versioning::Enabled,
            may_change: self.bucket(name, Right::Own).is_ok(),
        }))
    }

    /// Whether this person may write where a place is.
    #[must_use]
    pub fn may_write(&self, place: &Place) -> bool {
        match place.bucket() {
            Some(name) => self.bucket(name, Right::Write).is_ok(),
            None => self.caller.grant.right == Right::Own && self.caller.grant.buckets.is_none(),
        }
    }

    /// Has the bucket that a place is in keep versions from now on.
    ///
    /// # Errors
    /// [`Error::OtherKind`] at the top, [`Error::Vault`].
    pub async fn keep_versions(&self, place: &Place) -> Result<()> {
        let name = place
            .bucket()
            .ok_or(Error::OtherKind("open a bucket first"))?;
        let set = self
            .vault
            .set_versioning(&self.caller, name, Versioning::Enabled);
        self.tell(set.await?.receipt);
        Ok(())
    }
}

fn version(name: &str, listed: &ListedVersion) -> Version {
    Version {
        name: name.to_owned(),
        version: listed.version.map_or(VersionRef::Null, VersionRef::Id),
        is_latest: listed.is_latest,
        size_bytes: listed.size_bytes,
        modified_ms: listed.modified_ms,
    }
}
