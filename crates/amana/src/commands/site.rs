//! `amana site`: web sites. The operator gives a name; what is published under it, its publishers sign.

pub(super) mod backup;
pub(super) mod code;
mod deploy;
mod line;
mod publishers;
mod set_up;
mod signing;
mod state;
mod statement;
mod verify;
mod watch;
mod watched;

use std::path::PathBuf;

use amana_sites::{Host, MAX_LISTED};
use anyhow::Result;
use clap::{Args, Subcommand};
use serde_json::{Value, json};

use crate::cli::Reach;
use crate::client::segment;
use crate::output;
use crate::rebuilder_key;

/// Web sites.
#[derive(Subcommand)]
pub(crate) enum Site {
    /// Make a publisher's key, if there is none, and print its public half
    Key(Key),
    /// Give an institution a name to publish under, and say who signs
    Add(Add),
    /// List all sites, or the deploys of one
    List(List),
    /// Publish a folder: upload what is new, sign, and switch
    Deploy(deploy::Deploy),
    /// Publish an older deploy again
    Rollback(signing::Rollback),
    /// Say who signs from the next change on
    Publishers(publishers::Replace),
    /// Add a signature to a change that others began
    Sign(signing::Sign),
    /// Hand in a change that enough publishers have signed
    Publish(signing::Publish),
    /// Compare a site, as visitors see it, with what its publishers signed
    Verify(verify::Verify),
    /// Do so again and again, and keep evidence of what differs
    Watch(watch::Watch),
    /// Remove a site: nothing is published under its name any more
    Remove(Remove),
    /// Turn a living site into a folder that answers as it did; or a backup into an application that can be set up here
    Import(super::site_import::SiteImport),
    /// Print the digest of an application's programs, as the line of _applications that publishers sign
    Code(code::Code),
    /// Set up an application that was made of a backup: its user, its database, its files, its unit
    SetUp(set_up::SetUp),
}

/// Whose key.
#[derive(Args)]
pub(crate) struct Key {
    /// The publisher's name, such as finances.example/webmaster
    name: String,
    /// File of the private key, made when it is missing
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
}

/// A new site.
#[derive(Args)]
pub(crate) struct Add {
    /// The site's name in DNS, such as www.finances.example
    host: Host,
    /// Whose it is
    #[arg(long, value_name = "NAME")]
    institution: String,
    /// File that lists its publishers, and how many of them must sign
    #[arg(long, value_name = "FILE")]
    publishers: PathBuf,
    #[command(flatten)]
    reach: Reach,
}

/// All sites, or one.
#[derive(Args)]
pub(crate) struct List {
    /// Of this site, its deploys; without it, all sites of the data centre in --data
    #[arg(requires = "centre")]
    host: Option<Host>,
    /// URL of the data centre
    #[arg(long, value_name = "URL", requires = "host")]
    centre: Option<String>,
    #[command(flatten)]
    authority: crate::tls::Authority,
    #[command(flatten)]
    reach: Reach,
}

/// What is removed.
#[derive(Args)]
pub(crate) struct Remove {
    /// The site
    host: Host,
    /// Why; everybody reads it in the ledger
    #[arg(long)]
    reason: Option<String>,
    #[command(flatten)]
    reach: Reach,
}

impl Site {
    pub(crate) async fn run(self) -> Result<()> {
        match self {
            Self::Key(key) => key.run(),
            Self::Add(add) => add.run().await,
            Self::List(list) => list.run().await,
            Self::Deploy(deploy) => deploy.run().await,
            Self::Rollback(rollback) => rollback.run().await,
            Self::Publishers(replace) => replace.run().await,
            Self::Sign(sign) => sign.run(),
            Self::Publish(publish) => publish.run().await,
            Self::Verify(verify) => verify.run().await,
            Self::Watch(watch) => watch.run().await,
            Self::Remove(remove) => remove.run().await,
            Self::Import(import) => import.run().await,
            Self::Code(code) => code.run(),
            Self::SetUp(set_up) => set_up.run().await,
        }
    }
}

impl Key {
    fn run(self) -> Result<()> {
        let key = rebuilder_key::load_or_create(&self.out, &self.name)?;
        let name = self.name.split('/').next().unwrap_or_default();
        output::error(&format!(
            "the line of this publisher in a file of publishers: witness {name} {}",
            key.verifier()
        ));
        output::line(&key.verifier().to_string())
    }
}

impl Add {
    async fn run(self) -> Result<()> {
        let publishers = publishers::read(&self.publishers)?;
        let asked = json!({
            "host": self.host.as_str(),
            "institution": self.institution,
            "publishers": publishers.text(),
        });
        let answer = self.reach.client().post("/v1/sites", &asked).await?;
        self.reach.print(&answer, || {
            format!(
                "{} is a site of {}; its publishers begin with: amana site deploy {} FOLDER --key FILE --centre URL",
                self.host, self.institution, self.host
            )
        })
    }
}

impl List {
    async fn run(self) -> Result<()> {
        let (Some(host), Some(url)) = (&self.host, &self.centre) else {
            let list = self.reach.client().get("/v1/sites").await?;
            let columns = ["host", "institution", "live", "number", "changed"];
            return self.reach.print_table(&list, &columns);
        };
        let state = state::ask(&self.authority.way_to(url)?, host, MAX_LISTED).await?;
        let live = state.live.as_ref().map(|live| live.number);
        let row = |deploy: &state::Deploy| {
            json!({
                "number": deploy.number,
                "live": live == Some(deploy.number),
                "manifest": deploy.manifest,
                "signed_by": deploy.signers(),
                "receipt": deploy.receipt,
                "since_ms": deploy.since_ms,
            })
        };
        let rows = Value::Array(state.deploys.iter().map(row).collect());
        let columns = [
            "number",
            "live",
            "since",
            "manifest",
            "signed_by",
            "receipt",
        ];
        self.reach.print_table(&rows, &columns)?;
        if state.deploys.len() >= MAX_LISTED as usize {
            output::error("older deploys stand in the ledger, and are not listed");
        }
        Ok(())
    }
}

impl Remove {
    async fn run(self) -> Result<()> {
        let path = format!("/v1/sites/{}/remove", segment(self.host.as_str()));
        let asked = json!({ "reason": self.reason });
        let answer = self.reach.client().post(&path, &asked).await?;
        self.reach
            .print(&answer, || format!("{} is no site any more", self.host))
    }
}
