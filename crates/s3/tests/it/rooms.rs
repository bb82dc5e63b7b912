//! The ground of a front at the data centre: a store in a temporary folder.

use std::sync::Arc;

use amana_access::{Access, GivenKey, Grant};
use amana_s3::Callers;
use amana_store::{Catalog, Options, Store};
use amana_vault::Vault;

use super::centre::key;
use super::signature::Key;

pub(crate) struct Ground {
    pub(crate) store: Arc<Store>,
    pub(crate) folder: tempfile::TempDir,
    access: Arc<Access>,
}

impl Ground {
    pub(crate) async fn open() -> (Self, Key, Key) {
        let folder = tempfile::tempdir().unwrap();
        let catalog = Catalog::new([Access::service(), Vault::service()]);
        let store = Store::open(folder.path(), catalog, Options::new("centre.test")).unwrap();
        let store = Arc::new(store);
        let access = Arc::new(Access::new(store.clone()));
        let finances = institution(&access, "finances", "AKFINANCES").await;
        let customs = institution(&access, "douanes", "AKDOUANES").await;
        let ground = Self {
            store,
            folder,
            access,
        };
        (ground, finances, customs)
    }

    pub(crate) fn vault(&self) -> Vault {
        Vault::new(self.store.clone())
    }

    pub(crate) fn callers(&self) -> Arc<dyn Callers> {
        self.access.clone()
    }

    /// One more key of `finances`.
    pub(crate) async fn grant(&self, grant: Grant) -> Key {
        let name = "finances".parse().unwrap();
        let made = self
            .access
            .create_access_key(&name, None, grant, None, "operator");
        let made = made.await.unwrap();
        Key {
            id: made.id.as_str().into(),
            secret: made.secret.reveal().into(),
        }
    }

    /// Suspends `finances`.
    pub(crate) async fn suspend(&self) {
        let name = "finances".parse().unwrap();
        let suspended = self.access.suspend(&name, None, "operator");
        suspended.await.unwrap();
    }
}

async fn institution(access: &Access, name: &str, id: &str) -> Key {
    let name = name.parse().unwrap();
    access.add_institution(&name, "operator").await.unwrap();
    let key = key(id);
    let given = GivenKey {
        id: key.id.parse().unwrap(),
        secret: key.secret.parse().unwrap(),
    };
    access
        .create_access_key(&name, Some(given), Grant::everything(), None, "operator")
        .await
        .unwrap();
    key
}
