//! A small country on this machine: a data centre, two institutions, three witnesses, each a process of its own.

use std::ffi::OsStr;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use serde_json::Value;
use zeroize::Zeroizing;

use super::processes::{Child, Folder};
use super::stage::Watch;
use crate::s3_client::{AccessKey, S3Client};

/// The bucket of the Ministry of Finance: sealed at home.
pub(super) const SEALED: &str = "archives";
/// The bucket of the Ministry of Justice: open.
pub(super) const OPEN: &str = "judgments";
/// Who witnesses.
pub(super) const WITNESSES: [&str; 3] = ["court", "university", "press"];
/// Something that takes a second or two is waited for this long, on a machine that is busy.
pub(super) const PATIENCE: Duration = Duration::from_secs(60);
pub(super) const POLL: Duration = Duration::from_millis(50);
/// Free ports, found by the system.
pub(super) const ANY_PORT: &str = "127.0.0.1:0";

/// All of it. What runs is ended before the folder goes, as fields are dropped in this order.
pub(super) struct Country {
    centre: Option<Child>,
    witnesses: Vec<Child>,
    /// Where the data centre listens, from its first start on: its web and S3.
    listens: Option<(SocketAddr, SocketAddr)>,
    binary: PathBuf,
    pub(super) folder: Folder,
}

/// What `amana check` said.
pub(super) struct Checked {
    pub(super) faults: Vec<Fault>,
    /// Faults beyond those listed.
    pub(super) further: usize,
    /// What it said when it could not even begin.
    pub(super) refusal: Option<String>,
}

/// A fault, as the check named it.
pub(super) struct Fault {
    pub(super) code: String,
    pub(super) what: String,
    pub(super) why: String,
}

impl Country {
    /// An empty country in a folder of its own.
    ///
    /// # Errors
    /// When the folder can't be made.
    pub(super) fn found(kept: bool) -> Result<Self> {
        Ok(Self {
            centre: None,
            witnesses: Vec::new(),
            listens: None,
            binary: std::env::current_exe().context("this program doesn't find itself")?,
            folder: Folder::make(kept)?,
        })
    }

    /// The data centre's folder.
    pub(super) fn data(&self) -> PathBuf {
        self.folder.join("centre")
    }

    /// The folder of a witness.
    pub(super) fn witness(&self, name: &str) -> PathBuf {
        self.folder.join(&format!("witness-{name}"))
    }

    /// The trust policy, as it was published: not the operator's copy.
    pub(super) fn policy(&self) -> PathBuf {
        self.folder.join("gazette-policy")
    }

    pub(super) fn web(&self) -> Result<SocketAddr> {
        let (web, _) = self.listens.context("the data centre was never started")?;
        Ok(web)
    }

    pub(super) fn s3(&self) -> Result<SocketAddr> {
        let (_, s3) = self.listens.context("the data centre was never started")?;
        Ok(s3)
    }

    /// A connection to the data centre's S3.
    pub(super) async fn connect(&self, key: &AccessKey) -> Result<S3Client> {
        S3Client::plain(self.s3()?, key.clone()).await
    }

    /// Starts the data centre where it listened before, or on free ports, and waits until it answers.
    pub(super) async fn start(&mut self) -> Result<()> {
        let (child, web, s3) = self.serve(&self.data(), self.listens).await?;
        (self.centre, self.listens) = (Some(child), Some((web, s3)));
        Ok(())
    }

    /// Starts the data centre where no witness looks for it; gives its web and S3.
    pub(super) async fn start_elsewhere(&mut self) -> Result<(SocketAddr, SocketAddr)> {
        let (child, web, s3) = self.serve(&self.data(), None).await?;
        self.centre = Some(child);
        Ok((web, s3))
    }

