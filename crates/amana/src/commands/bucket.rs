//! `amana bucket`: an institution's buckets, made at its gateway, sealed, or by the operator, open.

use anyhow::Result;
use clap::{Args, Subcommand};
use serde_json::json;

use super::institution::Of;

/// Buckets.
#[derive(Subcommand)]
pub(crate) enum Bucket {
    /// Make a bucket: sealed at a gateway; at the data centre only open ones
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
                let made = of.reach.client().post(&of.path("/buckets")?, &new).await?;
                of.reach.print(&made, || {
                    let mode = made["mode"].as_str().unwrap_or("new");
                    format!("{name} is made, and it is {mode}")
                })
            }
            Self::List(of) => {
                let list = of.reach.client().get(&of.path("/buckets")?).await?;
                of.reach
                    .print_table(&list, &["name", "mode", "versioning", "since"])
            }
        }
    }
}
