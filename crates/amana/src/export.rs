//! An institution's way out: its ledgers, verified as they are read, and all content that stands, as it lies on the disk.
//!
//! Nothing is opened on the way: pieces leave as the age files that they are. The exporter trusts no more of the data
//! centre than its keys: what stands, and each digest, comes from the acts, whose tree has the root that was signed.

mod content;
mod sites;
mod texts;

use std::collections::BTreeMap;

use amana_ledger::Policy;
use anyhow::{Context as _, Result, bail};
use serde_json::{Value, json};

use crate::bag::{Bag, Payload, Standing};
use crate::client::{Client, segment};
use crate::progress::Progress;
use crate::replay::Replay;

const ACTS: &str = "data/ledger/acts.jsonl";
/// How often what was deleted while it was fetched is looked for again.
const MAX_ROUNDS: usize = 100;

/// Whose receipts come along.
#[derive(Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Receipts {
    /// That of the newest act, which vouches for the whole ledger.
    Newest,
    /// That of every act.
    All,
}

/// An export under way.
pub(crate) struct Export<'c> {
    client: &'c Client,
    institution: String,
    bag: Bag,
    replay: Replay<'c>,
    /// Of the public ledger of its sites, if it has one.
    sites: Option<Replay<'c>>,
    standing: Standing,
    /// The file of each entry whose content is in the bag.
    fetched: BTreeMap<u64, String>,
    keyrings: Vec<String>,
}

impl<'c> Export<'c> {
    /// Begins, or goes on with a bag that was interrupted.
    ///
    /// # Errors
    /// When there is no such ledger, or the folder is no place for a bag.
    pub(crate) async fn begin(
        client: &'c Client,
        institution: &str,
        policy: &Policy,
        bag: Bag,
    ) -> Result<Self> {
        let replay = Replay::begin(client, &ledger_of(institution), policy).await?;
        let sites = sites::begin(client, institution, policy).await?;
        Ok(Self {
            client,
            institution: institution.to_owned(),
            bag,
            replay,
            sites,
            standing: Standing::default(),
            fetched: BTreeMap::new(),
            keyrings: Vec::new(),
        })
    }

    /// Fetches everything, closes the bag, and tells what is in it.
    ///
    /// # Errors
    /// What can't be fetched, what isn't what its act says, a full disk.
    pub(crate) async fn run(mut self, policy: &[u8], receipts: Receipts) -> Result<Value> {
        let mut acts = self.bag.payload(ACTS)?;
        let mut rounds = 0..MAX_ROUNDS;
        loop {
            self.follow(&mut acts).await?;
            if self.contents().await? {
                break;
            }
            if rounds.next().is_none() {
                bail!("content that stands is not given out; `amana check` names what is damaged");
            }
        }
        self.bag.take(acts)?;
        self.history(policy).await?;
        self.receipts(receipts).await?;
        self.sites(receipts).await?;
        self.close()
    }

    /// Reads the acts up to the newest checkpoint, which must have their root.
    async fn follow(&mut self, acts: &mut Payload) -> Result<()> {
        let (standing, keyrings) = (&mut self.standing, &mut self.keyrings);
        let mut progress = Progress::new("acts");
        self.replay
            .advance(&mut |seen| {
                let act = seen.act.context("an act's ledger has acts")?;
                let tag = seen.leaf.get(1..9).and_then(|tag| tag.try_into().ok());
                standing.take(act, tag.context("a leaf has 33 bytes")?)?;
                if let (true, Some(body)) = (act.core.contains("\"keyring.publish\""), &act.body) {
                    keyrings.push(body.text.clone());
                }
                progress.at(seen.index, seen.index + 1, "acts");
                acts.write(serde_json::to_string(act)?.as_bytes())?;
                acts.write(b"\n")
            })
            .await
    }

    /// What vouches for the acts.
    async fn history(&mut self, policy: &[u8]) -> Result<()> {
        let head = self.replay.head().context("the ledger has a checkpoint")?;
        let head = head.to_string();
        self.bag.put("data/ledger/checkpoint", head.as_bytes())?;
        self.bag.put("data/ledger/policy", policy)?;
        for (from, to) in [("row", "row"), ("cosignatures", "cosignatures.json")] {
            let path = format!("/ledgers/{}/{from}", ledger_of(&self.institution));
            let found = self.client.get_bytes(&path).await?;
            self.bag.put(&format!("data/ledger/{to}"), &found)?;
        }
        for bundle in &self.keyrings {
            let number = keyring_number(bundle).context("a keyring without a number")?;
            let file = format!("data/keyrings/{number}.json");
            self.bag.put(&file, bundle.as_bytes())?;
        }
        Ok(())
    }

    async fn receipts(&mut self, whose: Receipts) -> Result<()> {
        let size = self.replay.size();
        let first = match whose {
            Receipts::Newest => size.saturating_sub(1),
            Receipts::All => 0,
        };
        let mut progress = Progress::new("receipts");
        for index in first..size {
            progress.at(index - first, size - first, "receipts");
            let path = format!("/receipts/{}/{index}", ledger_of(&self.institution));
            let receipt = self.client.get_bytes(&path).await;
            let receipt = receipt.with_context(|| format!("the receipt of act {index}"))?;
            self.bag
                .put(&format!("data/receipts/{index}.receipt"), &receipt)?;
        }
        Ok(())
    }

    fn close(mut self) -> Result<Value> {
        self.name_open_files()?;
        self.bag
            .put("data/LISEZ-MOI.txt", texts::READ_ME.as_bytes())?;
        let (size, root) = (self.replay.size(), self.replay.root().to_string());
        let told = json!({
            "institution": self.institution,
            "acts": size,
            "root": root,
            "witnessed_size": self.replay.witnessed(),
            "sites": self.sites_told(),
            "files": self.bag.payload_files(),
            "bytes": self.bag.payload_bytes(),
        });
        self.bag.close(&[
            ("Source-Organization", self.institution.clone()),
            ("External-Identifier", ledger_of(&self.institution)),
            (
                "Bag-Software-Agent",
                format!("amana {}", env!("CARGO_PKG_VERSION")),
            ),
            ("Bagging-Date", texts::today()),
            ("Amana-Ledger-Size", size.to_string()),
            ("Amana-Ledger-Root", root),
        ])?;
        Ok(told)
    }
}

/// An institution's private ledger.
fn ledger_of(institution: &str) -> String {
    format!("{}/vault", segment(institution))
}

/// The number of a keyring, from the bundle that was published.
fn keyring_number(bundle: &str) -> Option<u64> {
    let bundle: Value = serde_json::from_str(bundle).ok()?;
    let text = bundle["keyring"].as_str()?;
    let line = text.lines().find_map(|line| line.strip_prefix("number "));
    line?.parse().ok()
}
