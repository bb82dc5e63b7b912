//! One run of a witness: pins the policy, opens its memory, then visits and serves until it is told to stop.

use std::collections::BTreeSet;
use std::fs::File;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use tokio::net::TcpListener;
use tokio::sync::{mpsc, watch};

use super::Run;
use super::dial::{Alarm, Dial, Failure, Visit};
use super::fetch::Centre;
use super::key::Key;
use super::pause::Pause;
use super::serve::{Served, router};
use super::state::Memory;
use super::trust::Trust;
use crate::durable::{lock_folder, make_private_folder};
use crate::serve::announce;
use crate::stopping::Signals;
use crate::supervisor::Supervisor;
use crate::{listener, output};

/// Requests under way have this long to end when the witness is told to stop, unless it is told twice.
const GRACE: Duration = Duration::from_secs(5);

/// A witness that has its folder.
struct Begun {
    centre: Option<Centre>,
    folder: PathBuf,
    key: Arc<Key>,
    memory: Arc<Mutex<Memory>>,
    /// Held for as long as this lives: two processes on one folder would have two memories.
    _lock: File,
}

impl Begun {
    fn dial(&self) -> Option<Dial> {
        let centre = self.centre.clone()?;
        Some(Dial {
            centre,
            folder: self.folder.clone(),
            key: self.key.clone(),
            memory: self.memory.clone(),
            only: None,
            estranged: Arc::default(),
        })
    }
}

impl Run {
    /// Until told to stop; with `--once`, until nothing more is asked.
    ///
    /// # Errors
    /// As [`super::Witness::run`].
    pub(super) async fn run(self) -> Result<()> {
        if !self.listen.ip().is_loopback() && !self.public {
            bail!(
                "--listen {}: beyond loopback strangers reach it; say --public, so that it shows them no private ledger",
                self.listen
            );
        }
        // Before anything slow, so that a signal that comes early is heard.
        let mut signals = Signals::listen()?;
        start_logs();
        let begun = tokio::select! {
            () = signals.come() => bail!("told to stop before it began"),
            begun = self.begin() => begun?,
        };
        match begun.dial() {
            Some(dial) if self.once => tokio::select! {
                () = signals.come() => bail!("told to stop before the visit ended"),
                ended = self.visit_once(&dial) => ended,
            },
            dial => self.stay(&begun, dial, &mut signals).await,
        }
    }

    /// Takes the folder, and reads what is in it.
    async fn begin(&self) -> Result<Begun> {
        let folder = self.own.data.clone();
        make_private_folder(&folder)?;
        let lock = lock_folder(&folder)?;
        let key = Arc::new(Key::load_or_create(&folder, self.own.name.as_deref())?);
        let centre = self.centre()?;
        let trust = self.trust(centre.as_ref()).await?;
        let memory = Arc::new(Mutex::new(Memory::open(&folder, &trust)?));
        self.own.announce_key(&key, Some(&trust))?;
        Ok(Begun {
            centre,
            folder,
            key,
            memory,
            _lock: lock,
        })
    }

    /// Serves, and visits the data centre if there is one, until told to stop.
    async fn stay(&self, begun: &Begun, dial: Option<Dial>, signals: &mut Signals) -> Result<()> {
        let (failed, mut failure) = mpsc::channel(1);
        let served = Arc::new(Served {
            folder: begun.folder.clone(),
            key: begun.key.clone(),
            memory: begun.memory.clone(),
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
        let listeners = self.tls.settings();
        let listeners = listeners.listeners(&begun.folder, &[self.listen], &[])?;
        let acceptor = listeners.acceptor(self.listen);
        announce(self.own.json, "witness", &acceptor, tcp.local_addr()?)?;
        let tcp = listener::Tcp(tcp, acceptor, router(served));
        let serving = tokio::spawn(listener::serve(tcp, stop));
        let mut supervisor = Supervisor::of_environment();
        supervisor.ready();
        let ended = tokio::select! {
            () = signals.come() => Ok(()),
            Some(error) = failure.recv() => Err(error),
            ended = self.keep_visiting(dial.as_ref()) => ended,
        };
        supervisor.stopping(GRACE);
        // Nobody who still listens is no fault.
        let _ = stopper.send(true);
        if let Some(served) = signals.drain(GRACE, serving).await {
            served?;
        }
        ended
    }

    /// The pinned trust; at first start from the policy given, or for want of one from the data centre itself.
    async fn trust(&self, centre: Option<&Centre>) -> Result<Trust> {
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
                let centre = centre.context(
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

    /// The way to the data centre, if there is one.
    fn centre(&self) -> Result<Option<Centre>> {
        let url = self.centre.as_ref().map(ToString::to_string);
        let way = url.map(|url| self.authority.way_to(&url)).transpose()?;
        Ok(way.map(Centre::new))
    }

    /// Every visit's outcome, where there is one to tell.
    fn tell(&self, visit: &Visit, said: &mut BTreeSet<Alarm>) -> Result<()> {
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
        let mut pause = Pause::new(self.every);
        loop {
            let mut visit = Visit::default();
            let came = dial.visit(&mut visit).await;
            self.tell(&visit, &mut said)?;
            let answered = match came {
                Ok(()) => {
                    if pause.has_failed() {
                        output::error(&format!("{} answers again", dial.centre));
                    }
                    true
                }
                Err(Failure::Line(error)) => {
                    if !pause.has_failed() {
                        output::error(&format!("{error:#}; trying again"));
                    }
                    false
                }
                Err(Failure::Own(error)) => return Err(error),
            };
            tokio::time::sleep(pause.after(answered, visit.more)).await;
        }
    }
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
