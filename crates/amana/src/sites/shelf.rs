//! The content of sites lies in open buckets of their institutions, one a site: mirrors, exports, the scrub and the check know
//! it as they know any object.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use amana_access::{Access, Caller, InstitutionName};
use amana_ledger::digits;
use amana_sites::{Error, Host, Incoming, Opened, Place, Result, Shelf};
use amana_vault::{
    BucketName, BucketOptions, Deletion, IngestOptions, ListQuery, MAX_PAGE, ObjectAttrs,
    ObjectKey, Vault, VersionRef, WriteConditions,
};
use bytes::{Bytes, BytesMut};
use futures::future::BoxFuture;
use futures::{StreamExt as _, TryStreamExt as _};
use sha2::{Digest as _, Sha256};

use crate::centre::blocking;

/// Up to so many names are looked up one by one; beyond, the bucket is listed.
const MAX_ASKED: usize = 32;
/// Under whose name content is read: no act says it.
const READER: &str = "operator";

/// Content of sites, in the vault.
pub(crate) struct InVault {
    pub(crate) access: Arc<Access>,
    pub(crate) vault: Arc<Vault>,
}

/// The bucket of a site: its name, or, where that can name no bucket, one that is made of its digest.
fn bucket_of(host: &Host) -> String {
    match BucketName::parse(host.as_str()) {
        Ok(name) => name.to_string(),
        Err(_) => {
            let digest = hex::encode(Sha256::digest(host.as_str()));
            format!("site-{}", &digest[..40])
        }
    }
}

impl InVault {
    async fn caller(&self, place: &Place, by: &str) -> Result<Caller> {
        let name: InstitutionName = place.institution.parse().map_err(unfit)?;
        let (access, by) = (self.access.clone(), by.to_owned());
        blocking(move || access.on_behalf(&name, &by))
            .await
            .map_err(|error| match error {
                amana_access::Error::Store(error) => Error::Store(error),
                other => unfit(other),
            })
    }

    async fn make(&self, place: &Place, by: &str) -> Result<()> {
        let caller = self.caller(place, by).await?;
        let name = BucketName::parse(&bucket_of(&place.host)).map_err(unfit)?;
        let options = BucketOptions {
            open_reason: Some(format!("public site {}", place.host)),
            region: None,
            object_lock: false,
        };
        match self.vault.create_bucket(&caller, name, options).await {
            Ok(_) | Err(amana_vault::Error::BucketAlreadyOwnedByYou { .. }) => Ok(()),
            Err(error) => Err(failed(error)),
        }
    }

    async fn sizes(
        &self,
        place: &Place,
        names: &BTreeSet<String>,
    ) -> Result<BTreeMap<String, u64>> {
        let mut found = BTreeMap::new();
        if names.len() <= MAX_ASKED {
            let (caller, bucket) = (self.caller(place, READER).await?, bucket_of(&place.host));
            for name in names {
                let key = ObjectKey::parse(name.as_str()).map_err(unfit)?;
                let asked = self
                    .vault
                    .ask_object(&caller, &bucket, &key, VersionRef::Latest);
                if let Some(object) = present(asked.await)? {
                    found.insert(name.clone(), object.size_bytes);
                }
            }
            return Ok(found);
        }
        self.each(place, |object| {
            if names.contains(&object.key) {
                found.insert(object.key, object.size_bytes);
            }
        })
        .await?;
        Ok(found)
    }

    async fn names(&self, place: &Place) -> Result<BTreeMap<String, i64>> {
        let mut all = BTreeMap::new();
        self.each(place, |object| {
            all.insert(object.key, object.modified_ms);
        })
        .await?;
        Ok(all)
    }

    async fn each(
        &self,
        place: &Place,
        mut visit: impl FnMut(amana_vault::ListedObject),
    ) -> Result<()> {
        let (caller, bucket) = (self.caller(place, READER).await?, bucket_of(&place.host));
        let mut query = ListQuery {
            max: MAX_PAGE,
            ..ListQuery::default()
        };
        loop {
            let listed = self
                .vault
                .list_objects(&caller, &bucket, query.clone())
                .await;
            let page = listed.map_err(failed)?;
            page.objects.into_iter().for_each(&mut visit);
            match page.next {
                Some(next) => query.after = Some(next),
                None => return Ok(()),
            }
        }
    }

    async fn open(&self, place: &Place, name: &str) -> Result<Option<Opened>> {
        let (caller, bucket) = (self.caller(place, READER).await?, bucket_of(&place.host));
        let key = ObjectKey::parse(name).map_err(unfit)?;
        let asked = self
            .vault
            .ask_open(&caller, &bucket, &key, VersionRef::Latest);
        let Some(object) = present(asked.await)? else {
            return Ok(None);
        };
        let size_bytes = object.size_bytes;
        let stream = self.vault.read(&object, 0..size_bytes).await;
        let stream = stream.map_err(failed)?.map_err(failed).boxed();
        Ok(Some(Opened { size_bytes, stream }))
    }

