//! The server of sites in the data centre: what it serves follows the ledgers, its certificates follow their dates.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::path::Path;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::{Duration, SystemTime};

use amana_ledger::Hash;
use amana_sites::certificates::{Acme, Given};
use amana_sites::serve::{Addresses, Alert, Running, Server, Settings, Source as _};
use amana_sites::{Deploy, Error, Host, Place};
use amana_store::clock;
use amana_tls::{Authority, Certificates, MakeLeaf};
use anyhow::{Context as _, Result};
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep};

use super::InVault;
use super::source::Deploys;
use crate::centre::{Centre, blocking};
use crate::serve::announce_url;
use crate::tls::own_authority;

/// How often other nodes' changes are looked for.
const LOOK: Duration = Duration::from_secs(1);
/// Clocks of nodes differ by less, in milliseconds.
const SLACK_MS: i64 = 10_000;
/// How often what went wrong, and certificates, are looked at again.
const MINUTE: Duration = Duration::from_secs(60);
/// Sites that wait until their files are compressed; others are at the next start.
const MAX_WAITING: usize = 1024;
/// How often files in other codings are looked through, and for how long they are kept whatever is served.
const SWEEP: Duration = Duration::from_secs(24 * 60 * 60);
const KEPT: Duration = Duration::from_secs(7 * 24 * 60 * 60);

/// The server, and what keeps it up.
pub(crate) struct Serving {
    server: Arc<Server>,
    running: Running,
    deploys: Deploys,
    certificates: Arc<Certificates>,
    acme: Option<Acme>,
    given: Option<Mutex<Given>>,
    centre: Arc<Centre>,
    /// Sites that a deploy could not be loaded of, to be tried again.
    unfinished: Mutex<HashSet<Host>>,
    /// The sites that stood by the ledgers when it was started.
    stood: OnceLock<HashMap<Host, Place>>,
    to_compress: mpsc::Sender<Host>,
    compressing: tokio::sync::Mutex<mpsc::Receiver<Host>>,
}

impl Serving {
    /// Listens where the configuration says, and serves nothing yet.
    ///
    /// # Errors
    /// When a port is taken, or a file that the configuration names can't be read.
    pub(crate) fn start(data: &Path, centre: Arc<Centre>) -> Result<Self> {
        let config = &centre.config;
        let deploys = Deploys::new(
            centre.sites.clone(),
            centre.store.clone(),
            InVault {
                access: centre.access.clone(),
                vault: centre.vault.clone(),
            },
            data.join("sites/variants"),
            centre.name.clone(),
        );
        let known = Arc::new(OnceLock::new());
        let certificates = Certificates::new(Some(own_leaves(data, known.clone())));
        let acme = config.sites.acme()?;
        let acme = acme
            .map(|acme| Acme::open(acme, &data.join("sites/certificates"), certificates.clone()));
        let server = Server::new(
            Arc::new(deploys.clone()),
            Arc::new(deploys.clone()),
            certificates.clone(),
            Settings {
                code_lists: Some(data.join("sites/code")),
                ..config.sites.settings()?
            },
            Arc::new(|| clock::system_ms() / 1000),
        )
        .context("sites.access_log")?;
        // Set once, here.
        let _ = known.set(Arc::downgrade(&server));
        let _ = centre.serving.set(Arc::downgrade(&server));
        let addresses = Addresses {
            http: config.listen_sites_http,
            https: Some(config.listen_sites_https),
        };
        let threads = std::thread::available_parallelism().map_or(1, usize::from);
        let running = server.listen(addresses, threads).with_context(|| {
            format!(
                "listen_sites_http, listen_sites_https: {} or {} can't be listened on; choose others in amana.toml or \
                 AMANA_LISTEN_SITES_HTTP, AMANA_LISTEN_SITES_HTTPS",
                config.listen_sites_http, config.listen_sites_https
            )
        })?;
        let (to_compress, compressing) = mpsc::channel(MAX_WAITING);
        Ok(Self {
            given: config
                .sites
                .certificates
                .clone()
                .map(|folder| Mutex::new(Given::new(folder))),
            acme: acme.transpose()?,
            server,
            running,
            deploys,
            certificates,
            centre,
            unfinished: Mutex::default(),
            stood: OnceLock::new(),
            to_compress,
            compressing: tokio::sync::Mutex::new(compressing),
        })
    }

    /// Tells where it listens.
    pub(crate) fn announce(&self, json: bool) -> Result<()> {
        let Addresses { http, https } = self.running.addresses();
        announce_url(json, "sites", &format!("http://{http}"))?;
        match https {
            Some(https) => announce_url(json, "sites-tls", &format!("https://{https}")),
            None => Ok(()),
        }
    }

