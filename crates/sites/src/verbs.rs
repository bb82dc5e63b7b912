//! The verbs.

mod alert;
mod believed;
mod change;
mod files;
mod listing;
mod standing;
mod sweep;

use std::sync::Arc;

use amana_ledger::Hash;
use amana_store::{CommitError, Committed, LedgerId, Reader, Service, Store};
use tokio::sync::{RwLock, watch};

pub use change::Changed;
pub use files::{Lacking, Piece};
pub use listing::Alerted;
pub use sweep::Swept;

use crate::{Error, Host, Place, Result, Shelf, acts, views};

/// Deploys of a site that are listed at most.
pub const MAX_LISTED: u32 = 200;

/// A site, as it stands.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Site {
    /// Its name, and its institution.
    pub place: Place,
    /// The number of its last signed change; 0 before the first.
    pub number: u64,
    /// The file that says who signs.
    pub publishers: String,
    /// What is published; nothing before the first deploy.
    pub live: Option<Deploy>,
    /// When the name was first added, milliseconds since 1970.
    pub since_ms: i64,
    /// When it was last changed, milliseconds since 1970.
    pub changed_ms: i64,
    pub(crate) id: LedgerId,
}

/// A deploy of a site, as it was recorded.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Deploy {
    /// The site.
    pub place: Place,
    /// Its number, among the site's signed changes.
    pub number: u64,
    /// SHA-256 of its manifest.
    pub manifest: Hash,
    /// Its entry's index in the institution's ledger of sites.
    pub index: u64,
    /// The statement, as it was signed.
    pub note: String,
    /// When it was recorded, milliseconds since 1970.
    pub since_ms: i64,
}

impl Place {
    /// The public ledger that the site's acts stand in.
    #[must_use]
    pub fn ledger(&self) -> String {
        format!("{}/sites", self.institution)
    }
}

impl Deploy {
    /// `<ledger>/<index>`: what `amana receipt get` takes.
    #[must_use]
    pub fn receipt(&self) -> String {
        format!("{}/{}", self.place.ledger(), self.index)
    }
}

