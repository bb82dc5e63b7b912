//! A data centre without its listeners: store, access and vault over one folder, and the few verbs that every measurement
//! needs.

use std::error::Error;
use std::fs::File;
use std::path::Path;
use std::sync::Arc;

use amana_access::{Access, Caller, InstitutionName};
use amana_store::{Catalog, Options, Store};
use amana_vault::{
    BucketName, BucketOptions, Deletion, Done, IngestOptions, ObjectAttrs, ObjectKey, Put, Vault,
    VersionRef, WriteConditions,
};
use bytes::Bytes;
use futures::future::{join_all, try_join_all};
use futures::stream::{self, StreamExt as _};
use rustix::fs::{Advice, fadvise};

use crate::gauge::Syncs;

/// What any measurement may fail with.
pub(crate) type Outcome<T> = Result<T, Box<dyn Error>>;

/// Who asks.
const BY: &str = "operator:bench";
/// Acts that wait at once when as many as possible shall share a sync; the most that a group takes.
pub(crate) const MANY: usize = 4096;

/// The store and what stands on it.
pub(crate) struct Ground {
    pub(crate) store: Arc<Store>,
    pub(crate) access: Access,
    pub(crate) vault: Vault,
    pub(crate) syncs: Syncs,
}

impl Ground {
    /// Opens the folder, or makes it.
    pub(crate) fn open(folder: &Path) -> Outcome<Self> {
        let catalog = Catalog::new([Access::service(), Vault::service()])
            .with_erasable(Vault::erasable)
            .with_held(Vault::is_held);
        let syncs = Syncs::default();
        let options = Options {
            faults: syncs.faults(),
            ..Options::new("centre.test")
        };
        let store = Arc::new(Store::open(folder, catalog, options)?);
        Ok(Self {
            access: Access::new(store.clone()),
            vault: Vault::new(store.clone()),
            store,
            syncs,
        })
    }

    /// Closes it, sends the database's pages out of memory, and opens it again.
    pub(crate) fn reopen_cold(self, folder: &Path) -> Outcome<Self> {
        drop(self);
        let rows = File::open(folder.join("amana.db"))?;
        rows.sync_all()?;
        fadvise(&rows, 0, None, Advice::DontNeed)?;
        Self::open(folder)
    }

    /// Adds institutions, each with one bucket that bears its name.
    pub(crate) async fn add_institutions(&self, names: &[String]) -> Outcome<Vec<Caller>> {
        let mut callers = Vec::with_capacity(names.len());
        for names in names.chunks(MANY) {
            let names = names.iter().map(|name| name.parse());
            let names = names.collect::<Result<Vec<InstitutionName>, _>>()?;
            try_join_all(
                names
                    .iter()
                    .map(|name| self.access.add_institution(name, BY)),
            )
            .await?;
            let found = names.iter().map(|name| self.access.on_behalf(name, BY));
            let found = found.collect::<Result<Vec<_>, _>>()?;
            try_join_all(found.iter().map(|caller| async move {
                let name = BucketName::parse(&caller.name)?;
                let options = BucketOptions {
                    open_reason: None,
                    region: None,
                    object_lock: false,
                };
                self.vault.create_bucket(caller, name, options).await
            }))
            .await?;
            callers.extend(found);
        }
        Ok(callers)
    }

    /// Who asks for an institution that is there already.
    pub(crate) fn caller(&self, name: &str) -> Outcome<Caller> {
        Ok(self.access.on_behalf(&name.parse()?, BY)?)
    }

    /// Puts an object into the bucket that bears its institution's name.
    pub(crate) async fn put(
        &self,
        caller: &Caller,
        key: String,
        content: Bytes,
    ) -> amana_vault::Result<Done<Put>> {
        let options = IngestOptions {
            algorithms: Vec::new(),
            max_bytes: content.len() as u64,
        };
        let mut ingest = self.vault.ingest(&caller.name, options)?;
        ingest.write(content).await?;
        let content = ingest.finish().await?;
        let (key, attrs) = (ObjectKey::parse(key)?, ObjectAttrs::default());
        let conditions = WriteConditions::default();
        self.vault
            .put_object(caller, &caller.name, &key, content, attrs, conditions)
            .await
    }

    /// Puts many at once, so that they share groups; says when one failed.
    pub(crate) async fn put_together(
        &self,
        caller: &Caller,
        keys: impl Iterator<Item = String>,
        content: &Bytes,
    ) -> Outcome<()> {
        let puts = keys.map(|key| self.put(caller, key, content.clone()));
        for put in join_all(puts).await {
            put?;
        }
        Ok(())
    }

    /// Puts many, the next before the last is done, so that the writer never waits.
    pub(crate) async fn put_flowing(
        &self,
        caller: &Caller,
        keys: impl Iterator<Item = String>,
        content: &Bytes,
    ) -> Outcome<()> {
        let puts = keys.map(|key| self.put(caller, key, content.clone()));
        let mut flow = stream::iter(puts).buffer_unordered(2 * MANY - 256);
        while let Some(put) = flow.next().await {
            put?;
        }
        Ok(())
    }

    /// Deletes many at once.
    pub(crate) async fn delete_together(&self, caller: &Caller, keys: &[String]) -> Outcome<()> {
        let deletions = keys.iter().map(|key| {
            Ok(Deletion {
                key: ObjectKey::parse(key.as_str())?,
                version: VersionRef::Latest,
                if_match: None,
                bypass_governance: false,
            })
        });
        let deletions = deletions.collect::<amana_vault::Result<Vec<_>>>()?;
        let deleted = self
            .vault
            .delete_objects(caller, &caller.name, deletions)
            .await?;
        for one in deleted {
            one?;
        }
        Ok(())
    }
}

/// A sequence in no order, the same in every run.
#[derive(Clone)]
pub(crate) struct Random(pub(crate) u64);

impl Random {
    /// The next number.
    pub(crate) fn draw(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ self.0 >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed ^ mixed >> 31
    }

    /// A number below `bound`, which is not 0.
    pub(crate) fn below(&mut self, bound: usize) -> usize {
        usize::try_from(self.draw() >> 16).unwrap_or_default() % bound
    }
}
