//! A data centre in a temporary folder, with an S3 front on a free port.

use std::sync::Arc;

use amana_access::{Access, GivenKey, Grant, Right};
use amana_s3::{Front, FrontConfig};
use amana_store::{Catalog, Options, Store};
use amana_vault::Vault;
use tokio::net::TcpListener;
use tokio::sync::oneshot;

use crate::client::{Answer, Call, exchange};
use crate::signature::Key;

pub(crate) struct Centre {
    pub(crate) address: String,
    pub(crate) access: Arc<Access>,
    pub(crate) store: Arc<Store>,
    /// May do all with the buckets of `finances`.
    pub(crate) key: Key,
    /// May do all with the buckets of `douanes`.
    pub(crate) other: Key,
    pub(crate) folder: tempfile::TempDir,
    _stop: oneshot::Sender<()>,
}

impl Centre {
    pub(crate) async fn open() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let catalog = Catalog::new([Access::service(), Vault::service()]);
        let store = Store::open(folder.path(), catalog, Options::new("centre.test")).unwrap();
        let store = Arc::new(store);
        let access = Arc::new(Access::new(store.clone()));
        let key = institution(&access, "finances", "AKFINANCES").await;
        let other = institution(&access, "douanes", "AKDOUANES").await;
        let vault = Arc::new(Vault::new(store.clone()));
        let front = Front::new(vault, access.clone(), FrontConfig::default());
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let (stop, stopped) = oneshot::channel::<()>();
        tokio::spawn(async move {
            let stopped = async {
                let _ = stopped.await;
            };
            front.serve(listener, stopped).await.unwrap();
        });
        Self {
            address,
            access,
            store,
            key,
            other,
            folder,
            _stop: stop,
        }
    }

    /// With a bucket `files`.
    pub(crate) async fn with_bucket() -> Self {
        let centre = Self::open().await;
        centre.send(Call::new("PUT", "/files")).await.ok();
        centre
    }

    pub(crate) async fn send(&self, call: Call) -> Answer {
        self.send_as(&self.key, call).await
    }

    pub(crate) async fn send_as(&self, key: &Key, call: Call) -> Answer {
        exchange(&self.address, &call.signed(key, &self.address)).await
    }

    pub(crate) async fn send_bytes(&self, bytes: &[u8]) -> Answer {
        exchange(&self.address, bytes).await
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.send(Call::new("GET", path)).await
    }

    pub(crate) async fn put(&self, path: &str, body: &[u8]) -> Answer {
        self.send(Call::new("PUT", path).body(body)).await.ok()
    }
}

async fn institution(access: &Access, name: &str, id: &str) -> Key {
    let name = name.parse().unwrap();
    access.add_institution(&name, "operator").await.unwrap();
    let key = Key {
        id: id.into(),
        secret: format!("secret/of+{id}"),
    };
    let given = GivenKey {
        id: key.id.parse().unwrap(),
        secret: key.secret.parse().unwrap(),
    };
    let grant = Grant {
        buckets: None,
        right: Right::Own,
    };
    access
        .create_access_key(&name, Some(given), grant, "operator")
        .await
        .unwrap();
    key
}
