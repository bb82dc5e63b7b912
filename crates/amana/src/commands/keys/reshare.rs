//! `amana keys reshare`: the same root, other custodians. Old pages keep working until they are destroyed, and that is said.

use amana_seal::keyring::{Custodians, Draft};
use amana_seal::pages::PageKey;
use amana_seal::shares::GroupPlan;
use anyhow::{Result, bail};
use clap::Args;
use serde_json::json;
use std::path::PathBuf;

use super::Home;
use super::admin::Desk;
use super::gather::GivenShares;
use super::pages::Pages;

/// Share the root anew.
#[derive(Args)]
pub(crate) struct Reshare {
    /// Who rebuilds the keys together from now on: 3-of-5, or "2 of {cabinet 2-of-3, ICT 2-of-3, court 3-of-5}"
    #[arg(long, value_name = "PLAN")]
    custodians: GroupPlan,
    /// Folder for the new pages, made anew; - prints them on stdout
    #[arg(long, value_name = "DIR")]
    pages: Option<PathBuf>,
    #[command(flatten)]
    given: GivenShares,
    #[command(flatten)]
    home: Home,
}

impl Reshare {
    pub(crate) async fn run(self) -> Result<()> {
        let mut desk = Desk::open(&self.home).await?;
        let before = desk.held.keyring().custodians.clone();
        let custodians = Custodians {
            plan: self.custodians.clone(),
            set: before.set + 1,
        };
        let name = desk.institution.name.clone();
        // Before a folder is made, or a share asked for: what would be refused leaves nothing.
        desk.may_change(&custodians).await?;
        let pages = Pages::of(self.pages.as_deref(), &name, custodians.set);
        pages.prepare()?;
        let root = self.given.root(Some(&before.plan))?;
        if root.key().to_string() != desk.institution.root {
            bail!("these shares rebuild a root, and not the one of {name}; nothing was changed");
        }
        let secrets = desk.held.opened_by_root(&root)?;
        let mut draft = Draft::next(desk.held.bundle(), secrets);
        draft.reshare(custodians.clone());
        // Pages first: a keyring that names custodians without pages would be worse than pages that are to be burnt.
        let printed = pages.print(PageKey::Institution, &name, &root, &custodians)?;
        let published = match desk.publish(draft, Some(&root)).await {
            // Between the question and the keyring the approval ended, or another keyring used it.
            Err(error) if was_refused(&error) => {
                printed.discard()?;
                return Err(error.context(format!(
                    "the keyring was refused and nothing was changed; {}",
                    printed.discarded()
                )));
            }
            published => published?,
        };
        drop(root);
        desk.institution.pages = printed.folder.clone();
        desk.institution.keep(&desk.folder)?;
        let answer = json!({
            "keyring": desk.held.keyring().number,
            "receipt": published.receipt,
            "shares": printed.json(),
            "before": { "custodians": before.plan.to_string(), "set": before.set },
        });
        self.home.print(&answer, || {
            format!(
                "{}\nKeyring {} notes the new custodians, receipt {}\nTHE OLD SHARES STILL WORK: set {} ({}) rebuilds the same root \
                 until enough of its pages are destroyed. Collect them and burn them before witnesses; whoever keeps enough of \
                 them keeps everything.",
                printed.text(),
                desk.held.keyring().number,
                published.receipt,
                before.set,
                before.plan
            )
        })
    }
}

/// Whether the data centre understood, and said no: then nothing was recorded.
fn was_refused(error: &anyhow::Error) -> bool {
    let refused = |cause: &(dyn std::error::Error + 'static)| {
        let cause = cause.downcast_ref::<amana_gateway::Error>();
        matches!(
            cause,
            Some(amana_gateway::Error::Refused {
                status: 400..=499,
                ..
            })
        )
    };
    error.chain().any(refused)
}
