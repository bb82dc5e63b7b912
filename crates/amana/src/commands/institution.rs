//! `amana institution`: who entrusts data to this centre.

use anyhow::Result;
use clap::{Args, Subcommand};
use serde_json::{Value, json};

use crate::cli::{self, Reach};
use crate::client::segment;
use crate::gateway::{self, folder::Folder};
use crate::output;

const COLUMNS: [&str; 5] = ["name", "canonical_id", "ledger", "since", "suspended"];

/// Institutions.
#[derive(Subcommand)]
pub(crate) enum Institution {
    /// Add an institution and open its ledger
    Add(Named),
    /// List the institutions
    List(Reach),
    /// Show one institution
    Show(Named),
    /// Refuse all keys of an institution, until it is resumed
    Suspend(Standing),
    /// Let a suspended institution act again
    Resume(Standing),
}

/// One institution.
#[derive(Args)]
pub(crate) struct Named {
    /// 2 to 40 lower-case letters, digits and dashes
    name: String,
    #[command(flatten)]
    reach: Reach,
}

/// One institution, and why.
#[derive(Args)]
pub(crate) struct Standing {
    /// The institution
    name: String,
    /// Why; it is written in the institution's ledger
    #[arg(long)]
    reason: Option<String>,
    #[command(flatten)]
    reach: Reach,
}

impl Institution {
    pub(crate) async fn run(self) -> Result<()> {
        match self {
            Self::Add(Named { name, reach }) => {
                let added = reach
                    .client()
                    .post("/v1/institutions", &json!({ "name": name }))
                    .await?;
                reach.print(&added, || {
                    format!(
                        "added {name}, with the ledger {}",
                        added["ledger"].as_str().unwrap_or_default()
                    )
                })
            }
            Self::List(reach) => {
                let list = reach.client().get("/v1/institutions").await?;
                reach.print_table(&list, &COLUMNS)
            }
            Self::Show(Named { name, reach }) => {
                let shown = reach.client().get(&path(&name, "")).await?;
                reach.print(&shown, || {
                    output::table(std::slice::from_ref(&shown), &COLUMNS)
                })
            }
            Self::Suspend(standing) => standing.change("suspend", "is suspended").await,
            Self::Resume(standing) => standing.change("resume", "acts again").await,
        }
    }
}

impl Standing {
    async fn change(self, verb: &str, then: &str) -> Result<()> {
        let Self {
            name,
            reason,
            reach,
        } = self;
        let path = path(&name, &format!("/{verb}"));
        let done: Value = reach
            .client()
            .post(&path, &json!({ "reason": reason }))
            .await?;
        reach.print(&done, || format!("{name} {then}"))
    }
}

/// Path of an institution, or of something under it.
pub(crate) fn path(institution: &str, under: &str) -> String {
    format!("/v1/institutions/{}{under}", segment(institution))
}

/// Of which institution.
#[derive(Args)]
pub(crate) struct Of {
    /// The institution; a gateway's folder names its own
    #[arg(long, value_name = "NAME")]
    institution: Option<String>,
    #[command(flatten)]
    pub(crate) reach: Reach,
}

impl Of {
    /// The institution that is meant. Without one, wrong usage.
    pub(crate) fn name(&self) -> Result<String> {
        if let Some(name) = &self.institution {
            return Ok(name.clone());
        }
        match gateway::institution::Institution::load(&Folder::new(&self.reach.data))? {
            Some(own) => Ok(own.name),
            None => cli::wrong_usage("--institution NAME is needed: the folder is no gateway's"),
        }
    }

    /// Path of something of the institution.
    pub(crate) fn path(&self, under: &str) -> Result<String> {
        Ok(path(&self.name()?, under))
    }
}
