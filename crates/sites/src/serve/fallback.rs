//! When a file isn't what was signed: the site falls back, whole, to its newest deploy that is right, and comes back once the
//! content was healed.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use amana_ledger::Hash;

use super::content::{Trouble, Wanted};
use super::live::{FileAnswer, Live};
use super::{Alert, Server};
use crate::Host;

/// Files that alerts were given for, and are not given for again.
const MAX_TOLD: usize = 4096;
/// Deploys that are tried before a site counts as hopeless.
const MAX_TRIED: usize = 16;
/// For so long nobody reads everything again in vain.
const HOPELESS: Duration = Duration::from_secs(60);

/// What falling sites share.
#[derive(Default)]
pub(super) struct Falling {
    /// One at a time: whoever waited finds that it is done.
    turn: tokio::sync::Mutex<()>,
    told: Mutex<HashSet<(Host, u64, Hash)>>,
}

impl Falling {
    /// Whether nobody was told of it yet; from now on somebody was.
    fn is_news(&self, alert: &Alert) -> bool {
        let mut told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        told.len() < MAX_TOLD && told.insert((alert.host.clone(), alert.number, alert.digest))
    }
}

impl Server {
    /// Another deploy to answer from, after `live` was seen to have a file that isn't what was signed.
    pub(super) async fn fall_back(
        &self,
        live: &Arc<Live>,
        damaged: &FileAnswer,
    ) -> Option<Arc<Live>> {
        let _turn = self.falling.turn.lock().await;
        let site = self.table.site(live.host())?;
        if live.is_preview() {
            self.tell(live, damaged, None).await;
            return None;
        }
        if !Arc::ptr_eq(&site.shown, live) {
            return Some(site.shown);
        }
        if site
            .hopeless_at
            .is_some_and(|at| Instant::now() - at < HOPELESS)
        {
            return None;
        }
        let found = self.newest_that_is_right(live).await;
        let shown = found.clone();
        self.table.change(&site, |site| match shown {
            Some(shown) => site.shown = shown,
            None => site.hopeless_at = Some(Instant::now()),
        });
        self.tell(live, damaged, found.as_deref()).await;
        found
    }

    /// Looks again at the sites that show an earlier deploy, or none: those whose newest one is right show it again.
    pub async fn recover(&self) {
        for site in self.table.fallen() {
            if self.is_right(&site.newest).await.unwrap_or(false) {
                tracing::info!(site = %site.newest.host(), "the newest deploy is right again");
                let mut told = self
                    .falling
                    .told
                    .lock()
                    .unwrap_or_else(PoisonError::into_inner);
                told.retain(|(host, _, _)| host != site.newest.host());
                drop(told);
                self.table.change(&site, |site| {
                    site.shown = site.newest.clone();
                    site.hopeless_at = None;
                });
            }
        }
    }

    async fn newest_that_is_right(&self, live: &Live) -> Option<Arc<Live>> {
        let mut number = live.number();
        for _ in 0..MAX_TRIED {
            let earlier = match self.source.before(live.host(), number).await {
                Ok(earlier) => earlier?,
                Err(error) => {
                    tracing::error!(site = %live.host(), %error, "earlier deploys can't be read");
                    return None;
                }
            };
            number = earlier.number();
            match self.is_right(&earlier).await {
                Ok(true) => return Some(Arc::new(earlier)),
                Ok(false) => {}
                Err(error) => {
                    tracing::error!(site = %live.host(), number, %error, "a deploy can't be read");
                }
            }
        }
        None
    }

    /// Whether every file of a deploy is what was signed.
    async fn is_right(&self, live: &Live) -> Result<bool, Trouble> {
        let mut seen = HashSet::new();
        for file in live.manifest().files().values() {
            if !seen.insert(file.sha256) {
                continue;
            }
            let wanted = Wanted::new(file.sha256, file.size);
            match self.verified.read_through(live.host(), &wanted).await {
                Ok(_) => {}
                Err(Trouble::Damaged) => return Ok(false),
                Err(trouble) => return Err(trouble),
            }
        }
        Ok(true)
    }

    async fn tell(&self, live: &Live, damaged: &FileAnswer, instead: Option<&Live>) {
        let alert = Alert {
            host: live.host().clone(),
            number: live.number(),
            address: damaged.address.to_string(),
            digest: damaged.file.digest,
            instead: instead.map(Live::number),
        };
        if self.falling.is_news(&alert) {
            tracing::error!(
                site = %alert.host,
                number = alert.number,
                address = alert.address,
                instead = alert.instead,
                "a file isn't what was signed, and is not sent"
            );
            self.source.alert(&alert).await;
        }
    }
}
