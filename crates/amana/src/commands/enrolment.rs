//! `amana enrolment`: how an institution's gateway is let in.

use anyhow::Result;
use clap::{Args, Subcommand};
use serde_json::json;

use super::institution;
use crate::cli::Reach;

/// Enrolments.
#[derive(Subcommand)]
pub(crate) enum Enrolment {
    /// Hand out a code, with which a gateway of the institution introduces itself
    Issue(Issue),
    /// List the enrolments, the newest first
    List(Reach),
    /// Let a gateway in, whose six words were heard over the telephone
    Confirm(Confirm),
    /// End an enrolment: its code, and whoever came with it
    Refuse(Refuse),
}

/// For which institution.
#[derive(Args)]
pub(crate) struct Issue {
    /// The institution
    name: String,
    #[command(flatten)]
    reach: Reach,
}

/// The words that were heard.
#[derive(Args)]
pub(crate) struct Confirm {
    /// The institution
    name: String,
    /// The six words, as the correspondent read them out, or their numbers
    #[arg(long, value_name = "WORDS")]
    words: String,
    #[command(flatten)]
    reach: Reach,
}

/// Which enrolment ends, and why.
#[derive(Args)]
pub(crate) struct Refuse {
    /// The institution
    name: String,
    /// The enrolment's number, as `list` shows it; by default the newest that is open
    #[arg(long)]
    number: Option<u64>,
    /// Why; it is written in the institution's ledger
    #[arg(long)]
    reason: Option<String>,
    #[command(flatten)]
    reach: Reach,
}

impl Enrolment {
    pub(crate) async fn run(self) -> Result<()> {
        match self {
            Self::Issue(Issue { name, reach }) => {
                let path = path(&name, "");
                let issued = reach.client().post(&path, &json!({})).await?;
                reach.print(&issued, || {
                    let code = issued["code"].as_str().unwrap_or_default();
                    format!(
                        "{code}\nThis code is for a gateway of {name}, once, within 7 days. It is shown this once.\n\
                         There: amana gateway init --centre URL --code {code}\n\
                         Then have its six words read out, and: amana enrolment confirm {name} --words \"…\""
                    )
                })
            }
            Self::List(reach) => {
                let list = reach.client().get("/v1/enrolments").await?;
                reach.print_table(
                    &list,
                    &["institution", "number", "state", "member", "issued"],
                )
            }
            Self::Confirm(Confirm { name, words, reach }) => {
                let path = path(&name, "/confirm");
                let heard = json!({ "words": words });
                let confirmed = reach.client().post(&path, &heard).await?;
                reach.print(&confirmed, || {
                    format!(
                        "the gateway {} acts for {name} from now on, and {name}'s own signature is needed for its sealed buckets",
                        confirmed["member"].as_str().unwrap_or_default()
                    )
                })
            }
            Self::Refuse(Refuse {
                name,
                number,
                reason,
                reach,
            }) => {
                let path = path(&name, "/refuse");
                let why = json!({ "number": number, "reason": reason });
                let refused = reach.client().post(&path, &why).await?;
                reach.print(&refused, || {
                    format!("enrolment {} of {name} is refused", refused["number"])
                })
            }
        }
    }
}

fn path(name: &str, under: &str) -> String {
    institution::path(name, &format!("/enrolments{under}"))
}
