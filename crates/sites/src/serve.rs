//! The server of sites.
//!
//! What it promises:
//! - **Only what was signed is sent**, where it isn't an application's. Content is compared with the manifest's digest before a byte of it goes out; when it differs,
//!   the site falls back whole to its newest deploy that is right, and the source is told.
//! - **Old or new.** A request is answered from one deploy; the next deploy replaces it between two requests.
//! - **Nobody holds up others**: connections, requests, heads, idleness and slowness all have a maximum.
//!
//! What it deliberately does not do: know where deploys come from ([`Source`]) or where content lies ([`Content`]), run anything
//! for a visitor, list folders, or take anything but `GET` and `HEAD`, but where the publishers signed that a path is an
//! application's ([`Application`]), which is asked then.

mod access_log;
mod applications;
mod body;
mod cache;
mod callers;
mod coding;
mod compress;
mod conditions;
mod connections;
mod content;
mod fallback;
mod live;
mod paced;
mod pages;
mod ranges;
mod respond;
mod table;
mod variants;

use std::collections::HashSet;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;

use amana_ledger::Hash;
use amana_tls::{Certificates, ClockSeconds};
use bytes::Bytes;
use futures::future::BoxFuture;
use tokio::sync::Notify;

pub use applications::{
    Application, Backend, Code, FastCgi, Health, Limits, Network, Place, Rest, is_fastcgi_answer,
};
pub use body::Body;
pub use callers::Allowance;
pub use coding::Coding;
pub use connections::{Addresses, Running};
pub use content::Content;
pub use live::Live;
pub use paced::Pace;
pub use pages::missing_page;
pub use respond::Line;

use self::access_log::AccessLog;
use self::applications::Upstreams;
use self::callers::Callers;
use self::content::Verified;
use self::fallback::Falling;
use self::table::Table;
use crate::Host;

/// Where deploys come from.
pub trait Source: Send + Sync + 'static {
    /// A deploy of a site, if it is kept: for previews.
    fn deploy<'a>(&'a self, host: &'a Host, number: u64)
    -> BoxFuture<'a, io::Result<Option<Live>>>;

    /// The newest deploy before that number.
    fn before<'a>(&'a self, host: &'a Host, number: u64)
    -> BoxFuture<'a, io::Result<Option<Live>>>;

    /// Told once of each file that isn't what was signed.
    fn alert<'a>(&'a self, alert: &'a Alert) -> BoxFuture<'a, ()>;

    /// Told once of each other state of an application's programs, a deploy.
    fn altered<'a>(&'a self, altered: &'a Altered) -> BoxFuture<'a, ()>;

    /// The facts about a deploy that is served, and about its applications' programs, as JSON: `/.well-known/amana/site.json`.
    fn facts<'a>(
        &'a self,
        live: &'a Live,
        code: Vec<CodeState>,
    ) -> BoxFuture<'a, io::Result<Bytes>>;
}

/// An application's programs aren't those that were signed, or can't be seen: it isn't asked.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Altered {
    /// The site.
    pub host: Host,
    /// The deploy whose publishers signed the programs.
    pub number: u64,
    /// The application.
    pub application: String,
    /// The digest that was found; the signed one where none could be.
    pub digest: Hash,
    /// What was found.
    pub why: String,
}

/// How the programs of an application are, where they are signed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CodeState {
    /// The site.
    pub host: Host,
    /// The application.
    pub application: String,
    /// The digest that was signed.
    pub signed: Hash,
    /// The one that was found last, if they could be read.
    pub found: Option<Hash>,
    /// Whether anybody looked yet.
    pub looked: bool,
    /// Whether the two are the same, so that the application is asked.
    pub asked: bool,
}

/// A file isn't what was signed, and what became of it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Alert {
    /// The site.
    pub host: Host,
    /// The deploy that has the file.
    pub number: u64,
    /// The file's address.
    pub address: String,
    /// What was signed.
    pub digest: Hash,
    /// The deploy that is served instead; none when no earlier one is right.
    pub instead: Option<u64>,
}

/// How a server behaves.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Verified content in memory, in bytes.
    pub cache_bytes: usize,
    /// Connections and requests.
    pub allowance: Allowance,
    /// How slow clients may be.
    pub pace: Pace,
    /// Where requests are logged; nowhere when none.
    pub access_log: Option<PathBuf>,
    /// Whether the log has whole addresses.
    pub logs_whole_addresses: bool,
    /// For how many seconds browsers ask for a site by HTTPS alone, once it has a certificate that they believe; 0 for never.
    pub hsts_s: u64,
    /// Where the applications of sites are.
    pub applications: Vec<Application>,
    /// Folder for lists of their programs as they were when they were right; none are kept when none.
    pub code_lists: Option<PathBuf>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            cache_bytes: 64 * 1024 * 1024,
            allowance: Allowance::default(),
            pace: Pace::default(),
            access_log: None,
            logs_whole_addresses: false,
            hsts_s: 31_536_000,
            applications: Vec::new(),
            code_lists: None,
        }
    }
}

/// A server of sites.
pub struct Server {
    source: Arc<dyn Source>,
    verified: Arc<Verified>,
    table: Table,
    falling: Falling,
    callers: Arc<Callers>,
    upstreams: Upstreams,
    /// A deploy was put: it may sign other programs.
    published: Notify,
    certificates: Arc<Certificates>,
    log: Option<AccessLog>,
    settings: Settings,
    now_s: ClockSeconds,
}

impl Server {
    /// A server that serves nothing yet.
    ///
    /// # Errors
    /// When the access log can't be opened.
    pub fn new(
        source: Arc<dyn Source>,
        content: Arc<dyn Content>,
        certificates: Arc<Certificates>,
        settings: Settings,
        now_s: ClockSeconds,
    ) -> io::Result<Arc<Self>> {
        let log = match &settings.access_log {
            Some(path) => Some(AccessLog::open(path, !settings.logs_whole_addresses)?),
            None => None,
        };
        Ok(Arc::new(Self {
            source,
            verified: Arc::new(Verified::new(content, settings.cache_bytes)),
            table: Table::default(),
            falling: Falling::default(),
            callers: Callers::new(settings.allowance),
            upstreams: Upstreams::new(settings.applications.clone()),
            published: Notify::new(),
            certificates,
            log,
            settings,
            now_s,
        }))
    }

    /// From the next request on, the site is that deploy.
    pub fn put(&self, live: Live) {
        self.table.put(Arc::new(live));
        self.published.notify_one();
    }

    /// From the next request on, there is no such site.
    pub fn remove(&self, host: &Host) {
        self.table.remove(host);
    }

    /// The number of the deploy that is asked for, and of the one that is served.
    #[must_use]
    pub fn numbers(&self, host: &Host) -> Option<(u64, u64)> {
        let site = self.table.site(host)?;
        Some((site.newest.number(), site.shown.number()))
    }

    /// The contents that the deploys name which visitors are answered from; previews aren't among them.
    #[must_use]
    pub fn served(&self) -> HashSet<Hash> {
        let served = self.table.served();
        let files = served
            .iter()
            .flat_map(|live| live.manifest().files().values());
        files.map(|file| file.sha256).collect()
    }

    /// The sites that are served.
    #[must_use]
    pub fn hosts(&self) -> Vec<Host> {
        self.table.hosts()
    }
}
