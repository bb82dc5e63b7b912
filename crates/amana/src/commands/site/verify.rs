//! `amana site verify`: is this site what its institution published?

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};

use amana_ledger::{Policy, digits};
use amana_sites::{ApplicationRule, Host, Publishers};
use amana_tls::{Connector, Trust};
use anyhow::{Context as _, Result, bail, ensure};
use clap::Args;
use serde_json::json;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::cli::Reader;
use crate::commands::receipt::read_policy;
use crate::output;
use crate::progress::Progress;
use crate::site_check::plan::{Plan, plan};
use crate::site_check::published::{Followed, Published};
use crate::site_check::{Found, Looked, look};
use crate::tls::way;

/// Differences that are printed; --json has more.
const MAX_PRINTED: usize = 50;
/// So far a witness's clock may be ahead of ours, in seconds.
const MAX_AHEAD_S: i64 = 600;

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
    /// Be content with a deploy that no witness has seen yet, and with a ledger whatever its age
    #[arg(long)]
    allow_recorded: bool,
    /// How long ago the witnesses may have seen the ledger last: an old one may be shown with an old site
    #[arg(long, value_name = "SECONDS", default_value_t = 3600, value_parser = clap::value_parser!(u32).range(1..))]
    max_age: u32,
    #[command(flatten)]
    pub(crate) reader: Reader,
}

impl By {
    pub(crate) fn policy(&self) -> Result<Policy> {
        read_policy(&self.policy)
    }

    /// What is published now, if whoever verifies is content with it.
    pub(crate) async fn published(&self, followed: &mut Followed<'_>) -> Result<Published> {
        let published = followed.published().await?;
        let host = published.manifest.host();
        if let Some(file) = &self.publishers {
            let named = std::fs::read(file).with_context(|| file.display().to_string())?;
            let named = Publishers::parse(&named)?.digest();
            ensure!(
                digits(&named) == published.publishers,
                "the publishers of {host} aren't those of {}",
                file.display()
            );
        }
        // Whoever holds the data centre may remove a site, and add it again with publishers of its own.
        if let ([first, .., last], None) = (&published.named_by_operator[..], &self.publishers) {
            bail!(
                "{host} was removed and added again: the operator named its publishers in entry {last} of {}/sites, not only in entry \
                 {first}. Ask the institution for its own list of publishers, and give it with --publishers",
                published.institution
            );
        }
        if self.allow_recorded {
            return Ok(published);
        }
        ensure!(
            published.is_witnessed,
            "deploy {} of {host} is recorded ({}/sites/{}), and its witnesses haven't seen it yet: try again in a moment, or take \
             --allow-recorded",
            published.number,
            published.institution,
            published.index
        );
        self.is_fresh(&published)?;
        Ok(published)
    }

    /// An operator who shows yesterday's ledger with yesterday's site has no younger word of the witnesses for it.
    fn is_fresh(&self, published: &Published) -> Result<()> {
        let Published {
            institution,
            seen_s,
            ..
        } = published;
        let seen_s = seen_s.with_context(|| {
            format!(
                "no quorum of the policy's witnesses stands behind an epoch with {institution}/sites: whether what is shown is the \
                 newest can't be told; try again in a moment, or take --allow-recorded"
            )
        })?;
        let age_s = OffsetDateTime::now_utc().unix_timestamp() - seen_s;
        ensure!(
            age_s >= -MAX_AHEAD_S,
            "the witnesses saw {institution}/sites at {}, which is {} s from now: set this machine's clock",
            time_of(seen_s),
            -age_s
        );
        ensure!(
            age_s <= i64::from(self.max_age),
            "the witnesses saw what is shown of {institution}/sites last at {}, {} s ago: it may be an old ledger with an old site, or \
             nobody witnesses any more. Ask the institution, or take a longer --max-age",
            time_of(seen_s),
            age_s
        );
        Ok(())
    }
}

/// RFC 3339.
fn time_of(seen_s: i64) -> String {
    let time = OffsetDateTime::from_unix_timestamp(seen_s).ok();
    let text = time.and_then(|time| time.format(&Rfc3339).ok());
    text.unwrap_or_else(|| format!("{seen_s} s since 1970"))
}

impl Verify {
    pub(crate) async fn run(self) -> Result<()> {
        let judged = self.judge().await;
        let (published, looked, dynamic) = judged.map_err(output::NotJudged::because)?;
        self.tell(&published, &looked, dynamic)
    }

    async fn judge(&self) -> Result<(Published, Looked, u64)> {
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
        let (client, policy) = (self.by.reader.client()?, self.by.policy()?);
        let institution = self.by.institution.as_deref();
        let mut followed = Followed::begin(&client, &policy, &host, institution).await?;
        let published = self.by.published(&mut followed).await?;
        let every = usize::try_from(self.every)?;
        let plan = plan(&way, &published.manifest, every).await?;
        let looked = self.look(&way, &published, &plan).await?;
        Ok((published, looked, plan.dynamic))
    }

    async fn look(&self, way: &Connector, published: &Published, plan: &Plan) -> Result<Looked> {
        let progress = Mutex::new(Progress::new("looking"));
        let all = plan.visits.len() as u64;
        let told = |done| {
            let mut progress = progress.lock().unwrap_or_else(PoisonError::into_inner);
            progress.at(done, all, "answers");
        };
        look(way, &published.manifest, &plan.visits, 0, &told).await
    }

    fn tell(&self, published: &Published, looked: &Looked, dynamic: u64) -> Result<()> {
        let host = published.manifest.host();
        let entry = format!("{}/sites/{}", published.institution, published.index);
        if self.by.reader.json {
            output::line(&told(published, looked, dynamic, &entry))?;
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
            if let Some(seen_s) = published.seen_s {
                let seen = time_of(seen_s);
                output::line(&format!("The witnesses saw this ledger last at {seen}"))?;
            }
            for rule in published.manifest.applications() {
                output::line(&of_application(rule))?;
            }
            for Found { visit, what, .. } in looked.found.iter().take(MAX_PRINTED) {
                output::line(&format!("  {visit}: {}", what.join("; ")))?;
            }
            if looked.found.len() > MAX_PRINTED {
                output::line(&format!(
                    "  … and {} more: --json lists them",
                    looked.found.len() - MAX_PRINTED
                ))?;
            }
        }
        if !looked.found.is_empty() {
            bail!(
                "{host} is not as published: {} of {} answers differ",
                looked.found.len(),
                looked.asked
            );
        }
        if !self.by.reader.json {
            let left_out = match dynamic {
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

fn told(published: &Published, looked: &Looked, dynamic: u64, entry: &str) -> String {
    json!({
        "host": published.manifest.host().as_str(),
        "as_published": looked.found.is_empty(),
        "institution": published.institution,
        "number": published.number,
        "published_at": published.at,
        "receipt": entry,
        "witnessed": published.is_witnessed,
        "seen_at": published.seen_s.map(time_of),
        "manifest": digits(&published.manifest.digest()),
        "signers": published.signers,
        "named_by_operator": published.named_by_operator,
        "asked": looked.asked,
        "not_compared": dynamic,
        "applications": published.manifest.applications().collect::<Vec<_>>(),
        "differences": looked.differences(),
    })
    .to_string()
}
