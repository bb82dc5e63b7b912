//! `amana receipt`: the proof of an act, fetched, shown, and verified with no network.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use amana_gateway::{Evidence, MAX_EVIDENCE_BYTES};
use amana_ledger::{
    CosignedBy, MAX_POLICY_BYTES, MAX_RECEIPT_BYTES, Policy, Receipt as Parsed, State, Verdict,
};
use anyhow::{Context as _, Result, bail};
use clap::{Args, Subcommand};
use serde_json::{Value, json};

use super::evidence;
use crate::cli::Reader;
use crate::durable::write_whole;
use crate::output;

/// Receipts.
#[derive(Subcommand)]
pub(crate) enum Receipt {
    /// Fetch the receipt of an act
    Get(Get),
    /// Show what a receipt says, without judging it
    Show(Show),
    /// Verify a receipt, offline: done only if the act is witnessed; or evidence: done only if it proves its claim
    Verify(Verify),
}

/// Which act.
#[derive(Args)]
pub(crate) struct Get {
    /// LEDGER/INDEX, as the header x-amana-receipt names it: finances/vault/3
    name: String,
    /// Where to write it; stdout when not given
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    #[command(flatten)]
    reader: Reader,
}

/// Which file.
#[derive(Args)]
pub(crate) struct Show {
    /// The receipt
    file: PathBuf,
    /// Print JSON, for scripts
    #[arg(long)]
    json: bool,
}

/// Which file, and whom to trust.
#[derive(Args)]
pub(crate) struct Verify {
    /// The receipt, or a file from the folder evidence/ of a gateway
    file: PathBuf,
    /// The trust policy; compare its SHA-256 with a source that isn't the operator
    #[arg(long, value_name = "POLICY")]
    policy: PathBuf,
    /// Also accept what the data centre alone has signed
    #[arg(long)]
    allow_recorded: bool,
    /// Print JSON, for scripts
    #[arg(long)]
    json: bool,
}

impl Receipt {
    pub(crate) async fn run(self) -> Result<()> {
        match self {
            Self::Get(get) => get.run().await,
            Self::Show(show) => show.run(),
            Self::Verify(verify) => verify.run(),
        }
    }
}

impl Get {
    async fn run(self) -> Result<()> {
        let path = match self.name.split('/').collect::<Vec<_>>()[..] {
            [owner, ledger, index] if index.parse::<u64>().is_ok() => {
                format!("/receipts/{owner}/{ledger}/{index}")
            }
            _ => bail!(
                "{}: a receipt is named LEDGER/INDEX, such as finances/vault/3",
                self.name
            ),
        };
        let receipt = self.reader.client()?.get_bytes(&path).await;
        let receipt = receipt.with_context(|| format!("the receipt {}", self.name))?;
        let text = std::str::from_utf8(&receipt).context("the receipt is not text")?;
        if let Some(file) = &self.out {
            write_whole(file, text)?;
        }
        match (self.reader.json, &self.out) {
            (true, out) => output::line(
                &json!({ "name": self.name, "file": out, "receipt": text }).to_string(),
            ),
            (false, None) => output::line(text.trim_end()),
            (false, Some(_)) => Ok(()),
        }
    }
}

impl Show {
    fn run(self) -> Result<()> {
        let receipt = read_receipt(&self.file)?;
        let row = &receipt.registry.text;
        let ledger = row.parse::<amana_ledger::RegistryRow>()?.name;
        let checkpoint = amana_ledger::Checkpoint::parse(&receipt.ledger.checkpoint.text)?;
        let body = receipt.act.body.as_ref().map(|body| body.text.clone());
        let epoch = receipt.epoch.as_ref().map(|epoch| epoch.leaf.epoch);
        let shown = json!({
            "ledger": ledger,
            "index": receipt.ledger.index,
            "size": checkpoint.size,
            "epoch": epoch,
            "core": receipt.act.core,
            "body": body,
        });
        if self.json {
            return output::line(&shown.to_string());
        }
        let mut text = format!(
            "claims, not judged here (see amana receipt verify):\n  act     {} of {ledger}, in a tree of {}\n  core    {}\n",
            receipt.ledger.index, checkpoint.size, receipt.act.core
        );
        // Writing to a string can't fail.
        let _ = match body {
            Some(body) => writeln!(text, "  body    {body}"),
            None => writeln!(text, "  body    erased, or there was none"),
        };
        let _ = match epoch {
            Some(epoch) => write!(text, "  epoch   {epoch} of the national log"),
            None => write!(text, "  epoch   none: recorded, not yet witnessed"),
        };
        output::line(&text)
    }
}

