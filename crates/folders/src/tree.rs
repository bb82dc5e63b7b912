//! The verbs of a file system on a vault, for one person: what WebDAV and SFTP have in common.

mod history;
mod moving;
mod notes;
mod search;
mod streams;

use std::sync::{Arc, Mutex, PoisonError};

use amana_access::{Caller, Right};
use amana_vault::{
    BucketInfo, BucketOptions, Deletion, IngestOptions, ListQuery, MAX_PAGE, ObjectAttrs,
    ObjectInfo, ObjectKey, Vault, VersionRef, WriteConditions,
};

pub use history::{Keeping, Version};
pub use moving::MAX_MOVED;
pub(crate) use notes::fits;
pub use search::Found;
pub use streams::{Reading, Writing};

use crate::path::{Place, is_shown};
use crate::{Error, MAX_FILE_BYTES, Result};

/// Receipts that are remembered: a request that writes more tells of its newest.
const MAX_RECEIPTS: usize = 16;

/// Whether something is a file.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Kind {
    /// It holds others.
    Folder,
    /// It holds bytes.
    File {
        /// How many.
        size_bytes: u64,
        /// The object's tag, without quotes.
        etag: String,
    },
}

/// Something that has a name in a folder.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Entry {
    /// Its name; empty for the top.
    pub name: String,
    /// What it is.
    pub kind: Kind,
    /// When it was last made or replaced, milliseconds since 1970; 0 for a folder of which nobody knows.
    pub modified_ms: i64,
}

/// What may stand where a file is put.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Standing {
    /// Whatever there is: it is replaced.
    Anything,
    /// Nothing.
    Nothing,
    /// The file with that tag, and no other.
    Same(String),
}

/// The folders of one person. Cheap to make: one a request or a session.
pub struct Tree {
    vault: Arc<Vault>,
    caller: Arc<Caller>,
    receipts: Mutex<Vec<String>>,
}

impl Tree {
    /// What `caller` may see and do in `vault`.
    #[must_use]
    pub fn new(vault: Arc<Vault>, caller: Arc<Caller>) -> Self {
        Self {
            vault,
            caller,
            receipts: Mutex::default(),
        }
    }

