//! Copying and moving: no name is given up before its content stands under the other.

use amana_vault::{
    Deletion, ETagMatch, Error as VaultError, ListQuery, MAX_PAGE, ObjectKey, VersionRef,
    WriteConditions,
};
use futures::{StreamExt as _, TryStreamExt as _, stream};

use super::{Kind, Tree};
use crate::path::Place;
use crate::{Error, Result};

/// The most files of a folder that is moved in one go.
pub const MAX_MOVED: usize = 10_000;
/// How many are copied at once: each waits for the data centre.
const AT_ONCE: usize = 16;

impl Tree {
    /// Copies a file, in place of what is there.
    ///
    /// # Errors
    /// [`Error::Missing`], for the folder that it is to be in as well, [`Error::OtherKind`], [`Error::Vault`].
    pub async fn copy(&self, from: &Place, to: &Place) -> Result<()> {
        let (Place::Within(source, name), Place::Within(bucket, other)) = (from, to) else {
            return Err(Error::OtherKind("only files are copied"));
        };
        self.require_folder(&to.parent()).await?;
        if self.holds(bucket.as_str(), &format!("{other}/")).await? {
            return Err(Error::OtherKind("a folder of that name is there"));
        }
        self.copy_key(source.as_str(), name, bucket.as_str(), other)
            .await
            .map(drop)
    }

    /// Moves a file or a folder. A crash on the way leaves both names, of a folder some files under either or both.
    ///
    /// # Errors
    /// [`Error::Exists`] for a folder in whose place something is, [`Error::TooMany`], [`Error::OtherKind`], [`Error::Missing`],
    /// [`Error::Vault`].
    pub async fn rename(&self, from: &Place, to: &Place) -> Result<()> {
        let (Place::Within(source, name), Place::Within(bucket, other)) = (from, to) else {
            return Err(Error::OtherKind("a bucket keeps its name"));
        };
        if from == to {
            return Ok(());
        }
        let (source, bucket) = (source.as_str(), bucket.as_str());
        if self.stat(from).await?.kind != Kind::Folder {
            self.require_folder(&to.parent()).await?;
            if self.holds(bucket, &format!("{other}/")).await? {
                return Err(Error::OtherKind("a folder of that name is there"));
            }
            let etag = self.copy_key(source, name, bucket, other).await?;
            self.give_up(source, name, etag).await?;
            return self.keep_folder(&from.parent()).await;
        }
        let (name, other) = (format!("{name}/"), format!("{other}/"));
        if source == bucket && other.starts_with(&name) {
            return Err(Error::OtherKind("a folder can't be moved into itself"));
        }
        self.require_folder(&to.parent()).await?;
        if self.stat(to).await.is_ok() {
            return Err(Error::Exists);
        }
        let keys = self.keys(source, &name).await?;
        let new_name = |key: &str| format!("{other}{}", &key[name.len()..]);
        for key in &keys {
            // Before anything is copied.
            ObjectKey::parse(new_name(key))?;
        }
        let copied: Vec<(String, String)> = stream::iter(keys)
            .map(|key| async {
                let etag = self.copy_key(source, &key, bucket, &new_name(&key)).await?;
                Ok::<_, Error>((key, etag))
            })
            .buffer_unordered(AT_ONCE)
            .try_collect()
            .await?;
        stream::iter(copied.into_iter().map(Ok))
            .try_for_each_concurrent(AT_ONCE, |(key, etag)| async move {
                self.give_up(source, &key, etag).await
            })
            .await?;
        self.keep_folder(&from.parent()).await
    }

    /// All keys that begin so.
    async fn keys(&self, bucket: &str, prefix: &str) -> Result<Vec<String>> {
        let mut keys = Vec::new();
        let mut after = None;
        loop {
            let query = ListQuery {
                prefix: prefix.to_owned(),
                delimiter: None,
                after,
                max: MAX_PAGE,
            };
            let page = self.vault.list_objects(&self.caller, bucket, query).await?;
            keys.extend(page.objects.into_iter().map(|object| object.key));
            if keys.len() > MAX_MOVED {
                return Err(Error::TooMany { max: MAX_MOVED });
            }
            match page.next {
                Some(next) => after = Some(next),
                None => return Ok(keys),
            }
        }
    }

    /// Copies an object as it stands, and says which one it was.
    async fn copy_key(
        &self,
        source: &str,
        name: &str,
        bucket: &str,
        other: &str,
    ) -> Result<String> {
        let key = ObjectKey::parse(name)?;
        let object = self
            .vault
            .open(&self.caller, source, &key, VersionRef::Latest)?;
        let attrs = (*object.attrs).clone();
        let other = ObjectKey::parse(other)?;
        let copied = self.vault.copy_object(
            &self.caller,
            &object,
            bucket,
            &other,
            attrs,
            WriteConditions::default(),
        );
        self.tell(copied.await?.receipt);
        Ok(object.etag.to_string())
    }

    /// Deletes what was copied, unless somebody replaced it meanwhile: that one stays.
    async fn give_up(&self, bucket: &str, key: &str, etag: String) -> Result<()> {
        let deletion = Deletion {
            key: ObjectKey::parse(key)?,
            version: VersionRef::Latest,
            if_match: Some(ETagMatch::OneOf(vec![etag])),
            bypass_governance: false,
        };
        match self
            .vault
            .delete_object(&self.caller, bucket, deletion)
            .await
        {
            Ok((_, receipt)) => {
                receipt.into_iter().for_each(|receipt| self.tell(receipt));
                Ok(())
            }
            Err(VaultError::PreconditionFailed { .. }) => {
                Err(Error::Vault(VaultError::ConditionalConflict))
            }
            // Somebody else took it away: it is as it should be.
            Err(VaultError::NoSuchKey) => Ok(()),
            Err(other) => Err(other.into()),
        }
    }
}
