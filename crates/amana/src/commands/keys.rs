//! `amana keys`: an institution's keys, made, shared among custodians, recovered, renewed. All of it happens on the
//! institution's own machine; the data centre sees public halves and sealed files.

mod ceremony;
mod gather;
mod init;
mod pages;

pub(crate) use gather::GivenShares;
pub(crate) use init::Plan;

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
}

impl Keys {
    pub(crate) async fn run(self) -> Result<()> {
        match self {
            Self::Init(init) => init.run(),
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