    /// Some bytes of content from `from` on, and fewer than `at_most` only where it ends; nothing when there is none of that name.
    pub(crate) async fn part(
        &self,
        place: &Place,
        name: &str,
        from: u64,
        at_most: u64,
    ) -> Result<Option<Bytes>> {
        let (caller, bucket) = (self.caller(place, READER).await?, bucket_of(&place.host));
        let key = ObjectKey::parse(name).map_err(unfit)?;
        let asked = self
            .vault
            .ask_open(&caller, &bucket, &key, VersionRef::Latest);
        let Some(object) = present(asked.await)? else {
            return Ok(None);
        };
        let from = from.min(object.size_bytes);
        let until = object.size_bytes.min(from.saturating_add(at_most));
        let stream = self.vault.read(&object, from..until).await;
        let mut stream = stream.map_err(failed)?;
        let mut part = BytesMut::new();
        while let Some(bytes) = stream.next().await {
            part.extend_from_slice(&bytes.map_err(failed)?);
        }
        Ok(Some(part.freeze()))
    }

    async fn keep(&self, place: &Place, name: &str, by: &str, mut content: Incoming) -> Result<()> {
        let (caller, bucket) = (self.caller(place, by).await?, bucket_of(&place.host));
        let key = ObjectKey::parse(name).map_err(unfit)?;
        let options = IngestOptions {
            algorithms: Vec::new(),
            max_bytes: content.max_bytes,
        };
        let mut ingest = self.vault.ingest(&bucket, options).map_err(failed)?;
        while let Some(bytes) = content.stream.next().await {
            let bytes = bytes.map_err(|source| Error::Cut { source })?;
            ingest.write(bytes).await.map_err(failed)?;
        }
        let ingested = ingest.finish().await.map_err(failed)?;
        if let Some(wanted) = content.sha256
            && *wanted.as_bytes() != ingested.sha256
        {
            return Err(Error::OtherContent {
                sha256: digits(&wanted),
            });
        }
        let put = self.vault.put_object(
            &caller,
            &bucket,
            &key,
            ingested,
            ObjectAttrs::default(),
            WriteConditions::default(),
        );
        put.await.map(|_| ()).map_err(failed)
    }

    async fn remove(&self, place: &Place, names: Vec<String>, by: &str) -> Result<()> {
        let (caller, bucket) = (self.caller(place, by).await?, bucket_of(&place.host));
        let deletion = |name: String| {
            Ok(Deletion {
                key: ObjectKey::parse(name).map_err(unfit)?,
                version: VersionRef::Latest,
                if_match: None,
                bypass_governance: false,
            })
        };
        let deletions = names.into_iter().map(deletion).collect::<Result<_>>()?;
        let removed = self.vault.delete_objects(&caller, &bucket, deletions).await;
        for done in removed.map_err(failed)? {
            done.map_err(failed)?;
        }
        Ok(())
    }
}

impl Shelf for InVault {
    fn make<'a>(&'a self, place: &'a Place, by: &'a str) -> BoxFuture<'a, Result<()>> {
        Box::pin(self.make(place, by))
    }

    fn sizes<'a>(
        &'a self,
        place: &'a Place,
        names: &'a BTreeSet<String>,
    ) -> BoxFuture<'a, Result<BTreeMap<String, u64>>> {
        Box::pin(self.sizes(place, names))
    }

    fn names<'a>(&'a self, place: &'a Place) -> BoxFuture<'a, Result<BTreeMap<String, i64>>> {
        Box::pin(self.names(place))
    }

    fn open<'a>(
        &'a self,
        place: &'a Place,
        name: &'a str,
    ) -> BoxFuture<'a, Result<Option<Opened>>> {
        Box::pin(self.open(place, name))
    }

    fn keep<'a>(
        &'a self,
        place: &'a Place,
        name: &'a str,
        by: &'a str,
        content: Incoming,
    ) -> BoxFuture<'a, Result<()>> {
        Box::pin(self.keep(place, name, by, content))
    }

    fn remove<'a>(
        &'a self,
        place: &'a Place,
        names: Vec<String>,
        by: &'a str,
    ) -> BoxFuture<'a, Result<()>> {
        Box::pin(self.remove(place, names, by))
    }
}

/// An object that isn't there is nothing; all else that went wrong is an error.
fn present<T>(asked: amana_vault::Result<T>) -> Result<Option<T>> {
    use amana_vault::Error as E;
    match asked {
        Ok(found) => Ok(Some(found)),
        Err(E::NoSuchKey | E::DeleteMarker { .. }) => Ok(None),
        Err(error) => Err(failed(error)),
    }
}

fn failed(error: amana_vault::Error) -> Error {
    use amana_vault::Error as E;
    match error {
        E::Store(error) | E::Full(error) | E::ReadOnly(error) | E::Away(error) => {
            Error::Store(error)
        }
        E::Busy => Error::Busy,
        E::EntityTooLarge { max_bytes } => Error::TooLarge { max_bytes },
        other => unfit(other),
    }
}

fn unfit(error: impl std::error::Error + Send + Sync + 'static) -> Error {
    Error::Shelf(Box::new(error))
}
