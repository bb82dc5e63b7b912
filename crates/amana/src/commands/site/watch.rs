//! `amana site watch`: looks at sites again and again, from another place than where they are served.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use amana_ledger::digits;
use amana_sites::Host;
use amana_tls::{Connector, Trust};
use anyhow::{Context as _, Result};
use clap::Args;
use serde_json::json;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::verify::By;
use crate::output;
use crate::site_check::compare::Difference;
use crate::site_check::published::Published;
use crate::site_check::visit::{Kept, Visitor};
use crate::site_check::{Looked, look_around};
use crate::tls::way;

/// Between a first look that finds something and the second one that must find it too: a deploy in between, a connection that
/// broke, are no alarm.
const SECOND_LOOK: Duration = Duration::from_secs(10);

/// Answers kept as evidence of one alarm.
const MAX_KEPT: usize = 20;

/// Which sites, how often, and where evidence goes.
#[derive(Args)]
pub(crate) struct Watch {
    /// Sites, such as <https://www.finances.gov>
    #[arg(required = true, value_name = "URL")]
    urls: Vec<String>,
    /// Look for all of them at this address, whatever their names lead to
    #[arg(long, value_name = "ADDRESS:PORT")]
    at: Option<SocketAddr>,
    /// Whom their certificates must be signed by: sha256:… or a PEM file; by default those that this system believes
    #[arg(long, value_name = "AUTHORITY")]
    site_authority: Option<Trust>,
    /// Seconds between looks
    #[arg(long, value_name = "SECONDS", default_value_t = 120)]
    seconds: u64,
    /// Look once and end
    #[arg(long)]
    once: bool,
    /// Folder for evidence: a file an alarm, with what was asked, what came, and what was signed
    #[arg(long, value_name = "DIR")]
    evidence: PathBuf,
    #[command(flatten)]
    by: By,
}

impl Watch {
    pub(crate) async fn run(self) -> Result<()> {
        std::fs::create_dir_all(&self.evidence)
            .with_context(|| self.evidence.display().to_string())?;
        let sites: Vec<(Host, Connector)> = self
            .urls
            .iter()
            .map(|url| self.site(url))
            .collect::<Result<_>>()?;
        // What was told once isn't told again until it changes.
        let mut told: Vec<Option<String>> = vec![None; sites.len()];
        loop {
            let mut alarms = 0;
            for ((host, way), told) in sites.iter().zip(&mut told) {
                let state = match self.look_twice(host, way).await {
                    Ok(None) => "as published".to_owned(),
                    Ok(Some((published, looked))) => {
                        alarms += 1;
                        let state = format!(
                            "not as published: {} of {} answers differ",
                            looked.differences.len(),
                            looked.asked
                        );
                        if told.as_ref() != Some(&state) {
                            let file = self.keep(host, way, &published, &looked).await?;
                            self.say(host, &state, Some(&file))?;
                            *told = Some(state);
                        }
                        continue;
                    }
                    Err(error) => {
                        alarms += 1;
                        format!("can't be judged: {error:#}")
                    }
                };
                if told.as_ref() != Some(&state) {
                    self.say(host, &state, None)?;
                    *told = Some(state);
                }
            }
            if self.once {
                anyhow::ensure!(
                    alarms == 0,
                    "{alarms} of {} sites are not as published",
                    sites.len()
                );
                return Ok(());
            }
            tokio::time::sleep(Duration::from_secs(self.seconds)).await;
        }
    }

    fn site(&self, url: &str) -> Result<(Host, Connector)> {
        let way = way(url, self.site_authority.clone())?;
        let host = way.place().host.parse()?;
        Ok((
            host,
            match self.at {
                Some(address) => way.at(address),
                None => way,
            },
        ))
    }

    /// What differs on two looks, each against what was published just before it.
    async fn look_twice(
        &self,
        host: &Host,
        way: &Connector,
    ) -> Result<Option<(Published, Looked)>> {
        for is_second in [false, true] {
            let found = self.look(host, way).await;
            match found {
                Ok((_, looked)) if looked.differences.is_empty() => return Ok(None),
                Ok(found) if is_second => return Ok(Some(found)),
                Err(error) if is_second => return Err(error),
                Ok(_) | Err(_) => tokio::time::sleep(SECOND_LOOK).await,
            }
        }
        Ok(None)
    }

    async fn look(&self, host: &Host, way: &Connector) -> Result<(Published, Looked)> {
        let published = self.by.published(host).await?;
        let looked = look_around(way.clone(), &published.manifest, 1, &mut |_, _| {}).await?;
        Ok((published, looked))
    }

    /// Writes what was asked, what came, and what was signed, in one JSON file.
    async fn keep(
        &self,
        host: &Host,
        way: &Connector,
        published: &Published,
        looked: &Looked,
    ) -> Result<PathBuf> {
        let mut visitor = Visitor::new(way.clone());
        let mut kept = Vec::new();
        for Difference {
            address,
            seen_as,
            what,
        } in looked.differences.iter().take(MAX_KEPT)
        {
            let answer: Option<Kept> = visitor.keep(address, seen_as).await.ok();
            kept.push(
                json!({ "address": address, "seen_as": seen_as, "what": what, "answer": answer }),
            );
        }
        let now = OffsetDateTime::now_utc().format(&Rfc3339)?;
        let evidence = json!({
            "format": "amana/site-evidence/v1",
            "host": host.as_str(),
            "seen_at": now,
            "published": {
                "receipt": format!("{}/sites/{}", published.institution, published.index),
                "number": published.number,
                "at": published.at,
                "manifest": digits(&published.manifest.digest()),
                "signers": published.signers,
                "witnessed": published.is_witnessed,
            },
            "asked": looked.asked,
            "differences": looked.differences,
            "answers": kept,
        });
        let stamp = now.replace([':', '.'], "-");
        let file = self.evidence.join(format!("{host}-{stamp}.json"));
        std::fs::write(&file, serde_json::to_vec_pretty(&evidence)?)
            .with_context(|| file.display().to_string())?;
        Ok(file)
    }

    fn say(&self, host: &Host, state: &str, evidence: Option<&PathBuf>) -> Result<()> {
        if self.by.reader.json {
            return output::line(
                &json!({ "host": host.as_str(), "state": state, "evidence": evidence }).to_string(),
            );
        }
        match evidence {
            Some(file) => output::line(&format!("{host}: {state}; evidence in {}", file.display())),
            None => output::line(&format!("{host}: {state}")),
        }
    }
}