    /// Starts a data centre on a folder, at an address that it had or on free ports, and waits until it answers.
    pub(super) async fn serve(
        &self,
        data: &Path,
        at: Option<(SocketAddr, SocketAddr)>,
    ) -> Result<(Child, SocketAddr, SocketAddr)> {
        let at = at.map(|(web, s3)| (web.to_string(), s3.to_string()));
        let (web, s3) = at.unwrap_or_else(|| (ANY_PORT.to_owned(), ANY_PORT.to_owned()));
        let mut command = self.command(["serve", "--json", "--data"]);
        command
            .arg(data)
            .env("AMANA_LISTEN_WEB", web)
            .env("AMANA_LISTEN_S3", s3)
            .env("AMANA_LISTEN_SITES_HTTP", ANY_PORT)
            .env("AMANA_LISTEN_SITES_HTTPS", ANY_PORT)
            // Nobody in the audience waits two seconds for an epoch.
            .env("AMANA_EPOCH_BUSY_S", "0.2");
        let mut child = Child::spawn(command, &self.folder.join("centre.log"))?;
        let (web, s3) = child.listens()?;
        answers(web, "/healthz").await?;
        Ok((child, web, s3))
    }

    /// Ends the data centre in good order.
    pub(super) async fn stop(&mut self) -> Result<()> {
        match self.centre.take() {
            Some(mut centre) => centre.stop().await,
            None => Ok(()),
        }
    }

    /// Ends the data centre with `SIGKILL`.
    pub(super) fn take_centre(&mut self) -> Result<Child> {
        self.centre.take().context("the data centre runs")
    }

    /// Adds an institution.
    pub(super) fn add_institution(&self, name: &str) -> Result<()> {
        let mut command = self.command(["institution", "add", name, "--json", "--data"]);
        self.ask(command.arg(self.data()))?;
        Ok(())
    }

    /// A key in an institution's name, made at the data centre.
    pub(super) fn access_key(&self, institution: &str) -> Result<AccessKey> {
        let mut command = self.command(["access-key", "create", "--institution", institution]);
        let key = self.ask(command.args(["--json", "--data"]).arg(self.data()))?;
        read_key(&key)
    }

    /// Makes the witnesses' keys, lists them in the policy, and publishes it.
    pub(super) fn enrol_witnesses(&self) -> Result<()> {
        for name in WITNESSES {
            let mut command = self.command(["witness", "key", "--name", name, "--json", "--data"]);
            let key = self.ask(command.arg(self.witness(name)))?;
            let vkey = key["vkey"]
                .as_str()
                .context("amana witness key says no vkey")?;
            let mut command = self.command(["policy", "witness", "add", name, vkey]);
            self.ask(command.args(["--json", "--data"]).arg(self.data()))?;
        }
        std::fs::copy(self.data().join("policy"), self.policy())?;
        Ok(())
    }

    /// Starts the witnesses; from here on they visit the data centre by themselves.
    pub(super) fn start_witnesses(&mut self) -> Result<()> {
        let centre = format!("http://{}", self.web()?);
        for name in WITNESSES {
            let mut command = self.command(["witness", "--name", name, "--every", "500ms"]);
            command.args(["--listen", ANY_PORT, "--centre", &centre, "--data"]);
            command
                .arg(self.witness(name))
                .arg("--policy")
                .arg(self.policy());
            let log = self.folder.join(&format!("witness-{name}.log"));
            self.witnesses.push(Child::spawn(command, &log)?);
        }
        Ok(())
    }

    /// A witness that ended by itself would let every wait run out, without a reason.
    pub(super) fn witnesses_run(&mut self) -> Result<()> {
        for witness in &mut self.witnesses {
            if witness.has_ended() {
                bail!("a witness ended by itself:\n{}", witness.last_words());
            }
        }
        Ok(())
    }

    /// Checks a data folder against what the witnesses hold, views and content included.
    pub(super) fn check(&self, data: &Path, against_witnesses: bool) -> Result<Checked> {
        let mut command = self.command(["check", "--json", "--data"]);
        command.arg(data);
        for name in WITNESSES.iter().filter(|_| against_witnesses) {
            command.arg("--against").arg(self.witness(name));
        }
        let done = command.output()?;
        let report: Value = match serde_json::from_slice(&done.stdout) {
            Ok(report) => report,
            Err(_) if !done.status.success() => {
                return Ok(Checked {
                    faults: Vec::new(),
                    further: 0,
                    refusal: Some(said(&done)),
                });
            }
            Err(error) => return Err(error).context("amana check --json"),
        };
        let field = |fault: &Value, name: &str| fault[name].as_str().unwrap_or_default().to_owned();
        let faults: Vec<Fault> = report["faults"]
            .as_array()
            .into_iter()
            .flatten()
            .map(|fault| Fault {
                code: field(fault, "code"),
                what: field(fault, "what"),
                why: field(fault, "why"),
            })
            .collect();
        if faults.is_empty() != done.status.success() {
            bail!(
                "amana check names {} faults and ends with {}",
                faults.len(),
                done.status
            );
        }
        let further = report["further_faults"].as_u64().unwrap_or_default();
        Ok(Checked {
            faults,
            further: usize::try_from(further).unwrap_or(usize::MAX),
            refusal: None,
        })
    }