impl Verify {
    fn run(self) -> Result<()> {
        if starts_as_evidence(&self.file) {
            let bytes = read_bounded(&self.file, MAX_EVIDENCE_BYTES)?;
            return evidence::judge(&self.file, &bytes, &read_policy(&self.policy)?, self.json);
        }
        let judged = self.judge();
        let (shown, accepted) = match &judged {
            Ok(verdict) => {
                let accepted = verdict.state == State::Witnessed || self.allow_recorded;
                (verdict_json(verdict), accepted)
            }
            Err((code, error)) => (
                json!({ "state": "refused", "reason": code, "message": format!("{error:#}") }),
                false,
            ),
        };
        if self.json {
            output::line(&shown.to_string())?;
        }
        match judged {
            Err((_, error)) => {
                Err(error.context(format!("{} proves nothing", self.file.display())))
            }
            Ok(verdict) => {
                if !self.json {
                    output::line(&verdict_text(&verdict))?;
                }
                if accepted {
                    return Ok(());
                }
                bail!(
                    "the act is recorded, not witnessed: {}; fetch the receipt again later, or accept the data centre's \
                     word alone with --allow-recorded",
                    why(&verdict)
                )
            }
        }
    }

    /// The verdict, or a stable code and what is wrong.
    fn judge(&self) -> Result<Verdict, (&'static str, anyhow::Error)> {
        let policy = read_policy(&self.policy).map_err(|error| ("malformed-policy", error))?;
        let receipt = read_receipt(&self.file).map_err(|error| ("malformed-receipt", error))?;
        receipt
            .verify(&policy)
            .map_err(|error| (error.code(), error.into()))
    }
}

/// Whether it is what a gateway kept when something did not fit. What can't be read is told where it is read whole.
fn starts_as_evidence(file: &Path) -> bool {
    use std::io::Read as _;
    let mut begin = Vec::new();
    let read = std::fs::File::open(file).and_then(|file| file.take(64).read_to_end(&mut begin));
    read.is_ok() && Evidence::is_one(&begin)
}

fn read_receipt(file: &Path) -> Result<Parsed> {
    let bytes = read_bounded(file, MAX_RECEIPT_BYTES)?;
    Parsed::parse(&bytes).with_context(|| format!("{} is no receipt", file.display()))
}

/// The trust policy in a file.
pub(crate) fn read_policy(file: &Path) -> Result<Policy> {
    let bytes = read_bounded(file, MAX_POLICY_BYTES)?;
    Policy::parse(&bytes).with_context(|| format!("{} is no trust policy", file.display()))
}

/// What a file holds, up to a bound. One byte more than the bound is enough for the parser to refuse it.
pub(crate) fn read_bounded(file: &Path, max_bytes: usize) -> Result<Vec<u8>> {
    use std::io::Read as _;
    let read = || {
        let mut bytes = Vec::new();
        let max = u64::try_from(max_bytes).unwrap_or(u64::MAX);
        std::fs::File::open(file)?
            .take(max.saturating_add(1))
            .read_to_end(&mut bytes)?;
        Ok::<_, std::io::Error>(bytes)
    };
    read().with_context(|| format!("{} can't be read", file.display()))
}

fn why(verdict: &Verdict) -> String {
    verdict
        .why_not_witnessed
        .as_ref()
        .map_or_else(String::new, ToString::to_string)
}

fn verdict_json(verdict: &Verdict) -> Value {
    let cosigned = |by: &[CosignedBy]| -> Vec<Value> {
        by.iter()
            .map(|one| json!({ "witness": one.witness, "time_s": one.time_s }))
            .collect()
    };
    json!({
        "state": verdict.state.code(),
        "reason": verdict.why_not_witnessed.as_ref().map(amana_ledger::NotWitnessed::code),
        "ledger": verdict.row.name,
        "index": verdict.index,
        "size": verdict.size,
        "epoch": verdict.epoch,
        "core": verdict.core,
        "body": verdict.body,
        "ledger_cosigned_by": cosigned(&verdict.ledger_cosigned),
        "national_cosigned_by": cosigned(&verdict.national_cosigned),
        "ledger_quorum_time_s": verdict.ledger_quorum_time_s,
        "national_quorum_time_s": verdict.national_quorum_time_s,
    })
}

fn verdict_text(verdict: &Verdict) -> String {
    let mut text = match verdict.state {
        State::Witnessed => "witnessed".to_owned(),
        State::Recorded => format!("recorded, not witnessed: {}", why(verdict)),
    };
    // Writing to a string can't fail.
    let _ = write!(
        text,
        "\n  act {} of {}, in a tree of {}\n  core {}",
        verdict.index, verdict.row.name, verdict.size, verdict.core
    );
    if let Some(body) = &verdict.body {
        let _ = write!(text, "\n  body {body}");
    }
    for (whose, cosigned, time_s) in [
        (
            "ledger",
            &verdict.ledger_cosigned,
            verdict.ledger_quorum_time_s,
        ),
        (
            "national",
            &verdict.national_cosigned,
            verdict.national_quorum_time_s,
        ),
    ] {
        if let Some(time_s) = time_s {
            let _ = write!(
                text,
                "\n  the {whose} quorum stood at {}",
                output::time_s(time_s)
            );
        }
        for by in cosigned {
            let _ = write!(
                text,
                "\n    cosigned by {} at {}",
                by.witness,
                output::time_s(by.time_s)
            );
        }
    }
    text
}
