//! `amana site verify`: is this site what its institution published?

use std::net::SocketAddr;
use std::path::PathBuf;

use amana_ledger::{Policy, digits};
use amana_sites::{ApplicationRule, Host, Publishers};
use amana_tls::{Connector, Trust};
use anyhow::{Context as _, Result, bail, ensure};
use clap::Args;
use serde_json::json;

use crate::cli::Reader;
use crate::commands::receipt::read_policy;
use crate::output;
use crate::progress::Progress;
use crate::site_check::published::{Published, published};
use crate::site_check::{Looked, look_around};
use crate::tls::way;

/// Differences that are printed; --json has more.
const MAX_PRINTED: usize = 50;

/// A site, and by what it is judged.
#[derive(Args)]
pub(crate) struct Verify {
    /// The site, such as <https://www.finances.gov>
    url: String,
    /// Look for it at this address, whatever its name leads to
    #[arg(long, value_name = "ADDRESS:PORT")]
    at: Option<SocketAddr>,
    /// Whom the site's certificate must be signed by: sha256:… or a PEM file; by default those that this system believes
    #[arg(long, value_name = "AUTHORITY")]
    site_authority: Option<Trust>,
    /// Look at every Nth address only
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..))]
    every: u32,
    #[command(flatten)]
    by: By,
}

/// What a site is judged by.
#[derive(Args)]
pub(crate) struct By {
    /// The trust policy, as it was published: whom one has to trust
    #[arg(long, value_name = "POLICY")]
    pub(crate) policy: PathBuf,
    /// The institution whose site it is; by default whose the data centre says it is
    #[arg(long, value_name = "NAME")]
    pub(crate) institution: Option<String>,
    /// The publishers that must stand now, as the institution published them
    #[arg(long, value_name = "FILE")]
    publishers: Option<PathBuf>,
    /// Be content with a deploy that no witness has seen yet
    #[arg(long)]
    allow_recorded: bool,
    #[command(flatten)]
    pub(crate) reader: Reader,
}

impl By {
    pub(crate) fn policy(&self) -> Result<Policy> {
        read_policy(&self.policy)
    }

    /// What is published under that name, if whoever verifies is content with it.
    pub(crate) async fn published(&self, host: &Host) -> Result<Published> {
        let client = self.reader.client()?;
        let published =
            published(&client, &self.policy()?, host, self.institution.as_deref()).await?;
        if let Some(file) = &self.publishers {
            let named = std::fs::read(file).with_context(|| file.display().to_string())?;
            let named = Publishers::parse(&named)?.digest();
            ensure!(
                digits(&named) == published.publishers,
                "the publishers of {host} aren't those of {}",
                file.display()
            );
        }
        ensure!(
            published.is_witnessed || self.allow_recorded,
            "deploy {} of {host} is recorded ({}/sites/{}), and its witnesses haven't seen it yet: try again in a moment, or take \
             --allow-recorded",
            published.number,
            published.institution,
            published.index
        );
        Ok(published)
    }
}

impl Verify {
    pub(crate) async fn run(self) -> Result<()> {
        let mut way = way(&self.url, self.site_authority.clone())?;
        ensure!(
            way.place().prefix.is_empty(),
            "{}: give the site alone, without a path",
            self.url
        );
        let host: Host = way.place().host.parse()?;
        if let Some(address) = self.at {
            way = way.at(address);
        }
        let published = self.by.published(&host).await?;
        let looked = self.look(way, &published).await?;
        self.tell(&host, &published, &looked)
    }

    async fn look(&self, way: Connector, published: &Published) -> Result<Looked> {
        let mut progress = Progress::new("looking");
        let every = usize::try_from(self.every)?;
        look_around(way, &published.manifest, every, &mut |done, all| {
            progress.at(done, all, "answers");
        })
        .await
    }

    fn tell(&self, host: &Host, published: &Published, looked: &Looked) -> Result<()> {
        let entry = format!("{}/sites/{}", published.institution, published.index);
        let as_published = looked.differences.is_empty();
        if self.by.reader.json {
            output::line(&told(host, published, looked, &entry))?;
        } else {
            let state = if published.is_witnessed {
                "witnessed"
            } else {
                "recorded, not witnessed yet"
            };
            output::line(&format!(
                "{host}: deploy {} of {}, published on {}, signed by {} ({entry}, {state})",
                published.number,
                published.institution,
                published.at,
                published.signers.join(", ")
            ))?;
            if let [first, .., last] = published.named_by_operator[..] {
                output::line(&format!(
                    "Mind: the site was removed and added again; the operator named its publishers in entry {last}, not only in \
                     entry {first}. Ask the institution whether they are its own, or give them with --publishers"
                ))?;
            }
            for rule in published.manifest.applications() {
                output::line(&of_application(rule))?;
            }
            for one in looked.differences.iter().take(MAX_PRINTED) {
                output::line(&format!(
                    "  {} as {}: {}",
                    one.address, one.seen_as, one.what
                ))?;
            }
            if looked.differences.len() > MAX_PRINTED {
                output::line(&format!(
                    "  … and {} more: --json lists them",
                    looked.differences.len() - MAX_PRINTED
                ))?;
            }
        }
        if !as_published {
            bail!(
                "{host} is not as published: {} of {} answers differ",
                looked.differences.len(),
                looked.asked
            );
        }
        if !self.by.reader.json {
            let left_out = match looked.dynamic {
                0 => String::new(),
                some => format!(" {some} addresses are an application's, and weren't compared."),
            };
            output::line(&format!(
                "It is as published: {} answers compared.{left_out}",
                looked.asked
            ))?;
        }
        Ok(())
    }
}

fn of_application(rule: &ApplicationRule) -> String {
    let ApplicationRule {
        path,
        name,
        editors,
        missing,
    } = rule;
    let whom = match (editors, missing) {
        (true, _) => "for its editors alone: compared, as the public sees what was signed",
        (false, true) => "where nothing was signed: not compared there",
        (false, false) => "not compared",
    };
    format!("  {path} is the application {name}'s, {whom}")
}

fn told(host: &Host, published: &Published, looked: &Looked, entry: &str) -> String {
    json!({
        "host": host.as_str(),
        "as_published": looked.differences.is_empty(),
        "institution": published.institution,
        "number": published.number,
        "published_at": published.at,
        "receipt": entry,
        "witnessed": published.is_witnessed,
        "manifest": digits(&published.manifest.digest()),
        "signers": published.signers,
        "named_by_operator": published.named_by_operator,
        "asked": looked.asked,
        "not_compared": looked.dynamic,
        "applications": published.manifest.applications().collect::<Vec<_>>(),
        "differences": looked.differences,
    })
    .to_string()
}