/// Whether anything new is taken in from the institution of that name: another service's word, which `amana` passes in.
pub type TakesIn = fn(&Reader<'_>, &str) -> amana_store::Result<bool>;

/// Sites over a store and a shelf. Cheap to clone.
#[derive(Clone)]
pub struct Sites {
    store: Arc<Store>,
    shelf: Arc<dyn Shelf>,
    centre: Arc<str>,
    takes_in: TakesIn,
    changes: Arc<watch::Sender<u64>>,
    /// Held for writing while content is removed, for reading while a deploy relies on it.
    sweeping: Arc<RwLock<()>>,
    histories: Arc<believed::Histories>,
}

impl Sites {
    /// Over that store, whose catalog must hold [`Sites::service`]; content lies on that shelf. `centre` is the data centre's
    /// name, which begins the origin of each ledger.
    #[must_use]
    pub fn new(store: Arc<Store>, shelf: Arc<dyn Shelf>, centre: &str) -> Self {
        Self {
            store,
            shelf,
            centre: centre.into(),
            takes_in: |_, _| Ok(true),
            changes: Arc::new(watch::Sender::new(0)),
            sweeping: Arc::default(),
            histories: Arc::default(),
        }
    }

    /// Refuses what an institution brings from which nothing is taken in: files, sites, deploys. Until this is said, all is
    /// taken.
    #[must_use]
    pub fn heeding(mut self, takes_in: TakesIn) -> Self {
        self.takes_in = takes_in;
        self
    }

    /// The views and the acts of this service.
    #[must_use]
    pub fn service() -> Service {
        Service {
            name: "sites",
            views: &views::VIEWS,
            kinds: acts::kinds(),
        }
    }

    /// Where content lies.
    #[must_use]
    pub fn shelf(&self) -> &Arc<dyn Shelf> {
        &self.shelf
    }

    /// The origin of the ledger that a site's statements name.
    #[must_use]
    pub fn origin(&self, place: &Place) -> String {
        format!("{}/ledgers/{}", self.centre, place.ledger())
    }

    /// Tells, by another number each time, that a site was changed by this process. What other nodes did is not told: ask
    /// [`Sites::changed`] now and then.
    #[must_use]
    pub fn changes(&self) -> watch::Receiver<u64> {
        self.changes.subscribe()
    }

    /// A site. Blocking.
    ///
    /// # Errors
    /// [`Error::UnknownSite`], [`Error::Store`].
    pub fn site(&self, host: &Host) -> Result<Site> {
        self.store.read(|rows| views::found(rows, host))
    }

    /// All sites, by name. Blocking.
    ///
    /// # Errors
    /// [`Error::Store`].
    pub fn all(&self) -> Result<Vec<Site>> {
        Ok(self.store.read(views::all)?)
    }

    /// What is published under that name now. Blocking.
    ///
    /// # Errors
    /// [`Error::Store`].
    pub fn live(&self, host: &Host) -> Result<Option<Deploy>> {
        let site = self
            .store
            .read(|rows| views::standing(rows, host.as_str()))?;
        Ok(site.and_then(|site| site.live))
    }

    /// What is published under all names. Blocking.
    ///
    /// # Errors
    /// [`Error::Store`].
    pub fn all_live(&self) -> Result<Vec<Deploy>> {
        let all = self.store.read(views::all)?;
        Ok(all.into_iter().filter_map(|site| site.live).collect())
    }

    /// The names of which something was recorded at that time or later, milliseconds since 1970, by whichever node; those that
    /// were removed are among them. Clocks of nodes differ: ask from a little before. Blocking.
    ///
    /// # Errors
    /// [`Error::Store`].
    pub fn changed(&self, since_ms: i64) -> Result<Vec<Host>> {
        Ok(self.store.read(|rows| views::changed(rows, since_ms))?)
    }

    /// The newest deploys of a site, the newest first, at most [`MAX_LISTED`]. Blocking.
    ///
    /// # Errors
    /// [`Error::UnknownSite`], [`Error::Store`].
    pub fn deploys(&self, host: &Host) -> Result<Vec<Deploy>> {
        self.store.read(|rows| {
            let site = views::found(rows, host)?;
            Ok(views::deploys(rows, &site, MAX_LISTED)?)
        })
    }

    /// One deploy of a site. Blocking.
    ///
    /// # Errors
    /// [`Error::UnknownSite`], [`Error::UnknownDeploy`], [`Error::Store`].
    pub fn deploy(&self, host: &Host, number: u64) -> Result<Deploy> {
        self.store.read(|rows| {
            let site = views::found(rows, host)?;
            let found = views::deploy_at(rows, &site, number)?;
            found.ok_or_else(|| Error::UnknownDeploy {
                host: host.to_string(),
                number,
            })
        })
    }

    /// Reads rows on a thread that may block.
    async fn read<T: Send + 'static>(
        &self,
        read: impl FnOnce(&Reader<'_>) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let store = self.store.clone();
        apart(move || store.read(read)).await
    }

    /// Sees that something new is taken in from an institution, before any of it comes.
    ///
    /// # Errors
    /// [`Error::Leaving`], [`Error::Store`].
    pub async fn may_bring(&self, institution: &str) -> Result<()> {
        let (takes_in, institution) = (self.takes_in, institution.to_owned());
        self.read(move |rows| acts::may_bring(rows, takes_in, &institution))
            .await
    }

    /// What a commit gave; whoever waits for changes is told.
    fn told<T>(&self, committed: Result<Committed<T>, CommitError<Error>>) -> Result<String> {
        match committed {
            Ok(committed) => {
                self.changes
                    .send_modify(|changes| *changes = changes.wrapping_add(1));
                Ok(committed.receipt())
            }
            Err(CommitError::Refused(refusal)) => Err(refusal),
            Err(CommitError::Busy) => Err(Error::Busy),
            Err(CommitError::Store(error)) => Err(Error::Store(error)),
        }
    }
}

/// Runs work that blocks on a thread made for it.
async fn apart<T: Send + 'static>(work: impl FnOnce() -> Result<T> + Send + 'static) -> Result<T> {
    tokio::task::spawn_blocking(work).await.map_err(|error| {
        Error::Store(amana_store::Error::Failed {
            why: format!("a thread ended: {error}"),
        })
    })?
}
