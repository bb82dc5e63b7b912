//! An S3 front on a free port.

use std::sync::Arc;

use amana_s3::{Callers, Front, FrontConfig};
use amana_tls::Acceptor;
use tokio::net::TcpListener;
use tokio::sync::oneshot;

use super::client::{Answer, Call, exchange};
use super::ground::Ground;
use super::signature::Key;

pub(crate) struct Centre {
    pub(crate) address: String,
    pub(crate) ground: Ground,
    /// May do all with the buckets of `finances`.
    pub(crate) key: Key,
    /// May do all with the buckets of `douanes`.
    pub(crate) other: Key,
    _stop: oneshot::Sender<()>,
}

impl Centre {
    pub(crate) async fn open() -> Self {
        Self::open_for(|callers| callers).await
    }

    /// One whose keys are told by somebody else, who may ask whom the ground has.
    pub(crate) async fn open_for(
        callers: impl FnOnce(Arc<dyn Callers>) -> Arc<dyn Callers>,
    ) -> Self {
        let (ground, key, other) = Ground::open().await;
        let vault = Arc::new(ground.vault());
        let front = Front::new(vault, callers(ground.callers()), FrontConfig::default());
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let (stop, stopped) = oneshot::channel::<()>();
        tokio::spawn(async move {
            let stopped = async {
                let _ = stopped.await;
            };
            front
                .serve(listener, Acceptor::plain(), stopped)
                .await
                .unwrap();
        });
        Self {
            address,
            ground,
            key,
            other,
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

/// The key that an institution's software has in these tests.
pub(crate) fn key(id: &str) -> Key {
    Key {
        id: id.into(),
        secret: format!("secret/of+{id}"),
    }
}
