//! Folders for people: WebDAV on the gateway's web listener, below `/files`, and SFTP on a listener of its own.

use std::sync::Arc;

use amana_console::files::Peer;
use amana_folders::{Callers, HostKey, Sftp, WebDav};
use anyhow::Result;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::response::Response;
use axum::routing::any;
use axum::{Extension, Router};
use http::HeaderValue;
use serde_json::json;
use tokio::net::TcpListener;
use zeroize::Zeroizing;

use super::folder::Folder;
use super::running::Running;
use crate::listener::{Stop, told};
use crate::output;
use crate::serve::bind;

/// Where the folders begin.
const PREFIX: &str = "/files";

/// What one request needs.
#[derive(Clone)]
struct Folders {
    running: Arc<Running>,
    dav: WebDav,
}

/// The routes of the folders.
pub(super) fn routes<S: Clone + Send + Sync + 'static>(running: &Arc<Running>) -> Router<S> {
    let vault = running.gateway.vault().clone();
    let folders = Folders {
        running: running.clone(),
        dav: WebDav::new(vault, callers(running), running.patience.clone(), PREFIX),
    };
    Router::new()
        .route(PREFIX, any(serve))
        .route("/files/{*path}", any(serve))
        .route("/files/", any(serve))
        .with_state(folders)
}

/// The institution's own access keys.
pub(super) fn callers(running: &Arc<Running>) -> Callers {
    let callers = running.gateway.callers().clone();
    Arc::new(move |id| {
        let (caller, secret) = callers.caller(id)?;
        Some((caller, Zeroizing::new(secret.reveal().to_owned())))
    })
}

async fn serve(
    State(folders): State<Folders>,
    Extension(Peer(address)): Extension<Peer>,
    request: Request,
) -> Response {
    let answer = folders.dav.serve(request, Some(address));
    let mut answer = answer.await.map(Body::new);
    // As on S3: how old the head is that this was served against.
    if let Ok(vouched) = HeaderValue::try_from(folders.running.gateway.vouched().header()) {
        answer.headers_mut().insert("x-amana-vouched", vouched);
    }
    answer
}

/// SFTP, bound and not serving yet.
pub(super) struct OverSsh {
    listener: TcpListener,
    key: HostKey,
}

impl OverSsh {
    /// Listens, if the configuration says where, and tells by which key programs know it.
    ///
    /// # Errors
    /// When the port is taken, or the key can't be had.
    pub(super) async fn listen(running: &Running, json: bool) -> Result<Option<Self>> {
        let Some(address) = running.config.listen_sftp else {
            return Ok(None);
        };
        let listener = bind("gateway.toml", "listen_sftp", address).await?;
        let key = host_key(&running.folder).await?;
        let (url, fingerprint) = (
            format!("sftp://{}", listener.local_addr()?),
            key.fingerprint(),
        );
        // It listens once.
        let _ = running.sftp.set(format!("{url}, host key {fingerprint}"));
        output::line(&if json {
            json!({ "listener": "sftp", "url": url, "host_key": fingerprint }).to_string()
        } else {
            format!("sftp listens on {url}, host key {fingerprint}")
        })?;
        Ok(Some(Self { listener, key }))
    }

    /// Serves until told to stop.
    pub(super) async fn serve(self, running: Arc<Running>, mut stop: Stop) {
        let keys = running.gateway.callers().clone();
        let authorized = Arc::new(move |id: &str, key: &str| keys.lets_in(id, key));
        let vault = running.gateway.vault().clone();
        let patience = running.patience.clone();
        let sftp = Sftp::new(vault, callers(&running), authorized, patience, self.key);
        let grace = running.config.stop_within();
        sftp.serve(self.listener, told(&mut stop), grace).await;
    }
}

/// The key by which programs know this gateway again, made at need.
async fn host_key(folder: &Folder) -> Result<HostKey> {
    let path = folder.sftp_host_key();
    Ok(crate::centre::blocking(move || HostKey::open(&path)).await?)
}
