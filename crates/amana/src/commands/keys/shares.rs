//! `amana keys shares`: who holds the root, and whether their pages still rebuild it. Nothing is changed, so custodians can
//! rehearse every year.

use anyhow::{Result, bail};
use clap::Args;
use serde_json::json;

use super::Home;
use super::gather::GivenShares;
use crate::gateway::held_keyring::HeldKeyring;
use crate::gateway::institution::Institution;

/// Show the custodians' plan, and rehearse the recovery.
#[derive(Args)]
pub(crate) struct Shares {
    /// Have the custodians type their shares, and see that they rebuild the root; nothing is changed
    #[arg(long)]
    rehearse: bool,
    #[command(flatten)]
    given: GivenShares,
    #[command(flatten)]
    home: Home,
}

impl Shares {
    pub(crate) fn run(self) -> Result<()> {
        let folder = self.home.folder();
        let institution = Institution::of(&folder)?;
        let held = HeldKeyring::load(&folder, &institution)?;
        let custodians = &held.keyring().custodians;
        let rehearsed = self.rehearse || self.given.is_given();
        if rehearsed {
            let root = self.given.root(Some(&custodians.plan))?;
            if root.key().to_string() != institution.root {
                bail!(
                    "these shares rebuild a root, and not the one of {}: they are another institution's",
                    institution.name
                );
            }
        }
        let answer = json!({
            "custodians": custodians.plan.to_string(),
            "set": custodians.set,
            "fewest": custodians.plan.fewest_shares(),
            "rehearsed": rehearsed,
        });
        self.home.print(&answer, || {
            let mut text = format!(
                "the root of {} is shared {}, set {}: at least {} shares rebuild it",
                institution.name,
                custodians.plan,
                custodians.set,
                custodians.plan.fewest_shares()
            );
            text += if rehearsed {
                "\nThese shares rebuilt it just now. It was forgotten again, and nothing was changed."
            } else {
                "\nSee that they still do: amana keys shares --rehearse"
            };
            text
        })
    }
}
