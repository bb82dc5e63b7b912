//! What a site's publishers signed last, by the public ledger and whoever witnessed it.

use amana_ledger::{Policy, digits};
use amana_sites::{History, Host, Manifest, Recorded};
use anyhow::{Context as _, Result, bail, ensure};
use serde::Deserialize;
use serde_json::value::RawValue;

use crate::client::{Client, segment};
use crate::replay::Replay;

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
    /// Entries by which the operator named publishers.
    pub(crate) named_by_operator: Vec<u64>,
    /// SHA-256 of the file that lists the publishers.
    pub(crate) publishers: String,
    /// The manifest.
    pub(crate) manifest: Manifest,
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

/// Reads the whole public ledger that the site is in, verifies it against the policy, and folds the site's history.
///
/// # Errors
/// When the data centre doesn't answer, when its ledger isn't what was signed and cosigned, when a statement in it isn't by the
/// site's publishers, and when nothing is published under that name.
pub(crate) async fn published(
    client: &Client,
    policy: &Policy,
    host: &Host,
    institution: Option<&str>,
) -> Result<Published> {
    let ledger = match institution {
        Some(institution) => format!("{institution}/sites"),
        None => {
            let told = client
                .get(&format!("/api/v1/sites/{}", segment(host.as_str())))
                .await;
            let told =
                told.with_context(|| format!("the data centre tells nothing of the site {host}"))?;
            let told: Pointer = serde_json::from_value(told)?;
            // Told as a name, or as an origin with the data centre's name first.
            let parts: Vec<&str> = told.ledger.split('/').collect();
            let [.., owner, "sites"] = parts[..] else {
                bail!(
                    "{}: sites are published in ledgers named INSTITUTION/sites",
                    told.ledger
                );
            };
            format!("{owner}/sites")
        }
    };
    let mut replay = Replay::begin(client, &ledger, policy).await?;
    let mut history = History::new(replay.origin().to_owned(), host.clone());
    let mut at = String::new();
    replay
        .advance(&mut |seen| {
            let Some(act) = seen.act else { return Ok(()) };
            let core: Core<'_> = serde_json::from_str(&act.core)?;
            let entry = Recorded {
                index: seen.index,
                kind: core.kind,
                links: core.links.get(),
                body: act.body.as_ref().map(|body| body.text.as_str()),
            };
            history.take(&entry)?;
            if history
                .published()
                .is_some_and(|published| published.index == seen.index)
            {
                at = core.at;
            }
            Ok(())
        })
        .await?;
    let published = history
        .published()
        .with_context(|| format!("nothing is published under {host} by {ledger}"))?;
    let sha256 = digits(&published.manifest);
    let path = format!(
        "/api/v1/sites/{}/manifests/{sha256}",
        segment(host.as_str())
    );
    let manifest = client
        .get_bytes(&path)
        .await
        .context("the manifest that was signed")?;
    let manifest = Manifest::parse(&manifest)?;
    ensure!(
        manifest.digest() == published.manifest && manifest.host() == host,
        "the manifest that the data centre gives isn't the one that was signed ({sha256})"
    );
    let publishers = history
        .publishers()
        .map(|publishers| digits(&publishers.digest()));
    Ok(Published {
        institution: ledger.trim_end_matches("/sites").to_owned(),
        number: published.number,
        index: published.index,
        at,
        signers: published.signers.clone(),
        is_witnessed: replay
            .witnessed()
            .is_some_and(|size| size > published.index),
        named_by_operator: history.named_by_operator().to_vec(),
        publishers: publishers.unwrap_or_default(),
        manifest,
    })
}
