//! `amana site publishers`: who signs from the next change on.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use amana_ledger::MAX_POLICY_BYTES;
use amana_sites::{Host, Publishers, Says};
use anyhow::{Context as _, Result};
use clap::Args;

use super::signing::{Outcome, To, finish};
use super::state;
use super::statement::Signing;
use crate::commands::receipt::read_bounded;
use crate::rebuilder_key;

/// Other publishers.
#[derive(Args)]
pub(crate) struct Replace {
    /// The site
    host: Host,
    /// File that lists the new ones, and how many of them must sign
    #[arg(long, value_name = "FILE")]
    publishers: PathBuf,
    /// File of the private key of one of those that sign now
    #[arg(long, value_name = "FILE")]
    key: PathBuf,
    #[command(flatten)]
    to: To,
}

impl Replace {
    pub(super) async fn run(self) -> Result<()> {
        let key = Arc::new(rebuilder_key::load(&self.key)?);
        let publishers = read(&self.publishers)?;
        let state = state::ask(&self.to.way()?, &self.host, 0).await?;
        let enough = self.to.is_enough(&state, &key)?;
        let says = Says::Publishers {
            publishers: publishers.digest(),
        };
        let mut signing = Signing::next(&state, &self.host, says);
        signing.add(&key);
        let outcome = Outcome {
            signing,
            publishers: Some(&publishers),
            enough,
        };
        finish(&self.to, &self.host, &key, outcome).await
    }
}

/// The publishers of a file.
///
/// # Errors
/// When it can't be read, or lists none.
pub(super) fn read(file: &Path) -> Result<Publishers> {
    let bytes = read_bounded(file, MAX_POLICY_BYTES)?;
    Publishers::parse(&bytes).with_context(|| format!("{} lists no publishers", file.display()))
}
