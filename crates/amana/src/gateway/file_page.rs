//! The file page, put onto this gateway: its keys, its shares, and receipts from the data centre.

use std::io;
use std::sync::Arc;

use amana_console::files::{Files, Peer, Receipts, SharedFile, Shares, router};
use amana_store::clock;
use amana_tls::{Acceptor, Stream};
use axum::{Extension, Router};
use tokio::net::{TcpListener, TcpStream};

use super::files::callers;
use super::running::Running;
use crate::listener::{Source, Tcp};

/// The longest receipt.
const MAX_RECEIPT_BYTES: usize = amana_ledger::MAX_RECEIPT_BYTES;
/// Milliseconds of an hour.
const HOUR_MS: i64 = 60 * 60 * 1000;

/// The routes of the file page.
pub(super) fn routes<S: Clone + Send + Sync + 'static>(running: &Arc<Running>) -> Router<S> {
    let at_web = running.tls.acceptor(running.config.listen_web);
    let files = Files::new(
        &running.institution.name,
        running.gateway.vault().clone(),
        callers(running),
        running.patience.clone(),
        receipts(running),
        Arc::new(Kept(running.gateway.shares().clone())),
        at_web.scheme() == "https",
    );
    router(Arc::new(files))
}

/// Receipts live at the data centre; whoever gets them verifies them.
fn receipts(running: &Arc<Running>) -> Receipts {
    let running = running.clone();
    Arc::new(move |index| {
        let running = running.clone();
        Box::pin(async move {
            let path = format!("/receipts/{}/vault/{index}", running.institution.name);
            let asked = running.gateway.centre().get(&path, MAX_RECEIPT_BYTES).await;
            asked
                .inspect_err(|error| tracing::info!(%error, index, "no receipt for the file page"))
                .ok()
        })
    })
}

/// The gateway's shares, as the page asks for them.
struct Kept(Arc<amana_gateway::Shares>);

impl Kept {
    fn shown(&self, id: String, share: amana_gateway::Share) -> SharedFile {
        SharedFile {
            token: self.0.token_of(&id, &share).unwrap_or_default(),
            id,
            access_key_id: share.access_key_id,
            path: share.path,
            until_ms: share.until_ms,
            uses: share.uses,
            last_use_ms: share.last_use_ms,
        }
    }
}

impl Shares for Kept {
    fn share(&self, access_key_id: &str, path: &str, hours: u32) -> Option<String> {
        let now_ms = clock::system_ms();
        let until_ms = now_ms + i64::from(hours) * HOUR_MS;
        let shared = self.0.share(access_key_id, path, until_ms, now_ms);
        told(shared)
    }

    fn find(&self, token: &str) -> Option<SharedFile> {
        let (id, share) = self.0.find(token, clock::system_ms())?;
        Some(self.shown(id, share))
    }

    fn used(&self, id: &str) -> bool {
        told(self.0.used(id, clock::system_ms())).is_some()
    }

    fn take_back(&self, access_key_id: &str, id: &str) -> bool {
        told(self.0.take_back(access_key_id, id, clock::system_ms())).unwrap_or_default()
    }

    fn of(&self, access_key_id: &str) -> Vec<SharedFile> {
        let mine = self.0.of(access_key_id).into_iter();
        mine.map(|(id, share)| self.shown(id, share)).collect()
    }
}

fn told<T>(done: amana_gateway::Result<T>) -> Option<T> {
    done.inspect_err(|error| tracing::error!(%error, "a share could not be kept"))
        .ok()
}

/// The web listener, whose requests carry from where they come: wrong secrets make only that address wait.
pub(super) struct Web(Tcp);

impl Web {
    pub(super) fn new(listener: TcpListener, acceptor: Acceptor, router: Router) -> Self {
        Self(Tcp(listener, acceptor, router))
    }
}

impl Source for Web {
    type Accepted = TcpStream;
    type Stream = Stream;

    async fn next(&self) -> io::Result<(TcpStream, Router)> {
        let (stream, router) = self.0.next().await?;
        let peer = Peer(stream.peer_addr()?.ip());
        Ok((stream, router.layer(Extension(peer))))
    }

    fn shake(
        &self,
        accepted: TcpStream,
    ) -> impl Future<Output = io::Result<Stream>> + Send + 'static {
        self.0.shake(accepted)
    }
}
