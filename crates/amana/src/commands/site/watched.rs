//! What a watch says of a site: once, until it changes, with evidence of what differs.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use amana_ledger::digits;
use amana_sites::Host;
use anyhow::{Context as _, Result};
use serde_json::{Value, json};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::watch::Watch;
use crate::client::Client;
use crate::durable::write_whole;
use crate::output;
use crate::site_check::published::Published;
use crate::site_check::{Found, Looked};

/// A site, as the last look found it.
pub(super) enum State {
    AsPublished,
    /// What was published, and what differs from it.
    Differs(Published, Looked),
    /// Why nothing can be said of it.
    NotJudged(String),
}

/// What was said last of a site.
#[derive(Default)]
pub(super) struct Told(Option<String>);

impl State {
    /// For programs.
    fn word(&self) -> &'static str {
        match self {
            Self::AsPublished => "as-published",
            Self::Differs(..) => "not-as-published",
            Self::NotJudged(_) => "not-judged",
        }
    }

    /// For people.
    fn text(&self) -> String {
        match self {
            Self::AsPublished => "as published".to_owned(),
            Self::Differs(_, looked) => {
                format!("not as published: {} answers differ", looked.found.len())
            }
            Self::NotJudged(why) => format!("can't be judged: {why}"),
        }
    }

    /// What is said anew when it changes.
    fn identity(&self) -> String {
        match self {
            Self::Differs(published, looked) => {
                let found = looked.found.iter();
                let found: Vec<String> = found
                    .map(|Found { visit, what, .. }| {
                        format!("{}: {}", visit.address, what.join("; "))
                    })
                    .collect();
                format!(
                    "{}\n{}",
                    digits(&published.manifest.digest()),
                    found.join("\n")
                )
            }
            other => other.text(),
        }
    }
}

impl Told {
    /// Says how a site is, unless that was said already.
    ///
    /// # Errors
    /// When nobody hears it any more.
    pub(super) async fn tell(
        &mut self,
        watch: &Watch,
        client: &Client,
        host: &Host,
        state: State,
    ) -> Result<()> {
        let identity = state.identity();
        if self.0.as_ref() == Some(&identity) {
            return Ok(());
        }
        let mut text = state.text();
        let kept = match &state {
            State::Differs(published, looked) => {
                let evidence = evidence(client, host, published, looked).await;
                Some(evidence.and_then(|evidence| keep(&watch.evidence, host, &evidence)))
            }
            _ => None,
        };
        let file = match kept {
            Some(Ok(file)) => Some(file),
            // An alarm without its evidence is one still.
            Some(Err(error)) => {
                text = format!("{text}; its evidence can't be kept: {error:#}");
                None
            }
            None => None,
        };
        say(watch, host, &text, file.as_deref())?;
        if let Some(program) = &watch.run {
            start(program, host, state.word(), file).await;
        }
        self.0 = Some(identity);
        Ok(())
    }
}

fn say(watch: &Watch, host: &Host, state: &str, evidence: Option<&Path>) -> Result<()> {
    if watch.by.reader.json {
        let line = json!({ "host": host.as_str(), "state": state, "evidence": evidence });
        return output::line(&line.to_string());
    }
    match evidence {
        Some(file) => output::line(&format!("{host}: {state}; evidence in {}", file.display())),
        None => output::line(&format!("{host}: {state}")),
    }
}

/// What was asked, what came, and what was signed, with the receipt that proves it.
async fn evidence(
    client: &Client,
    host: &Host,
    published: &Published,
    looked: &Looked,
) -> Result<Value> {
    let entry = format!("{}/sites/{}", published.institution, published.index);
    let receipt = client.get_bytes(&format!("/receipts/{entry}")).await;
    let receipt = receipt.map(|receipt| String::from_utf8_lossy(&receipt).into_owned());
    Ok(json!({
        "format": "amana/site-evidence/v1",
        "host": host.as_str(),
        "seen_at": OffsetDateTime::now_utc().format(&Rfc3339)?,
        "published": {
            "entry": entry,
            "number": published.number,
            "at": published.at,
            "manifest": digits(&published.manifest.digest()),
            "signers": published.signers,
            "witnessed": published.is_witnessed,
            "receipt": receipt.ok(),
        },
        "asked": looked.asked,
        "differences": looked.differences(),
        "answers": looked.found.iter().filter_map(|found| found.kept.as_ref()).collect::<Vec<_>>(),
    }))
}

fn keep(folder: &Path, host: &Host, evidence: &Value) -> Result<PathBuf> {
    let stamp = evidence["seen_at"].as_str().unwrap_or_default();
    let stamp = stamp.replace([':', '.'], "-");
    let file = folder.join(format!("{host}-{stamp}.json"));
    write_whole(&file, &serde_json::to_string_pretty(evidence)?)
        .with_context(|| file.display().to_string())?;
    Ok(file)
}

/// Starts the program that the person who watches named, and waits for it: how it ends is its own matter.
async fn start(program: &Path, host: &Host, word: &'static str, evidence: Option<PathBuf>) {
    let mut command = Command::new(program);
    command
        .arg(host.as_str())
        .arg(word)
        .arg(evidence.unwrap_or_default())
        .stdin(Stdio::null());
    let ended = tokio::task::spawn_blocking(move || command.status()).await;
    match ended.map_err(std::io::Error::other).flatten() {
        Ok(status) if status.success() => {}
        Ok(status) => output::error(&format!("{}: {status}", program.display())),
        Err(error) => output::error(&format!("{}: {error}", program.display())),
    }
}
