//! `amana site set-up`: what an import of a backup made is set up on this machine, by commands that are shown.
//!
//! The dump is loaded by the site's own user, of the machine and of the database: whatever stands in it reaches no further than the
//! site does.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use amana_backups::Application;
use amana_backups::application::FILE;
use amana_crawl::site::Origin;
use anyhow::{Context as _, Result, bail, ensure};
use clap::Args;

use super::backup::local;
use crate::output;

const UNITS: &str = "/etc/systemd/system";

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

/// A command.
struct Step {
    words: Vec<String>,
    /// The file that it reads.
    input: Option<PathBuf>,
}

impl Step {
    fn of(words: &[&str]) -> Self {
        Self {
            words: words.iter().map(|word| (*word).to_owned()).collect(),
            input: None,
        }
    }

    fn reading(mut self, input: &Path) -> Self {
        self.input = Some(input.to_owned());
        self
    }

    /// As a shell takes it.
    fn shown(&self) -> String {
        let words: Vec<String> = self.words.iter().map(|word| quoted(word)).collect();
        match &self.input {
            Some(input) => format!("{} < {}", words.join(" "), quoted(&input.to_string_lossy())),
            None => words.join(" "),
        }
    }

    fn run(&self) -> Result<()> {
        let mut command = Command::new(&self.words[0]);
        command.args(&self.words[1..]).stdin(Stdio::null());
        if let Some(input) = &self.input {
            let file = File::open(input).with_context(|| input.display().to_string())?;
            command.stdin(file);
        }
        let status = command
            .status()
            .with_context(|| format!("{}: is the package that has it installed?", self.words[0]))?;
        ensure!(status.success(), "{}: {status}", self.shown());
        Ok(())
    }
}

impl SetUp {
    pub(super) async fn run(self) -> Result<()> {
        let application = Application::of(&self.folder)?;
        let steps = self.steps(&application);
        let start = start(&application);
        if self.dry_run {
            for step in steps.iter().chain(start.iter().filter(|_| self.no_start)) {
                output::line(&step.shown())?;
            }
            return Ok(());
        }
        self.check(&application)?;
        for step in &steps {
            step.run()?;
        }
        if self.no_start {
            output::error("it isn't running; these start it:");
            for step in &start {
                output::line(&step.shown())?;
            }
            return Ok(());
        }
        self.ask(&application).await
    }

    fn check(&self, application: &Application) -> Result<()> {
        ensure!(
            rustix::process::geteuid().is_root(),
            "a user, a database and a unit are made: this needs root (--dry-run shows what would be done)"
        );
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

    fn steps(&self, application: &Application) -> Vec<Step> {
        let mut steps = self.files(application);
        steps.extend(self.database(application));
        if !self.no_start {
            steps.extend(self.units(application));
        }
        // Last, since it says that the rest is there.
        let file = self.folder.join(FILE);
        let place = application.place.to_string_lossy();
        let user = application.user();
        steps.push(Step::of(&[
            "install",
            "-m",
            "0640",
            "-o",
            "root",
            "-g",
            &user,
            &file.to_string_lossy(),
            &place,
        ]));
        steps
    }

    /// The user, and the files: the site's own, which it reads, and of which it writes what editors upload.
    fn files(&self, application: &Application) -> Vec<Step> {
        let user = application.user();
        let (place, root) = (&application.place, application.root());
        let (place, root) = (place.to_string_lossy(), root.to_string_lossy());
        let from = |name: &str| self.folder.join(name).to_string_lossy().into_owned();
        let (readers, owners) = (format!("root:{user}"), format!("{user}:{user}"));
        let mut steps = vec![
            Step::of(&["systemd-sysusers", &from("sysusers.conf")]),
            Step::of(&["mkdir", "-p", &place]),
            Step::of(&["chown", &readers, &place]),
            Step::of(&["chmod", "0750", &place]),
            Step::of(&["cp", "-RT", "--no-preserve=all", &from("files"), &root]),
            Step::of(&["chown", "-R", &readers, &root]),
            Step::of(&["chmod", "-R", "u=rwX,g=rX,o=", &root]),
        ];
        for below in application.writable() {
            let folder = application.root().join(below);
            let folder = folder.to_string_lossy();
            steps.push(Step::of(&["mkdir", "-p", &folder]));
            steps.push(Step::of(&["chown", "-R", &owners, &folder]));
        }
        let mut install = vec!["install", "-m", "0640", "-o", "root", "-g", &user];
        let names = [
            "guard.php",
            "php-fpm.conf",
            "database.cnf",
            "_applications",
            "amana.toml",
        ];
        let sources: Vec<String> = names.iter().map(|name| from(name)).collect();
        install.extend(sources.iter().map(String::as_str));
        install.push(&place);
        steps.push(Step::of(&install));
        steps
    }

    fn database(&self, application: &Application) -> Vec<Step> {
        let user = application.user();
        let socket = format!("--socket={}", application.database_socket.display());
        let settings = application.place.join("database.cnf");
        let settings = format!("--defaults-file={}", settings.display());
        let mut steps = vec![
            Step::of(&["mariadb", &socket, "--batch"]).reading(&self.folder.join("database.sql")),
        ];
        let dump = self.folder.join("dump.sql");
        if dump.exists() {
            // In binary mode the client heeds none of its own commands, such as those that run programs.
            let load = Step::of(&[
                "setpriv",
                &format!("--reuid={user}"),
                &format!("--regid={user}"),
                "--clear-groups",
                "--no-new-privs",
                "mariadb",
                &settings,
                "--batch",
                "--binary-mode",
                "--local-infile=0",
                &application.database(),
            ]);
            steps.push(load.reading(&dump));
        }
        steps
    }

    fn units(&self, application: &Application) -> Vec<Step> {
        let timer = format!("{}-cron", application.user());
        let (service, timer) = (format!("{timer}.service"), format!("{timer}.timer"));
        let mut units = vec![application.unit(), service, timer];
        units.retain(|unit| self.folder.join(unit).exists());
        let files: Vec<String> = units
            .iter()
            .map(|unit| self.folder.join(unit).to_string_lossy().into_owned())
            .collect();
        let mut install = vec!["install", "-m", "0644"];
        install.extend(files.iter().map(String::as_str));
        install.push(UNITS);
        let mut enable = vec!["systemctl", "enable", "--now"];
        // The timer starts its service.
        let started = units.iter().filter(|unit| !unit.ends_with("-cron.service"));
        enable.extend(started.map(String::as_str));
        vec![
            Step::of(&install),
            Step::of(&["systemctl", "daemon-reload"]),
            Step::of(&enable),
            Step::of(&["systemctl", "restart", &application.unit()]),
        ]
    }

    /// Its first page, asked for as the data centre will.
    async fn ask(&self, application: &Application) -> Result<()> {
        let origin = Origin::parse(&application.host)?;
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