    /// The receipts of what was written, oldest first, each `<ledger>/<index>` or `spooled`; at most the newest sixteen.
    #[must_use]
    pub fn receipts(&self) -> Vec<String> {
        let receipts = self.receipts.lock();
        receipts.unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn tell(&self, receipt: String) {
        let receipts = self.receipts.lock();
        let mut receipts = receipts.unwrap_or_else(PoisonError::into_inner);
        if receipts.len() == MAX_RECEIPTS {
            receipts.remove(0);
        }
        receipts.push(receipt);
    }

    /// What stands at a place.
    ///
    /// # Errors
    /// [`Error::Missing`], [`Error::Vault`].
    pub async fn stat(&self, place: &Place) -> Result<Entry> {
        match place {
            Place::Top => Ok(folder("", 0)),
            Place::Bucket(name) => {
                let found = self.bucket(name.as_str(), Right::Read)?;
                Ok(folder(name.as_str(), found.created_ms))
            }
            Place::Within(bucket, name) => {
                let shown = name.rsplit('/').next().unwrap_or(name);
                if self.holds(bucket.as_str(), &format!("{name}/")).await? {
                    return Ok(folder(shown, 0));
                }
                Ok(file(shown, &self.object(bucket.as_str(), name)?))
            }
        }
    }

    /// What a folder holds, by name, from the one after `after` on; and where to go on. A page may have few of many.
    ///
    /// # Errors
    /// [`Error::Vault`]. A folder that isn't there is an empty one: see [`Tree::stat`].
    pub async fn list(
        &self,
        place: &Place,
        after: Option<String>,
    ) -> Result<(Vec<Entry>, Option<String>)> {
        let Some((bucket, prefix)) = place.prefix() else {
            return self.buckets(after.as_deref()).await;
        };
        let query = ListQuery {
            prefix: prefix.clone(),
            delimiter: Some("/".to_owned()),
            after,
            max: MAX_PAGE,
        };
        let page = self.vault.list_objects(&self.caller, bucket, query).await?;
        let mut entries = Vec::new();
        for key in &page.prefixes {
            let name = key.strip_prefix(&prefix).unwrap_or(key);
            let name = name.strip_suffix('/').unwrap_or(name);
            if is_shown(name) {
                entries.push(folder(name, 0));
            }
        }
        for object in page.objects {
            let name = object.key.strip_prefix(&prefix).unwrap_or(&object.key);
            let is_folder = page
                .prefixes
                .binary_search(&format!("{}/", object.key))
                .is_ok();
            if is_shown(name) && !is_folder {
                entries.push(Entry {
                    name: name.to_owned(),
                    kind: Kind::File {
                        size_bytes: object.size_bytes,
                        etag: object.etag.to_string(),
                    },
                    modified_ms: object.modified_ms,
                });
            }
        }
        entries.sort_by(|one, other| one.name.cmp(&other.name));
        Ok((entries, page.next))
    }

    async fn buckets(&self, after: Option<&str>) -> Result<(Vec<Entry>, Option<String>)> {
        let (found, more) = self
            .vault
            .list_buckets(&self.caller, "", after, MAX_PAGE)
            .await?;
        let next = found.last().filter(|_| more).map(|last| last.name.clone());
        let entries = found.iter().map(|one| folder(&one.name, one.created_ms));
        Ok((entries.collect(), next))
    }

    /// Opens a file for reading.
    ///
    /// # Errors
    /// [`Error::Missing`], [`Error::OtherKind`] for a folder, [`Error::Vault`].
    pub async fn open(&self, place: &Place) -> Result<Reading> {
        let Place::Within(bucket, name) = place else {
            return Err(Error::OtherKind("a folder can't be read as a file"));
        };
        let key = ObjectKey::parse(name.as_str())?;
        let opened = self
            .vault
            .open(&self.caller, bucket.as_str(), &key, VersionRef::Latest);
        match opened.map_err(Error::from) {
            Ok(object) => Ok(Reading::of(self.vault.clone(), object)),
            Err(Error::Missing) if self.holds(bucket.as_str(), &format!("{name}/")).await? => {
                Err(Error::OtherKind("a folder can't be read as a file"))
            }
            Err(other) => Err(other),
        }
    }

    /// Begins a file, in place of the one of that name, as far as `standing` says. `size_bytes` is what is to come, if that is
    /// known: less or more is an error, and the old file stays.
    ///
    /// # Errors
    /// [`Error::Missing`] for the folder that it is to be in, [`Error::OtherKind`], [`Error::Vault`].
    pub async fn create(
        self: &Arc<Self>,
        place: &Place,
        standing: Standing,
        size_bytes: Option<u64>,
    ) -> Result<Writing> {
        let Place::Within(bucket, name) = place else {
            return Err(Error::OtherKind("files are in buckets: open one first"));
        };
        self.bucket(bucket.as_str(), Right::Write)?;
        self.require_folder(&place.parent()).await?;
        if self.holds(bucket.as_str(), &format!("{name}/")).await? {
            return Err(Error::OtherKind("a folder of that name is there"));
        }
        let options = IngestOptions {
            algorithms: Vec::new(),
            max_bytes: size_bytes.unwrap_or(MAX_FILE_BYTES).min(MAX_FILE_BYTES),
        };
        let ingest = self.vault.ingest(bucket.as_str(), options)?;
        Ok(Writing::begin(
            self.clone(),
            bucket.as_str().to_owned(),
            ObjectKey::parse(name.as_str())?,
            ingest,
            standing,
            size_bytes,
        ))
    }

    /// Makes a folder; at the top, a bucket, which needs the right to own it.
    ///
    /// # Errors
    /// [`Error::Exists`], [`Error::Missing`] for the folder that it is to be in, [`Error::Vault`].
    pub async fn make_folder(&self, place: &Place) -> Result<()> {
        match place {
            Place::Top => Err(Error::Exists),
            Place::Bucket(name) => {
                let options = BucketOptions::default();
                let made = self
                    .vault
                    .create_bucket(&self.caller, name.clone(), options);
                self.tell(made.await?.receipt);
                Ok(())
            }
            Place::Within(bucket, name) => {
                self.bucket(bucket.as_str(), Right::Write)?;
                self.require_folder(&place.parent()).await?;
                match self.stat(place).await {
                    Ok(_) => return Err(Error::Exists),
                    Err(Error::Missing) => {}
                    Err(other) => return Err(other),
                }
                self.mark(bucket.as_str(), &format!("{name}/")).await
            }
        }
    }

    /// Takes a file away; the folder that it was in stays.
    ///
    /// # Errors
    /// [`Error::Missing`], [`Error::OtherKind`] for a folder, [`Error::Vault`].
    pub async fn remove_file(&self, place: &Place) -> Result<()> {
        let Place::Within(bucket, name) = place else {
            return Err(Error::OtherKind("it is a folder"));
        };
        if self.stat(place).await?.kind == Kind::Folder {
            return Err(Error::OtherKind("it is a folder"));
        }
        self.delete(bucket.as_str(), name).await?;
        self.keep_folder(&place.parent()).await
    }

    /// Takes an empty folder away; at the top, a bucket, which needs the right to own it.
    ///
    /// # Errors
    /// [`Error::NotEmpty`], [`Error::Missing`], [`Error::OtherKind`] for a file, [`Error::Vault`].
    pub async fn remove_folder(&self, place: &Place) -> Result<()> {
        let (bucket, name) = match place {
            Place::Top => return Err(Error::NotEmpty),
            Place::Bucket(name) => {
                let removed = self.vault.delete_bucket(&self.caller, name.as_str()).await;
                self.tell(removed?.receipt);
                return Ok(());
            }
            Place::Within(bucket, name) => (bucket.as_str(), format!("{name}/")),
        };
        if self.stat(place).await?.kind != Kind::Folder {
            return Err(Error::OtherKind("it is a file"));
        }
        let query = ListQuery {
            prefix: name.clone(),
            max: 2,
            ..ListQuery::default()
        };
        let page = self.vault.list_objects(&self.caller, bucket, query).await?;
        if page.objects.iter().any(|object| object.key != name) {
            return Err(Error::NotEmpty);
        }
        self.delete(bucket, &name).await?;
        self.keep_folder(&place.parent()).await
    }

    fn bucket(&self, name: &str, right: Right) -> Result<BucketInfo> {
        Ok(self.vault.bucket(&self.caller, name, right)?)
    }

    fn object(&self, bucket: &str, key: &str) -> Result<ObjectInfo> {
        let key = ObjectKey::parse(key)?;
        let found = self
            .vault
            .object(&self.caller, bucket, &key, VersionRef::Latest);
        Ok(found?)
    }

    /// Whether any key begins so.
    async fn holds(&self, bucket: &str, prefix: &str) -> Result<bool> {
        let query = ListQuery {
            prefix: prefix.to_owned(),
            max: 1,
            ..ListQuery::default()
        };
        let page = self.vault.list_objects(&self.caller, bucket, query).await?;
        Ok(!page.objects.is_empty() || page.next.is_some())
    }

    async fn require_folder(&self, place: &Place) -> Result<()> {
        match self.stat(place).await?.kind {
            Kind::Folder => Ok(()),
            Kind::File { .. } => Err(Error::OtherKind("a file can't hold others")),
        }
    }

    /// Puts the object that stands for a folder in which nothing else is.
    async fn mark(&self, bucket: &str, key: &str) -> Result<()> {
        let options = IngestOptions {
            algorithms: Vec::new(),
            max_bytes: 0,
        };
        let nothing = self.vault.ingest(bucket, options)?.finish().await?;
        let attrs = ObjectAttrs {
            content_type: Some("application/x-directory".to_owned()),
            ..ObjectAttrs::default()
        };
        let key = ObjectKey::parse(key)?;
        let put = self.vault.put_object(
            &self.caller,
            bucket,
            &key,
            nothing,
            attrs,
            WriteConditions::default(),
        );
        self.tell(put.await?.receipt);
        Ok(())
    }

    async fn delete(&self, bucket: &str, key: &str) -> Result<()> {
        let deletion = Deletion {
            key: ObjectKey::parse(key)?,
            version: VersionRef::Latest,
            if_match: None,
            bypass_governance: false,
        };
        let deleted = self.vault.delete_object(&self.caller, bucket, deletion);
        if let (_, Some(receipt)) = deleted.await? {
            self.tell(receipt);
        }
        Ok(())
    }

    /// A folder whose last file went is there all the same, as people expect of folders.
    async fn keep_folder(&self, place: &Place) -> Result<()> {
        if let Place::Within(bucket, name) = place {
            let key = format!("{name}/");
            if !self.holds(bucket.as_str(), &key).await? {
                self.mark(bucket.as_str(), &key).await?;
            }
        }
        Ok(())
    }
}

fn folder(name: &str, modified_ms: i64) -> Entry {
    Entry {
        name: name.to_owned(),
        kind: Kind::Folder,
        modified_ms,
    }
}

fn file(name: &str, object: &ObjectInfo) -> Entry {
    Entry {
        name: name.to_owned(),
        kind: Kind::File {
            size_bytes: object.size_bytes,
            etag: object.etag.to_string(),
        },
        modified_ms: object.modified_ms,
    }
}
