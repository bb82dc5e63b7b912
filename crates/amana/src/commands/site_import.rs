//! `amana site import`: a living web site, read as a visitor, becomes a folder that answers as it did.

use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};

use amana_backups::Application;
use amana_crawl::crawl::{Bounds, Wanted, crawl};
use amana_crawl::folder;
use amana_crawl::report::{Became, Report};
use amana_crawl::seeds;
use amana_crawl::site::Origin;
use amana_crawl::zone::inventory;
use amana_sites::{Host, media_type};
use amana_store::clock;
use anyhow::{Context as _, Result, ensure};
use clap::Args;
use serde_json::json;

use super::site::backup::{FromBackup, local};
use super::site::code::{self, Imported};
use crate::output;
use crate::progress::Progress;
use crate::release::VERSION;
use crate::tls::Authority;

/// The archive of what was fetched, which is the import's state at once.
const ARCHIVE: &str = "archive.warc.gz";
const DNS_PORT: u16 = 53;
/// The decision's name where nobody tells of the zone.
const NO_ZONE: &str = "no-zone";
/// Requests a second.
const RATE: f64 = 5.0;
/// The same of an application on this machine, which has no other visitors but editors.
const LOCAL_RATE: f64 = 200.0;

/// A site to import.
#[derive(Args)]
pub(crate) struct SiteImport {
    /// Where the site is: https://www.example.org
    #[arg(required_unless_present_any = ["backup", "application"], conflicts_with_all = ["backup", "application"])]
    url: Option<String>,
    #[command(flatten)]
    backup: FromBackup,
    /// In place of URL: an application that was set up on this machine, in its folder. What it answers becomes the folder
    #[arg(long, value_name = "FOLDER", conflicts_with = "backup")]
    application: Option<PathBuf>,
    /// The folder to make: of a site, what amana site deploy takes; of a backup, what amana site set-up takes. A report is kept
    /// beside it, in FOLDER.import
    #[arg(long, value_name = "FOLDER")]
    out: PathBuf,
    /// The name that the site will have, if it is to be another one
    #[arg(long, value_name = "NAME")]
    host: Option<String>,
    /// The site is yours: robots.txt isn't asked
    #[arg(long)]
    own_site: bool,
    /// Another host whose files come along, such as one that serves pictures; may be given again
    #[arg(long, value_name = "HOST")]
    asset_host: Vec<String>,
    /// Requests at most: 5/s, of an application on this machine 200/s, unless said otherwise
    #[arg(long, value_name = "N/s", value_parser = rate)]
    rate: Option<f64>,
    /// File with addresses to begin with, one a line
    #[arg(long, value_name = "FILE")]
    seeds: Option<PathBuf>,
    /// Access log of the old server, perhaps packed with gzip: what visitors asked for
    #[arg(long, value_name = "FILE")]
    log: Option<PathBuf>,
    /// Addresses asked for at most
    #[arg(long, value_name = "N", default_value_t = Bounds::default().addresses)]
    max_addresses: usize,
    /// GiB fetched at most, or unpacked
    #[arg(long, value_name = "GIB", default_value_t = Bounds::default().bytes >> 30)]
    max_gib: u64,
    /// Addresses at most that differ in numbers alone, as a calendar's do
    #[arg(long, value_name = "N", default_value_t = Bounds::default().alike)]
    max_alike: usize,
    /// Name server that is asked what else lives under the site's name; the system's, if none is given
    #[arg(long, value_name = "ADDRESS")]
    dns: Option<IpAddr>,
    #[command(flatten)]
    authority: Authority,
    /// Print JSON, for scripts
    #[arg(long)]
    json: bool,
}

impl SiteImport {
    pub(crate) async fn run(self) -> Result<()> {
        if self.backup.is_asked() {
            return self
                .backup
                .run(&self.out, self.host.as_deref(), self.max_gib, self.json);
        }
        let application = self
            .application
            .as_deref()
            .map(Application::of)
            .transpose()?;
        let wanted = self.wanted(application.as_ref())?;
        let state = folder::prepare(&self.out)?;
        let mut progress = Progress::new("reading");
        let archive = state.join(ARCHIVE);
        let crawled = crawl(&wanted, &archive, &mut |done, known| {
            progress.at(done as u64, known as u64, "addresses");
        })
        .await?;
        drop(progress);
        let type_of =
            |name: &str, is_utf8: bool| media_type(name, if is_utf8 { b"" } else { &[0xff] });
        let mut report = folder::write(&crawled, &self.out, &type_of)?;
        let code = match (&self.application, &application) {
            (Some(folder), Some(application)) => {
                keep_applications(folder, &self.out)?;
                Some(code::import(application, &self.out, &state)?)
            }
            _ => {
                self.zone(&wanted.start, &state, &mut report).await?;
                None
            }
        };
        report.write(&state, &now())?;
        self.tell(&state, &report, code.as_ref())?;
        warn(&report)
    }

