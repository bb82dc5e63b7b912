//! `amana check`: rows against ledgers against blobs, beside a running server or without one. It changes nothing.

use std::path::{Path, PathBuf};

use amana_ledger::Policy;
use amana_store::Reader;
use amana_store::check::{Against, Depth, Found, Outside, Report, check, check_mirror};
use amana_store::keys::Keys;
use amana_store::mirror::Mirror;
use anyhow::{Context as _, Result, bail};
use clap::Args;
use zeroize::Zeroizing;

use super::import::own_key;
use super::kept;
use super::keys::GivenShares;
use crate::config::{Config, environment, path_in};
use crate::durable::make_private_folder;
use crate::import::{self, Home, Opener, Received};
use crate::mirror::{OnItsWay, Restoring, Stop, find, open_place};
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
    /// with --policy, against that trust policy alone. A gateway's mirror is opened by the key in its folder, or, with
    /// --policy, by custodians' shares
    #[arg(long, value_name = "NAME|PLACE")]
    mirror: Option<String>,
    /// The trust policy that a mirror is held against, without any data folder
    #[arg(long, value_name = "FILE", requires = "mirror")]
    policy: Option<PathBuf>,
    /// The operator's seed, which opens a sealed mirror without a data folder
    #[arg(long, value_name = "FILE", requires = "policy")]
    seed_file: Option<PathBuf>,
    #[command(flatten)]
    shares: GivenShares,
    /// Print JSON, for scripts
    #[arg(long)]
    json: bool,
}

impl Check {
    pub(crate) fn run(self) -> Result<()> {
        if let Some(mirror) = &self.mirror {
            let folder = Path::new(mirror);
            if folder.is_dir() && Home::is_in(folder)? {
                return self.check_home(folder);
            }
            let report = self.check_mirror(mirror)?;
            return self.tell(&report, mirror, None);
        }
        let own = path_in(&self.data);
        if !own.is_file() {
            bail!(
                "{}: there is no data centre in this folder",
                self.data.display()
            );
        }
        let config = Config::load(&self.data, None, environment())?;
        let Some(name) = config.centre.clone() else {
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
            config.store_options(&name)?,
            &depth,
            &outside,
            &|rows, visit| centre::each_content(rows, depth.replay, visit),
        )?;
        let restoring = Restoring::find(&self.data)?;
        let on_its_way = restoring.map(|restoring| restoring.on_its_way(&self.data));
        let shown = self.data.display().to_string();
        self.tell(&report, &shown, on_its_way.transpose()?.as_ref())
    }

    /// An institution's own mirror, opened by its gateway's key or by custodians' shares, and held against the policy that
    /// the gateway pinned or the one that is given.
    fn check_home(&self, place: &Path) -> Result<()> {
        let by_shares = self.policy.is_some();
        let policy = self.policy.clone().unwrap_or(self.data.join("policy"));
        let text = std::fs::read(&policy).with_context(|| policy.display().to_string())?;
        let policy = Policy::parse(&text).context("the trust policy")?;
        let data = (!by_shares).then_some(self.data.as_path());
        let own = own_key(data, &self.shares)?;
        let mirror = Received::Home(Box::new(Home::open(place, &own)?));
        let opener = Opener::new(&mirror, &own)?;
        let told = import::check(&mirror, &opener, &policy)?;
        let faults = told["faults"].as_array().map_or(0, Vec::len);
        if self.json {
            output::line(&told.to_string())?;
        } else {
            for fault in told["faults"].as_array().into_iter().flatten() {
                output::line(fault.as_str().unwrap_or_default())?;
            }
            let witnessed = told["witnessed_size"].as_u64().unwrap_or(0);
            output::line(&format!(
                "{}: {} acts, root {}, of which a quorum of witnesses saw {witnessed}; {} contents, {} bytes",
                told["ledger"].as_str().unwrap_or_default(),
                told["acts"],
                told["root"].as_str().unwrap_or_default(),
                told["contents"],
                told["bytes"]
            ))?;
        }
        if faults > 0 {
            bail!("{}: {faults} faults, named above", place.display());
        }
        Ok(())
    }

    /// A mirror, with what the data folder or the arguments know of it.
    fn check_mirror(&self, name: &str) -> Result<Report> {
        let from_policy = self.policy.is_some();
        let config = match from_policy {
            true => Config::default(),
            false => Config::load(&self.data, None, environment())?,
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
        let mirror = Mirror::open(open_place(&find(&config, name), &Stop::default())?, key)?;
        let scratch = Scratch::make()?;
        let database = config.database()?;
        let against = Against {
            policy: &policy,
            keys: keys(&mirror.head().centre)?,
            folder: (!from_policy).then_some(self.data.as_path()),
            database: database.as_ref(),
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

    fn tell(&self, report: &Report, what: &str, on_its_way: Option<&OnItsWay>) -> Result<()> {
        let on_its_way = on_its_way.filter(|on_its_way| on_its_way.blobs > 0);
        if self.json {
            let mut shown = serde_json::to_value(report)?;
            if let Some(on_its_way) = on_its_way {
                shown["on_its_way"] = serde_json::to_value(on_its_way)?;
            }
            output::line(&shown.to_string())?;
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
            if let Some(OnItsWay {
                from,
                blobs,
                at_most_bytes,
            }) = on_its_way
            {
                output::line(&format!(
                    "{blobs} blobs, at most {at_most_bytes} bytes, are on their way from {from}: this folder was restored, \
                     and amana serve fetches them"
                ))?;
            }
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
