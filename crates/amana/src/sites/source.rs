//! Deploys and content, as the server of sites asks for them: its threads are its own, the store's work stays with the store's.

use std::collections::{HashMap, HashSet};
use std::io;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::{Duration, Instant, SystemTime};

use amana_ledger::{Hash, digits};
use amana_sites::serve::{Alert, Altered, CodeState, Content, Live, Source};
use amana_sites::{ApplicationRule, Deploy, Error, History, Host, Manifest, Place, Sites};
use amana_store::Store;
use bytes::Bytes;
use futures::future::BoxFuture;
use serde_json::json;
use tokio::runtime::Handle;

use super::{InVault, variants};
use crate::centre::blocking;

/// How old the facts about a site may be that visitors are shown: a receipt is some work.
const FACTS_LAST: Duration = Duration::from_secs(5);

/// Where the server's deploys and its content come from. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Deploys(Arc<Shared>);

struct Shared {
    sites: Sites,
    store: Arc<Store>,
    shelf: InVault,
    /// Folder of files in other codings.
    variants: PathBuf,
    runtime: Handle,
    centre: String,
    places: RwLock<HashMap<Host, Place>>,
    facts: Mutex<HashMap<Host, Said>>,
}

/// What facts are told of.
struct Told {
    host: Host,
    number: u64,
    applications: Vec<ApplicationRule>,
    code: Vec<CodeState>,
}

/// Facts about a site, as they were told.
struct Said {
    at: Instant,
    number: u64,
    code: Vec<CodeState>,
    facts: Bytes,
}

impl Deploys {
    /// Of those sites; what it asks of them runs on the runtime that this is called on.
    pub(crate) fn new(
        sites: Sites,
        store: Arc<Store>,
        shelf: InVault,
        variants: PathBuf,
        centre: String,
    ) -> Self {
        Self(Arc::new(Shared {
            sites,
            store,
            shelf,
            variants,
            runtime: Handle::current(),
            centre,
            places: RwLock::default(),
            facts: Mutex::default(),
        }))
    }

    /// What the site's publishers signed, whatever the rows say; an entry that isn't theirs ends it there.
    pub(crate) async fn history(&self, place: &Place) -> amana_sites::Result<History> {
        let (sites, asked) = (self.0.sites.clone(), place.clone());
        let (history, broken) = blocking(move || sites.history(&asked)).await?;
        if let Some(error) = broken {
            tracing::error!(host = %place.host, %error, "the ledger of sites is believed up to there");
        }
        Ok(history)
    }

    /// A deploy, ready to be served.
    ///
    /// # Errors
    /// When its publishers signed no such deploy, or its manifest can't be read, or isn't what was signed.
    pub(crate) async fn live(&self, deploy: &Deploy) -> amana_sites::Result<Live> {
        let history = self.history(&deploy.place).await?;
        if history.deploy(deploy.number) != Some(deploy.manifest) {
            return Err(Error::Manifest {
                why: format!(
                    "the site's publishers signed no such deploy {}",
                    deploy.number
                ),
            });
        }
        let manifest = self
            .0
            .sites
            .manifest(&deploy.place, &deploy.manifest)
            .await?;
        let live = Live::new(deploy.number, Manifest::parse(&manifest)?);
        if live.host() != &deploy.place.host {
            return Err(Error::Manifest {
                why: "it is another site's".to_owned(),
            });
        }
        Ok(live)
    }

