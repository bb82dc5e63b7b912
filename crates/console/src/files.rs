//! The file page of a gateway: folders and files in a browser, for who has an access key there.
//!
//! Content is foreign: it is only ever handed out as a file to keep, under a policy that lets it do nothing. Sessions are in memory
//! and end with the process, half an hour after the last request, or with the access key. The console knows no gateway: what it
//! needs of one is given to it.

mod browse;
mod change;
mod download;
mod one;
mod places;
mod session;
mod sharing;
mod sign_in;
mod upload;

use std::net::IpAddr;
use std::sync::Arc;

use amana_access::Caller;
use amana_folders::{Callers, Patience, Tree};
use amana_vault::Vault;
use axum::Router;
use axum::body::Bytes;
use axum::extract::DefaultBodyLimit;
use axum::middleware::from_fn;
use axum::routing::{get, post};
use futures::future::BoxFuture;

use crate::{dress, query};
use session::Sessions;

/// The longest form, but for files.
const MAX_FORM_BYTES: usize = 64 * 1024;

/// Fetches the receipt of an entry of the institution's ledger, by its index; nothing while there is none.
pub type Receipts = Arc<dyn Fn(u64) -> BoxFuture<'static, Option<Bytes>> + Send + Sync>;

/// From where a request came, for who serves connections to say.
#[derive(Clone, Copy, Debug)]
pub struct Peer(pub IpAddr);

/// A file that is shared by a link.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SharedFile {
    /// By which it is taken back.
    pub id: String,
    /// What stands in its link.
    pub token: String,
    /// The access key of whoever shared it.
    pub access_key_id: String,
    /// Its path, without a `/` at either end.
    pub path: String,
    /// Until when, milliseconds since 1970.
    pub until_ms: i64,
    /// How often the link was used.
    pub uses: u64,
    /// When it was used last, milliseconds since 1970.
    pub last_use_ms: Option<i64>,
}

/// What keeps shares. Its verbs block.
pub trait Shares: Send + Sync {
    /// Shares a file for so many hours, a week at most, and gives what stands in the link; nothing when it can't be.
    fn share(&self, access_key_id: &str, path: &str, hours: u32) -> Option<String>;
    /// What a link shows, while it does.
    fn find(&self, token: &str) -> Option<SharedFile>;
    /// Notes that a link was used; nothing is served unless it was noted.
    fn used(&self, id: &str) -> bool;
    /// Ends a share of that person's.
    fn take_back(&self, access_key_id: &str, id: &str) -> bool;
    /// The shares of one person, the newest first.
    fn of(&self, access_key_id: &str) -> Vec<SharedFile>;
}

/// What the file page is made of.
pub struct Files {
    institution: String,
    vault: Arc<Vault>,
    callers: Callers,
    patience: Arc<Patience>,
    receipts: Receipts,
    shares: Arc<dyn Shares>,
    is_tls: bool,
    sessions: Sessions,
}

impl Files {
    /// Of that institution. `is_tls` says whether browsers come by https.
    #[must_use]
    pub fn new(
        institution: &str,
        vault: Arc<Vault>,
        callers: Callers,
        patience: Arc<Patience>,
        receipts: Receipts,
        shares: Arc<dyn Shares>,
        is_tls: bool,
    ) -> Self {
        Self {
            institution: institution.to_owned(),
            vault,
            callers,
            patience,
            receipts,
            shares,
            is_tls,
            sessions: Sessions::default(),
        }
    }

    fn tree(&self, caller: &Arc<Caller>) -> Arc<Tree> {
        Arc::new(Tree::new(self.vault.clone(), caller.clone()))
    }
}

/// The routes, all under `/folders`.
pub fn router<S: Clone + Send + Sync + 'static>(files: Arc<Files>) -> Router<S> {
    Router::new()
        .route("/folders", get(browse::top))
        .route("/folders/browse/{*path}", get(browse::folder))
        .route("/folders/search", get(browse::search))
        .route("/folders/sign-in", get(sign_in::page).post(sign_in::enter))
        .route("/folders/sign-out", post(sign_in::leave))
        .route("/folders/file/{*path}", get(one::page))
        .route("/folders/download/{*path}", get(download::file))
        .route("/folders/receipt/{*path}", get(download::receipt))
        .route("/folders/make", post(change::make))
        .route("/folders/delete", post(change::delete))
        .route("/folders/restore", post(change::restore))
        .route("/folders/keep", post(change::keep))
        .route("/folders/share", post(sharing::share))
        .route("/folders/take-back", post(sharing::take_back))
        .route("/folders/shares", get(sharing::list))
        .route("/folders/shared/{token}", get(sharing::shown))
        .route("/folders/shared/{token}/file", get(sharing::fetch))
        .layer(DefaultBodyLimit::max(MAX_FORM_BYTES))
        .route(
            "/folders/upload/{*path}",
            post(upload::take).layer(DefaultBodyLimit::disable()),
        )
        .with_state(files)
        .layer(from_fn(query::told))
        .layer(from_fn(dress::dress))
}