    /// Keeps it up; never ends.
    pub(crate) async fn keep(&self) {
        tokio::join!(
            self.follow(),
            self.compress(),
            self.look_after(),
            self.sweep(),
            self.server.watch_applications(),
            self.server.watch_code(),
        );
    }

    /// Accepts nobody any more, and lets the requests under way end. Blocking.
    pub(crate) fn stop(self) {
        let Self {
            server, running, ..
        } = self;
        running.stop();
        server.close_log();
    }

    /// What is recorded is served: what this node records at once, what others record within a second.
    async fn follow(&self) {
        let mut changes = self.centre.sites.changes();
        let mut since_ms = 0;
        loop {
            let now_ms = clock::system_ms();
            match self.changed(since_ms).await {
                Ok(hosts) => {
                    for host in hosts {
                        self.load(&host).await;
                    }
                    since_ms = now_ms - SLACK_MS;
                }
                Err(error) => tracing::warn!(%error, "sites that changed can't be listed"),
            }
            tokio::select! {
                _ = changes.changed() => {}
                () = sleep(LOOK) => {}
            }
        }
    }

    /// The sites that changed since; at first, all that the rows or the ledgers know.
    async fn changed(&self, since_ms: i64) -> amana_sites::Result<BTreeSet<Host>> {
        let sites = self.centre.sites.clone();
        let mut hosts: BTreeSet<Host> = blocking(move || sites.changed(since_ms))
            .await?
            .into_iter()
            .collect();
        if self.stood.get().is_none() {
            let sites = self.centre.sites.clone();
            let standing = blocking(move || sites.standing()).await?;
            let stood = standing
                .into_iter()
                .map(|place| (place.host.clone(), place));
            hosts.extend(self.stood.get_or_init(|| stood.collect()).keys().cloned());
        }
        Ok(hosts)
    }

    async fn load(&self, host: &Host) {
        let loaded = self.try_load(host).await;
        let mut unfinished = self
            .unfinished
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        match loaded {
            Ok(()) => {
                unfinished.remove(host);
            }
            Err(error) => {
                if unfinished.insert(host.clone()) {
                    tracing::error!(%host, %error, "a site's deploy can't be loaded");
                }
            }
        }
    }

    async fn try_load(&self, host: &Host) -> amana_sites::Result<()> {
        let deploy = match self.live(host).await? {
            Some(deploy) => Some(self.signed(deploy).await?),
            None => self.lost(host).await?,
        };
        let Some(deploy) = deploy else {
            self.deploys.forget(host);
            self.server.remove(host);
            return Ok(());
        };
        if self
            .server
            .numbers(host)
            .is_some_and(|(newest, _)| newest == deploy.number)
        {
            return Ok(());
        }
        match self.deploys.live(&deploy).await {
            Ok(live) => {
                self.server.put(live);
                // A full queue leaves it to the next start.
                let _ = self.to_compress.try_send(host.clone());
                Ok(())
            }
            Err(error) => {
                // A deploy whose manifest is wrong is wrong as a whole.
                if self.server.numbers(host).is_none()
                    && let Ok(Some(earlier)) = self.deploys.before(host, deploy.number).await
                {
                    let instead = Some(earlier.number());
                    self.server.put(earlier);
                    let alert = Alert {
                        host: host.clone(),
                        number: deploy.number,
                        address: "the manifest".to_owned(),
                        digest: deploy.manifest,
                        instead,
                    };
                    self.deploys.alert(&alert).await;
                }
                Err(error)
            }
        }
    }

    /// The deploy that the rows name.
    async fn live(&self, host: &Host) -> amana_sites::Result<Option<Deploy>> {
        let (sites, asked) = (self.centre.sites.clone(), host.clone());
        match blocking(move || sites.live(&asked)).await {
            Err(Error::UnknownSite { .. }) => Ok(None),
            live => live,
        }
    }

    /// The deploy that the site's publishers signed last, where the rows name none: somebody deleted them, or it was never published.
    async fn lost(&self, host: &Host) -> amana_sites::Result<Option<Deploy>> {
        let (sites, asked) = (self.centre.sites.clone(), host.clone());
        let place = match blocking(move || sites.site(&asked)).await {
            Ok(site) => Some(site.place),
            Err(Error::UnknownSite { .. }) => {
                self.stood.get().and_then(|stood| stood.get(host)).cloned()
            }
            Err(error) => return Err(error),
        };
        let Some(place) = place else { return Ok(None) };
        let history = self.deploys.history(&place).await?;
        let Some(published) = history.published() else {
            return Ok(None);
        };
        // It may have been published since the rows were asked.
        if let Some(deploy) = self.live(host).await? {
            return self.signed(deploy).await.map(Some);
        }
        self.deploys.know(place.clone());
        let signed = Deploy {
            place,
            number: published.number,
            manifest: published.manifest,
            index: published.index,
            note: String::new(),
            since_ms: 0,
        };
        self.tell_of_rows(&signed, signed.manifest).await;
        Ok(Some(signed))
    }