    /// Runs it where the store's connections live.
    async fn apart<T: Send + 'static>(
        &self,
        work: impl Future<Output = io::Result<T>> + Send + 'static,
    ) -> io::Result<T> {
        self.0.runtime.spawn(work).await.map_err(io::Error::other)?
    }

    async fn place(&self, host: &Host) -> io::Result<Place> {
        if let Some(place) = self.known(host) {
            return Ok(place);
        }
        let (sites, asked) = (self.0.sites.clone(), host.clone());
        let site = blocking(move || sites.site(&asked)).await.map_err(told)?;
        self.know(site.place.clone());
        Ok(site.place)
    }

    fn known(&self, host: &Host) -> Option<Place> {
        let places = self.0.places.read().unwrap_or_else(PoisonError::into_inner);
        places.get(host).cloned()
    }

    /// Whose a site is, where the rows don't say it any more.
    pub(crate) fn know(&self, place: Place) {
        let mut places = self
            .0
            .places
            .write()
            .unwrap_or_else(PoisonError::into_inner);
        places.insert(place.host.clone(), place);
    }

    /// Asks anew whose a site is: it was removed, or added again.
    pub(crate) fn forget(&self, host: &Host) {
        let mut places = self
            .0
            .places
            .write()
            .unwrap_or_else(PoisonError::into_inner);
        places.remove(host);
    }

    async fn find(&self, host: &Host, number: u64) -> io::Result<Option<Deploy>> {
        let (sites, host) = (self.0.sites.clone(), host.clone());
        match blocking(move || sites.deploy(&host, number)).await {
            Ok(deploy) => Ok(Some(deploy)),
            Err(Error::UnknownSite { .. } | Error::UnknownDeploy { .. }) => Ok(None),
            Err(error) => Err(told(error)),
        }
    }

    /// What was said a moment ago.
    fn said(&self, live: &Live, code: &[CodeState]) -> Option<Bytes> {
        let facts = self.0.facts.lock().unwrap_or_else(PoisonError::into_inner);
        let said = facts.get(live.host())?;
        let is_fresh = said.number == live.number()
            && said.code == code
            && Instant::now() - said.at < FACTS_LAST;
        is_fresh.then(|| said.facts.clone())
    }

    async fn tell(&self, told: Told) -> io::Result<Bytes> {
        let Told {
            host,
            number,
            applications,
            code,
        } = told;
        let deploy = self
            .find(&host, number)
            .await?
            .ok_or(io::ErrorKind::NotFound)?;
        let (store, ledger) = (self.0.store.clone(), deploy.place.ledger());
        let index = deploy.index;
        // Not yet witnessed, there is none.
        let receipt = blocking(move || store.receipt(&ledger, index)).await.ok();
        let of_code = code.iter().map(|state| {
            let found = state.found.as_ref().map(digits);
            json!({
                "application": state.application,
                "signed": digits(&state.signed),
                "found": found,
                "asked": state.asked,
            })
        });
        let said = json!({
            "host": host.as_str(),
            "centre": self.0.centre,
            "ledger": self.0.sites.origin(&deploy.place),
            "index": index,
            "number": number,
            "manifest": digits(&deploy.manifest),
            "applications": applications,
            "code": of_code.collect::<Vec<_>>(),
            "receipt": receipt.map(|receipt| receipt.to_string()),
        });
        let facts = Bytes::from(format!("{said}\n"));
        let said = Said {
            at: Instant::now(),
            number,
            code,
            facts: facts.clone(),
        };
        let mut known = self.0.facts.lock().unwrap_or_else(PoisonError::into_inner);
        known.insert(host, said);
        Ok(facts)
    }

    /// Removes files in other codings whose content has been served by no site for a while. Blocking.
    pub(crate) fn sweep_variants(
        &self,
        served: &HashSet<Hash>,
        until: SystemTime,
    ) -> io::Result<usize> {
        variants::sweep(&self.0.variants, served, until)
    }
}

