//! One application: how it is, and asking it.

use std::collections::HashMap;
use std::fmt;
use std::io;
use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use http::{Response, StatusCode};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{Instant, timeout, timeout_at};

use super::asked::Asked;
use super::code::Found;
use super::upload::Progress;
use super::{Application, Backend, fastcgi, http as by_http};
use crate::serve::Body;
use crate::{ApplicationRule, Host};

/// Requests that wait for their turn at one application.
const MAX_WAITING: usize = 1024;

/// The applications of all sites.
#[derive(Default)]
pub(in crate::serve) struct Upstreams(HashMap<Host, Vec<Arc<Upstream>>>);

/// An application, as it is now.
pub(in crate::serve) struct Upstream {
    pub(super) settings: Application,
    places: Arc<Semaphore>,
    /// Of these places, those for uploads that come while the application waits: slow visitors don't get all of them.
    uploads: Arc<Semaphore>,
    queue: Arc<Semaphore>,
    /// What its health says; always so where nobody looks.
    pub(super) is_well: AtomicBool,
    /// What its programs are.
    pub(super) code: Found,
    /// Whether it answered last, so that only changes are told.
    answers: AtomicBool,
}

/// A place among the requests of an application, free again when the last who has it lets go.
pub(super) type Permit = Arc<OwnedSemaphorePermit>;

/// Whether a path is for whoever asks; nothing where no rule names it.
pub(super) type MayAsk<'a> = dyn Fn(&str) -> Option<bool> + Sync + 'a;

/// Why there is no answer of the application's.
#[derive(Debug)]
pub(super) enum Failure {
    /// It isn't asked: its way is no application's, or the request is wrong.
    Refused(StatusCode),
    /// Nobody listens.
    Connect(io::Error),
    /// It didn't begin to answer in time.
    Slow,
    /// It broke off before it answered.
    Broken(String),
    /// What it said is no answer.
    Malformed(&'static str),
    /// All its places are taken.
    Busy,
    /// It isn't well, and isn't asked.
    Unwell,
    /// Its programs aren't known to be those that were signed, and it isn't asked.
    Altered,
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Refused(status) => write!(f, "the request is refused: {status}"),
            Self::Connect(error) => write!(f, "it can't be reached: {error}"),
            Self::Slow => f.write_str("it didn't begin to answer in time"),
            Self::Broken(why) => write!(f, "it broke off: {why}"),
            Self::Malformed(why) => write!(f, "what it said is no answer: {why}"),
            Self::Busy => f.write_str("all its places are taken"),
            Self::Unwell => f.write_str("its health is bad"),
            Self::Altered => f.write_str("its programs aren't those that were signed"),
        }
    }
}

impl Upstreams {
    pub(in crate::serve) fn new(applications: Vec<Application>) -> Self {
        let mut of_sites: HashMap<Host, Vec<Arc<Upstream>>> = HashMap::new();
        for settings in applications {
            let places = settings.limits.connections;
            let upstream = Upstream {
                places: Arc::new(Semaphore::new(places)),
                uploads: Arc::new(Semaphore::new((places / 4).max(1))),
                queue: Arc::new(Semaphore::new(places + MAX_WAITING)),
                is_well: AtomicBool::new(true),
                code: Found::default(),
                answers: AtomicBool::new(true),
                settings,
            };
            let of_site = of_sites.entry(upstream.settings.host.clone()).or_default();
            of_site.push(Arc::new(upstream));
        }
        Self(of_sites)
    }

    /// The application that a site's publishers call so.
    pub(super) fn find(&self, host: &Host, name: &str) -> Option<&Arc<Upstream>> {
        let mut of_site = self.of(host).iter();
        of_site.find(|known| known.settings.name == name)
    }

    /// Those of a site.
    pub(super) fn of(&self, host: &Host) -> &[Arc<Upstream>] {
        self.0.get(host).map_or(&[], Vec::as_slice)
    }

    pub(super) fn all(&self) -> impl Iterator<Item = &Arc<Upstream>> {
        self.0.values().flatten()
    }
}

impl Upstream {
    /// Whether somebody may ask the application by that rule.
    pub(super) fn lets(&self, rule: &ApplicationRule, visitor: IpAddr) -> bool {
        match &self.settings.from {
            None => !rule.editors,
            Some(networks) => networks.iter().any(|network| network.has(visitor)),
        }
    }

    /// What the application answers; `may_ask` says which paths are for whoever asks.
    pub(super) async fn ask(
        &self,
        mut asked: Asked,
        may_ask: &MayAsk<'_>,
    ) -> Result<Response<Body>, Failure> {
        if !self.is_well.load(Ordering::Relaxed) {
            return Err(Failure::Unwell);
        }
        asked.upload.hold().await.map_err(Failure::Refused)?;
        if !asked.upload.is_whole() {
            asked.upload.keep(self.place_of(&self.uploads).await?);
        }
        let progress = asked.upload.progress();
        let answer = self.ask_unjudged(asked, may_ask).await;
        // An upload that ended wrongly explains all that came after it.
        let answer = match (answer, progress.refused()) {
            (Err(_), Some(status)) => Err(Failure::Refused(status)),
            (answer, _) => answer,
        };
        self.note(answer.as_ref().err());
        answer
    }

    /// The same, without regard to its health.
    pub(super) async fn ask_unjudged(
        &self,
        asked: Asked,
        may_ask: &MayAsk<'_>,
    ) -> Result<Response<Body>, Failure> {
        match &self.settings.backend {
            Backend::Http(place) => {
                let permit = self.permit().await?;
                by_http::ask(place, &self.settings.limits, asked, permit).await
            }
            Backend::FastCgi(backend) => fastcgi::ask(self, backend, asked, may_ask).await,
        }
    }

    /// A place, waited for in turn.
    pub(super) async fn permit(&self) -> Result<Permit, Failure> {
        self.place_of(&self.places).await.map(Arc::new)
    }

    async fn place_of(&self, places: &Arc<Semaphore>) -> Result<OwnedSemaphorePermit, Failure> {
        let _waiting = self.queue.try_acquire().map_err(|_| Failure::Busy)?;
        let turn = places.clone().acquire_owned();
        match timeout(self.settings.limits.wait, turn).await {
            Ok(Ok(permit)) => Ok(permit),
            _ => Err(Failure::Busy),
        }
    }

    /// Tells when it stops answering, and when it answers again; not of each request.
    fn note(&self, failure: Option<&Failure>) {
        let (site, name) = (&self.settings.host, &self.settings.name);
        match failure {
            // The visitor's fault, or ours.
            Some(Failure::Refused(_) | Failure::Busy | Failure::Unwell | Failure::Altered) => {}
            Some(failure) => {
                if self.answers.swap(false, Ordering::Relaxed) {
                    tracing::error!(%site, name, %failure, "an application doesn't answer");
                }
            }
            None => {
                if !self.answers.swap(true, Ordering::Relaxed) {
                    tracing::info!(%site, name, "an application answers again");
                }
            }
        }
    }
}

/// Waits for an answer's head. While a visitor's upload goes on, the application has nothing to answer yet.
pub(super) async fn within<T>(
    patience: Duration,
    progress: &Progress,
    work: impl Future<Output = T>,
) -> Result<T, Failure> {
    progress.begin();
    tokio::pin!(work);
    loop {
        let until = progress.moved_at() + patience;
        if let Ok(done) = timeout_at(until, &mut work).await {
            return Ok(done);
        }
        if progress.moved_at() + patience <= Instant::now() {
            return Err(Failure::Slow);
        }
    }
}
