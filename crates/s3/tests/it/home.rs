//! The ground of a front at a gateway: a replica in a temporary folder, keys of its own, and a data centre in memory.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use amana_access::{Caller, Grant, InstitutionId};
use amana_s3::{Callers, CallersError, Known};
use amana_store::replica::{Replica, ReplicaKey, ReplicaOptions};
use amana_store::{Catalog, LedgerId};
use amana_vault::Vault;
use zeroize::Zeroizing;

use super::centre::key;
use super::memory::MemoryRemote;
use super::signature::Key;

/// Keys that a gateway keeps by itself.
#[derive(Default)]
struct Keys(Mutex<HashMap<String, Known>>);

#[async_trait::async_trait]
impl Callers for Keys {
    fn recall(&self, access_key_id: &str) -> Result<Option<Known>, CallersError> {
        Ok(self.0.lock().unwrap().get(access_key_id).cloned())
    }

    async fn stands(&self, access_key_id: &str) -> Result<bool, CallersError> {
        Ok(self.0.lock().unwrap().contains_key(access_key_id))
    }
}

pub(crate) struct Ground {
    replica: Arc<Replica>,
    pub(crate) remote: Arc<MemoryRemote>,
    keys: Arc<Keys>,
    _folder: tempfile::TempDir,
}

impl Ground {
    pub(crate) async fn open() -> (Self, Key, Key) {
        let folder = tempfile::tempdir().unwrap();
        let catalog = Catalog::new([Vault::service(), Vault::replica_service()]);
        let mut options = ReplicaOptions::new(ReplicaKey::new([7; 32]), catalog, "finances/vault");
        options
            .ledgers
            .push((LedgerId(2), "douanes/vault".to_owned()));
        let replica = Replica::open(&folder.path().join("index"), options).unwrap();
        let ground = Self {
            replica: Arc::new(replica),
            remote: MemoryRemote::new(Arc::default()),
            keys: Arc::default(),
            _folder: folder,
        };
        let finances = ground.admit(1, "finances", "AKFINANCES", Grant::everything());
        let customs = ground.admit(2, "douanes", "AKDOUANES", Grant::everything());
        (ground, finances, customs)
    }

    pub(crate) fn vault(&self) -> Vault {
        let vault = Vault::on_replica(self.replica.clone(), self.remote.clone());
        self.remote.follow_for(Some(vault.clone()));
        vault
    }

    pub(crate) fn callers(&self) -> Arc<dyn Callers> {
        self.keys.clone()
    }

    /// One more key of `finances`.
    pub(crate) async fn grant(&self, grant: Grant) -> Key {
        let id = format!("AKMORE{}", self.keys.0.lock().unwrap().len());
        self.admit(1, "finances", &id, grant)
    }

    /// Suspends `finances`.
    pub(crate) async fn suspend(&self) {
        let mut keys = self.keys.0.lock().unwrap();
        keys.retain(|_, (caller, _)| &*caller.name != "finances");
    }

    fn admit(&self, number: u32, name: &str, id: &str, grant: Grant) -> Key {
        let key = key(id);
        let caller = Caller {
            institution: InstitutionId(number.into()),
            name: name.into(),
            canonical_id: format!("{number:064x}").into(),
            ledger: LedgerId(number),
            actor: format!("key:{id}").into(),
            access_key_id: id.into(),
            grant,
        };
        let known = (Arc::new(caller), Zeroizing::new(key.secret.clone()));
        self.keys.0.lock().unwrap().insert(id.to_owned(), known);
        key
    }
}
