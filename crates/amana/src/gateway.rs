//! `amana gateway`: the institution's side, on its own premises. Keys are made and kept here; what leaves is sealed and
//! signed.
//!
//! Deliberately absent: any way to give the data centre a key, and any way to take a member, a bucket's mode or a policy
//! on its word.

mod admin;
pub(crate) mod config;
pub(crate) mod enrolment;
mod file_page;
mod files;
pub(crate) mod folder;
pub(crate) mod given_code;
pub(crate) mod held_keyring;
mod init;
pub(crate) mod institution;
mod join;
pub(crate) mod link;
pub(crate) mod member_key;
pub(crate) mod newcomer;
pub(crate) mod passphrase;
pub(crate) mod pinned_policy;
mod pins;
mod run;
mod running;
pub(crate) mod six_words;
mod status;
pub(crate) mod terminal;
mod upgrade;
mod web;

use anyhow::Result;
use clap::{Args, Subcommand};
use serde_json::json;

use crate::client::Client;
use crate::commands::keys::Home;
use crate::commands::ledger::erasure_path;
use crate::{cli, output};

/// Run the gateway, or prepare it.
#[derive(Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(crate) struct Gateway {
    #[command(subcommand)]
    action: Option<Action>,
    #[command(flatten)]
    run: run::Run,
}

#[derive(Subcommand)]
enum Action {
    /// Make the keys if there are none, pin the trust policy, and enrol at the data centre
    Init(Box<init::Init>),
    /// Run the gateway; the same without a word
    Run(run::Run),
    /// Make this machine another gateway of an institution that has one
    Join(Box<join::Join>),
    /// Judge another binary by what rebuilders signed and witnesses saw, and install it
    Upgrade(Box<upgrade::Upgrade>),
    /// Show how the running gateway is
    Status(Home),
    /// Have what the data centre lost looked for, and given back from this gateway's mirror
    GiveBack(Home),
    /// Have the body of a sealed act erased, under this gateway's signature, once nothing stands on it any more
    Erase(Erase),
}

/// Which act, and why.
#[derive(Args)]
struct Erase {
    /// The act, such as finances/vault/12; the oldest act of an object goes first
    #[arg(value_name = "LEDGER/INDEX")]
    entry: String,
    /// Why; it is written in the institution's ledger, where the data centre reads it
    #[arg(long)]
    reason: String,
    #[command(flatten)]
    home: Home,
}

impl Gateway {
    /// Does what was asked; without a word, runs.
    ///
    /// # Errors
    /// When it was refused or failed.
    pub(crate) fn run(self) -> Result<()> {
        match self.action {
            Some(Action::Init(init)) => cli::wait(init.run()),
            Some(Action::Run(run)) => run.run(),
            Some(Action::Join(join)) => cli::wait(join.run()),
            Some(Action::Upgrade(upgrade)) => cli::wait(upgrade.run()),
            Some(Action::Status(home)) => cli::wait(show_status(&home)),
            Some(Action::GiveBack(home)) => cli::wait(give_back(&home)),
            Some(Action::Erase(erase)) => cli::wait(erase.run()),
            None => self.run.run(),
        }
    }
}

impl Erase {
    async fn run(self) -> Result<()> {
        let client = Client::new(&self.home.data);
        let body = json!({ "reason": self.reason });
        let erased = client.post(&erasure_path(&self.entry)?, &body).await?;
        if self.home.json {
            return output::line(&erased.to_string());
        }
        let receipt = erased["receipt"].as_str().unwrap_or_default();
        output::line(&format!(
            "the body of {} is erased; the receipt is {receipt}",
            self.entry
        ))
    }
}

/// Entries go back by themselves once they are seen to be missing; this looks for lost content as well.
async fn give_back(home: &Home) -> Result<()> {
    let client = Client::new(&home.data);
    let asked = client.post("/v1/give-back", &json!({})).await?;
    if home.json {
        return output::line(&asked.to_string());
    }
    output::line("the gateway looks for it now: amana gateway status says how far it is")
}

/// Asks the running gateway how it is.
async fn show_status(home: &Home) -> Result<()> {
    let client = Client::new(&home.data);
    if home.json {
        return output::line(&client.get("/v1/status").await?.to_string());
    }
    let text = client.get_bytes("/v1/status.txt").await?;
    output::line(&String::from_utf8_lossy(&text))
}
