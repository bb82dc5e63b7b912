//! From one address to the next, until nothing is left: what is found is asked for once, and kept in the archive.

mod asking;
mod reading;

use std::collections::{HashMap, VecDeque};
use std::path::Path;
use std::time::Duration;

use amana_tls::Trust;
use sha2::{Digest as _, Sha256};
use url::Url;

use crate::Result;
use crate::charset::Charset;
use crate::local::Local;
use crate::policy::{LeftOut, left_out, noise, pattern};
use crate::robots::Robots;
use crate::site::{Origin, Site, Target};
use crate::warc::{Archive, Place};
use asking::{Asking, same_site};

/// By this name `robots.txt` may speak to us.
const NAME: &str = "amana";
/// Where systems commonly say what they hold.
const PROBES: [&str; 10] = [
    "/robots.txt",
    "/sitemap.xml",
    "/sitemap_index.xml",
    "/wp-sitemap.xml",
    "/sitemap.xml.gz",
    "/feed/",
    "/?feed=rss2",
    "/favicon.ico",
    "/wp-json/",
    "/?rest_route=/",
];
/// Links from a seed to a page at most: a calendar's next month has a next month.
const MAX_DEPTH: u32 = 100;

/// How far an import goes.
#[derive(Clone, Copy, Debug)]
pub struct Bounds {
    /// Addresses asked for.
    pub addresses: usize,
    /// Bytes of all bodies.
    pub bytes: u64,
    /// Addresses that differ in numbers alone.
    pub alike: usize,
}

impl Default for Bounds {
    fn default() -> Self {
        Self {
            addresses: 100_000,
            bytes: 20 << 30,
            alike: 5000,
        }
    }
}

/// What to import, and how.
pub struct Wanted<'a> {
    /// Where the site is.
    pub start: Origin,
    /// The name that it will have.
    pub new_host: Option<String>,
    /// Hosts whose files come along.
    pub assets: Vec<Origin>,
    /// Further names that lead to the site, or did.
    pub aliases: Vec<String>,
    /// Answers for the site, in place of who has its name on the network.
    pub local: Option<Local>,
    /// Whether the owner asks, so that `robots.txt` isn't asked.
    pub is_own: bool,
    /// Requests a second.
    pub rate: f64,
    /// How far it goes.
    pub bounds: Bounds,
    /// Addresses or paths to begin with.
    pub seeds: Vec<String>,
    /// Whom connections believe.
    pub trust: Trust,
    /// Who we say that we are.
    pub agent: String,
    /// The time, as RFC 3339 writes it.
    pub now: &'a dyn Fn() -> String,
}

/// How an address came to be known; the more certain first.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Why {
    /// A list, a log, a sitemap, a feed or the REST interface names it.
    Seed,
    /// A page links to it.
    Link,
    /// A page needs it.
    Asset,
    /// A script or a text looks as if it named it, or many sites have it.
    Guess,
    /// It was asked for to learn of others, and is no part of the site.
    Probe,
}

/// What became of an address.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Outcome {
    /// Nothing yet.
    Waiting,
    /// The answer stands in the archive.
    Answered {
        /// Its status.
        status: u16,
        /// Where it stands.
        place: Place,
    },
    /// There was no answer.
    Failed(String),
    /// It wasn't asked for.
    LeftOut(LeftOut),
}

/// An address, and what is known of it.
#[derive(Clone, Debug)]
pub struct Seen {
    /// The address.
    pub target: Target,
    /// How it came to be known.
    pub why: Why,
    /// The page that first named it.
    pub from: Option<usize>,
    /// What became of it.
    pub outcome: Outcome,
    depth: u32,
}

/// A site, as it was found.
pub struct Crawled {
    /// What belongs to it.
    pub site: Site,
    /// Every address, in the order in which they were found.
    pub seen: Vec<Seen>,
    /// What an address that isn't there answers.
    pub missing: Option<Place>,
    /// The answers.
    pub archive: Archive,
}

/// Reads a site. What the archive holds isn't asked for again, so that an import that was cut goes on; `progress` is told how
/// many addresses are done, of how many that are known.
///
/// # Errors
/// When the first page isn't to be had, or the archive can't be written.
pub async fn crawl(
    wanted: &Wanted<'_>,
    archive: &Path,
    progress: &mut dyn FnMut(usize, usize),
) -> Result<Crawled> {
    let (opened, held) = Archive::open(archive, &wanted.agent, &(wanted.now)())?;
    let mut site = Site {
        home: wanted.start.clone(),
        aliases: wanted.aliases.clone(),
        new_host: wanted.new_host.clone(),
        assets: wanted.assets.clone(),
    };
    same_site(&site, &held, archive)?;
    let mut asking = Asking::new(wanted, opened, held)?;
    asking.find_home(&mut site).await?;
    site.aliases.extend(site.home.twin());
    let mut crawl = Crawl {
        authorities: site.authorities(),
        robots: Robots::default(),
        site,
        seen: Vec::new(),
        known: HashMap::new(),
        waiting: VecDeque::new(),
        alike: HashMap::new(),
        asked: 0,
        wanted,
        asking,
    };
    crawl.begin().await?;
    while let Some(next) = crawl.waiting.pop_front() {
        progress(crawl.seen.len() - crawl.waiting.len(), crawl.seen.len());
        crawl.visit(next).await?;
    }
    let missing = crawl.missing_page().await?;
    crawl.asking.archive.sync()?;
    Ok(Crawled {
        site: crawl.site,
        seen: crawl.seen,
        missing,
        archive: crawl.asking.archive,
    })
}

