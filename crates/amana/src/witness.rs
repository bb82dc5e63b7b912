//! `amana witness`: cosigns the ledgers of a data centre after checking that nothing in them was rewritten.
//!
//! It belongs to an institution, a court, a university: anybody but the operator. It dials out, so it works behind any
//! line, and holds one small file a log. What it vouched for it never forgets: each head is on disk before it is
//! cosigned.
//!
//! Deliberately absent: entries, which it never sees; trust in the data centre's word for anything but rows that the
//! pinned national log signed; any way to make it forget.

mod dial;
mod fetch;
mod key;
mod refusal;
mod serve;
mod state;
mod trust;

use std::collections::BTreeSet;
use std::fs::File;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use anyhow::{Context as _, Result, anyhow, bail};
use clap::{Args, Subcommand};
use serde_json::json;
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::{mpsc, watch};

use crate::durable::make_private_folder;
use crate::{listener, output};
use dial::{Dial, Failure, Visit};
use fetch::Centre;
use key::Key;
use serve::Served;
use state::Memory;
use trust::Trust;

/// The first pause after a failed visit; it doubles up to the pace.
const FIRST_PAUSE: Duration = Duration::from_secs(1);
/// Requests under way have this long to end when the witness is told to stop.
const GRACE: Duration = Duration::from_secs(5);

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
    /// The data centre's web listener, such as http://127.0.0.1:7400; without it the witness only listens
    #[arg(long, value_name = "URL")]
    centre: Option<Centre>,
    /// The trust policy, from a source that is not the operator; pinned at first start
    #[arg(long, value_name = "FILE")]
    policy: Option<PathBuf>,
    /// Where it takes checkpoints from those who call it
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:7600")]
    listen: SocketAddr,
    /// Strangers reach the listener: private ledgers are not shown, and it may be beyond loopback, behind a proxy that
    /// speaks TLS
    #[arg(long)]
    public: bool,
    /// Pause between visits: 500ms, 10s, 5m
    #[arg(long, value_name = "PACE", default_value = "10s", value_parser = pace)]
    every: Duration,
    /// Visit the data centre until there is nothing more to cosign, and end; 1 if anything was refused
    #[arg(long, requires = "centre")]
    once: bool,
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
        output::line(&format!(
            "the data centre's operator enrols it with: amana policy witness add {} {vkey}",
            vkey.name()
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

impl Run {
    async fn run(self) -> Result<()> {
        if !self.listen.ip().is_loopback() && !self.public {
            bail!(
                "--listen {}: beyond loopback a proxy that speaks TLS must stand in front; say --public if one does",
                self.listen
            );
        }
        // Before anything slow, so that a signal that comes early is heard.
        let mut terminate = signal(SignalKind::terminate())?;
        let mut interrupt = signal(SignalKind::interrupt())?;
        start_logs();

        let folder = self.own.data.clone();
        make_private_folder(&folder)?;
        let _lock = lock_folder(&folder)?;
        let key = Arc::new(Key::load_or_create(&folder, self.own.name.as_deref())?);
        let trust = self.trust().await?;
        let memory = Arc::new(Mutex::new(Memory::open(&folder, &trust)?));
        self.own.announce_key(&key, Some(&trust))?;
        let dial = self.centre.clone().map(|centre| Dial {
            centre,
            folder: folder.clone(),
            key: key.clone(),
            memory: memory.clone(),
        });
        if self.once {
            let dial = dial.context("--once needs --centre")?;
            return self.visit_once(&dial).await;
        }

        let (failed, mut failure) = mpsc::channel(1);
        let served = Arc::new(Served {
            folder,
            key,
            memory,
            public: self.public,
            failed,
        });
        let (stopper, stop) = watch::channel(false);
        let tcp = TcpListener::bind(self.listen).await.with_context(|| {
            format!(
                "{} can't be listened on; choose another with --listen",
                self.listen
            )
        })?;
        self.announce_listener(tcp.local_addr()?)?;
        let serving = tokio::spawn(listener::serve(
            listener::Tcp(tcp, serve::router(served)),
            stop,
        ));
        let ended = tokio::select! {
            _ = terminate.recv() => Ok(()),
            _ = interrupt.recv() => Ok(()),
            Some(error) = failure.recv() => Err(error),
            ended = self.keep_visiting(dial.as_ref()) => ended,
        };
        // Nobody who still listens is no fault.
        let _ = stopper.send(true);
        match tokio::time::timeout(GRACE, serving).await {
            Ok(served) => served?,
            Err(_) => tracing::warn!("requests still under way were cut off"),
        }
        ended
    }

    /// The pinned trust; at first start from the policy given, or for want of one from the data centre itself.
    async fn trust(&self) -> Result<Trust> {
        let folder = &self.own.data;
        let given = match &self.policy {
            Some(path) => {
                let text = std::fs::read(path)
                    .with_context(|| format!("{} can't be read", path.display()))?;
                let trust =
                    Trust::of_policy(&text).with_context(|| format!("{}", path.display()))?;
                Some((text, trust))
            }
            None => None,
        };
        match (Trust::load(folder)?, given) {
            (Some(pinned), Some((_, given))) if !pinned.agrees_with(&given) => bail!(
                "the policy given is of {}, beginning with {}; this witness pins {}, beginning with {}, for ever: take \
                 another folder to witness another history",
                given.national,
                given.genesis,
                pinned.national,
                pinned.genesis
            ),
            (Some(pinned), _) => Ok(pinned),
            (None, Some((text, _))) => Trust::pin(folder, &text),
            (None, None) => {
                let centre = self.centre.as_ref().context(
                    "a first start needs the trust policy: --policy FILE, or --centre URL to fetch it",
                )?;
                let text = centre.get("/policy").await?;
                let trust =
                    Trust::pin(folder, &text).with_context(|| format!("the policy of {centre}"))?;
                output::error(&format!(
                    "WARNING: the policy came from the data centre itself. Compare its SHA-256 with a source that isn't \
                     the operator (a gazette, a letter) before you rely on this witness:\n  {}",
                    trust.digest
                ));
                Ok(trust)
            }
        }
    }

    fn announce_listener(&self, address: SocketAddr) -> Result<()> {
        let url = format!("http://{address}");
        output::line(&if self.own.json {
            json!({ "listener": "witness", "url": url }).to_string()
        } else {
            format!("witness listens on {url}")
        })
    }

    /// Every visit's outcome, where there is one to tell.
    fn tell(&self, visit: &Visit, said: &mut BTreeSet<dial::Alarm>) -> Result<()> {
        for alarm in &visit.alarms {
            if said.insert(alarm.clone()) {
                output::error(&alarm.to_string());
            }
        }
        match (self.own.json, visit.cosigned) {
            (true, _) if self.once || visit.cosigned > 0 || !visit.alarms.is_empty() => {
                output::line(&serde_json::to_string(visit)?)
            }
            (false, 1..) => output::line(&format!("cosigned {} checkpoints", visit.cosigned)),
            _ => Ok(()),
        }
    }

    async fn visit_once(&self, dial: &Dial) -> Result<()> {
        let mut said = BTreeSet::new();
        loop {
            let mut visit = Visit::default();
            let came = dial.visit(&mut visit).await;
            self.tell(&visit, &mut said)?;
            match came {
                Ok(()) if visit.more => {}
                Ok(()) if said.is_empty() => return Ok(()),
                Ok(()) => bail!("the data centre was refused for {} logs", said.len()),
                Err(Failure::Line(error) | Failure::Own(error)) => return Err(error),
            }
        }
    }

    async fn keep_visiting(&self, dial: Option<&Dial>) -> Result<()> {
        let Some(dial) = dial else {
            return std::future::pending().await;
        };
        let mut said = BTreeSet::new();
        let mut failures = 0;
        loop {
            let mut visit = Visit::default();
            let came = dial.visit(&mut visit).await;
            self.tell(&visit, &mut said)?;
            let pause = match came {
                Ok(()) => {
                    if failures > 0 {
                        output::error(&format!("{} answers again", dial.centre));
                    }
                    failures = 0;
                    if visit.more {
                        Duration::ZERO
                    } else {
                        self.every
                    }
                }
                Err(Failure::Line(error)) => {
                    if failures == 0 {
                        output::error(&format!("{error:#}; trying again"));
                    }
                    failures = (failures + 1).min(16);
                    self.every.min(FIRST_PAUSE * (1 << (failures - 1)))
                }
                Err(Failure::Own(error)) => return Err(error),
            };
            tokio::time::sleep(pause).await;
        }
    }
}

/// Two processes on one folder would have two memories.
fn lock_folder(folder: &Path) -> Result<File> {
    let path = folder.join("lock");
    let file = File::options()
        .create(true)
        .truncate(false)
        .write(true)
        .open(&path)
        .with_context(|| format!("{} can't be made", path.display()))?;
    let flock = rustix::fs::flock(&file, rustix::fs::FlockOperation::NonBlockingLockExclusive);
    flock.map_err(|_| {
        anyhow!(
            "another witness runs on {}; stop it first, or choose another --data",
            folder.display()
        )
    })?;
    Ok(file)
}

/// Warnings on stderr. What matters to people is told in words of its own.
fn start_logs() {
    let logs = tracing_subscriber::fmt()
        .with_max_level(tracing::Level::WARN)
        .with_writer(std::io::stderr)
        .with_ansi(false);
    // A second subscriber in one process is refused, and the first one serves.
    let _ = logs.try_init();
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
