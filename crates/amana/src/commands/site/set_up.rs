//! `amana site set-up`: what an import of a backup made is set up on this machine, by commands that are shown.
//!
//! An account without rights made the folder: of it the application's names, the password, the files and the dump are taken, and what
//! root runs or installs is made anew. The dump is loaded by the site's own user, of the machine and of the database: whatever stands in
//! it reaches no further than the site does.

use std::fs::{self, DirBuilder, File};
use std::io::ErrorKind;
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use amana_backups::application::FILE;
use amana_backups::find::Kind;
use amana_backups::{Application, Handed};
use amana_crawl::site::Origin;
use amana_sites::Host;
use anyhow::{Context as _, Result, bail, ensure};
use clap::Args;

use super::backup::local;
use crate::output;

const UNITS: &str = "/etc/systemd/system";
/// What an application's folder holds.
const OWN: [&str; 9] = [
    FILE,
    "_applications",
    "amana.toml",
    "database.cnf",
    "files",
    "files.new",
    "files.old",
    "guard.php",
    "php-fpm.conf",
];

/// What is set up.
#[derive(Args)]
pub(crate) struct SetUp {
    /// The folder that amana site import --backup made
    folder: PathBuf,
    /// Print the commands, and do nothing
    #[arg(long)]
    dry_run: bool,
    /// Install and start no unit, where systemd doesn't run; how the application is started is printed
    #[arg(long)]
    no_start: bool,
    /// It is set up already: put the backup's files and rows in the place of what is there
    #[arg(long)]
    again: bool,
}

/// What is done, shown as the command that does it.
struct Step {
    words: Vec<String>,
    act: Act,
}

enum Act {
    /// The command itself is run.
    Run,
    /// The command is run, and reads a file of the stage.
    Reading(PathBuf),
    /// The command is run, and reads the dump.
    ReadingDump,
    /// The texts are made anew in the stage.
    Texts,
    /// The files are copied, and no link is followed, whatever changes in the folder meanwhile: `cp` can't promise that.
    Files,
}

impl Step {
    fn of(words: &[&str]) -> Self {
        Self {
            words: words.iter().map(|word| (*word).to_owned()).collect(),
            act: Act::Run,
        }
    }

    fn by(mut self, act: Act) -> Self {
        self.act = act;
        self
    }

    /// As a shell takes it.
    fn shown(&self, folder: &Path) -> String {
        let words: Vec<String> = self.words.iter().map(|word| quoted(word)).collect();
        let words = words.join(" ");
        let reading = |input: &Path| format!("{words} < {}", quoted(&input.to_string_lossy()));
        match &self.act {
            Act::Run | Act::Files => words,
            Act::Texts => format!("{words}   # and settings and units, made anew, into it"),
            Act::Reading(input) => reading(input),
            Act::ReadingDump => reading(&folder.join("dump.sql")),
        }
    }

    fn run(&self, folder: &Path, handed: &Handed) -> Result<()> {
        let input = match &self.act {
            Act::Texts => {
                let stage = stage(handed.application());
                DirBuilder::new()
                    .mode(0o700)
                    .create(&stage)
                    .with_context(|| stage.display().to_string())?;
                return Ok(handed.write_texts(&stage)?);
            }
            Act::Files => return Ok(handed.copy_files(&fresh(handed.application()))?),
            Act::Run => Stdio::null(),
            Act::Reading(input) => File::open(input)
                .with_context(|| input.display().to_string())?
                .into(),
            Act::ReadingDump => {
                let dump = handed.dump().context("dump.sql isn't there")?;
                dump.try_clone()?.into()
            }
        };
        let status = Command::new(&self.words[0])
            .args(&self.words[1..])
            .stdin(input)
            .status()
            .with_context(|| format!("{}: is the package that has it installed?", self.words[0]))?;
        ensure!(status.success(), "{}: {status}", self.shown(folder));
        Ok(())
    }
}

