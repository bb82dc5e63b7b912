//! Whether applications are well, found out by asking them.

use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;
use std::sync::atomic::Ordering;

use futures::future::join_all;
use http::{HeaderMap, Method};
use tokio::time::sleep;

use super::Health;
use super::asked::Asked;
use super::upload::Upload;
use super::upstream::{Failure, Upstream};
use crate::Address;
use crate::serve::Server;

/// Looks in a row that find nothing good before an application counts as unwell: one may be bad luck.
const BAD_LOOKS: u32 = 2;

impl Server {
    /// Looks after all applications; never ends.
    pub async fn watch_applications(&self) {
        let watched = self.upstreams.all().filter_map(|upstream| {
            let health = upstream.settings.health.clone()?;
            Some(self.watch_health(upstream.clone(), health))
        });
        join_all(watched).await;
        // With nothing to look after, there is nothing to end for either.
        std::future::pending::<()>().await;
    }

    async fn watch_health(&self, upstream: Arc<Upstream>, health: Health) {
        let (site, name) = (&upstream.settings.host, &upstream.settings.name);
        let mut bad = 0;
        loop {
            // Whoever altered its programs would have them run by this.
            if !self.is_as_signed(&upstream) {
                sleep(health.every).await;
                continue;
            }
            match look(&upstream, &health).await {
                Ok(()) => {
                    bad = 0;
                    if !upstream.is_well.swap(true, Ordering::Relaxed) {
                        tracing::info!(%site, name, "an application is well again");
                    }
                }
                Err(why) => {
                    bad += 1;
                    if bad >= BAD_LOOKS && upstream.is_well.swap(false, Ordering::Relaxed) {
                        tracing::error!(%site, name, why, "an application isn't well, and isn't asked");
                    }
                }
            }
            sleep(health.every).await;
        }
    }
}

async fn look(upstream: &Upstream, health: &Health) -> Result<(), String> {
    let address = Address::parse(&health.path).map_err(|error| error.to_string())?;
    let asked = Asked {
        method: Method::GET,
        path: address.path().to_owned(),
        query: address.query().map(str::to_owned),
        name: upstream.settings.host.to_string(),
        headers: HeaderMap::new(),
        visitor: IpAddr::V4(Ipv4Addr::LOCALHOST),
        is_secure: true,
        upload: Upload::nothing(),
        upgrade: None,
    };
    match upstream.ask_unjudged(asked, &|_| Some(true)).await {
        Ok(answer) if answer.status().is_server_error() => {
            Err(format!("its answer is {}", answer.status().as_u16()))
        }
        Ok(_) => Ok(()),
        // All its places being taken, it answers somebody.
        Err(Failure::Busy) => Ok(()),
        Err(failure) => Err(failure.to_string()),
    }
}
