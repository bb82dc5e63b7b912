//! Retention: files that only old deploys have leave, once there are enough newer ones.

use std::collections::BTreeSet;

use amana_ledger::{Hash, digits};

use super::Sites;
use crate::{Host, Manifest, Result, views};

/// Content that came later than this may be of a deploy that is under way, and waits for signatures.
const PENDING_MS: i64 = 7 * 24 * 60 * 60 * 1000;

/// What a sweep did.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Swept {
    /// Deploys whose files are kept.
    pub kept: usize,
    /// Contents that were removed.
    pub removed: usize,
}

impl Sites {
    /// Removes content that none of the `keep` newest deploys names, nor the one that is live, and that came more than a week ago.
    /// Deploys themselves stay in the ledger for ever; one whose files are gone can't be gone back to. A manifest of the kept ones
    /// that can't be read ends the sweep before anything is removed.
    ///
    /// # Errors
    /// [`crate::Error::UnknownSite`], those of [`Sites::manifest`] and of the shelf.
    pub async fn sweep(&self, host: &Host, keep: u32, by: &str) -> Result<Swept> {
        // A deploy that finds its files there must not lose them before it is committed.
        let _alone = self.sweeping.write().await;
        let asked = host.clone();
        let (site, mut kept) = self
            .read(move |rows| {
                let site = views::found(rows, &asked)?;
                let kept = views::deploys(rows, &site, keep.max(1))?;
                Ok((site, kept))
            })
            .await?;
        kept.extend(site.live.clone());
        let place = &site.place;
        let there = self.shelf.names(place).await?;
        let manifests: BTreeSet<Hash> = kept.iter().map(|deploy| deploy.manifest).collect();
        let mut named = BTreeSet::new();
        for sha256 in &manifests {
            let bytes = self.manifest(place, sha256).await?;
            let manifest = super::apart(move || Manifest::parse(&bytes)).await?;
            named.extend(manifest.files().values().map(|file| digits(&file.sha256)));
            named.insert(digits(sha256));
        }
        let until_ms = self.store.now_ms() - PENDING_MS;
        let gone: Vec<String> = there
            .into_iter()
            .filter(|(name, kept_ms)| *kept_ms < until_ms && !named.contains(name))
            .map(|(name, _)| name)
            .collect();
        let swept = Swept {
            kept: manifests.len(),
            removed: gone.len(),
        };
        self.shelf.remove(place, gone, by).await?;
        Ok(swept)
    }
}
