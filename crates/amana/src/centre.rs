//! The running data centre: what every listener shares.

use std::ops::ControlFlow;
use std::sync::{Arc, OnceLock, Weak};

use amana_access::Access;
use amana_console::provider::Provider;
use amana_releases::Releases;
use amana_sites::Sites;
use amana_sites::serve::Server;
use amana_store::check::{Found, Holding};
use amana_store::mirror::Services;
use amana_store::{Catalog, Reader, Store};
use amana_vault::{Staging, Vault};
use anyhow::Result;

use crate::config::Config;
use crate::enrolments::Enrolments;
use crate::metrics::Requests;
use crate::mirror::States;
use crate::scrub::Scrub;
use crate::sites::InVault;
use crate::tls::Listeners;
use crate::tls::own_authority;

/// What every listener shares.
pub(crate) struct Centre {
    pub(crate) store: Arc<Store>,
    pub(crate) access: Arc<Access>,
    pub(crate) vault: Arc<Vault>,
    /// Releases of this very program.
    pub(crate) releases: Releases,
    /// Web sites of institutions.
    pub(crate) sites: Sites,
    /// What serves them, once it does.
    pub(crate) serving: OnceLock<Weak<Server>>,
    /// Ciphertext that waits for the acts that name it.
    pub(crate) staging: Arc<Staging>,
    /// Gateways that introduce themselves.
    pub(crate) enrolments: Enrolments,
    /// The scrub under way.
    pub(crate) scrub: Scrub,
    pub(crate) config: Config,
    /// What was asked of the listeners since the start.
    pub(crate) requests: Arc<Requests>,
    /// Which listeners speak TLS, and what they show.
    pub(crate) tls: Listeners,
    /// The provider of the State by which officials may sign in.
    pub(crate) provider: Option<Arc<Provider>>,
    /// How its mirrors are.
    pub(crate) mirrors: Arc<States>,
    /// Its name, the first part of every origin.
    pub(crate) name: String,
}

/// Every service that writes to the store, so that replay knows every act.
pub(crate) fn catalog() -> Catalog {
    Catalog::new([
        Access::service(),
        Vault::service(),
        Releases::service(),
        Sites::service(),
    ])
    .with_erasable(Access::erasable)
    .with_erasable(Vault::erasable)
    .with_held(Vault::is_held)
}

/// For mirrors: what entries name, and who opens what is an institution's.
pub(crate) const SERVICES: Services = Services {
    mentions: Vault::mentions,
    recipients: Access::recipients,
};

/// For the check: every piece of content that an object holds, and what only the services see; every signature of an
/// institution as well, if that is asked for.
pub(crate) fn each_content(
    rows: &Reader<'_>,
    signatures: bool,
    visit: &mut dyn FnMut(Found) -> amana_store::Result<()>,
) -> amana_store::Result<()> {
    let mut faults = Vec::new();
    Vault::check(rows, &mut |fault| faults.push(fault)).map_err(store_error)?;
    Access::check(rows, &mut |fault| faults.push(fault))?;
    if signatures {
        Vault::check_signatures(rows, &mut |fault| faults.push(fault)).map_err(store_error)?;
    }
    for fault in faults {
        visit(Found::Fault(fault))?;
    }
    Vault::each_content(rows, &mut |held| {
        visit(Found::Content(Holding {
            wanted: held.wanted(),
            object: held.object,
        }))?;
        Ok(ControlFlow::Continue(()))
    })
    .map_err(store_error)
}

fn store_error(error: amana_vault::Error) -> amana_store::Error {
    match error {
        amana_vault::Error::Store(error) => error,
        other => amana_store::Error::Failed {
            why: other.to_string(),
        },
    }
}

impl Centre {
    /// Opens the data centre in the folder of `config`. Blocking.
    ///
    /// # Errors
    /// When the store can't be opened: another server has it, a disk that fails.
    pub(crate) fn open(data: &std::path::Path, name: &str, config: Config) -> Result<Self> {
        let store = Arc::new(Store::open(data, catalog(), config.store_options(name)?)?);
        if let Some(fraction) = config.parity()? {
            store.keep_parity(fraction)?;
        }
        // After the store, which makes the folder of keys and sees that nobody else works here.
        let addresses = [config.listen_web, config.listen_s3];
        let tls = config.tls_settings();
        let tls = tls.listeners(data, &addresses, &config.s3_domains)?;
        own_authority::keep(data, &store)?;
        let access = Arc::new(Access::new(store.clone()));
        let vault = Arc::new(Vault::new(store.clone()));
        let shelf = InVault {
            access: access.clone(),
            vault: vault.clone(),
        };
        Ok(Self {
            access,
            vault,
            sites: Sites::new(store.clone(), Arc::new(shelf), name).heeding(Access::takes_in_from),
            serving: OnceLock::new(),
            releases: Releases::new(store.clone()),
            staging: Arc::new(Staging::new(store.clone())),
            enrolments: Enrolments::new(store.clone()),
            store,
            scrub: Scrub::load(data),
            provider: config.provider()?,
            config,
            requests: Arc::default(),
            tls,
            mirrors: Arc::default(),
            name: name.to_owned(),
        })
    }

    /// Reads rows on a thread that may block.
    ///
    /// # Errors
    /// Those of `read`.
    pub(crate) async fn read<T: Send + 'static>(
        self: &Arc<Self>,
        read: impl FnOnce(&Reader<'_>) -> amana_store::Result<T> + Send + 'static,
    ) -> amana_store::Result<T> {
        let centre = self.clone();
        blocking(move || centre.store.read(read)).await
    }
}

/// Runs work that blocks where it holds nobody up.
pub(crate) async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    // What is logged there is the request's too.
    let span = tracing::Span::current();
    match tokio::task::spawn_blocking(move || span.in_scope(work)).await {
        Ok(done) => done,
        // Blocking work is never cancelled once it runs, so it panicked: a bug, passed on to this task.
        Err(failed) => std::panic::resume_unwind(failed.into_panic()),
    }
}
