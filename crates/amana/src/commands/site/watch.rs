//! `amana site watch`: looks at sites again and again, from another place than where they are served.

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use amana_ledger::Policy;
use amana_sites::Host;
use amana_tls::{Connector, Place, Trust};
use anyhow::{Context as _, Result, ensure};
use clap::Args;
use futures::StreamExt as _;
use futures::stream::FuturesUnordered;
use serde::Deserialize;
use tokio::sync::Semaphore;
use tokio::time::{MissedTickBehavior, interval, sleep};

use super::verify::By;
use super::watched::{State, Told};
use crate::client::{Client, segment};
use crate::output;
use crate::site_check::plan::plan;
use crate::site_check::published::{Followed, Published};
use crate::site_check::visit::Visit;
use crate::site_check::{Looked, look};
use crate::tls::way;

/// Between a first look that finds something and the second one that must find it too: a deploy in between, a connection that
/// broke, are no alarm.
const SECOND_LOOK: Duration = Duration::from_secs(10);
/// Sites that are looked at together: one that is slow holds up few others.
const SITES_AT_A_TIME: usize = 8;
/// Answers kept as evidence of one alarm.
const MAX_KEPT: usize = 20;

/// Which sites, how often, and where evidence goes.
#[derive(Args)]
pub(crate) struct Watch {
    /// Sites, such as <https://www.finances.gov>
    #[arg(required_unless_present = "all", value_name = "URL")]
    urls: Vec<String>,
    /// Watch every site that the data centre lists, new ones too; with --institution, that institution's
    #[arg(long)]
    all: bool,
    /// Look for listed sites over http://, where there are no certificates
    #[arg(long, requires = "all")]
    plain_http: bool,
    /// Look for all of them at this address, whatever their names lead to
    #[arg(long, value_name = "ADDRESS:PORT")]
    at: Option<SocketAddr>,
    /// Whom their certificates must be signed by: sha256:… or a PEM file; by default those that this system believes
    #[arg(long, value_name = "AUTHORITY")]
    site_authority: Option<Trust>,
    /// Seconds between looks at a site
    #[arg(long, value_name = "SECONDS", default_value_t = 120, value_parser = clap::value_parser!(u64).range(1..))]
    seconds: u64,
    /// Look once and end
    #[arg(long)]
    once: bool,
    /// Folder for evidence: a file an alarm, with what was asked, what came, and what was signed
    #[arg(long, value_name = "DIR")]
    pub(super) evidence: PathBuf,
    /// Start this program whenever a site's state changes, with three arguments: the site, as-published, not-as-published or
    /// not-judged, and the file of evidence or nothing
    #[arg(long, value_name = "PROGRAM")]
    pub(super) run: Option<PathBuf>,
    #[command(flatten)]
    pub(super) by: By,
}

/// A site, and how it is reached.
struct Site {
    host: Host,
    way: Connector,
}

/// A page of the data centre's list of sites.
#[derive(Deserialize)]
struct Listed {
    sites: Vec<ListedSite>,
    next: Option<String>,
}

#[derive(Deserialize)]
struct ListedSite {
    host: String,
    institution: String,
}

/// What all looks share.
struct Shared {
    client: Client,
    policy: Policy,
    /// Whom the sites' certificates must be signed by: read once, for all of them.
    way: Connector,
    places: Semaphore,
}

impl Watch {
    pub(crate) async fn run(self) -> Result<()> {
        std::fs::create_dir_all(&self.evidence)
            .with_context(|| self.evidence.display().to_string())?;
        let shared = Shared {
            client: self.by.reader.client()?,
            policy: self.by.policy()?,
            way: way("https://localhost", self.site_authority.clone())?,
            places: Semaphore::new(SITES_AT_A_TIME),
        };
        let given = self.urls.iter();
        let given = given.map(|url| self.site(shared.way.to(url.parse()?)?));
        let given: Vec<Site> = given.collect::<Result<_>>()?;
        match self.once {
            true => self.once(&shared, given).await,
            false => self.for_ever(&shared, given).await,
        }
    }

    async fn once(&self, shared: &Shared, mut sites: Vec<Site>) -> Result<()> {
        let mut known: BTreeSet<Host> = sites.iter().map(|site| site.host.clone()).collect();
        sites.extend(self.listed(shared, &mut known).await?);
        let all = sites.len();
        let looks = sites.into_iter().map(|site| self.watch(shared, site));
        let mut looks: FuturesUnordered<_> = looks.collect();
        let mut alarms = 0;
        while let Some(is_alarm) = looks.next().await {
            alarms += usize::from(is_alarm?);
        }
        ensure!(
            alarms == 0,
            "{alarms} of {all} sites are not as published, or couldn't be judged"
        );
        Ok(())
    }

