//! `amana keys rotate`: a new epoch, so that keys which leak later open less.

use anyhow::Result;
use clap::Args;
use serde_json::json;

use super::Home;
use super::admin::Desk;

/// Begin a new epoch.
#[derive(Args)]
pub(crate) struct Rotate {
    #[command(flatten)]
    home: Home,
}

impl Rotate {
    pub(crate) async fn run(self) -> Result<()> {
        let mut desk = Desk::open(&self.home).await?;
        let mut draft = desk.draft()?;
        draft.rotate()?;
        let published = desk.publish(draft, None).await?;
        let keyring = desk.held.keyring();
        let (number, epoch) = (keyring.number, keyring.epoch().number);
        let answer = json!({ "keyring": number, "epoch": epoch, "receipt": published.receipt });
        self.home.print(&answer, || {
            format!(
                "epoch {epoch} begins with keyring {number}, receipt {}\nWhat is sealed from now on opens with its key alone. What was \
                 sealed before stays under the keys of its own epoch.",
                published.receipt
            )
        })
    }
}
