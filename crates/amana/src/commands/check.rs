//! `amana check`: rows against ledgers against blobs, beside a running server or without one. It changes nothing.

use std::path::PathBuf;

use amana_store::check::{Against, Depth, Found, Outside, Report, check, check_mirror};
use amana_store::keys::Keys;
use amana_store::mirror::Mirror;
use amana_store::{Options, Reader};
use anyhow::{Context as _, Result, bail};
use clap::Args;
use zeroize::Zeroizing;

use super::kept;
use crate::config::{Config, path_in};
use crate::durable::make_private_folder;
use crate::mirror::{find, open_place};
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
    /// Check a mirror instead: one of the configured ones by name, or a place. It is held against the data folder, or,
    /// with --policy, against that trust policy alone
    #[arg(long, value_name = "NAME|PLACE")]
    mirror: Option<String>,
    /// The trust policy that a mirror is held against, without any data folder
    #[arg(long, value_name = "FILE", requires = "mirror")]
    policy: Option<PathBuf>,
    /// The operator's seed, which opens a sealed mirror without a data folder
    #[arg(long, value_name = "FILE", requires = "policy")]
    seed_file: Option<PathBuf>,
    /// Print JSON, for scripts
    #[arg(long)]
    json: bool,
}

impl Check {
    pub(crate) fn run(self) -> Result<()> {
        if let Some(mirror) = &self.mirror {
            let report = self.check_mirror(mirror)?;
            return self.tell(&report, mirror);
        }
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
        self.tell(&report, &self.data.display().to_string())
    }

    /// A mirror, with what the data folder or the arguments know of it.
    fn check_mirror(&self, name: &str) -> Result<Report> {
        let from_policy = self.policy.is_some();
        let config = match from_policy {
            true => Config::default(),
            false => Config::read(&path_in(&self.data))?,
        };
        let policy = self.policy.clone().unwrap_or(self.data.join("policy"));
        let policy =
            std::fs::read_to_string(&policy).with_context(|| policy.display().to_string())?;
        let seed = match from_policy {
            true => self.seed_file.clone(),
            false => Some(self.data.join("keys/operator.seed")),
        };
        let read = |path: PathBuf| -> Result<Zeroizing<String>> {
            let text = std::fs::read_to_string(&path);
            Ok(Zeroizing::new(
                text.with_context(|| path.display().to_string())?,
            ))
        };
        let seed = seed.map(read).transpose()?;
        let keys = |centre: &str| {
            let keys = seed.as_deref().map(|seed| Keys::of_text(seed, centre));
            keys.transpose()
        };
        let key = keys("any")?.map(|keys| keys.mirror_key());
        let mirror = Mirror::open(open_place(&find(&config, name))?, key)?;
        let scratch = Scratch::make()?;
        let against = Against {
            policy: &policy,
            keys: keys(&mirror.head().centre)?,
            folder: (!from_policy).then_some(self.data.as_path()),
        };
        let signatures = !self.quick;
        let each = &|rows: &Reader<'_>, visit: &mut dyn FnMut(Found) -> amana_store::Result<()>| {
            centre::each_content(rows, signatures, visit)
        };
        Ok(check_mirror(
            &mirror,
            against,
            &scratch.0,
            &centre::catalog(),
            each,
        )?)
    }

    fn tell(&self, report: &Report, what: &str) -> Result<()> {
        if self.json {
            output::line(&serde_json::to_string(report)?)?;
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
        bail!("{what}: {faults} faults, named above")
    }
}

/// A folder for rows that are made again, private, and gone with the check.
struct Scratch(PathBuf);

impl Scratch {
    fn make() -> Result<Self> {
        let mut random = [0; 8];
        getrandom::fill(&mut random).map_err(|error| anyhow::anyhow!("/dev/urandom: {error}"))?;
        let path = std::env::temp_dir().join(format!("amana-check-{}", hex::encode(random)));
        make_private_folder(&path)?;
        Ok(Self(path))
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        // What can't be removed is private, and in the system's own folder for what may go.
        let _ = std::fs::remove_dir_all(&self.0);
    }
}
