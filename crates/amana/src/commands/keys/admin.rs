//! What every change of the keyring shares: this machine's key is opened, the newest keyring is followed, the next one is
//! made, judged as others will judge it, recorded, and only then held.

use std::sync::Arc;

use amana_seal::keyring::{Bundle, Custodians, Draft, Signer};
use amana_seal::member::MemberKey;
use amana_seal::root::Root;
use anyhow::{Context as _, Result, bail};

use super::Home;
use crate::config::environment;
use crate::gateway::config::Config;
use crate::gateway::folder::Folder;
use crate::gateway::held_keyring::HeldKeyring;
use crate::gateway::institution::Institution;
use crate::gateway::link::{Link, Published};
use crate::gateway::member_key;
use crate::gateway::passphrase::Sources;

/// A machine whose member key is open.
pub(crate) struct Desk {
    pub(crate) folder: Folder,
    pub(crate) institution: Institution,
    pub(crate) member: Arc<MemberKey>,
    pub(crate) held: HeldKeyring,
    link: Link,
}

impl Desk {
    /// Opens the folder's key, and follows the newest keyring.
    ///
    /// # Errors
    /// When the gateway isn't enrolled, the passphrase is wrong, or the data centre shows what it must not.
    pub(crate) async fn open(home: &Home) -> Result<Self> {
        let folder = home.folder();
        let institution = Institution::of(&folder)?;
        let config = Config::load(&folder.config(), environment())?;
        let enrolled = config
            .centre
            .as_ref()
            .filter(|_| institution.enrolled.is_some());
        let Some(centre) = enrolled else {
            bail!(
                "this gateway isn't enrolled yet, and every change of a keyring is an entry at the data centre: amana gateway \
                 init first"
            );
        };
        let held = HeldKeyring::load(&folder, &institution)?;
        let way = config.way_to(centre)?;
        let sources = Sources::new(config.passphrase_file);
        let member = Arc::new(member_key::open(&folder, &sources)?);
        let link = Link::of_member(way, &institution.name, &member)?;
        let number = held.keyring().number;
        let held = link.follow(held).await?;
        if held.keyring().number > number {
            held.keep(&folder)?;
        }
        Ok(Self {
            folder,
            institution,
            member,
            held,
            link,
        })
    }

    /// The next keyring, so far without a change.
    ///
    /// # Errors
    /// When this machine doesn't stand in the newest one.
    pub(crate) fn draft(&self) -> Result<Draft> {
        let secrets = self.held.opened_by(&self.member)?;
        Ok(Draft::next(self.held.bundle(), secrets))
    }

    /// Sees that those custodians would be taken: in an institution that keeps itself two officials approve them first.
    ///
    /// # Errors
    /// When they wouldn't be, or the data centre can't be asked.
    pub(crate) async fn may_change(&self, custodians: &Custodians) -> Result<()> {
        self.link.may_change(custodians).await
    }

    /// Signs a keyring as this admin, and as the root if it is at hand; has it recorded, and holds it.
    ///
    /// # Errors
    /// When it breaks the rules, or the data centre doesn't take it.
    pub(crate) async fn publish(&mut self, draft: Draft, root: Option<&Root>) -> Result<Published> {
        let mut signers = vec![];
        if let Some(root) = root {
            signers.push(Signer::Root(root));
        }
        if self.held.keyring().is_admin(self.member.id()) {
            signers.push(Signer::Admin(&self.member));
        }
        if signers.is_empty() {
            bail!(
                "this machine is no admin of the keyring: do it on an admin's machine, or with the custodians' shares"
            );
        }
        let (bundle, _) = draft.sign(&signers)?;
        publish(&self.link, &self.folder, &mut self.held, bundle).await
    }

    /// Holds the newest keyring that the data centre shows: what is recorded, after an answer was lost.
    ///
    /// # Errors
    /// When the data centre can't be asked, or shows what it must not.
    pub(crate) async fn catch_up(&mut self) -> Result<()> {
        let held = HeldKeyring::load(&self.folder, &self.institution)?;
        self.held = self.link.follow(held).await?;
        self.held.keep(&self.folder)
    }
}

/// Whether a keyring that wasn't acknowledged was certainly not recorded: the data centre said so, or was never asked.
pub(crate) fn recorded_nothing(error: &anyhow::Error) -> bool {
    let mut causes = error.chain();
    let said = causes.find_map(|cause| cause.downcast_ref::<amana_gateway::Error>());
    said.is_none_or(amana_gateway::Error::is_not_done)
}

async fn publish(
    link: &Link,
    folder: &Folder,
    held: &mut HeldKeyring,
    bundle: Bundle,
) -> Result<Published> {
    let next = held.followed_by(bundle)?;
    let published = link.publish(next.bundle()).await.context(
        "the next keyring was not acknowledged; the same command again finds out whether it was recorded",
    )?;
    // It is the newest from here on, whether or not this machine can write it down.
    *held = next;
    held.keep(folder)?;
    Ok(published)
}
