//! Making an institution's keys: the root, its shares on paper and rehearsed, this gateway's own key, the first keyring.
//! The root is in memory from the first line to the last, and nowhere afterwards.

use amana_seal::keyring::{Bundle, Custodians, Draft, Kind, NewMember, Role, Signer};
use amana_seal::member::{MemberId, MemberKey};
use amana_seal::pages::PageKey;
use amana_seal::root::{Root, RootKey};
use amana_seal::shares::GroupPlan;
use anyhow::{Result, bail};
use zeroize::Zeroizing;

use super::pages::{Pages, Printed};
use crate::gateway::folder::Folder;
use crate::gateway::held_keyring::HeldKeyring;
use crate::gateway::institution::Institution;
use crate::gateway::member_key;

/// What the keys are made of.
pub(crate) struct Ceremony<'a> {
    /// Where they go.
    pub(crate) folder: &'a Folder,
    /// The institution's name.
    pub(crate) institution: &'a str,
    /// Who will hold the root.
    pub(crate) plan: GroupPlan,
    /// Where the shares go.
    pub(crate) pages: Pages,
    /// What this gateway is called in the keyring.
    pub(crate) name: &'a str,
}

/// What was made.
pub(crate) struct Made {
    pub(crate) root: RootKey,
    pub(crate) member: MemberId,
    pub(crate) printed: Printed,
}

impl Ceremony<'_> {
    /// Sees that there are no keys yet, and room for the pages: before a person is asked for a passphrase.
    ///
    /// # Errors
    /// When there are, or there is none.
    pub(crate) fn check(&self) -> Result<()> {
        if let Some(there) = Institution::load(self.folder)? {
            bail!(
                "{} holds the keys of {} already, and they are never replaced; amana keys reshare prints new shares, amana \
                 keys rotate begins a new epoch",
                self.folder.path().display(),
                there.name
            );
        }
        self.pages.prepare()
    }

    /// Makes the keys, once [`Ceremony::check`] let them. `institution.json` comes last: without it nothing counts, and the ceremony is held again.
    ///
    /// # Errors
    /// When the pages can't be written or read back, or the disk fails.
    pub(crate) fn hold(self, passphrase: Zeroizing<String>) -> Result<Made> {
        let custodians = Custodians {
            plan: self.plan.clone(),
            set: 1,
        };
        let root = Root::generate()?;
        let member = MemberKey::generate()?;
        let bundle = first_keyring(&root, self.institution, &custodians, self.name, &member)?;
        let held = HeldKeyring::first(bundle, root.key())?;
        let printed =
            self.pages
                .print(PageKey::Institution, self.institution, &root, &custodians)?;

        member_key::keep(self.folder, &member, passphrase)?;
        held.keep(self.folder)?;
        let pinned = Institution {
            name: self.institution.to_owned(),
            root: root.key().to_string(),
            member: member.id().to_string(),
            pages: printed.folder.clone(),
            enrolled: None,
        };
        pinned.keep(self.folder)?;
        Ok(Made {
            root: root.key(),
            member: member.id(),
            printed,
        })
    }
}

fn first_keyring(
    root: &Root,
    institution: &str,
    custodians: &Custodians,
    name: &str,
    member: &MemberKey,
) -> Result<Bundle> {
    let mut draft = Draft::first(institution, root, custodians.clone())?;
    draft.add(admin_gateway(name, member))?;
    let (bundle, _) = draft.sign(&[Signer::Root(root)])?;
    Ok(bundle)
}

/// This machine, as an admin of the keyring.
pub(crate) fn admin_gateway(name: &str, member: &MemberKey) -> NewMember {
    NewMember {
        role: Role::Admin,
        kind: Kind::Gateway,
        name: name.to_owned(),
        key: member.verifying_key(),
        recipient: member.identity().recipient(),
    }
}

/// What this machine is called when nobody says otherwise: its host name, as far as a keyring's line takes it.
pub(crate) fn host_name() -> String {
    let name = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    let plain = |c: &char| c.is_ascii_alphanumeric() || "-.".contains(*c);
    let name: String = name.trim().chars().filter(plain).take(63).collect();
    if name.is_empty() {
        "gateway".to_owned()
    } else {
        name
    }
}