    /// The program itself, with none of the environment's configuration but what is added.
    pub(super) fn command<S: AsRef<OsStr>>(&self, words: impl IntoIterator<Item = S>) -> Command {
        let mut command = Command::new(&self.binary);
        for (name, _) in std::env::vars_os() {
            if name.to_string_lossy().starts_with("AMANA_") {
                command.env_remove(name);
            }
        }
        command.args(words);
        command
    }

    /// Runs a command that answers in JSON.
    pub(super) fn ask(&self, command: &mut Command) -> Result<Value> {
        let done = command.output()?;
        if !done.status.success() {
            bail!("{}", said(&done));
        }
        serde_json::from_slice(&done.stdout).context("a command's answer is not JSON")
    }
}

impl Fault {
    /// In the check's own words.
    pub(super) fn told(&self) -> String {
        format!("{}: {} [{}]", self.what, self.why, self.code)
    }
}

impl Checked {
    pub(super) fn is_clean(&self) -> bool {
        self.faults.is_empty() && self.refusal.is_none()
    }

    /// The first fault with the first of these codes that there is.
    pub(super) fn foremost(&self, codes: &[&str]) -> Option<&Fault> {
        let first = |code: &&str| self.faults.iter().find(|fault| fault.code == *code);
        codes.iter().find_map(first)
    }

    /// One line for whoever expected nothing, or something else.
    pub(super) fn in_short(&self) -> String {
        let first = self.faults.first().map(|fault| fault.told());
        first.or(self.refusal.clone()).unwrap_or_default()
    }

    /// How many faults there are beside one.
    pub(super) fn others(&self) -> usize {
        self.faults.len().saturating_sub(1) + self.further
    }
}

/// The key that `amana access-key create` made.
pub(super) fn read_key(made: &Value) -> Result<AccessKey> {
    let field = |name: &str| {
        let value = made[name].as_str().map(str::to_owned);
        value.with_context(|| format!("amana access-key create says no {name}"))
    };
    Ok(AccessKey {
        id: field("access_key_id")?,
        secret: Zeroizing::new(field("secret_access_key")?),
    })
}

/// Waits until a server answers with 200.
pub(super) async fn answers(at: SocketAddr, path: &str) -> Result<()> {
    let watch = Watch::start();
    loop {
        match http_get(at, path).await {
            Ok((200, _)) => return Ok(()),
            answer if watch.so_far() > PATIENCE => {
                bail!("http://{at}{path} is not as it should be: {answer:?}")
            }
            _ => tokio::time::sleep(POLL).await,
        }
    }
}

/// What a command said on stderr.
pub(super) fn said(done: &Output) -> String {
    let text = String::from_utf8_lossy(&done.stderr);
    text.trim().trim_start_matches("amana: ").to_owned()
}

/// Status and text of a plain GET.
pub(super) async fn http_get(at: SocketAddr, path: &str) -> Result<(u16, String)> {
    use http_body_util::{BodyExt as _, Empty};
    let stream = tokio::net::TcpStream::connect(at).await?;
    let stream = hyper_util::rt::TokioIo::new(stream);
    let (mut sender, connection) = hyper::client::conn::http1::handshake(stream).await?;
    tokio::spawn(connection);
    let request = http::Request::builder()
        .uri(path)
        .header(http::header::HOST, at.to_string())
        .body(Empty::<bytes::Bytes>::new())?;
    let answer = sender.send_request(request).await?;
    let status = answer.status().as_u16();
    let body = answer.into_body().collect().await?.to_bytes();
    Ok((status, String::from_utf8_lossy(&body).into_owned()))
}
