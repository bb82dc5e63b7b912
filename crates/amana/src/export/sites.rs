//! The public ledger of the institution's sites: who published what, and who signed it. The sites' content lies in open buckets,
//! and leaves with them.

use amana_ledger::Policy;
use anyhow::{Context as _, Result};
use http::StatusCode;
use serde_json::{Value, json};

use super::{Export, Receipts};
use crate::client::{Client, Refused, segment};
use crate::progress::Progress;
use crate::replay::Replay;

const ACTS: &str = "data/sites/acts.jsonl";

/// Begins its replay; nothing for an institution that never had a site.
pub(super) async fn begin<'c>(
    client: &'c Client,
    institution: &str,
    policy: &Policy,
) -> Result<Option<Replay<'c>>> {
    match Replay::begin(client, &ledger_of(institution), policy).await {
        Ok(replay) => Ok(Some(replay)),
        Err(error) => match error.downcast_ref::<Refused>() {
            Some(refused) if refused.status == StatusCode::NOT_FOUND => Ok(None),
            _ => Err(error),
        },
    }
}

impl Export<'_> {
    /// Its acts, verified as they are read, what vouches for them, and their receipts.
    pub(super) async fn sites(&mut self, whose: Receipts) -> Result<()> {
        let Some(replay) = &mut self.sites else {
            return Ok(());
        };
        let ledger = ledger_of(&self.institution);
        let mut acts = self.bag.payload(ACTS)?;
        let mut progress = Progress::new("acts of sites");
        replay
            .advance(&mut |seen| {
                let act = seen.act.context("an act's ledger has acts")?;
                progress.at(seen.index, seen.index + 1, "acts");
                acts.write(serde_json::to_string(act)?.as_bytes())?;
                acts.write(b"\n")
            })
            .await
            .context("the ledger of sites")?;
        self.bag.take(acts)?;
        let head = replay.head().context("the ledger has a checkpoint")?;
        let head = head.to_string();
        self.bag.put("data/sites/checkpoint", head.as_bytes())?;
        for (from, to) in [("row", "row"), ("cosignatures", "cosignatures.json")] {
            let path = format!("/ledgers/{ledger}/{from}");
            let found = self.client.get_bytes(&path).await?;
            self.bag.put(&format!("data/sites/{to}"), &found)?;
        }
        let size = replay.size();
        let first = match whose {
            Receipts::Newest => size.saturating_sub(1),
            Receipts::All => 0,
        };
        for index in first..size {
            let path = format!("/receipts/{ledger}/{index}");
            let receipt = self.client.get_bytes(&path).await;
            let receipt =
                receipt.with_context(|| format!("the receipt of act {index} of sites"))?;
            let file = format!("data/sites/receipts/{index}.receipt");
            self.bag.put(&file, &receipt)?;
        }
        Ok(())
    }

    /// How far that ledger went; nothing without one.
    pub(super) fn sites_told(&self) -> Value {
        match &self.sites {
            Some(replay) => json!({ "acts": replay.size(), "root": replay.root().to_string() }),
            None => Value::Null,
        }
    }
}

fn ledger_of(institution: &str) -> String {
    format!("{}/sites", segment(institution))
}