/// Where the texts that are installed are made, which root alone reads: passwords are among them.
fn stage(application: &Application) -> PathBuf {
    let name = format!("{}.set-up", application.name);
    application.place.with_file_name(name)
}

/// Where the files are made ready, before they take the place of those that run.
fn fresh(application: &Application) -> PathBuf {
    application.place.join("files.new")
}

/// The stage, until all is done.
struct Stage(PathBuf);

impl Stage {
    /// Makes room for it.
    fn of(application: &Application) -> Result<Self> {
        let folder = stage(application);
        if let Some(above) = folder.parent() {
            fs::create_dir_all(above).with_context(|| above.display().to_string())?;
        }
        match fs::remove_dir_all(&folder) {
            Err(error) if error.kind() != ErrorKind::NotFound => {
                Err(error).with_context(|| folder.display().to_string())
            }
            _ => Ok(Self(folder)),
        }
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        if let Err(error) = fs::remove_dir_all(&self.0)
            && error.kind() != ErrorKind::NotFound
        {
            output::error(&format!(
                "{}: {error}; it holds passwords: remove it",
                self.0.display()
            ));
        }
    }
}

impl SetUp {
    pub(super) async fn run(self) -> Result<()> {
        let handed = Handed::open(&self.folder)?;
        let application = handed.application();
        let host: Host = application.host.parse()?;
        let steps = self.steps(&handed);
        let start = start(application);
        let shown = |step: &Step| output::line(&step.shown(&self.folder));
        if self.dry_run {
            for step in steps.iter().chain(start.iter().filter(|_| self.no_start)) {
                shown(step)?;
            }
            return Ok(());
        }
        self.check(application)?;
        let stage = Stage::of(application)?;
        for step in &steps {
            step.run(&self.folder, &handed)?;
        }
        drop(stage);
        if self.no_start {
            output::error("it isn't running; these start it:");
            for step in &start {
                shown(step)?;
            }
            return Ok(());
        }
        self.ask(application, &host).await
    }

    fn check(&self, application: &Application) -> Result<()> {
        ensure!(
            rustix::process::geteuid().is_root(),
            "a user, a database and a unit are made: this needs root (--dry-run shows what would be done)"
        );
        check_place(&application.place)?;
        let there = application.place.join(FILE);
        if there.exists() {
            let other = Application::of(&application.place)?;
            ensure!(
                other.host == application.host,
                "{}: it is that of {}; import with another --name",
                application.place.display(),
                other.host
            );
            ensure!(
                self.again,
                "{}: it is set up already; --again puts the backup in the place of what editors have made since",
                application.place.display()
            );
        }
        let program = application.program();
        if !Path::new(&program).exists() {
            bail!(
                "{program}: it is missing; install php{0}-fpm and php{0}-mysql",
                application.php
            );
        }
        Ok(())
    }

    fn steps(&self, handed: &Handed) -> Vec<Step> {
        let application = handed.application();
        let staged = stage(application);
        let sysusers = staged.join("sysusers.conf");
        let user = application.user();
        let readers = format!("root:{user}");
        let place = application.place.to_string_lossy();
        let mut steps = vec![
            Step::of(&["mkdir", "-m", "0700", &staged.to_string_lossy()]).by(Act::Texts),
            Step::of(&["systemd-sysusers", &sysusers.to_string_lossy()]),
            Step::of(&["mkdir", "-p", &place]),
            Step::of(&["chown", &readers, &place]),
            Step::of(&["chmod", "0750", &place]),
        ];
        let units = units(application);
        let are_there = |unit: &&String| Path::new(UNITS).join(unit).exists();
        let running: Vec<&str> = units.iter().filter(are_there).map(String::as_str).collect();
        if !self.no_start && !running.is_empty() {
            steps.push(Step::of(
                &[&["systemctl", "stop"][..], &running[..]].concat(),
            ));
        }
        steps.extend(self.files(application));
        steps.push(install(
            application,
            &[
                "guard.php",
                "php-fpm.conf",
                "database.cnf",
                "_applications",
                "amana.toml",
            ],
        ));
        steps.extend(database(handed));
        if !self.no_start {
            steps.extend(start_units(application, &units));
        }
        // Last, since it says that the rest is there.
        steps.push(install(application, &[FILE]));
        steps
    }

