//! `amana mirror`: copies to the places that the configuration names, their lag, and what a loss took.

use std::path::Path;

use amana_store::Reader;
use anyhow::{Context as _, Result, bail};
use clap::{Args, Subcommand};
use serde_json::json;

use crate::config::{Config, environment};
use crate::durable::give_to_owner;
use crate::mirror::{
    Lag, MirrorConfig, Stop, begin, find, folder, lags, local_offset_s, lost, note_lacking, once,
    pace,
};
use crate::{cli, output};

/// What is said where there is none.
const NO_MIRROR: &str = "no mirror is configured: name a place in amana.toml, under [[mirror]], with name = \"usb\" and \
                         place = \"/mnt/usb\" (docs/operating.md, Mirrors)";

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
            bail!(NO_MIRROR);
        }
        let never = Stop::default();
        let mut failed = 0;
        loop {
            for mirror in &mirrors {
                let pace = pace(mirror.limits()?, offset_s, never.clone());
                let copied = begin(&self.reach.data, &centre, &config, mirror, pace).and_then(
                    |(mut copying, _lock)| {
                        let round = once(&mut copying)?;
                        note_lacking(&self.reach.data, mirror, copying.lacking());
                        Ok(round)
                    },
                );
                give_to_owner(&folder(&self.reach.data))?;
                // A place may hold much: it is looked through when something was written there.
                if self.once || copied.as_ref().map_or(true, |round| round.head) {
                    give_to_owner(Path::new(&mirror.place))?;
                }
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
    let (config, _) = read_config(reach)?;
    let lags = lags(&reach.data, &config)?;
    if reach.json {
        return output::line(&serde_json::to_string(&lags)?);
    }
    if lags.is_empty() {
        return output::line(NO_MIRROR);
    }
    lags.iter().try_for_each(|lag| output::line(&told(lag)))
}

fn told(lag: &Lag) -> String {
    let Lag {
        mirror,
        place,
        entries,
        bytes,
        seconds,
        lacking,
        error,
        ..
    } = lag;
    let mut text =
        format!("{mirror} ({place}): {entries} entries behind, {bytes} bytes, {seconds} s");
    if !lacking.is_empty() {
        text += &format!(
            "; lacks {} blobs: amana check names those that are damaged here",
            lacking.len()
        );
    }
    if let Some(error) = error {
        text += &format!("; not kept up: {error}");
    }
    text
}

/// By receipt name, so that whoever holds the receipt finds it.
fn list_lost(reach: &cli::Reach) -> Result<()> {
    let (config, centre) = read_config(reach)?;
    let database = config.database()?;
    let all =
        amana_store::check::read_folder(&reach.data, database.as_ref(), |rows: &Reader<'_>| {
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
