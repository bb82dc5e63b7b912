//! `amana mirror`: copies to the places that the configuration names, their lag, and what a loss took.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use amana_store::entries::Entry;
use amana_store::keys::Keys;
use amana_store::{Blobs, Reader};
use amana_vault::Vault;
use anyhow::{Context as _, Result, bail};
use clap::{Args, Subcommand};
use serde_json::json;

use crate::config::{Config, environment};
use crate::mirror::{Lag, MirrorConfig, begin, find, lag, local_offset_s, lost, once, pace};
use crate::{cli, output};

/// Copies to other places.
#[derive(Args)]
pub(crate) struct Mirror {
    #[command(subcommand)]
    what: Option<What>,
    /// Copy what is new, and end; without it, go on until stopped
    #[arg(long)]
    once: bool,
    /// Only this one of the configured mirrors
    #[arg(long, value_name = "NAME")]
    name: Option<String>,
    #[command(flatten)]
    reach: cli::Reach,
}

#[derive(Subcommand)]
enum What {
    /// Show how far each mirror lags
    Status(cli::Reach),
    /// List what had been recorded and is lost, as far as witnesses have told
    Lost(cli::Reach),
}

impl Mirror {
    pub(crate) fn run(self) -> Result<()> {
        match &self.what {
            None => self.copy(),
            Some(What::Status(reach)) => status(reach),
            Some(What::Lost(reach)) => list_lost(reach),
        }
    }

    fn copy(&self) -> Result<()> {
        let (config, centre) = read_config(&self.reach)?;
        let offset_s = local_offset_s();
        let mirrors: Vec<MirrorConfig> = match &self.name {
            Some(name) => vec![find(&config, name)],
            None => config.mirrors.clone(),
        };
        if mirrors.is_empty() {
            bail!("no [[mirror]] is configured in amana.toml: name a place there");
        }
        let never = Arc::new(AtomicBool::new(false));
        let mut failed = 0;
        loop {
            for mirror in &mirrors {
                let pace = pace(mirror.limits()?, offset_s, never.clone());
                let copied = begin(&self.reach.data, &centre, mirror, pace)
                    .and_then(|(mut copying, _lock)| once(&mut copying));
                match copied {
                    Ok(round) => {
                        failed += round.damaged.len();
                        self.tell(mirror, &round)?;
                    }
                    Err(error) => {
                        failed += 1;
                        output::error(&format!("the mirror {}: {error:#}", mirror.name));
                    }
                }
            }
            if self.once {
                break;
            }
            std::thread::sleep(std::time::Duration::from_secs(2));
        }
        if failed > 0 {
            bail!("not everything could be mirrored");
        }
        Ok(())
    }

    fn tell(&self, mirror: &MirrorConfig, round: &amana_store::mirror::Round) -> Result<()> {
        if self.reach.json {
            return output::line(&json!({ "mirror": mirror.name, "copied": round }).to_string());
        }
        for damaged in &round.damaged {
            output::error(&format!("not mirrored: {damaged}"));
        }
        if self.once || round.entries > 0 {
            output::line(&format!(
                "{}: {} entries, {} blobs, {} bytes copied to {}",
                mirror.name, round.entries, round.blobs, round.bytes, mirror.place
            ))?;
        }
        Ok(())
    }
}

fn read_config(reach: &cli::Reach) -> Result<(Config, String)> {
    let config = Config::load(&reach.data, None, environment())?;
    let centre = config.centre.clone();
    let centre = centre.with_context(|| {
        format!(
            "{}: there is no data centre in this folder",
            reach.data.display()
        )
    })?;
    Ok((config, centre))
}

fn status(reach: &cli::Reach) -> Result<()> {
    let (config, centre) = read_config(reach)?;
    let lags = amana_store::check::read_folder(&reach.data, |rows: &Reader<'_>| {
        let blobs = Blobs::at(reach.data.join("blobs"));
        let blob_bytes = |entry: &Entry| {
            let mentions = Vault::mentions(entry).unwrap_or_default();
            let sizes = mentions.iter().map(|mention| {
                std::fs::metadata(blobs.path(mention.blob)).map_or(0, |file| file.len())
            });
            sizes.sum()
        };
        let each = config.mirrors.iter().map(|mirror| -> Result<Lag> {
            let key = Keys::load(&reach.data.join("keys"), &centre)?.mirror_key();
            lag(&reach.data, rows, key, mirror, &blob_bytes)
        });
        Ok(each.collect::<Result<Vec<Lag>>>())
    })??;
    if reach.json {
        return output::line(&serde_json::to_string(&lags)?);
    }
    for lag in &lags {
        output::line(&format!(
            "{} ({}): {} entries behind, {} bytes, {} s{}",
            lag.mirror,
            lag.place,
            lag.entries,
            lag.bytes,
            lag.seconds,
            lag.error
                .as_ref()
                .map_or(String::new(), |error| format!("; not kept up: {error}"))
        ))?;
    }
    Ok(())
}

/// By receipt name, so that whoever holds the receipt finds it.
fn list_lost(reach: &cli::Reach) -> Result<()> {
    let (_, centre) = read_config(reach)?;
    let all = amana_store::check::read_folder(&reach.data, |rows: &Reader<'_>| {
        Ok(lost(&reach.data, &centre, rows))
    })??;
    if reach.json {
        let ranges = all.iter().map(|lost| {
            json!({ "ledger": lost.ledger, "from": lost.from, "until": lost.until, "entries": lost.until - lost.from })
        });
        return output::line(&serde_json::Value::from_iter(ranges).to_string());
    }
    for lost in &all {
        let ledger = &lost.ledger;
        // The national log's entries are epochs: they hold nothing of anybody's.
        if ledger == "national" {
            output::line(&format!("national: {} epochs", lost.until - lost.from))?;
            continue;
        }
        for index in lost.from..lost.until {
            output::line(&format!("{ledger}/{index}"))?;
        }
    }
    if all.is_empty() {
        output::line("no witness has shown anything that isn't here")?;
    }
    Ok(())
}
