//! Which host is answered from which deploy. As fast with ten thousand as with one.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::Instant;

use super::live::Live;
use crate::Host;

/// Previews that are kept ready.
const MAX_PREVIEWS: usize = 32;

/// One site.
#[derive(Clone)]
pub(super) struct Site {
    /// The deploy that its publishers want.
    pub(super) newest: Arc<Live>,
    /// The one that is sent: an earlier one while a file of the newest isn't what was signed.
    pub(super) shown: Arc<Live>,
    /// When no deploy was right, all of them having been read.
    pub(super) hopeless_at: Option<Instant>,
}

#[derive(Default)]
pub(super) struct Table {
    sites: RwLock<HashMap<Box<str>, Site, foldhash::fast::RandomState>>,
    previews: Mutex<Vec<Arc<Live>>>,
}

impl Table {
    /// The deploy that a host's name, as it came, is answered from.
    pub(super) fn shown(&self, name: &str) -> Option<Arc<Live>> {
        let sites = self.sites.read().unwrap_or_else(PoisonError::into_inner);
        // Nearly always it is written as it is kept.
        if let Some(site) = sites.get(name) {
            return Some(site.shown.clone());
        }
        let host = Host::of_request(name).ok()?;
        sites.get(host.as_str()).map(|site| site.shown.clone())
    }

    pub(super) fn site(&self, host: &Host) -> Option<Site> {
        let sites = self.sites.read().unwrap_or_else(PoisonError::into_inner);
        sites.get(host.as_str()).cloned()
    }

    pub(super) fn hosts(&self) -> Vec<Host> {
        let sites = self.sites.read().unwrap_or_else(PoisonError::into_inner);
        sites
            .values()
            .map(|site| site.newest.host().clone())
            .collect()
    }

    /// The deploys that visitors are answered from, or soon may be.
    pub(super) fn served(&self) -> Vec<Arc<Live>> {
        let sites = self.sites.read().unwrap_or_else(PoisonError::into_inner);
        sites
            .values()
            .flat_map(|site| [site.newest.clone(), site.shown.clone()])
            .collect()
    }

    /// Sites that show another deploy than their publishers want.
    pub(super) fn fallen(&self) -> Vec<Site> {
        let sites = self.sites.read().unwrap_or_else(PoisonError::into_inner);
        let fallen =
            |site: &&Site| site.hopeless_at.is_some() || !Arc::ptr_eq(&site.newest, &site.shown);
        sites.values().filter(fallen).cloned().collect()
    }

    pub(super) fn put(&self, live: Arc<Live>) {
        let site = Site {
            newest: live.clone(),
            shown: live.clone(),
            hopeless_at: None,
        };
        let mut sites = self.sites.write().unwrap_or_else(PoisonError::into_inner);
        sites.insert(live.host().as_str().into(), site);
    }

    pub(super) fn remove(&self, host: &Host) {
        let mut sites = self.sites.write().unwrap_or_else(PoisonError::into_inner);
        sites.remove(host.as_str());
        drop(sites);
        let mut previews = self.previews.lock().unwrap_or_else(PoisonError::into_inner);
        previews.retain(|live| live.host() != host);
    }

    /// Changes what a site shows, unless its publishers want another deploy by now than when `seen` was looked at.
    pub(super) fn change(&self, seen: &Site, change: impl FnOnce(&mut Site)) {
        let mut sites = self.sites.write().unwrap_or_else(PoisonError::into_inner);
        if let Some(site) = sites.get_mut(seen.newest.host().as_str())
            && Arc::ptr_eq(&site.newest, &seen.newest)
        {
            change(site);
        }
    }

    pub(super) fn preview(&self, number: u64, host: &Host) -> Option<Arc<Live>> {
        let previews = self.previews.lock().unwrap_or_else(PoisonError::into_inner);
        let is_it = |live: &&Arc<Live>| live.number() == number && live.host() == host;
        previews.iter().find(is_it).cloned()
    }

    pub(super) fn keep_preview(&self, live: Arc<Live>) {
        let mut previews = self.previews.lock().unwrap_or_else(PoisonError::into_inner);
        if previews.len() >= MAX_PREVIEWS {
            previews.remove(0);
        }
        previews.push(live);
    }
}