    /// That the rows of a site aren't what its ledger says, which is served.
    async fn tell_of_rows(&self, signed: &Deploy, found: Hash) {
        let why = format!(
            "the rows of the site: what is kept isn't what was signed; deploy {} is served",
            signed.number
        );
        if let Err(error) = self.centre.sites.alert(signed, &found, &why).await {
            tracing::error!(host = %signed.place.host, %error, "an alert about the rows of a site can't be recorded");
        }
    }

    /// The deploy that the site's publishers signed last: the one that the rows name, unless somebody edited them.
    async fn signed(&self, named: Deploy) -> amana_sites::Result<Deploy> {
        let history = self.deploys.history(&named.place).await?;
        let Some(published) = history.published() else {
            return Err(Error::Manifest {
                why: "the site's publishers signed none".to_owned(),
            });
        };
        if (published.number, published.manifest) == (named.number, named.manifest) {
            return Ok(named);
        }
        let found = named.manifest;
        let signed = Deploy {
            number: published.number,
            manifest: published.manifest,
            index: published.index,
            ..named
        };
        self.tell_of_rows(&signed, found).await;
        Ok(signed)
    }

    async fn compress(&self) {
        let mut compressing = self.compressing.lock().await;
        while let Some(host) = compressing.recv().await {
            let made = self.server.compress_newest(&host).await;
            if made > 0 {
                tracing::info!(%host, made, "files were compressed");
            }
        }
    }

    /// Compressed files of content that no site has any more.
    async fn sweep(&self) {
        loop {
            // Not at once: a site whose deploy can't be loaded for a moment would lose them.
            sleep(SWEEP).await;
            let (deploys, served) = (self.deploys.clone(), self.server.served());
            let now = Duration::from_millis(clock::system_ms().cast_unsigned());
            let until = SystemTime::UNIX_EPOCH + now.saturating_sub(KEPT);
            match blocking(move || deploys.sweep_variants(&served, until)).await {
                Ok(0) => {}
                Ok(removed) => tracing::info!(removed, "compressed files of old deploys left"),
                Err(error) => tracing::warn!(%error, "compressed files of old deploys stay"),
            }
        }
    }

    /// Certificates, and what went wrong.
    async fn look_after(&self) {
        let mut healed_at = Instant::now();
        loop {
            self.take_given().await;
            let now_s = clock::system_ms() / 1000;
            self.certificates.let_go(now_s);
            let hosts = self.server.hosts();
            if let Some(acme) = &self.acme {
                for host in &hosts {
                    if let Err(error) = acme.keep_up(host, now_s).await {
                        tracing::warn!(%host, %error, "a site's certificate can't be fetched");
                    }
                }
            }
            if Instant::now() - healed_at >= MINUTE {
                healed_at = Instant::now();
                self.server.recover().await;
                for host in self.unfinished() {
                    self.load(&host).await;
                }
            }
            tokio::select! {
                () = sleep(MINUTE) => {}
                // A new site gets its certificate soon.
                () = self.grows(hosts.len()) => {}
            }
        }
    }

    fn unfinished(&self) -> Vec<Host> {
        let unfinished = self
            .unfinished
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        unfinished.iter().cloned().collect()
    }

    /// Waits until there are more sites than so many.
    async fn grows(&self, known: usize) {
        while self.server.hosts().len() <= known {
            sleep(LOOK).await;
        }
    }

    async fn take_given(&self) {
        let Some(given) = &self.given else { return };
        let taken = tokio::task::block_in_place(|| {
            given
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .take(&self.certificates)
        });
        if let Err(error) = taken {
            tracing::warn!(%error, "the folder of certificates can't be read");
        }
    }
}

/// Leaves of the folder's own authority, for sites that are served and have no other certificate: closed networks know that authority,
/// others are warned.
fn own_leaves(data: &Path, server: Arc<OnceLock<std::sync::Weak<Server>>>) -> MakeLeaf {
    let data = data.to_owned();
    let authority: Mutex<Option<Authority>> = Mutex::new(None);
    Arc::new(move |name| {
        let server = server.get()?.upgrade()?;
        let site = Host::of_preview(name).map_or_else(|| name.parse().ok(), |(_, host)| Some(host));
        server.numbers(&site?)?;
        let now_s = clock::system_ms() / 1000;
        let mut authority = authority.lock().unwrap_or_else(PoisonError::into_inner);
        if authority.is_none() {
            *authority = own_authority::load_or_make(&data, now_s).ok();
        }
        authority
            .as_ref()?
            .fresh_leaf(&[name.to_owned()], now_s)
            .ok()
    })
}
