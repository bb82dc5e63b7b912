//! The Ministry of Finance at home: its keys, its custodians' pages and its gateway, on a disk that the operator never sees.

use std::fs;
use std::io::Write as _;
use std::net::SocketAddr;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use amana_ledger::Hash;
use anyhow::{Context as _, Result, bail};
use serde_json::Value;

use super::country::{
    ANY_PORT, Country, PATIENCE, POLL, SEALED, answers, http_get, read_key, said,
};
use super::processes::{Child, replace_folder};
use super::stage::Watch;
use crate::s3_client::{AccessKey, S3Client};

/// The institution.
pub(super) const NAME: &str = "finances";
/// Of five custodians, any three.
pub(super) const CUSTODIANS: &str = "3-of-5";

/// The ministry's machine. Dropped before the country's folder goes.
pub(super) struct Ministry {
    gateway: Option<Child>,
    /// Where its gateway listens, from its first start on: its web and S3.
    listens: Option<(SocketAddr, SocketAddr)>,
    key: Option<AccessKey>,
    home: PathBuf,
}

/// A gateway that doesn't belong to the story: one that was led to a false data centre, on a copy of the folder.
pub(super) struct Deceived {
    gateway: Child,
    s3: SocketAddr,
    pub(super) folder: PathBuf,
}

/// What `receipt verify` makes of a file of evidence.
pub(super) struct Judged {
    pub(super) file: PathBuf,
    /// `unsigned-act: proven`
    pub(super) verdict: String,
    /// What is proven; or, where the evidence is testimony, what the gateway noticed.
    pub(super) says: String,
    pub(super) is_proven: bool,
}

impl Ministry {
    /// An empty machine.
    pub(super) fn of(country: &Country) -> Self {
        Self {
            gateway: None,
            listens: None,
            key: None,
            home: country.folder.join("ministry"),
        }
    }

    /// The gateway's folder.
    pub(super) fn folder(&self) -> PathBuf {
        self.home.join("gateway")
    }

    /// Where the custodians' pages are printed.
    pub(super) fn pages(&self) -> PathBuf {
        self.home.join("pages")
    }

    /// The gateway's S3.
    pub(super) fn s3(&self) -> Result<SocketAddr> {
        let (_, s3) = self.listens.context("the gateway was never started")?;
        Ok(s3)
    }

    /// The key of the ministry's programs, which its gateway alone knows.
    pub(super) fn key(&self) -> Result<&AccessKey> {
        self.key.as_ref().context("the ministry has a key")
    }

    /// A connection to the gateway's S3.
    pub(super) async fn connect(&self) -> Result<S3Client> {
        S3Client::plain(self.s3()?, self.key()?.clone()).await
    }

    /// Makes the keys at home; gives what `amana keys init` says.
    pub(super) fn make_keys(&self, country: &Country) -> Result<Value> {
        fs::create_dir_all(&self.home)?;
        let mut options = fs::File::options();
        let mut file = options
            .write(true)
            .create(true)
            .truncate(true)
            .mode(0o600)
            .open(self.passphrase())?;
        let mut random = [0; 16];
        getrandom::fill(&mut random).map_err(|error| anyhow::anyhow!("/dev/urandom: {error}"))?;
        file.write_all(hex::encode(random).as_bytes())?;
        let mut command = self.command(country, &self.folder(), ["keys", "init"]);
        command.args(["--institution", NAME, "--custodians", CUSTODIANS]);
        country.ask(command.arg("--json").arg("--pages").arg(self.pages()))
    }

    /// Has the gateway introduce itself; gives its six words and their numbers.
    pub(super) fn introduce(&self, country: &Country) -> Result<Vec<(String, u64)>> {
        let mut issue = country.command(["enrolment", "issue", NAME, "--json", "--data"]);
        let issued = country.ask(issue.arg(country.data()))?;
        let code = issued["code"].as_str().context("there is no code")?;
        let mut init = self.init(country)?;
        let shown = country.ask(init.args(["--no-wait", "--code", code]))?;
        let all = |field: &str| shown[field].as_array().cloned().unwrap_or_default();
        let pairs = all("words").into_iter().zip(all("numbers"));
        let pairs = pairs.map(|(word, number)| {
            let word = word.as_str().unwrap_or_default().to_owned();
            (word, number.as_u64().unwrap_or_default())
        });
        Ok(pairs.collect())
    }

    /// The operator types the words that it heard; gives whether they were those of the keys that it got.
    pub(super) fn is_confirmed(country: &Country, words: &str) -> Result<bool> {
        let mut confirm = country.command(["enrolment", "confirm", NAME, "--words", words]);
        let done = confirm.arg("--data").arg(country.data()).output()?;
        Ok(done.status.success())
    }

    /// After the operator's word: the gateway is enrolled, starts, and has a key for the ministry's programs.
    pub(super) async fn open(&mut self, country: &Country) -> Result<()> {
        country.ask(&mut self.init(country)?)?;
        self.start(country).await?;
        let mut create = self.command(country, &self.folder(), ["access-key", "create"]);
        let made = country.ask(create.args(["--json", "--institution", NAME]))?;
        self.key = Some(read_key(&made)?);
        self.connect().await?.make_bucket(SEALED).await?;
        Ok(())
    }

    /// Starts the gateway and waits until it takes deposits.
    pub(super) async fn start(&mut self, country: &Country) -> Result<()> {
        self.begin(country)?;
        self.ready().await
    }

    /// Starts the gateway where it listened before, or on free ports, and doesn't wait: opening its key takes a second.
    pub(super) fn begin(&mut self, country: &Country) -> Result<()> {
        self.gateway = Some(self.run(country, &self.folder(), self.listens, None)?);
        Ok(())
    }

