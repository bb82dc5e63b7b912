//! `amana bucket`: buckets made by the operator for an institution.

use anyhow::Result;
use clap::{Args, Subcommand};
use serde_json::json;

use super::institution;
use crate::cli::Reach;

/// Buckets.
#[derive(Subcommand)]
pub(crate) enum Bucket {
    /// Make a bucket for an institution
    Create(Create),
    /// List an institution's buckets
    List(Of),
}

/// A new bucket.
#[derive(Args)]
pub(crate) struct Create {
    /// 3 to 63 lower-case letters, digits, dots and dashes
    name: String,
    /// The data centre can read it: public data, or data of applications that it hosts
    #[arg(long, requires = "reason")]
    open: bool,
    /// Why it is open; it is written in the institution's ledger
    #[arg(long)]
    reason: Option<String>,
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

impl Bucket {
    pub(crate) async fn run(self) -> Result<()> {
        match self {
            Self::Create(Create {
                name,
                open,
                reason,
                of,
            }) => {
                let new = json!({ "name": name, "open": open, "reason": reason });
                let made = of.reach.client().post(&of.path(), &new).await?;
                of.reach.print(&made, || {
                    format!("{name} is an open bucket of {}", of.institution)
                })
            }
            Self::List(of) => {
                let list = of.reach.client().get(&of.path()).await?;
                of.reach
                    .print_table(&list, &["name", "mode", "versioning", "since"])
            }
        }
    }
}

impl Of {
    fn path(&self) -> String {
        institution::path(&self.institution, "/buckets")
    }
}
