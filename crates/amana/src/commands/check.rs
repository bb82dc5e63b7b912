//! `amana check`: rows against ledgers against blobs, beside a running server or without one. It changes nothing.

use std::path::PathBuf;

use amana_store::Options;
use amana_store::check::{Depth, Outside, check};
use anyhow::{Result, bail};
use clap::Args;

use super::kept;
use crate::config::{Config, path_in};
use crate::{centre, cli, output};

/// Check that everything agrees.
#[derive(Args)]
pub(crate) struct Check {
    /// The data centre's folder
    #[arg(long, value_name = "DIR", default_value = cli::DEFAULT_DATA)]
    data: PathBuf,
    /// Replay every entry into empty views and compare: done anyway, unless --quick leaves it out
    #[arg(long)]
    rebuild: bool,
    /// Leave out the replay, institutions' signatures, and reading large content: faster, and blind to changed views and
    /// damaged blobs
    #[arg(long)]
    quick: bool,
    /// What others kept of this data centre, which its history must still hold: a signed checkpoint, a folder of them,
    /// or a witness's folder
    #[arg(long, value_name = "PATH", alias = "checkpoint")]
    against: Vec<PathBuf>,
    /// Print JSON, for scripts
    #[arg(long)]
    json: bool,
}

impl Check {
    pub(crate) fn run(self) -> Result<()> {
        let own = path_in(&self.data);
        if !own.is_file() {
            bail!(
                "{}: there is no data centre in this folder",
                self.data.display()
            );
        }
        let Some(name) = Config::read(&own)?.centre else {
            bail!("{} doesn't name the data centre; restore it", own.display());
        };
        let depth = Depth {
            replay: self.rebuild || !self.quick,
            content: !self.quick,
        };
        let mut outside = Outside::default();
        for path in &self.against {
            outside.checkpoints.extend(kept::checkpoints(path)?);
        }
        let report = check(
            &self.data,
            &centre::catalog(),
            Options::new(&name),
            &depth,
            &outside,
            &|rows, visit| centre::each_content(rows, depth.replay, visit),
        )?;
        if self.json {
            output::line(&serde_json::to_string(&report)?)?;
        } else {
            for fault in &report.faults {
                output::line(&fault.to_string())?;
            }
            output::line(&format!(
                "{} ledgers, {} entries, {} tiles, {} epochs, {} cosignatures, {} contents ({} bytes), {} rows of views",
                report.ledgers,
                report.entries,
                report.tiles,
                report.epochs,
                report.cosignatures,
                report.contents,
                report.content_bytes,
                report.view_rows
            ))?;
        }
        if report.is_clean() {
            return Ok(());
        }
        let faults = report.faults.len() as u64 + report.further_faults;
        bail!("{}: {faults} faults, named above", self.data.display())
    }
}
