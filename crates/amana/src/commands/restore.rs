//! `amana restore`: a data centre again from a mirror, on a bare machine.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use amana_store::keys::Keys;
use amana_store::mirror::{Mirror, restore};
use amana_store::{Options, Store};
use anyhow::{Context as _, Result};
use clap::Args;
use serde_json::json;
use zeroize::Zeroizing;

use crate::centre::catalog;
use crate::config::{Config, path_in};
use crate::durable::{make_private_folder, write_whole};
use crate::mirror::{MirrorConfig, Restoring, local_offset_s, open_place, pace};
use crate::output;

/// Make a data centre again from a mirror.
#[derive(Args)]
pub(crate) struct Restore {
    /// The place that holds the mirror: a folder, or s3://bucket/prefix
    #[arg(long, value_name = "PLACE")]
    from: String,
    /// Where the bucket is
    #[arg(long, value_name = "URL")]
    endpoint: Option<String>,
    /// The bucket's region
    #[arg(long)]
    region: Option<String>,
    /// File with the bucket's access key, mode 600, as `amana access-key create --json` prints it
    #[arg(long, value_name = "FILE")]
    key_file: Option<PathBuf>,
    /// The folder of the data centre, which is made, or empty
    #[arg(long, value_name = "DIR")]
    data: PathBuf,
    /// The operator's seed, from its backup: the file keys/operator.seed. No mirror has it
    #[arg(long, value_name = "FILE")]
    seed_file: PathBuf,
    /// Take this configuration instead of the mirrored one
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Wait until all content is there, instead of letting the server fetch it
    #[arg(long)]
    all: bool,
    /// Print JSON, for scripts
    #[arg(long)]
    json: bool,
}

impl Restore {
    pub(crate) fn run(self) -> Result<()> {
        let from = MirrorConfig {
            endpoint: self.endpoint.clone(),
            region: self.region.clone(),
            key_file: self.key_file.clone(),
            ..MirrorConfig::of_place(&self.from)
        };
        let seed = std::fs::read_to_string(&self.seed_file)
            .with_context(|| self.seed_file.display().to_string())?;
        let seed = Zeroizing::new(seed);
        let config = match &self.config {
            Some(file) => {
                Config::read(file)?;
                Some(std::fs::read_to_string(file)?)
            }
            None => None,
        };
        let place = open_place(&from)?;
        // The mirror's key is the same whatever the data centre is called.
        let key = Keys::of_text(&seed, "any")?.mirror_key();
        let mirror = Mirror::open(place, Some(key))?;
        make_private_folder(&self.data)?;
        let rebuilt = restore(&mirror, &self.data, &seed, &catalog())?;
        if let Some(config) = config {
            write_whole(&path_in(&self.data), &config)?;
        }
        Restoring::note(&self.data, &from)?;
        let mut missing = Vec::new();
        if self.all {
            let centre = &mirror.head().centre;
            let store = Store::open(&self.data, catalog(), Options::new(centre))?;
            let pace = pace(
                Vec::new(),
                local_offset_s(),
                Arc::new(AtomicBool::new(false)),
            );
            let restoring =
                Restoring::find(&self.data)?.context("the note of this restore is gone")?;
            missing = restoring.fetch(&store, &pace)?.missing;
        }
        let as_of = amana_store::clock::rfc3339(mirror.head().time_ms);
        if self.json {
            return output::line(
                &json!({
                    "centre": mirror.head().centre, "as_of": as_of, "ledgers": rebuilt.ledgers,
                    "entries": rebuilt.entries, "missing": missing,
                })
                .to_string(),
            );
        }
        for missing in &missing {
            output::line(&format!("could not be had: {missing}"))?;
        }
        let data = self.data.display();
        output::line(&format!(
            "{}: {} ledgers and {} entries as of {as_of}. Start it with: amana serve --data {data}",
            mirror.head().centre,
            rebuilt.ledgers,
            rebuilt.entries
        ))?;
        output::line(&format!(
            "It serves at once, and takes writes when a quorum of its witnesses has called. What was recorded after that and \
             isn't mirrored shows then: amana mirror lost --data {data}"
        ))
    }
}
