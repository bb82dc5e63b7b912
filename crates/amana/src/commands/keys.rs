//! `amana keys`: an institution's keys, made, shared among custodians, recovered, renewed. All of it happens on the
//! institution's own machine; the data centre sees public halves and sealed files.

mod admin;
mod admit;
mod ceremony;
mod gather;
mod init;
mod pages;
mod recover;
mod reshare;
mod revoke;
mod rotate;
mod shares;
mod show;

pub(crate) use ceremony::host_name;
pub(crate) use gather::{GivenShares, read as read_page};
pub(crate) use init::{Plan, institution_name};
pub(crate) use pages::Pages;

use std::path::PathBuf;

use anyhow::Result;
use clap::{Args, Subcommand};
use serde_json::Value;

use crate::gateway::folder::{DEFAULT_FOLDER, Folder};
use crate::output;

/// An institution's keys.
#[derive(Subcommand)]
pub(crate) enum Keys {
    /// Make the institution's root, its custodians' shares, and the key of this gateway
    Init(init::Init),
    /// Show who acts for the institution
    Show(show::Show),
    /// Show who holds the root, and rehearse its recovery
    Shares(shares::Shares),
    /// Share the root among other custodians; the old pages work until they are destroyed
    Reshare(reshare::Reshare),
    /// Begin a new epoch of keys
    Rotate(rotate::Rotate),
    /// Remove a stolen gateway, or an official who left, and begin a new epoch
    Revoke(revoke::Revoke),
    /// Rebuild the root from shares on a fresh machine, which becomes a gateway
    Recover(Box<recover::Recover>),
    /// Take another gateway, or an official, into the keyring
    Admit(admit::Admit),
}

impl Keys {
    pub(crate) async fn run(self) -> Result<()> {
        match self {
            Self::Init(init) => init.run(),
            Self::Show(show) => show.run(),
            Self::Shares(shares) => shares.run(),
            Self::Reshare(reshare) => reshare.run().await,
            Self::Rotate(rotate) => rotate.run().await,
            Self::Revoke(revoke) => revoke.run().await,
            Self::Recover(recover) => recover.run().await,
            Self::Admit(admit) => admit.run().await,
        }
    }
}

/// Which gateway, and how to answer.
#[derive(Args)]
pub(crate) struct Home {
    /// The gateway's folder
    #[arg(long, value_name = "DIR", default_value = DEFAULT_FOLDER)]
    pub(crate) data: PathBuf,
    /// Print JSON, for scripts
    #[arg(long)]
    pub(crate) json: bool,
}

impl Home {
    /// The folder.
    pub(crate) fn folder(&self) -> Folder {
        Folder::new(&self.data)
    }

    /// Prints an answer: as JSON if asked for, otherwise as `text` tells it.
    pub(crate) fn print(&self, answer: &Value, text: impl FnOnce() -> String) -> Result<()> {
        if self.json {
            output::line(&answer.to_string())
        } else {
            output::line(&text())
        }
    }
}
