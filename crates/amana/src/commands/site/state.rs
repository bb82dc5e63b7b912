//! What a data centre says of a site.

use amana_ledger::{Hash, Note, SigningKey, parse_digits};
use amana_sites::{Host, Publishers};
use amana_tls::Connector;
use anyhow::{Context as _, Result, ensure};
use serde::Deserialize;

use super::statement::Signing;
use crate::client::{Client, segment};

/// A site, as anybody may see it.
#[derive(Deserialize)]
pub(super) struct State {
    pub(super) host: String,
    pub(super) ledger: String,
    pub(super) number: u64,
    pub(super) publishers: String,
    pub(super) live: Option<Deploy>,
    pub(super) deploys: Vec<Deploy>,
}

/// One of its deploys.
#[derive(Deserialize)]
pub(super) struct Deploy {
    pub(super) number: u64,
    pub(super) manifest: String,
    pub(super) receipt: String,
    pub(super) since_ms: i64,
    pub(super) note: String,
}

impl Deploy {
    /// Who signed it, as the data centre tells it.
    pub(super) fn signers(&self) -> Vec<String> {
        let note = Note::parse(self.note.as_bytes());
        let signatures = note.map(|note| note.signatures).unwrap_or_default();
        signatures.into_iter().map(|one| one.name).collect()
    }

    /// Its manifest.
    pub(super) fn manifest(&self) -> Result<Hash> {
        parse_digits(&self.manifest).context("what the data centre says of a deploy")
    }
}

/// Asks for a site, and its newest deploys.
///
/// # Errors
/// When there is none, or what comes isn't about it.
pub(super) async fn ask(way: &Connector, host: &Host, deploys: u32) -> Result<State> {
    let path = format!("/api/v1/sites/{}?deploys={deploys}", segment(host.as_str()));
    let answer = Client::at(way.clone(), None)?.get(&path).await;
    let answer = answer.with_context(|| format!("the site {host}"))?;
    let state: State = serde_json::from_value(answer)
        .with_context(|| format!("what the data centre says of {host}"))?;
    ensure!(
        state.host == host.as_str(),
        "the data centre tells of {} and not of {host}",
        state.host
    );
    Ok(state)
}

impl State {
    /// Whether that key alone may publish; an error when it is no publisher's.
    pub(super) fn suffices(&self, key: &SigningKey) -> Result<bool> {
        let publishers = self.publishers()?;
        let mut signing = Signing::of_text("amana.probe/v1\n".to_owned());
        signing.add(key);
        let (signed, enough) = publishers.signed(signing.note())?;
        ensure!(
            !signed.is_empty(),
            "{} is no key of a publisher of {}",
            key.verifier(),
            self.host
        );
        Ok(enough)
    }

    pub(super) fn publishers(&self) -> Result<Publishers> {
        Publishers::parse(self.publishers.as_bytes())
            .with_context(|| format!("the publishers of {}", self.host))
    }
}
