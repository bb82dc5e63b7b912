//! Sites, over the vault.

mod serving;
mod shelf;
mod source;
mod variants;

use std::sync::Arc;
use std::time::Duration;

pub(crate) use serving::Serving;
pub(crate) use shelf::InVault;

use crate::centre::{Centre, blocking};

/// How often content that no kept deploy names is looked for.
const EVERY: Duration = Duration::from_secs(24 * 60 * 60);
/// After a start, what is urgent comes first.
const AFTER_START: Duration = Duration::from_secs(10 * 60);
/// As it stands in the acts that remove content.
const BY: &str = "operator";

/// Removes content that only old deploys have, each day; never ends.
pub(crate) async fn sweep_daily(centre: Arc<Centre>) {
    tokio::time::sleep(AFTER_START).await;
    loop {
        let reader = centre.clone();
        let all = blocking(move || reader.sites.all()).await;
        let all = all.unwrap_or_else(|error| {
            tracing::warn!(%error, "sites are not listed");
            Vec::new()
        });
        for site in all {
            let host = site.place.host;
            let keep = centre.config.sites_keep_deploys;
            match centre.sites.sweep(&host, keep, BY).await {
                Ok(swept) if swept.removed == 0 => {}
                Ok(swept) => {
                    tracing::info!(%host, removed = swept.removed, "content of old deploys left");
                }
                Err(error) => tracing::warn!(%host, %error, "content of old deploys stays"),
            }
        }
        tokio::time::sleep(EVERY).await;
    }
}