    /// Waits until the gateway takes deposits.
    pub(super) async fn ready(&mut self) -> Result<()> {
        let gateway = self.gateway.as_mut().context("the gateway runs")?;
        self.listens = Some(ready(gateway).await?);
        Ok(())
    }

    /// Ends the gateway in good order.
    pub(super) async fn stop(&mut self) -> Result<()> {
        match self.gateway.take() {
            Some(mut gateway) => gateway.stop().await,
            None => Ok(()),
        }
    }

    /// Starts a copy of the gateway, which must be stopped, against another data centre than its own.
    pub(super) async fn deceive(&self, country: &Country, web: SocketAddr) -> Result<Deceived> {
        let folder = self.home.join("deceived");
        replace_folder(&self.folder(), &folder)?;
        let mut gateway = self.run(country, &folder, None, Some(web))?;
        let (_, s3) = ready(&mut gateway).await?;
        Ok(Deceived {
            gateway,
            s3,
            folder,
        })
    }

    fn run(
        &self,
        country: &Country,
        folder: &Path,
        at: Option<(SocketAddr, SocketAddr)>,
        centre: Option<SocketAddr>,
    ) -> Result<Child> {
        let at = at.map(|(web, s3)| (web.to_string(), s3.to_string()));
        let (web, s3) = at.unwrap_or_else(|| (ANY_PORT.to_owned(), ANY_PORT.to_owned()));
        let mut command = self.command(country, folder, ["gateway", "run"]);
        command
            .arg("--json")
            .env("AMANA_LISTEN_WEB", web)
            .env("AMANA_LISTEN_S3", s3)
            // Nobody in the audience waits two seconds for a look at the ledger.
            .env("AMANA_FOLLOW_EVERY_S", "0.2");
        if let Some(centre) = centre {
            command.env("AMANA_CENTRE", format!("http://{centre}"));
        }
        Child::spawn(command, &self.home.join("gateway.log"))
    }

    /// Waits until the gateway has followed its ledger to an end that holds these many entries.
    pub(super) async fn follows(&self, entries: u64) -> Result<()> {
        let (web, _) = self.listens.context("the gateway was never started")?;
        let watch = Watch::start();
        while watch.so_far() < PATIENCE {
            let (_, metrics) = http_get(web, "/metrics").await?;
            let followed = metrics
                .lines()
                .find_map(|line| line.strip_prefix("amana_gateway_followed_entries "));
            if followed.and_then(|followed| followed.parse().ok()) >= Some(entries) {
                return Ok(());
            }
            tokio::time::sleep(POLL).await;
        }
        bail!("the gateway did not follow its ledger in time")
    }

    fn init(&self, country: &Country) -> Result<Command> {
        let published = Hash::of(&[&fs::read(country.policy())?]);
        let mut command = self.command(country, &self.folder(), ["gateway", "init"]);
        let centre = format!("http://{}", country.web()?);
        command.args(["--json", "--centre", &centre, "--policy-sha256"]);
        command.arg(hex::encode(published.as_bytes()));
        command.arg("--policy").arg(country.policy());
        Ok(command)
    }

    fn command<const N: usize>(
        &self,
        country: &Country,
        folder: &Path,
        words: [&str; N],
    ) -> Command {
        let mut command = country.command(words);
        command
            .arg("--data")
            .arg(folder)
            .env("AMANA_PASSPHRASE_FILE", self.passphrase());
        command
    }

    fn passphrase(&self) -> PathBuf {
        self.home.join("passphrase")
    }
}

/// Waits until a gateway takes deposits; gives its web and its S3.
async fn ready(gateway: &mut Child) -> Result<(SocketAddr, SocketAddr)> {
    let (web, s3) = gateway.listens()?;
    answers(web, "/readyz").await?;
    Ok((web, s3))
}

impl Deceived {
    /// A connection to its S3.
    pub(super) async fn connect(&self, key: &AccessKey) -> Result<S3Client> {
        S3Client::plain(self.s3, key.clone()).await
    }

    pub(super) async fn stop(mut self) -> Result<()> {
        self.gateway.stop().await
    }
}

/// Waits until a gateway has kept evidence for a claim, and has it judged; nothing if it never does.
pub(super) async fn evidence(
    country: &Country,
    folder: &Path,
    claim: &str,
) -> Result<Option<Judged>> {
    let watch = Watch::start();
    while watch.so_far() < PATIENCE {
        if let Some(file) = evidence_of(&folder.join("evidence"), claim) {
            return judge(country, file).map(Some);
        }
        tokio::time::sleep(POLL).await;
    }
    Ok(None)
}

fn evidence_of(folder: &Path, claim: &str) -> Option<PathBuf> {
    let claim = format!("claim {claim}");
    let files = fs::read_dir(folder).ok()?;
    let mut paths = files.flatten().map(|file| file.path());
    paths.find(|path| {
        // While it is written it has another name.
        if path.extension().is_none_or(|ending| ending != "txt") {
            return false;
        }
        let text = fs::read_to_string(path).unwrap_or_default();
        text.lines().any(|line| line == claim)
    })
}

/// `amana receipt verify`, offline, with the policy as it was published.
fn judge(country: &Country, file: PathBuf) -> Result<Judged> {
    let mut verify = country.command(["receipt", "verify", "--json", "--policy"]);
    let done = verify.arg(country.policy()).arg(&file).output()?;
    let judged: Value = serde_json::from_slice(&done.stdout).with_context(|| said(&done))?;
    let text = |field: &str| judged[field].as_str().unwrap_or_default();
    let is_proven = done.status.success();
    Ok(Judged {
        verdict: format!("{}: {}", text("claim"), text("finding")),
        says: text(if is_proven { "says" } else { "why" }).to_owned(),
        is_proven,
        file,
    })
}
