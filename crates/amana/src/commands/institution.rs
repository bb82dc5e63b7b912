//! `amana institution`: who entrusts data to this centre.

use anyhow::Result;
use clap::{Args, Subcommand};
use serde_json::{Value, json};

use crate::cli::{self, Reach};
use crate::client::segment;
use crate::gateway::{self, folder::Folder};
use crate::output;

const COLUMNS: [&str; 6] = [
    "name",
    "canonical_id",
    "ledger",
    "since",
    "suspended",
    "leaving",
];

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
    /// Say how much an institution may hold; what it holds already stays
    Quota(Limits),
}

/// How much one institution may hold.
#[derive(Args)]
#[group(id = "limit", required = true, multiple = true)]
pub(crate) struct Limit {
    /// Bytes, such as 500G or 2T (powers of 1000)
    #[arg(long, value_parser = bytes)]
    bytes: Option<u64>,
    /// Objects
    #[arg(long)]
    objects: Option<u64>,
    /// No limit but the disk
    #[arg(long, conflicts_with_all = ["bytes", "objects"])]
    unlimited: bool,
}

/// One institution, and how much it may hold.
#[derive(Args)]
pub(crate) struct Limits {
    /// The institution
    name: String,
    #[command(flatten)]
    limit: Limit,
    #[command(flatten)]
    reach: Reach,
}

/// A number of bytes, with k, M, G, T or P for a power of 1000.
fn bytes(text: &str) -> Result<u64, String> {
    let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let factor = match &text[digits.len()..] {
        "" | "B" => 1,
        "k" | "kB" => 1_000,
        "M" | "MB" => 1_000_000,
        "G" | "GB" => 1_000_000_000,
        "T" | "TB" => 1_000_000_000_000,
        "P" | "PB" => 1_000_000_000_000_000,
        _ => return Err("must be a number of bytes, such as 500G or 2T".to_owned()),
    };
    let number = digits.parse::<u64>().map_err(|error| error.to_string())?;
    number
        .checked_mul(factor)
        .ok_or_else(|| "is too large".to_owned())
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
            Self::Quota(limits) => limits.set().await,
        }
    }
}

impl Limits {
    async fn set(self) -> Result<()> {
        let Self { name, limit, reach } = self;
        let mut quota = serde_json::Map::new();
        for (what, most) in [("bytes", limit.bytes), ("objects", limit.objects)] {
            if let Some(most) = most {
                quota.insert(what.to_owned(), json!(most));
            }
        }
        let path = path(&name, "/quota");
        let done: Value = reach.client().post(&path, &Value::Object(quota)).await?;
        reach.print(&done, || {
            let told = |what: &str| match done[what].as_u64() {
                Some(most) => format!("{most} {what}"),
                None => format!("any number of {what}"),
            };
            format!("{name} may hold {} and {}", told("bytes"), told("objects"))
        })
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
