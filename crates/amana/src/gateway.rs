//! `amana gateway`: the institution's side, on its own premises. Keys are made and kept here; what leaves is sealed and
//! signed.
//!
//! Deliberately absent: any way to give the data centre a key, and any way to take a member, a bucket's mode or a policy
//! on its word.

mod admin;
pub(crate) mod config;
pub(crate) mod enrolment;
pub(crate) mod folder;
pub(crate) mod held_keyring;
mod init;
pub(crate) mod institution;
pub(crate) mod member_key;
mod page;
pub(crate) mod passphrase;
pub(crate) mod pinned_policy;
mod run;
mod running;
mod six_words;
mod status;
pub(crate) mod terminal;
mod web;

use anyhow::Result;
use clap::{Args, Subcommand};

use crate::cli;

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
            None => self.run.run(),
        }
    }
}
