//! `amana version`: which binary this is, and whether others built the same.

use std::path::PathBuf;

use amana_ledger::{MAX_POLICY_BYTES, MAX_RECEIPT_BYTES, digits};
use anyhow::Result;
use clap::Args;
use serde_json::json;

use super::receipt::{read_bounded, read_policy};
use super::release::read_rebuilders;
use crate::release::{VERSION, digest_of, judge, own_digest, target};
use crate::{cli, output};

/// Which binary.
#[derive(Args)]
pub(crate) struct Version {
    /// Verify, offline, that rebuilders vouch for the binary in a witnessed release
    #[arg(
        long,
        requires = "receipt",
        requires = "policy",
        requires = "rebuilders"
    )]
    verify: bool,
    /// Another file than the binary that runs: a binary, or a package
    #[arg(long, value_name = "FILE")]
    binary: Option<PathBuf>,
    /// The receipt of the release
    #[arg(long, value_name = "FILE")]
    receipt: Option<PathBuf>,
    /// The trust policy; compare its SHA-256 with a source that isn't the operator
    #[arg(long, value_name = "POLICY")]
    policy: Option<PathBuf>,
    /// Who must have built the same bytes, and how many of them
    #[arg(long, value_name = "FILE")]
    rebuilders: Option<PathBuf>,
    /// Print JSON, for scripts
    #[arg(long)]
    json: bool,
}

impl Version {
    pub(crate) fn run(self) -> Result<()> {
        let digest = match &self.binary {
            Some(file) => digest_of(file)?,
            None => own_digest()?,
        };
        if !self.verify {
            return self.show(&digits(&digest));
        }
        let (Some(receipt), Some(policy), Some(rebuilders)) =
            (&self.receipt, &self.policy, &self.rebuilders)
        else {
            cli::wrong_usage("--verify needs --receipt, --policy and --rebuilders");
        };
        let proven = judge(
            &digest,
            &read_bounded(receipt, MAX_RECEIPT_BYTES)?,
            &read_policy(policy)?,
            &read_rebuilders(&read_bounded(rebuilders, MAX_POLICY_BYTES)?, rebuilders)?,
        )?;
        if self.json {
            let shown = json!({
                "version": proven.release.version.to_string(),
                "target": proven.release.target,
                "sha256": digits(&digest),
                "rebuilders": proven.rebuilders,
                "receipt": proven.receipt,
                "national_quorum_time_s": proven.witnessed_s,
            });
            return output::line(&shown.to_string());
        }
        output::line(&proven.text())
    }

    fn show(&self, sha256: &str) -> Result<()> {
        let target = target();
        output::line(&if self.json {
            json!({ "version": VERSION, "target": target, "sha256": sha256 }).to_string()
        } else {
            format!("amana {VERSION} for {target}\n  SHA-256 {sha256}")
        })
    }
}
