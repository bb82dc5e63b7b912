//! `amana witness`: cosigns the ledgers of a data centre after checking that nothing in them was rewritten.
//!
//! It belongs to an institution, a court, a university: anybody but the operator. It dials out, so it works behind any
//! line, and holds one small file a log. What it vouched for it never forgets: each head is on disk before it is
//! cosigned.
//!
//! Deliberately absent: entries, which it never sees; trust in the data centre's word for anything but rows that the
//! pinned national log signed; any way to make it forget.

pub(crate) mod dial;
pub(crate) mod fetch;
pub(crate) mod inside;
mod key;
mod pause;
mod refusal;
mod run;
mod serve;
mod state;
pub(crate) mod trust;

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use amana_ledger::VerifierKey;
use amana_tls::Place;
use anyhow::Result;
use clap::{Args, Subcommand};
use serde_json::json;

use crate::durable::{lock_folder, make_private_folder};
use crate::output;
use crate::tls::{self, Authority, Which};
use key::Key;
use trust::Trust;

/// Cosign the ledgers of a data centre.
#[derive(Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(crate) struct Witness {
    #[command(subcommand)]
    action: Option<Action>,
    #[command(flatten)]
    run: Run,
}

#[derive(Subcommand)]
enum Action {
    /// Make the key, if there is none, and print its public half
    Key(Own),
}

/// Which witness.
#[derive(Args)]
struct Own {
    /// The witness's folder, made at first start
    #[arg(long, value_name = "DIR", default_value = "amana-witness")]
    data: PathBuf,
    /// Name of the key, such as court.example/witness; fixed once the key is made
    #[arg(long, value_name = "NAME")]
    name: Option<String>,
    /// Print JSON, one object a line
    #[arg(long)]
    json: bool,
}

#[derive(Args)]
struct Run {
    #[command(flatten)]
    own: Own,
    /// The data centre's web listener, such as https://centre.example:7400; without it the witness only listens
    #[arg(long, value_name = "URL")]
    centre: Option<Place>,
    #[command(flatten)]
    authority: Authority,
    /// The trust policy, from a source that is not the operator; pinned at first start
    #[arg(long, value_name = "FILE")]
    policy: Option<PathBuf>,
    /// Where it takes checkpoints from those who call it
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:7600")]
    listen: SocketAddr,
    /// Strangers reach the listener: private ledgers are not shown, and it may be beyond loopback
    #[arg(long)]
    public: bool,
    #[command(flatten)]
    tls: TlsOptions,
    /// Pause between visits: 500ms, 10s, 5m
    #[arg(long, value_name = "PACE", default_value = "10s", value_parser = pace)]
    every: Duration,
    /// Visit the data centre until there is nothing more to cosign, and end; 1 if anything was refused
    #[arg(long, requires = "centre")]
    once: bool,
}

/// How the listener speaks TLS, which it does beyond loopback.
#[derive(Args)]
struct TlsOptions {
    /// A name or an address by which others reach the listener, for its own certificate; may be repeated
    #[arg(long, value_name = "NAME")]
    tls_name: Vec<String>,
    /// Certificate chain in PEM to show instead, read again when it changes
    #[arg(long, value_name = "FILE", requires = "tls_key")]
    tls_certificate: Option<PathBuf>,
    /// Its key in PEM
    #[arg(long, value_name = "FILE", requires = "tls_certificate")]
    tls_key: Option<PathBuf>,
    /// Speak TLS on loopback as well
    #[arg(long, conflicts_with = "allow_plain_http")]
    tls_always: bool,
    /// A proxy that speaks TLS stands in front
    #[arg(long)]
    allow_plain_http: bool,
}

impl TlsOptions {
    fn settings(&self) -> tls::Settings {
        tls::Settings {
            which: match self.tls_always {
                true => Which::Always,
                false => Which::BeyondLoopback,
            },
            allow_plain_http: self.allow_plain_http,
            certificate: self.tls_certificate.clone(),
            key: self.tls_key.clone(),
            names: self.tls_name.clone(),
        }
    }
}

impl Witness {
    /// Witnesses until told to stop.
    ///
    /// # Errors
    /// When the folder can't be used, memory can't be written, or with `--once` when the data centre was refused or not
    /// reached.
    pub(crate) async fn run(self) -> Result<()> {
        match self.action {
            Some(Action::Key(own)) => own.show_key(),
            None => self.run.run().await,
        }
    }
}

impl Own {
    fn show_key(&self) -> Result<()> {
        make_private_folder(&self.data)?;
        // A key that is there may be shown while its witness runs.
        let _lock = (!Key::exists(&self.data))
            .then(|| lock_folder(&self.data))
            .transpose()?;
        let key = Key::load_or_create(&self.data, self.name.as_deref())?;
        self.announce_key(&key, None)
    }

    /// What the operator must be told, and what the witness's own people must compare.
    fn announce_key(&self, key: &Key, trust: Option<&Trust>) -> Result<()> {
        let vkey = key.vkey();
        if self.json {
            let mut shown = json!({ "name": vkey.name(), "vkey": vkey.to_string() });
            if let Some(trust) = trust {
                shown["policy_sha256"] = trust.digest.replace(' ', "").into();
            }
            return output::line(&shown.to_string());
        }
        output::line(&format!("this witness is {vkey}"))?;
        // A policy's names are plain, a key's name need not be.
        let plain = vkey.name().split('/').next().unwrap_or_default();
        output::line(&format!(
            "the data centre's operator enrols it with: amana policy witness add {plain} {vkey}"
        ))?;
        match trust {
            Some(trust) => output::line(&format!(
                "it pins the national log {} by the policy whose SHA-256 is\n  {}",
                trust.national.name(),
                trust.digest
            )),
            None => Ok(()),
        }
    }
}

/// The public half of a folder's key; made at first, under `name`.
///
/// # Errors
/// When it can't be made or read, or has another name.
pub(crate) fn key_of(folder: &Path, name: &str) -> Result<VerifierKey> {
    make_private_folder(folder)?;
    Ok(Key::load_or_create(folder, Some(name))?.vkey())
}

fn pace(text: &str) -> Result<Duration, String> {
    let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let number: u32 = digits
        .parse()
        .map_err(|_| "it is a number and a unit, such as 10s".to_owned())?;
    let unit = match &text[digits.len()..] {
        "ms" => Duration::from_millis(1),
        "s" => Duration::from_secs(1),
        "m" => Duration::from_secs(60),
        _ => return Err("the unit is ms, s or m".to_owned()),
    };
    match unit * number {
        Duration::ZERO => Err("without a pause it would never rest".to_owned()),
        pace => Ok(pace),
    }
}
