//! What a site's publishers signed last, by the public ledger, whoever witnessed it, and how lately they did.

use std::sync::Arc;

use amana_ledger::{Checkpoint, Hash, Policy, Receipt, State, digits};
use amana_sites::{History, Host, Manifest, Recorded};
use anyhow::{Context as _, Result, bail, ensure};
use http::StatusCode;
use serde::Deserialize;
use serde_json::value::RawValue;

use crate::client::{Client, Refused, segment};
use crate::replay::{Replay, Seen};

/// What a site should show.
pub(crate) struct Published {
    /// Whose ledger says so.
    pub(crate) institution: String,
    /// The deploy.
    pub(crate) number: u64,
    /// Its entry.
    pub(crate) index: u64,
    /// When it was recorded, by the operator's clock, as RFC 3339.
    pub(crate) at: String,
    /// Who signed it.
    pub(crate) signers: Vec<String>,
    /// Whether the ledger's quorum has seen it.
    pub(crate) is_witnessed: bool,
    /// When the quorum of the policy stood behind a national log that commits this state of the ledger, or the state just before
    /// it, by the witnesses' clocks; seconds since 1970.
    pub(crate) seen_s: Option<i64>,
    /// Entries by which the operator named publishers.
    pub(crate) named_by_operator: Vec<u64>,
    /// SHA-256 of the file that lists the publishers.
    pub(crate) publishers: String,
    /// The manifest.
    pub(crate) manifest: Arc<Manifest>,
}

/// What the data centre says of a site: where to look, and nothing that is believed.
#[derive(Deserialize)]
struct Pointer {
    ledger: String,
}

/// The part of an act's core that is looked at.
#[derive(Deserialize)]
struct Core<'a> {
    kind: &'a str,
    at: String,
    #[serde(borrow)]
    links: &'a RawValue,
}

/// A site, followed through the public ledger that it is in: what was read once isn't read again, and isn't forgotten either.
pub(crate) struct Followed<'c> {
    client: &'c Client,
    policy: &'c Policy,
    ledger: String,
    host: Host,
    replay: Replay<'c>,
    told: Told,
    manifest: Option<Arc<Manifest>>,
}

/// What the entries told up to where they were replayed.
#[derive(Clone)]
struct Told {
    history: History,
    /// When what is published was recorded.
    at: String,
}

/// The newest head of a ledger that the national log commits.
struct Newest {
    size: u64,
    root: Hash,
    /// When a quorum of the policy's witnesses stood behind it, seconds since 1970.
    seen_s: Option<i64>,
}

impl<'c> Followed<'c> {
    /// Finds the site's ledger; nothing of its entries is read yet.
    ///
    /// # Errors
    /// When the data centre doesn't answer, or no log of the policy signed the ledger's row.
    pub(crate) async fn begin(
        client: &'c Client,
        policy: &'c Policy,
        host: &Host,
        institution: Option<&str>,
    ) -> Result<Self> {
        let ledger = match institution {
            Some(institution) => format!("{institution}/sites"),
            None => pointed_to(client, host).await?,
        };
        let replay = Replay::begin(client, &ledger, policy).await?;
        let told = Told::nothing(&replay, host);
        Ok(Self {
            client,
            policy,
            ledger,
            host: host.clone(),
            replay,
            told,
            manifest: None,
        })
    }

    /// Reads what is new in the ledger, verifies it against the policy, and folds the site's history. One that fails leaves
    /// everything where it was.
    ///
    /// # Errors
    /// When the data centre doesn't answer, when its ledger isn't what was signed and cosigned or goes back behind what was read
    /// before, when a statement in it isn't by the site's publishers, and when nothing is published under that name.
    pub(crate) async fn published(&mut self) -> Result<Published> {
        let newest = self.read().await?;
        let nothing = || {
            format!(
                "nothing is published under {} by {}",
                self.host, self.ledger
            )
        };
        let published = self.told.history.published().with_context(nothing)?.clone();
        let manifest = self.manifest(published.manifest).await?;
        let Told { history, at } = &self.told;
        let publishers = history
            .publishers()
            .map(|publishers| digits(&publishers.digest()));
        Ok(Published {
            institution: self.ledger.trim_end_matches("/sites").to_owned(),
            number: published.number,
            index: published.index,
            at: at.clone(),
            signers: published.signers,
            is_witnessed: self
                .replay
                .witnessed()
                .is_some_and(|size| size > published.index),
            seen_s: newest.and_then(|newest| newest.seen_s),
            named_by_operator: history.named_by_operator().to_vec(),
            publishers: publishers.unwrap_or_default(),
            manifest,
        })
    }

    /// The manifest of the deploy of that number, as its publishers signed it; nothing if there is none since the site was last added.
    ///
    /// # Errors
    /// As [`Followed::published`].
    pub(crate) async fn deploy(&mut self, number: u64) -> Result<Option<Hash>> {
        self.read().await?;
        Ok(self.told.history.deploy(number))
    }

