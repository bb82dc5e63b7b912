//! `amana official`: the people of an institution.

use anyhow::Result;
use clap::{Args, Subcommand};
use serde_json::json;

use super::institution;
use crate::cli::Reach;

/// Officials.
#[derive(Subcommand)]
pub(crate) enum Official {
    /// Name an official of an institution
    Add(Add),
    /// List the officials of an institution
    List(Of),
    /// End an official's role
    Remove(Remove),
}

/// A new official.
#[derive(Args)]
pub(crate) struct Add {
    /// The person's name
    name: String,
    /// director, focal-point, custodian or auditor
    #[arg(long, value_parser = ["director", "focal-point", "custodian", "auditor"])]
    role: String,
    /// The person's Ed25519 key, as a verifier key
    #[arg(long, value_name = "VKEY")]
    key: Option<String>,
    #[command(flatten)]
    of: Of,
}

/// Of which institution.
#[derive(Args)]
pub(crate) struct Of {
    /// The institution
    #[arg(long, value_name = "NAME")]
    institution: String,
    #[command(flatten)]
    reach: Reach,
}

/// Which official.
#[derive(Args)]
pub(crate) struct Remove {
    /// The official's number, as `list` shows it
    number: u64,
    #[command(flatten)]
    of: Of,
}

impl Official {
    pub(crate) async fn run(self) -> Result<()> {
        match self {
            Self::Add(Add {
                name,
                role,
                key,
                of,
            }) => {
                let new = json!({ "name": name, "role": role, "key": key });
                let added = of.reach.client().post(&of.path(""), &new).await?;
                of.reach.print(&added, || {
                    format!(
                        "{name} is official {} of {}: {role}",
                        added["number"], of.institution
                    )
                })
            }
            Self::List(of) => {
                let list = of.reach.client().get(&of.path("")).await?;
                of.reach
                    .print_table(&list, &["number", "name", "role", "key", "since"])
            }
            Self::Remove(Remove { number, of }) => {
                let path = of.path(&format!("/{number}"));
                let removed = of.reach.client().delete(&path).await?;
                of.reach.print(&removed, || {
                    format!("official {number} of {} is removed", of.institution)
                })
            }
        }
    }
}

impl Of {
    fn path(&self, under: &str) -> String {
        institution::path(&self.institution, &format!("/officials{under}"))
    }
}