    /// The files: root's, which the site reads, and of which it writes what editors upload. They are made ready beside those that run,
    /// where the site can't put a link into root's way.
    fn files(&self, application: &Application) -> Vec<Step> {
        let user = application.user();
        let (readers, owners) = (format!("root:{user}"), format!("{user}:{user}"));
        let (root, fresh) = (application.root(), fresh(application));
        let old = application.place.join("files.old");
        let from = self.folder.join("files");
        let old_is_there = fs::symlink_metadata(&root).is_ok();
        let (root, fresh_text, old) = (
            root.to_string_lossy(),
            fresh.to_string_lossy(),
            old.to_string_lossy(),
        );
        let remove = |folder: &str| Step::of(&["rm", "-rf", "--one-file-system", folder]);
        let mut steps = vec![
            remove(&fresh_text),
            Step::of(&[
                "cp",
                "-RT",
                "--no-preserve=all",
                &from.to_string_lossy(),
                &fresh_text,
            ])
            .by(Act::Files),
        ];
        let writable = application.writable().iter();
        let writable: Vec<String> = writable
            .map(|below| fresh.join(below).to_string_lossy().into_owned())
            .collect();
        for folder in &writable {
            steps.push(Step::of(&["mkdir", "-p", folder]));
        }
        steps.push(Step::of(&["chown", "-R", &readers, &fresh_text]));
        steps.push(Step::of(&["chmod", "-R", "u=rwX,g=rX,o=", &fresh_text]));
        for folder in &writable {
            steps.push(Step::of(&["chown", "-R", &owners, folder]));
        }
        if old_is_there {
            steps.push(remove(&old));
            steps.push(Step::of(&["mv", "-T", &root, &old]));
        }
        steps.push(Step::of(&["mv", "-T", &fresh_text, &root]));
        steps
    }

    /// Its first page, asked for as the data centre will.
    async fn ask(&self, application: &Application, host: &Host) -> Result<()> {
        let origin = Origin::parse(host.as_str())?;
        let asked = local(application).get(&origin, "/").await;
        let unit = application.unit();
        let answer = asked
            .map_err(|why| anyhow::anyhow!("{why}; what it says of that: journalctl -u {unit}"))?;
        ensure!(
            answer.status < 500,
            "its first page answers {}; what it says of that: journalctl -u {unit}",
            answer.status
        );
        output::line(&format!(
            "{} runs as {unit}, and its first page answers {}.\nNext: {}",
            application.host,
            answer.status,
            self.folder.join("README.txt").display()
        ))
    }
}

/// Texts of the stage, as the site reads them and nobody else.
fn install(application: &Application, names: &[&str]) -> Step {
    let (user, stage) = (application.user(), stage(application));
    let place = application.place.to_string_lossy();
    let mut words = vec!["install", "-m", "0640", "-o", "root", "-g", &user];
    let sources: Vec<String> = names
        .iter()
        .map(|name| stage.join(name).to_string_lossy().into_owned())
        .collect();
    words.extend(sources.iter().map(String::as_str));
    words.push(&place);
    Step::of(&words)
}