    /// Reads what is new in the ledger, and how far the national log commits it.
    async fn read(&mut self) -> Result<Option<Newest>> {
        let newest = self.newest().await?;
        if let Some(newest) = &newest {
            if newest.size < self.replay.size() {
                // Only a replay from the beginning passes that size again; it is held to what was read before.
                let mut anew = Replay::begin(self.client, &self.ledger, self.policy).await?;
                anew.expect(self.replay.size(), self.replay.root())?;
                let mut told = Told::nothing(&anew, &self.host);
                anew.expect(newest.size, newest.root)?;
                anew.advance(&mut |seen| told.take(&seen)).await?;
                (self.replay, self.told) = (anew, told);
            } else {
                self.replay.expect(newest.size, newest.root)?;
            }
        }
        let mut told = self.told.clone();
        self.replay.advance(&mut |seen| told.take(&seen)).await?;
        self.told = told;
        Ok(newest)
    }

    /// The newest head that the national log commits; nothing as long as there is no epoch.
    async fn newest(&self) -> Result<Option<Newest>> {
        let path = format!("/receipts/{}/0?newest", self.ledger);
        let receipt = match self.client.get_bytes(&path).await {
            Ok(receipt) => receipt,
            Err(error) if is_absent(&error) => return Ok(None),
            Err(error) => return Err(error.context(format!("a receipt of {}", self.ledger))),
        };
        let what = || format!("the newest receipt of {}", self.ledger);
        let receipt = Receipt::parse(&receipt).with_context(what)?;
        let verdict = receipt.verify(self.policy).with_context(what)?;
        // Entries of ours under another name would have honest witnesses as well.
        ensure!(
            verdict.row.name == self.ledger && verdict.row.log.name() == self.replay.origin(),
            "{} is one of {}",
            what(),
            verdict.row.name
        );
        let checkpoint = Checkpoint::parse(&receipt.ledger.checkpoint.text).with_context(what)?;
        let seen_s = verdict
            .national_quorum_time_s
            .map(i64::try_from)
            .transpose()?;
        Ok(Some(Newest {
            size: verdict.size,
            root: checkpoint.root,
            seen_s: seen_s.filter(|_| verdict.state == State::Witnessed),
        }))
    }

    async fn manifest(&mut self, signed: Hash) -> Result<Arc<Manifest>> {
        let known = self.manifest.as_ref();
        if let Some(known) = known.filter(|known| known.digest() == signed) {
            return Ok(known.clone());
        }
        let sha256 = digits(&signed);
        let host = segment(self.host.as_str());
        let path = format!("/api/v1/sites/{host}/manifests/{sha256}");
        let manifest = self.client.get_bytes(&path).await;
        let manifest = Manifest::parse(&manifest.context("the manifest that was signed")?)?;
        ensure!(
            manifest.digest() == signed && *manifest.host() == self.host,
            "the manifest that the data centre gives isn't the one that was signed ({sha256})"
        );
        Ok(self.manifest.insert(Arc::new(manifest)).clone())
    }
}

impl Told {
    fn nothing(replay: &Replay<'_>, host: &Host) -> Self {
        Self {
            history: History::new(replay.origin().to_owned(), host.clone()),
            at: String::new(),
        }
    }

    fn take(&mut self, seen: &Seen<'_>) -> Result<()> {
        let Some(act) = seen.act else { return Ok(()) };
        let core: Core<'_> = serde_json::from_str(&act.core)?;
        let entry = Recorded {
            index: seen.index,
            kind: core.kind,
            links: core.links.get(),
            body: act.body.as_ref().map(|body| body.text.as_str()),
        };
        self.history.take(&entry)?;
        let published = self.history.published();
        if published.is_some_and(|published| published.index == seen.index) {
            self.at = core.at;
        }
        Ok(())
    }
}

/// The ledger in which the data centre says that the site is.
async fn pointed_to(client: &Client, host: &Host) -> Result<String> {
    let told = client
        .get(&format!("/api/v1/sites/{}", segment(host.as_str())))
        .await;
    let told = told.with_context(|| format!("the data centre tells nothing of the site {host}"))?;
    let told: Pointer = serde_json::from_value(told)?;
    // Told as a name, or as an origin with the data centre's name first.
    let parts: Vec<&str> = told.ledger.split('/').collect();
    let [.., owner, "sites"] = parts[..] else {
        bail!(
            "{}: sites are published in ledgers named INSTITUTION/sites",
            told.ledger
        );
    };
    Ok(format!("{owner}/sites"))
}

fn is_absent(error: &anyhow::Error) -> bool {
    let refused = error.downcast_ref::<Refused>();
    refused.is_some_and(|refused| refused.status == StatusCode::NOT_FOUND)
}
