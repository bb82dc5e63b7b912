//! Pages for people, and the same facts for programs.
//!
//! # Promise
//! Each page is a *model* (plain facts, serialised as they stand by `/api/v1`), a *template* (HTML, nothing but words and
//! links), and a route that fills one with the other. What a page says stands in [`texts`], in every language of
//! [`Language`]: a sentence that one of them lacks doesn't compile.
//!
//! # Invariants
//! - Every page works without a script, at 320 pixels and at 64 kbit/s, and comes in the asker's language.
//! - Nothing is inline and nothing comes from elsewhere: `dress` adds the policy that makes browsers keep to it.
//! - Errors carry a code; [`Error`] becomes a page, or JSON under `/api/`, in the asker's language and in one place.
//! - A form that is refused comes back as it was filled in, with what is wrong; one that is sent twice acts once ([`again`]).
//!
//! # Deliberately absent
//! Any way of its own to change state: forms end in the services' acts. Templates of another engine, a build step,
//! images, fonts, a framework of scripts.

mod account;
mod again;
mod agreements;
pub mod api;
mod assets;
mod banner;
pub mod books;
mod clock;
mod content;
mod dress;
mod error;
mod fault;
pub mod files;
mod frame;
pub mod gateway;
mod indicators;
mod language;
pub mod machine;
mod menu;
mod messages;
pub mod operators;
mod page;
pub mod provider;
mod public;
mod publishing;
pub mod query;
mod school;
pub mod texts;

use std::sync::Arc;

use amana_access::{Access, RelyingParty};
use amana_sites::Sites;
use amana_store::{Reader, Store};
use amana_vault::Vault;
use axum::extract::{DefaultBodyLimit, Request};
use axum::middleware::{from_fn, from_fn_with_state};
use axum::response::IntoResponse as _;
use axum::{Extension, Router};
use http::{StatusCode, header};

use again::Again;

pub use account::Guard;
pub use again::forms;
pub use assets::Asset;
pub use error::{Error, Result};
pub use frame::{Frame, MenuItem};
pub use language::Language;
pub use page::Page;
pub use public::{centre, proof, verify};

/// What pages are made of: the services of a running data centre.
pub struct Console {
    /// Rows, ledgers, the national log.
    pub store: Arc<Store>,
    /// Institutions and who may do what.
    pub access: Arc<Access>,
    /// Buckets and objects.
    pub vault: Arc<Vault>,
    /// Web sites.
    pub sites: Sites,
    /// The data centre's name, the first part of every origin.
    pub centre: String,
    /// Where people reach these pages: passkeys are bound to it.
    pub origin: RelyingParty,
    /// Where software reaches S3, for the commands that a new key is shown with.
    pub s3: String,
    /// What only the program around the pages knows.
    pub machine: Arc<dyn machine::Machine>,
    /// The provider of the State by which officials may sign in, if there is one.
    pub provider: Option<Arc<provider::Provider>>,
    /// Whether everybody may see the indicators.
    pub public_indicators: bool,
}

impl Console {
    /// Reads rows on a thread that may block.
    ///
    /// # Errors
    /// Those of `read`.
    pub(crate) async fn read<T: Send + 'static>(
        self: &Arc<Self>,
        read: impl FnOnce(&Self, &Reader<'_>) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let console = self.clone();
        blocking(move || console.store.read(|rows| read(&console, rows))).await
    }

    /// Asks who may do what, on a thread that may block.
    ///
    /// # Errors
    /// Those of `ask`.
    pub(crate) async fn ask<T: Send + 'static>(
        self: &Arc<Self>,
        ask: impl FnOnce(&Access) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let access = self.access.clone();
        blocking(move || ask(&access)).await
    }
}

async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    match tokio::task::spawn_blocking(work).await {
        Ok(done) => done,
        // Blocking work is never cancelled once it runs, so it panicked: a bug, passed on to this task.
        Err(failed) => std::panic::resume_unwind(failed.into_panic()),
    }
}

/// The routes for who is signed in, each with what it is. A part of the pages adds a line.
fn guarded() -> account::Guarded {
    account::guarded()
        .merge(content::guarded())
        .merge(books::guarded())
        .merge(agreements::guarded())
        .merge(indicators::guarded())
        .merge(messages::guarded())
        .merge(publishing::guarded())
        .merge(operators::guarded())
        .merge(school::guarded())
}

/// Each method on each path for who is signed in, and what it is: for whoever tries every role on every route.
#[must_use]
pub fn operations() -> Vec<Guard> {
    guarded().operations()
}

/// The answer for what isn't there, and for what isn't the asker's to see: a page for people, a line for programs.
pub fn nowhere<S: Clone + Send + Sync + 'static>() -> Router<S> {
    let told = |request: Request| async move {
        let accepts = request.headers().get(header::ACCEPT);
        let accepts = accepts.and_then(|accepts| accepts.to_str().ok());
        let is_api = request.uri().path().starts_with("/api/");
        if is_api || accepts.is_some_and(|kinds| kinds.contains("text/html")) {
            return Error::NotFound.into_response();
        }
        (StatusCode::NOT_FOUND, "not found\n").into_response()
    };
    Router::new().fallback(told).layer(from_fn(dress::dress))
}

/// Every route of the console.
pub fn router<S: Clone + Send + Sync + 'static>(console: Arc<Console>) -> Router<S> {
    let spool = Arc::new(publishing::Spool::beside(console.store.clone()));
    let pages = Router::new()
        .merge(public::routes())
        .merge(indicators::routes())
        .merge(school::routes())
        .merge(account::routes())
        .merge(guarded().into_router())
        .merge(api::routes())
        .layer(DefaultBodyLimit::max(account::MAX_FORM_BYTES))
        .layer(Extension(books::tallies()))
        .layer(Extension(spool));
    let again = Again::of(pages.clone().with_state(console.clone()));
    pages
        .layer(from_fn_with_state(again, again::again))
        .layer(from_fn(query::told))
        .layer(from_fn_with_state(console.clone(), account::known))
        .with_state(console)
        .merge(assets::routes())
        .layer(from_fn(dress::dress))
}