/// In binary mode the client heeds none of its own commands, such as those that run programs.
fn database(handed: &Handed) -> Vec<Step> {
    let application = handed.application();
    let user = application.user();
    let socket = format!("--socket={}", application.database_socket.display());
    let settings = application.place.join("database.cnf");
    let settings = format!("--defaults-file={}", settings.display());
    let [batch, binary, infile] = ["--batch", "--binary-mode", "--local-infile=0"];
    let rights = stage(application).join("database.sql");
    let mut steps =
        vec![Step::of(&["mariadb", &socket, batch, binary, infile]).by(Act::Reading(rights))];
    if handed.dump().is_some() {
        let load = Step::of(&[
            "setpriv",
            &format!("--reuid={user}"),
            &format!("--regid={user}"),
            "--clear-groups",
            "--no-new-privs",
            "mariadb",
            &settings,
            batch,
            binary,
            infile,
            &application.database(),
        ]);
        steps.push(load.by(Act::ReadingDump));
    }
    steps
}

/// The names of its units.
fn units(application: &Application) -> Vec<String> {
    let cron = format!("{}-cron", application.user());
    let mut units = vec![application.unit()];
    if application.kind == Kind::WordPress {
        units.extend([format!("{cron}.service"), format!("{cron}.timer")]);
    }
    units
}

fn start_units(application: &Application, units: &[String]) -> [Step; 4] {
    let stage = stage(application);
    let files: Vec<String> = units
        .iter()
        .map(|unit| stage.join(unit).to_string_lossy().into_owned())
        .collect();
    let mut install = vec!["install", "-m", "0644"];
    install.extend(files.iter().map(String::as_str));
    install.push(UNITS);
    let mut enable = vec!["systemctl", "enable", "--now"];
    // The timer starts its service.
    let started = units.iter().filter(|unit| !unit.ends_with("-cron.service"));
    enable.extend(started.map(String::as_str));
    [
        Step::of(&install),
        Step::of(&["systemctl", "daemon-reload"]),
        Step::of(&enable),
        Step::of(&["systemctl", "restart", &application.unit()]),
    ]
}

/// Refuses a place that others than root can exchange for another one while it is set up, and one that holds something else.
fn check_place(place: &Path) -> Result<()> {
    for above in place.ancestors() {
        let found = match fs::symlink_metadata(above) {
            Err(error) if error.kind() == ErrorKind::NotFound => continue,
            found => found.with_context(|| above.display().to_string())?,
        };
        let is_shared = found.mode() & 0o022 != 0 && found.mode() & 0o1000 == 0;
        ensure!(
            found.is_dir() && found.uid() == 0 && !is_shared,
            "{}: it must be a folder of root's, which nobody else can write; import with another --place",
            above.display()
        );
    }
    if !place.is_dir() {
        return Ok(());
    }
    for entry in fs::read_dir(place).with_context(|| place.display().to_string())? {
        let name = entry?.file_name();
        ensure!(
            OWN.iter().any(|own| name == *own),
            "{}: it holds {}, which no application's folder has; import with another --name or --place",
            place.display(),
            name.display()
        );
    }
    Ok(())
}

/// What starts it as its unit would, where no systemd runs.
fn start(application: &Application) -> [Step; 2] {
    let user = application.user();
    let settings = application.place.join("php-fpm.conf");
    [
        Step::of(&[
            "install",
            "-d",
            "-m",
            "0750",
            "-o",
            &user,
            "-g",
            &user,
            &application.run.to_string_lossy(),
        ]),
        Step::of(&[
            "setpriv",
            &format!("--reuid={user}"),
            &format!("--regid={user}"),
            "--clear-groups",
            "--no-new-privs",
            &application.program(),
            "-d",
            "pcre.jit=0",
            "--nodaemonize",
            "--fpm-config",
            &settings.to_string_lossy(),
        ]),
    ]
}

/// A word as a shell takes it for one.
fn quoted(word: &str) -> String {
    let is_plain = |letter: char| letter.is_ascii_alphanumeric() || "-_./:=,@%+".contains(letter);
    match !word.is_empty() && word.chars().all(is_plain) {
        true => word.to_owned(),
        false => format!("'{}'", word.replace('\'', "'\\''")),
    }
}