impl Source for Deploys {
    fn deploy<'a>(
        &'a self,
        host: &'a Host,
        number: u64,
    ) -> BoxFuture<'a, io::Result<Option<Live>>> {
        let (this, host) = (self.clone(), host.clone());
        Box::pin(self.apart(async move {
            match this.find(&host, number).await? {
                Some(deploy) => this.live(&deploy).await.map(Some).map_err(told),
                None => Ok(None),
            }
        }))
    }

    fn before<'a>(
        &'a self,
        host: &'a Host,
        number: u64,
    ) -> BoxFuture<'a, io::Result<Option<Live>>> {
        let (this, host) = (self.clone(), host.clone());
        Box::pin(self.apart(async move {
            let (sites, asked) = (this.0.sites.clone(), host.clone());
            let deploys = blocking(move || sites.deploys(&asked)).await.map_err(told)?;
            for deploy in deploys.iter().filter(|deploy| deploy.number < number) {
                match this.live(deploy).await {
                    Ok(live) => return Ok(Some(live)),
                    // Its files were let go, or its manifest is wrong as well.
                    Err(error) => tracing::warn!(%host, number = deploy.number, %error, "a deploy is passed over"),
                }
            }
            Ok(None)
        }))
    }

    fn alert<'a>(&'a self, alert: &'a Alert) -> BoxFuture<'a, ()> {
        let (this, alert) = (self.clone(), alert.clone());
        Box::pin(async move {
            let recorded = self.apart(async move {
                let Some(deploy) = this.find(&alert.host, alert.number).await? else {
                    return Ok(());
                };
                let instead = match alert.instead {
                    Some(number) => format!("deploy {number} is served instead"),
                    None => "no earlier deploy is right: nothing is served in its place".to_owned(),
                };
                let why = format!(
                    "{}: what is kept isn't what was signed; {instead}",
                    alert.address
                );
                let told_of = this.0.sites.alert(&deploy, &alert.digest, &why).await;
                told_of.map(drop).map_err(told)
            });
            if let Err(error) = recorded.await {
                tracing::error!(%error, "an alert about a site can't be recorded");
            }
        })
    }

    fn altered<'a>(&'a self, altered: &'a Altered) -> BoxFuture<'a, ()> {
        let (this, altered) = (self.clone(), altered.clone());
        Box::pin(async move {
            let recorded = self.apart(async move {
                let Some(deploy) = this.find(&altered.host, altered.number).await? else {
                    return Ok(());
                };
                let Altered {
                    application, why, ..
                } = &altered;
                let why = format!(
                    "the application {application} isn't asked, and what was signed is served in its stead: {why}"
                );
                let told_of = this.0.sites.alert_of_code(&deploy, application, &altered.digest, &why);
                told_of.await.map(drop).map_err(told)
            });
            if let Err(error) = recorded.await {
                tracing::error!(%error, "an alert about a site can't be recorded");
            }
        })
    }

    fn facts<'a>(
        &'a self,
        live: &'a Live,
        code: Vec<CodeState>,
    ) -> BoxFuture<'a, io::Result<Bytes>> {
        if let Some(said) = self.said(live, &code) {
            return Box::pin(async move { Ok(said) });
        }
        let this = self.clone();
        let told = Told {
            host: live.host().clone(),
            number: live.number(),
            applications: live.manifest().applications().cloned().collect(),
            code,
        };
        Box::pin(self.apart(async move { this.tell(told).await }))
    }
}

impl Content for Deploys {
    fn read<'a>(
        &'a self,
        site: &'a Host,
        name: &'a str,
        from: u64,
        at_most: u64,
    ) -> BoxFuture<'a, io::Result<Option<Bytes>>> {
        if let Some(path) = variants::path(&self.0.variants, name) {
            return Box::pin(blocking(move || variants::read(&path, at_most)));
        }
        let (this, site, name) = (self.clone(), site.clone(), name.to_owned());
        Box::pin(self.apart(async move {
            let place = this.place(&site).await?;
            this.0
                .shelf
                .part(&place, &name, from, at_most)
                .await
                .map_err(told)
        }))
    }

    fn keep<'a>(
        &'a self,
        _: &'a Host,
        name: &'a str,
        bytes: Bytes,
    ) -> BoxFuture<'a, io::Result<()>> {
        let path = variants::path(&self.0.variants, name);
        Box::pin(blocking(move || {
            let path = path.ok_or(io::ErrorKind::InvalidInput)?;
            variants::keep(&path, &bytes)
        }))
    }
}

/// For the server, damage is one thing and whatever may pass is another.
fn told(error: Error) -> io::Error {
    let is_damage = match &error {
        Error::OtherContent { .. } | Error::NoManifest { .. } | Error::Manifest { .. } => true,
        Error::Store(error) => is_damage(error),
        Error::Shelf(error) => match error.downcast_ref::<amana_vault::Error>() {
            Some(amana_vault::Error::Damaged { .. }) => true,
            Some(amana_vault::Error::Store(error)) => is_damage(error),
            _ => false,
        },
        _ => false,
    };
    match is_damage {
        true => io::Error::new(io::ErrorKind::InvalidData, error),
        false => io::Error::other(error),
    }
}

fn is_damage(error: &amana_store::Error) -> bool {
    use amana_store::Error as E;
    matches!(
        error,
        E::Damaged { .. } | E::Missing { .. } | E::Decode { .. }
    )
}