struct Crawl<'a> {
    site: Site,
    authorities: Vec<String>,
    robots: Robots,
    seen: Vec<Seen>,
    known: HashMap<Target, usize>,
    waiting: VecDeque<usize>,
    /// How many addresses share a pattern.
    alike: HashMap<String, usize>,
    /// How many addresses were asked for, or are waiting.
    asked: usize,
    wanted: &'a Wanted<'a>,
    asking: Asking<'a>,
}

impl Crawl<'_> {
    async fn begin(&mut self) -> Result<()> {
        let robots = Target::own("/robots.txt");
        if let Ok((answer, _)) = self.asking.ask(&self.site, &robots).await?
            && answer.status == 200
        {
            let text = String::from_utf8_lossy(&answer.content()).into_owned();
            self.robots = Robots::parse(&text, NAME);
        }
        if let (Some(delay), false) = (self.robots.crawl_delay_s, self.wanted.is_own) {
            self.asking
                .fetcher
                .at_most_every(Duration::from_secs(delay));
        }
        self.add(Target::own("/"), Why::Seed, None);
        for seed in self
            .robots
            .sitemaps
            .clone()
            .iter()
            .chain(&self.wanted.seeds)
        {
            self.add_text(seed, Why::Seed, None);
        }
        for probe in PROBES {
            self.add(Target::own(probe), Why::Guess, None);
        }
        Ok(())
    }

    fn add_text(&mut self, address: &str, why: Why, from: Option<usize>) {
        self.add_written(address, Charset::UTF_8, why, from);
    }

    /// An address as a text in that encoding has it.
    fn add_written(&mut self, address: &str, charset: Charset, why: Why, from: Option<usize>) {
        let from_url = from.map(|from| self.site.url(&self.seen[from].target));
        let start = from_url.unwrap_or_else(|| self.site.home.url());
        let joined = Url::parse(&start).map(|start| charset.join(&start, address));
        if let Some(target) = joined.ok().flatten().and_then(|url| self.site.target(&url)) {
            self.add(target, why, from);
        }
    }

    fn add(&mut self, target: Target, why: Why, from: Option<usize>) {
        if let Some(known) = self.known.get(&target) {
            let seen = &mut self.seen[*known];
            let was_left_out = matches!(seen.outcome, Outcome::LeftOut(_)) && why < seen.why;
            seen.why = seen.why.min(why);
            // What the site lists may be asked for though a link alone was not enough.
            if was_left_out && why == Why::Seed {
                self.judge_again(*known);
            }
            return;
        }
        let depth = from.map_or(0, |from| self.seen[from].depth + 1);
        let is_link = target.asset_host.is_some() && why < Why::Asset;
        if is_link {
            // Pages of other hosts stay there.
            return;
        }
        let refused = self.refused(&target, why, depth);
        let at = self.seen.len();
        self.known.insert(target.clone(), at);
        self.seen.push(Seen {
            target,
            why,
            from,
            outcome: refused.map_or(Outcome::Waiting, Outcome::LeftOut),
            depth,
        });
        if refused.is_none() {
            self.asked += 1;
            self.waiting.push_back(at);
        }
    }

    fn judge_again(&mut self, known: usize) {
        let (target, depth) = (self.seen[known].target.clone(), self.seen[known].depth);
        if self.refused(&target, Why::Seed, depth).is_none() {
            self.seen[known].outcome = Outcome::Waiting;
            self.asked += 1;
            self.waiting.push_back(known);
        }
    }

    fn refused(&mut self, target: &Target, why: Why, depth: u32) -> Option<LeftOut> {
        if why == Why::Probe {
            return None;
        }
        if let Some(left_out) = left_out(target, why == Why::Seed) {
            return Some(left_out);
        }
        let is_foreign = target.asset_host.is_some();
        if !self.wanted.is_own && !is_foreign && !self.robots.allows(&target.path) {
            return Some(LeftOut::Robots);
        }
        if self.asked >= self.wanted.bounds.addresses {
            return Some(LeftOut::Bound);
        }
        // A log has the same page with a thousand visitors' marks.
        if why == Why::Seed && noise(target).is_none() {
            return None;
        }
        let alike = self.alike.entry(pattern(target)).or_default();
        *alike += 1;
        (*alike > self.wanted.bounds.alike || depth > MAX_DEPTH).then_some(LeftOut::Trap)
    }

    async fn visit(&mut self, at: usize) -> Result<()> {
        let target = self.seen[at].target.clone();
        if self.asking.bytes > self.wanted.bounds.bytes {
            self.seen[at].outcome = Outcome::LeftOut(LeftOut::Bound);
            return Ok(());
        }
        match self.asking.ask(&self.site, &target).await? {
            Err(why) => self.seen[at].outcome = Outcome::Failed(why),
            Ok((answer, place)) => {
                self.seen[at].outcome = Outcome::Answered {
                    status: answer.status,
                    place,
                };
                if let Some(to) = answer.location() {
                    let why = self.seen[at].why;
                    self.add_text(to, why.max(Why::Link), Some(at));
                }
                if answer.status == 200 {
                    self.read(at, &target, &answer);
                }
            }
        }
        Ok(())
    }

    /// What an address answers that surely isn't there.
    async fn missing_page(&mut self) -> Result<Option<Place>> {
        let digest = Sha256::digest(self.site.home.url());
        let target = Target::own(&format!("/amana-{}/", hex::encode(&digest[..8])));
        let asked = self.asking.ask(&self.site, &target).await?;
        Ok(asked
            .ok()
            .filter(|(answer, _)| answer.status == 404)
            .map(|(_, place)| place))
    }
}
