//! `amana site import --backup`: a backup becomes a folder from which its application is set up on this machine.

use std::path::{Path, PathBuf};
use std::process::Command;

use amana_backups::Application;
use amana_backups::application::name_of;
use amana_backups::find::Kind;
use amana_backups::report::Report;
use amana_backups::take::{Wanted, state_of, take};
use amana_backups::unpack::Bounds;
use amana_backups::versions::is_below;
use amana_crawl::local::Local;
use amana_crawl::scan::intruders_mark;
use amana_sites::{Host, media_type};
use amana_store::clock;
use anyhow::{Context as _, Result};
use clap::Args;
use serde_json::json;

use crate::output;
use crate::progress::Progress;

/// Where Debian has a site's own data, and what runs.
const PLACE: &str = "/srv/amana-sites";
const RUN: &str = "/run";
const DATABASE_SOCKET: &str = "/run/mysqld/mysqld.sock";
const PROGRAMS: &str = "/usr/sbin";
/// Of Debian 12, where none is installed.
const USUAL_PHP: &str = "8.2";
/// Whom the data centre knows as an editor when nobody is named: this machine.
const ITSELF: &str = "127.0.0.1/32";

/// A backup, and how its application is set up.
#[derive(Args)]
pub(crate) struct FromBackup {
    /// In place of URL: a backup, as a folder, a .tar or a .tar.gz; also one that cPanel made
    #[arg(long, value_name = "ARCHIVE", requires = "host")]
    backup: Option<PathBuf>,
    /// Dump of the backup's database, .sql or .sql.gz, where it isn't in the archive
    #[arg(long, value_name = "FILE", requires = "backup")]
    database: Option<PathBuf>,
    /// The application's folder in the backup, where several are there
    #[arg(long, value_name = "FOLDER", requires = "backup")]
    root: Option<String>,
    /// Short name, of which user, unit and database are called; it follows from --host, if none is given
    #[arg(long, value_name = "NAME", requires = "backup")]
    name: Option<String>,
    /// Addresses of those who edit, such as 10.1.0.0/16; may be given again. This machine alone, if none is given
    #[arg(long, value_name = "ADDRESS", requires = "backup")]
    editors: Vec<String>,
    /// Let the application replace its own programs from its dashboard, for which it reaches the network. Without it, its
    /// programs can't be changed by what runs in them
    #[arg(long, requires = "backup")]
    self_update: bool,
    /// Folder on this machine below which its folder will be [default: /srv/amana-sites]
    #[arg(long, value_name = "FOLDER", requires = "backup")]
    place: Option<PathBuf>,
    /// Folder below which its socket's folder will be [default: /run]
    #[arg(long, value_name = "FOLDER", requires = "backup")]
    run: Option<PathBuf>,
    /// The socket of the database's server [default: /run/mysqld/mysqld.sock]
    #[arg(long, value_name = "FILE", requires = "backup")]
    database_socket: Option<PathBuf>,
    /// Version of PHP; the newest that is installed, if none is given
    #[arg(long, value_name = "VERSION", requires = "backup")]
    php: Option<String>,
    /// Files unpacked at most
    #[arg(long, value_name = "N", requires = "backup", default_value_t = Bounds::default().members)]
    max_files: u64,
}

impl FromBackup {
    pub(crate) fn is_asked(&self) -> bool {
        self.backup.is_some()
    }

    pub(crate) fn run(
        &self,
        out: &Path,
        host: Option<&str>,
        max_gib: u64,
        json: bool,
    ) -> Result<()> {
        let backup = self.backup.as_deref().context("--backup is missing")?;
        let host: Host = host.context("--host is missing")?.parse()?;
        let known = |kind: Kind| (kind == Kind::WordPress).then(packaged_wordpress).flatten();
        let installed = newest_php();
        let wanted = Wanted {
            backup,
            database: self.database.as_deref(),
            root: self.root.as_deref(),
            application: self.application(&host, installed.as_deref()),
            bounds: Bounds {
                members: self.max_files,
                bytes: max_gib.saturating_mul(1 << 30),
            },
            has_php: installed.is_some(),
            known: &known,
            marks: &intruders_mark,
        };
        let mut random =
            |bytes: &mut [u8]| getrandom::fill(bytes).expect("the system has randomness");
        let mut progress = Progress::new("reading");
        let (application, report) = take(wanted, out, &mut random, &mut |_, done, of| {
            progress.at(done, of, "parts");
        })?;
        drop(progress);
        let state = state_of(out);
        report.write(&state, &clock::rfc3339(clock::system_ms()))?;
        tell(out, &state, &application, &report, json)
    }