    async fn for_ever(&self, shared: &Shared, sites: Vec<Site>) -> Result<()> {
        let mut known: BTreeSet<Host> = sites.iter().map(|site| site.host.clone()).collect();
        let looks = sites.into_iter().map(|site| self.watch(shared, site));
        let mut looks: FuturesUnordered<_> = looks.collect();
        let mut lists = interval(Duration::from_secs(self.seconds.max(1)));
        lists.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut list_failed = false;
        loop {
            tokio::select! {
                // A watch ends only when its words can't be told any more.
                Some(ended) = looks.next() => drop(ended?),
                _ = lists.tick() => {
                    match self.listed(shared, &mut known).await {
                        Ok(sites) => {
                            looks.extend(sites.into_iter().map(|site| self.watch(shared, site)));
                            list_failed = false;
                        }
                        // The sites that are known are watched as before.
                        Err(error) if !list_failed => {
                            output::error(&format!(
                                "the data centre's list of sites can't be read: {error:#}"
                            ));
                            list_failed = true;
                        }
                        Err(_) => {}
                    }
                }
            }
        }
    }

    /// Sites that the data centre lists and nobody watches here yet.
    async fn listed(&self, shared: &Shared, known: &mut BTreeSet<Host>) -> Result<Vec<Site>> {
        let (mut new, mut after) = (Vec::new(), String::new());
        if !self.all {
            return Ok(new);
        }
        loop {
            let path = format!("/api/v1/sites?after={}", segment(&after));
            let page: Listed = serde_json::from_value(shared.client.get(&path).await?)?;
            for ListedSite { host, institution } in page.sites {
                let host: Host = host.parse()?;
                let wanted = self.by.institution.as_ref();
                if wanted.is_none_or(|wanted| *wanted == institution) && known.insert(host.clone())
                {
                    let scheme = if self.plain_http { "http" } else { "https" };
                    let place: Place = format!("{scheme}://{host}").parse()?;
                    new.push(self.site(shared.way.to(place)?)?);
                }
            }
            match page.next {
                Some(next) if next > after => after = next,
                _ => return Ok(new),
            }
        }
    }

    fn site(&self, way: Connector) -> Result<Site> {
        Ok(Site {
            host: way.place().host.parse()?,
            way: match self.at {
                Some(address) => way.at(address),
                None => way,
            },
        })
    }

    /// Looks at one site, again and again unless once is enough; whether the last look was an alarm.
    async fn watch(&self, shared: &Shared, site: Site) -> Result<bool> {
        let (mut followed, mut told) = (None, Told::default());
        loop {
            let place = shared.places.acquire().await?;
            let state = match self.look_twice(shared, &site, &mut followed).await {
                Ok(state) => state,
                Err(error) => State::NotJudged(format!("{error:#}")),
            };
            drop(place);
            let is_alarm = !matches!(state, State::AsPublished);
            told.tell(self, &shared.client, &site.host, state).await?;
            if self.once {
                return Ok(is_alarm);
            }
            sleep(Duration::from_secs(self.seconds)).await;
        }
    }

    /// What differs on two looks, each against what was published just before it. The second one is at what the first one found, unless
    /// something else was published in between.
    async fn look_twice<'c>(
        &self,
        shared: &'c Shared,
        site: &Site,
        followed: &mut Option<Followed<'c>>,
    ) -> Result<State> {
        let first = self.look(shared, site, followed, None).await;
        if let Ok((_, looked)) = &first
            && looked.found.is_empty()
        {
            return Ok(State::AsPublished);
        }
        sleep(SECOND_LOOK).await;
        let (published, looked) = self.look(shared, site, followed, first.ok()).await?;
        Ok(match looked.found.is_empty() {
            true => State::AsPublished,
            false => State::Differs(published, looked),
        })
    }

    async fn look<'c>(
        &self,
        shared: &'c Shared,
        site: &Site,
        followed: &mut Option<Followed<'c>>,
        before: Option<(Published, Looked)>,
    ) -> Result<(Published, Looked)> {
        let followed = match followed {
            Some(followed) => followed,
            none => {
                let institution = self.by.institution.as_deref();
                let Shared { client, policy, .. } = shared;
                let begun = Followed::begin(client, policy, &site.host, institution).await?;
                none.insert(begun)
            }
        };
        let published = self.by.published(followed).await?;
        let digest = published.manifest.digest();
        let visits: Vec<Visit> = match before {
            Some((before, looked)) if before.manifest.digest() == digest => {
                looked.found.into_iter().map(|found| found.visit).collect()
            }
            _ => plan(&site.way, &published.manifest, 1).await?.visits,
        };
        let looked = look(&site.way, &published.manifest, &visits, MAX_KEPT, &|_| {}).await?;
        Ok((published, looked))
    }
}