    fn wanted(&self, application: Option<&Application>) -> Result<Wanted<'static>> {
        let mut list = Vec::new();
        if let Some(file) = &self.seeds {
            list.extend(seeds::list(&text(file)?));
        }
        if let Some(file) = &self.log {
            list.extend(seeds::access_log(&text(file)?));
        }
        let host = self.host.as_deref().map(str::parse::<Host>).transpose()?;
        let assets = self.asset_host.iter().map(|host| Origin::parse(host));
        let start = match (application, &self.url) {
            (Some(application), _) => application.host.as_str(),
            (None, url) => url.as_deref().unwrap_or_default(),
        };
        let usual_rate = if application.is_some() {
            LOCAL_RATE
        } else {
            RATE
        };
        Ok(Wanted {
            start: Origin::parse(start)?,
            new_host: host.map(|host| host.to_string()),
            assets: assets.collect::<Result<_, _>>()?,
            aliases: application.map_or_else(Vec::new, |made| made.was.clone()),
            local: application.map(local),
            is_own: self.own_site || application.is_some(),
            rate: self.rate.unwrap_or(usual_rate),
            bounds: Bounds {
                addresses: self.max_addresses,
                bytes: self.max_gib.saturating_mul(1 << 30),
                alike: self.max_alike,
            },
            seeds: list,
            trust: self.authority.authority.clone().unwrap_or_default(),
            agent: format!("amana/{VERSION} (import of a web site)"),
            now: &now,
        })
    }

    /// Writes what else lives under the site's name, where a name server tells; says so where none does.
    async fn zone(&self, site: &Origin, state: &Path, report: &mut Report) -> Result<()> {
        let host = site.authority.split(':').next().unwrap_or_default();
        if host.parse::<IpAddr>().is_ok() || host.starts_with('[') {
            // An address has no zone.
            return Ok(());
        }
        let server = self.dns.or_else(own_name_server);
        let Some(server) = server.filter(|_| host.contains('.')) else {
            report.put_first(NO_ZONE, host);
            return Ok(());
        };
        let mut ids = || {
            let mut id = [0; 2];
            getrandom::fill(&mut id).expect("the system has randomness");
            u16::from_be_bytes(id)
        };
        let server = SocketAddr::new(server, DNS_PORT);
        match inventory(server, host, &mut ids).await {
            Some(zone) => zone.write(state, host)?,
            None => report.put_first(NO_ZONE, host),
        }
        Ok(())
    }

    fn tell(&self, state: &Path, report: &Report, code: Option<&Imported>) -> Result<()> {
        let page = state.join("report.html");
        let (files, same, redirects) = (
            report.count(Became::File),
            report.count(Became::SameAsPath),
            report.count(Became::Redirect),
        );
        let (missing, lost) = (
            report.count(Became::Missing),
            report.count(Became::Failed) + report.count(Became::Refused),
        );
        if self.json {
            let shown = json!({
                "folder": self.out,
                "report": page,
                "addresses": files + same,
                "redirects": redirects,
                "missing": missing,
                "lost": lost,
                "left_out": report.count(Became::LeftOut),
                "complete": report.complete,
                "decisions": report.decisions.len(),
                "code": code.map(Imported::json),
            });
            return output::line(&shown.to_string());
        }
        output::line(&format!(
            "{}: {} addresses and {redirects} redirects answer as before; {missing} led nowhere before, {lost} gave no answer.\n\
             {} things to decide or to look at: {}",
            self.out.display(),
            files + same,
            report.decisions.len(),
            page.display()
        ))?;
        let lines = code.map(Imported::lines).unwrap_or_default();
        lines.iter().try_for_each(|line| output::line(line))
    }
}

/// Says on the error output what else nobody would notice. A folder that lacks what the site had ends the command with a failure, so
/// that no script publishes it unasked.
fn warn(report: &Report) -> Result<()> {
    for decision in report.decisions_of(NO_ZONE) {
        output::error(&format!(
            "no name server told of the zone of {}: there is no zone file and no checklist for the move; give a server with --dns",
            decision.what
        ));
    }
    for (code, words) in [
        ("trap", "go on without an end"),
        ("robots", "are kept back by robots.txt"),
    ] {
        let count: usize = report.decisions_of(code).map(|found| found.count).sum();
        if count > 0 {
            output::error(&format!("{count} addresses {words} and weren't asked for"));
        }
    }
    let count: usize = report.decisions_of("bound").map(|found| found.count).sum();
    ensure!(
        count == 0,
        "the import stopped at its bound: {count} addresses that it knows of weren't asked for; give the same command again with \
         a higher --max-addresses or --max-gib, and it goes on"
    );
    Ok(())
}

/// The first time, what the application says of itself goes into the folder; later, what is there stays.
fn keep_applications(application: &Path, out: &Path) -> Result<()> {
    let (from, to) = (
        application.join(folder::APPLICATIONS),
        out.join(folder::APPLICATIONS),
    );
    if from.is_file() && !to.exists() {
        std::fs::copy(&from, &to).with_context(|| from.display().to_string())?;
    }
    Ok(())
}

/// The first name server that the system asks.
fn own_name_server() -> Option<IpAddr> {
    let text = std::fs::read_to_string("/etc/resolv.conf").ok()?;
    let mut servers = text
        .lines()
        .filter_map(|line| line.strip_prefix("nameserver"));
    servers.find_map(|server| server.trim().parse().ok())
}

fn now() -> String {
    clock::rfc3339(clock::system_ms())
}

fn text(file: &Path) -> Result<String> {
    let bytes = std::fs::read(file).with_context(|| file.display().to_string())?;
    Ok(seeds::unpacked(&bytes))
}

/// `5/s`, or `5`.
fn rate(text: &str) -> Result<f64> {
    let number = text.strip_suffix("/s").unwrap_or(text);
    let rate: f64 = number.parse().context("it is written as 5/s")?;
    ensure!(
        rate.is_finite() && rate > 0.0,
        "it is a number of requests a second, above 0"
    );
    Ok(rate)
}
