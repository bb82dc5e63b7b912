//! Quotas, taken in from the ledgers: at the start, when the operator sets one, and now and then for what other nodes did.

use std::sync::Arc;
use std::time::Duration;

use crate::centre::{Centre, blocking};

const EVERY: Duration = Duration::from_secs(15);

/// Takes in what quotas there are. A failure is told to the log: the rows will be read again.
pub(crate) async fn heed(centre: &Arc<Centre>) {
    let vault = centre.vault.clone();
    if let Err(error) = blocking(move || vault.heed_quotas()).await {
        tracing::warn!(%error, "the quotas could not be read");
    }
}

/// Does so for ever.
pub(crate) async fn keep(centre: Arc<Centre>) {
    loop {
        heed(&centre).await;
        tokio::time::sleep(EVERY).await;
    }
}
