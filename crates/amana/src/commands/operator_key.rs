//! `amana operator-key`: the data centre's own seed, on paper among custodians of the operator, and back from it.
//!
//! The seed signs the national log and every ledger's checkpoints: with it lost, history can't go on under its keys; with
//! it stolen, somebody else can sign in the operator's name. It opens nothing that an institution sealed. What each of
//! these means, and what to do: docs/runbook-keys.md.

use std::path::{Path, PathBuf};

use amana_seal::keyring::Custodians;
use amana_seal::pages::PageKey;
use amana_seal::root::Root;
use amana_seal::shares::GroupPlan;
use amana_store::clock;
use amana_store::keys::Keys;
use anyhow::{Context as _, Result, bail};
use clap::{Args, Subcommand};
use serde::{Deserialize, Serialize};
use serde_json::json;
use zeroize::Zeroizing;

use super::keys::{GivenShares, Pages};
use crate::config::{Config, path_in};
use crate::durable::write_private;
use crate::{cli, output};

/// Says that a backup was made, and nothing secret.
const NOTE: &str = "keys/operator-backup.json";

/// The data centre's own key.
#[derive(Subcommand)]
pub(crate) enum OperatorKey {
    /// Share the seed among custodians, on printed pages, and rehearse its recovery
    Backup(Backup),
    /// Rebuild the seed from custodians' pages into a file
    Recover(Recover),
}

/// Who will hold it, and where their pages go.
#[derive(Args)]
pub(crate) struct Backup {
    /// The data centre's folder
    #[arg(long, value_name = "DIR", default_value = cli::DEFAULT_DATA)]
    data: PathBuf,
    /// Who rebuilds the seed together: 2-of-3, or a plan with groups
    #[arg(long, value_name = "PLAN")]
    custodians: GroupPlan,
    /// Folder for the pages, made anew; - prints them on stdout
    #[arg(long, value_name = "DIR")]
    pages: PathBuf,
    /// Print JSON, for scripts
    #[arg(long)]
    json: bool,
}

/// Where it goes.
#[derive(Args)]
pub(crate) struct Recover {
    /// The file to make: keys/operator.seed of the folder that is brought back
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    /// The trust policy: the seed is only written if it makes the keys of the log that stands there
    #[arg(long, value_name = "FILE")]
    policy: Option<PathBuf>,
    #[command(flatten)]
    given: GivenShares,
    /// Print JSON, for scripts
    #[arg(long)]
    json: bool,
}

/// What is known of the last backup.
#[derive(Serialize, Deserialize)]
pub(crate) struct BackupNote {
    /// When, RFC 3339.
    pub(crate) when: String,
    /// Who rebuilds it: `2-of-3`.
    pub(crate) custodians: String,
    /// Number of the set of pages.
    pub(crate) set: u32,
    /// The national log's verifier key, which the seed makes.
    pub(crate) fingerprint: String,
}

impl BackupNote {
    /// The newest one of a folder, if a backup was made.
    pub(crate) fn find(data: &Path) -> Option<Self> {
        let text = std::fs::read_to_string(data.join(NOTE)).ok()?;
        serde_json::from_str(&text).ok()
    }
}

impl OperatorKey {
    pub(crate) fn run(self) -> Result<()> {
        match self {
            Self::Backup(backup) => backup.run(),
            Self::Recover(recover) => recover.run(),
        }
    }
}

impl Backup {
    fn run(self) -> Result<()> {
        let own = path_in(&self.data);
        if !own.is_file() {
            bail!(
                "{}: there is no data centre in this folder",
                self.data.display()
            );
        }
        let name = Config::read(&own)?.centre;
        let name =
            name.with_context(|| format!("{} doesn't name the data centre", own.display()))?;
        let keys = Keys::load(&self.data.join("keys"), &name)?;
        let set = BackupNote::find(&self.data).map_or(0, |note| note.set) + 1;
        let custodians = Custodians {
            plan: self.custodians,
            set,
        };
        let pages = Pages::of(Some(&self.pages), &name, set);
        pages.prepare()?;
        let printed = pages.print(PageKey::Operator, &name, &keys.to_share(), &custodians)?;
        let note = BackupNote {
            when: clock::rfc3339(clock::system_ms()),
            custodians: custodians.plan.to_string(),
            set,
            fingerprint: keys.national_key().verifier().to_string(),
        };
        write_private(&self.data.join(NOTE), &serde_json::to_string_pretty(&note)?)?;
        if self.json {
            let answer = json!({ "backup": note, "shares": printed.json() });
            return output::line(&answer.to_string());
        }
        // Pages that went to stdout are not followed by anything that could be taken for one.
        if pages == Pages::Stdout {
            return Ok(());
        }
        output::line(&printed.text())?;
        output::line(&format!("They rebuild the seed of {}", note.fingerprint))
    }
}

impl Recover {
    fn run(self) -> Result<()> {
        if self.out.exists() {
            bail!(
                "{} is there already, and a seed is never replaced: move it aside, or name another file with --out",
                self.out.display()
            );
        }
        let root = self.given.root(None)?;
        let fingerprint = self.policy.as_deref().map(|policy| judged(&root, policy));
        let fingerprint = fingerprint.transpose()?;
        let text = Zeroizing::new(format!("{}\n", hex::encode(root.seed())));
        write_private(&self.out, &text)?;
        if self.json {
            let answer = json!({ "out": self.out, "fingerprint": fingerprint });
            return output::line(&answer.to_string());
        }
        output::line(&match fingerprint {
            Some(fingerprint) => format!(
                "{} holds the seed of {fingerprint}, as the policy has it. The custodians take their pages home.",
                self.out.display()
            ),
            None => format!(
                "{} holds the seed that these pages rebuild. Whether it is the one of your data centre shows --policy, or \
                 amana check. The custodians take their pages home.",
                self.out.display()
            ),
        })
    }
}

/// The verifier key of the policy's log, if this seed makes it.
fn judged(root: &Root, policy: &Path) -> Result<String> {
    let text = std::fs::read_to_string(policy).with_context(|| policy.display().to_string())?;
    let log = text
        .lines()
        .find_map(|line| line.strip_prefix("log "))
        .map(|rest| rest.split_whitespace().next().unwrap_or_default())
        .with_context(|| format!("{} has no log line", policy.display()))?;
    let centre = log
        .split_once('+')
        .and_then(|(name, _)| name.strip_suffix("/national"))
        .with_context(|| format!("{}: its log is no national log", policy.display()))?;
    let keys = Keys::of_shared(root, centre)?;
    let made = keys.national_key().verifier().to_string();
    if made != log {
        bail!(
            "these pages rebuild the seed of another data centre, or are no seed of one: they make {made}, and the policy \
             has {log}. Nothing was written"
        );
    }
    Ok(made)
}