    fn application(&self, host: &Host, installed: Option<&str>) -> Application {
        let name = match &self.name {
            Some(name) => name.clone(),
            None => name_of(host.as_str()),
        };
        let or = |path: &Option<PathBuf>, usual: &str| {
            path.clone().unwrap_or_else(|| PathBuf::from(usual))
        };
        let php = self.php.as_deref().or(installed).unwrap_or(USUAL_PHP);
        let editors = match self.editors.is_empty() {
            true => vec![ITSELF.to_owned()],
            false => self.editors.clone(),
        };
        Application {
            place: or(&self.place, PLACE).join(&name),
            run: or(&self.run, RUN).join(format!("amana-site-{name}")),
            host: host.to_string(),
            kind: Kind::Php,
            php: php.to_owned(),
            database_socket: or(&self.database_socket, DATABASE_SOCKET),
            prefix: String::new(),
            updates_itself: self.self_update,
            editors,
            was: Vec::new(),
            name,
        }
    }
}

/// How an import or a set-up asks the application.
pub(crate) fn local(application: &Application) -> Local {
    Local {
        socket: application.socket(),
        root: application.root(),
        no_scripts: application
            .no_scripts()
            .iter()
            .map(|folder| (*folder).to_owned())
            .collect(),
        type_of: media_type,
    }
}

/// The newest PHP-FPM that is installed.
fn newest_php() -> Option<String> {
    let names = std::fs::read_dir(PROGRAMS).ok()?;
    let versions = names.filter_map(|entry| {
        let name = entry.ok()?.file_name().into_string().ok()?;
        let version = name.strip_prefix("php-fpm")?;
        let is_version = version.starts_with(|first: char| first.is_ascii_digit());
        is_version.then(|| version.to_owned())
    });
    versions.reduce(|best, other| if is_below(&best, &other) { other } else { best })
}

/// Debian's WordPress, installed or to be had: the one list of corrections that a machine may hold by itself.
fn packaged_wordpress() -> Option<(String, String)> {
    let said = |words: &[&str]| {
        let done = Command::new(words[0]).args(&words[1..]).output().ok()?;
        let text = String::from_utf8(done.stdout).ok()?;
        done.status.success().then_some(text)
    };
    let candidate = said(&["apt-cache", "policy", "wordpress"]).and_then(|text| {
        let line = text
            .lines()
            .find_map(|line| line.trim().strip_prefix("Candidate: "))?;
        (line != "(none)").then(|| line.to_owned())
    });
    let installed = || said(&["dpkg-query", "-W", "-f", "${Version}", "wordpress"]);
    let version = candidate.or_else(installed)?;
    (!version.is_empty()).then(|| (version, "Debian".to_owned()))
}

fn tell(
    out: &Path,
    state: &Path,
    application: &Application,
    report: &Report,
    json: bool,
) -> Result<()> {
    let page = state.join("report.html");
    let shells = report
        .decisions
        .iter()
        .filter(|decision| matches!(decision.code, "web-shell" | "hidden-program"))
        .count();
    if json {
        let shown = json!({
            "folder": out,
            "report": page,
            "name": application.name,
            "kind": application.kind.name(),
            "place": application.place,
            "files": report.files,
            "decisions": report.decisions.len(),
            "broken_into": shells > 0,
        });
        return output::line(&shown.to_string());
    }
    if shells > 0 {
        output::error("the site is most likely broken into: read the report before anything else");
    }
    output::line(&format!(
        "{}: {} of {}, {} files looked through.\n{} things to decide or to look at: {}\nThen, as root: amana site set-up {}",
        out.display(),
        application.kind.name(),
        application.host,
        report.files,
        report.decisions.len(),
        page.display(),
        out.display(),
    ))
}
