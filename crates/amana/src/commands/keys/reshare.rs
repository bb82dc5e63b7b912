//! `amana keys reshare`: the same root, other custodians. Old pages keep working until they are destroyed, and that is said.

use amana_seal::keyring::{Custodians, Draft};
use amana_seal::pages::PageKey;
use amana_seal::shares::GroupPlan;
use anyhow::{Context as _, Result, bail};
use clap::Args;
use serde_json::json;
use std::path::PathBuf;

use super::Home;
use super::admin::{Desk, recorded_nothing};
use super::gather::GivenShares;
use super::pages::{Pages, Printed};

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
        let published = desk.publish(draft, Some(&root)).await;
        drop(root);
        let receipt = match published {
            Ok(published) => Some(published.receipt),
            Err(error) => {
                settle(&mut desk, error, &custodians, &printed).await?;
                None
            }
        };
        desk.institution.pages = printed.folder.clone();
        desk.institution.keep(&desk.folder)?;
        let answer = json!({
            "keyring": desk.held.keyring().number,
            "receipt": receipt,
            "shares": printed.json(),
            "before": { "custodians": before.plan.to_string(), "set": before.set },
        });
        self.home.print(&answer, || {
            format!(
                "{}\nKeyring {} notes the new custodians{}\nTHE OLD SHARES STILL WORK: set {} ({}) rebuilds the same root \
                 until enough of its pages are destroyed. Collect them and burn them before witnesses; whoever keeps enough of \
                 them keeps everything.",
                printed.text(),
                desk.held.keyring().number,
                receipt.map_or_else(String::new, |receipt| format!(", receipt {receipt}")),
                before.set,
                before.plan
            )
        })
    }
}

/// What becomes of the pages when the keyring that names their custodians wasn't acknowledged. It goes on if that keyring is
/// recorded all the same.
///
/// # Errors
/// The same error, in words that say whether the pages are to be kept.
async fn settle(
    desk: &mut Desk,
    error: anyhow::Error,
    custodians: &Custodians,
    printed: &Printed,
) -> Result<()> {
    let (set, place) = (custodians.set, printed.place());
    if desk.held.keyring().custodians == *custodians {
        return Err(error.context(format!(
            "set {set} is recorded, but this machine could not write it down: KEEP the pages {place}"
        )));
    }
    if recorded_nothing(&error) {
        // Between the question and the keyring the approval ended, say, or another keyring used it.
        let told = match printed.discard() {
            Ok(()) => printed.discarded().to_owned(),
            Err(left) => format!(
                "destroy the pages {place} yourself, since not all could be erased ({left:#})"
            ),
        };
        return Err(error.context(format!(
            "the keyring was not recorded and nothing was changed; {told}"
        )));
    }
    // Once more, since an answer that was lost may be that of a keyring that is recorded.
    let seen = desk.catch_up().await;
    match desk.held.keyring().custodians == *custodians {
        true => seen.with_context(|| format!("set {set} is recorded: KEEP the pages {place}")),
        false => Err(error.context(format!(
            "it is unknown whether set {set} was recorded: KEEP the pages {place} until this machine has reached \
             the data centre again and amana keys show tells which set holds"
        ))),
    }
}
