//! `amana official`: the people of an institution.

use anyhow::Result;
use clap::{Args, Subcommand};
use serde_json::{Value, json};

use super::institution;
use crate::cli::Reach;

/// Officials.
#[derive(Subcommand)]
pub(crate) enum Official {
    /// Name an official of an institution
    Add(Add),
    /// Give an official, named already or now, the link to a first passkey; the institution `operator` is the staff
    Invite(Invite),
    /// Be the second of a recovery, where an institution has nobody else
    Approve(Remove),
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

/// Whom a link is for.
#[derive(Args)]
pub(crate) struct Invite {
    /// The name of a person who isn't named yet
    #[arg(required_unless_present = "number", conflicts_with = "number")]
    name: Option<String>,
    /// His or her role; the operator's staff has but one
    #[arg(long, value_parser = ["director", "focal-point", "custodian", "auditor"])]
    role: Option<String>,
    /// An official who is, as `list` shows it
    #[arg(long)]
    number: Option<u64>,
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

/// Which official, or which proposal.
#[derive(Args)]
pub(crate) struct Remove {
    /// The number, as `list` or the console shows it
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
            Self::Invite(Invite {
                name,
                role,
                number,
                of,
            }) => {
                let whom = json!({ "name": name, "role": role, "number": number });
                let path = of.path("/invite");
                let link = of.reach.client().post(&path, &whom).await?;
                of.reach.print(&link, || told(&link))
            }
            Self::Approve(Remove { number, of }) => {
                let path =
                    institution::path(&of.institution, &format!("/proposals/{number}/approve"));
                let link = of.reach.client().post(&path, &json!({})).await?;
                of.reach.print(&link, || told(&link))
            }
            Self::List(of) => {
                let list = of.reach.client().get(&of.path("")).await?;
                of.reach.print_table(
                    &list,
                    &[
                        "number", "name", "role", "passkeys", "password", "key", "since",
                    ],
                )
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

fn told(link: &Value) -> String {
    let text = |name: &str| link[name].as_str().unwrap_or_default().to_owned();
    format!(
        "{}\nThis link makes whoever has it {}, once, within 3 days. It is shown this once.",
        text("link"),
        text("account")
    )
}

impl Of {
    fn path(&self, under: &str) -> String {
        institution::path(&self.institution, &format!("/officials{under}"))
    }
}
