//! The newest keyring that this machine accepted, in `keyring.json`, and what its own file in it gives.

use std::fs;

use amana_seal::keyring::{Accepted, Bundle, Holder, Keyring, Secrets, accept};
use amana_seal::member::MemberKey;
use amana_seal::root::{Root, RootKey};
use anyhow::{Context as _, Result, bail};

use super::folder::Folder;
use super::institution::Institution;
use crate::durable::write_private;

/// The newest keyring of this machine.
pub(crate) struct HeldKeyring {
    root: RootKey,
    bundle: Bundle,
    accepted: Accepted,
}

impl HeldKeyring {
    /// The keyring of the folder.
    ///
    /// # Errors
    /// When it can't be read, or isn't one of the pinned root.
    pub(crate) fn load(folder: &Folder, institution: &Institution) -> Result<Self> {
        let path = folder.keyring();
        let damaged = || format!("{}: restore it from its backup", path.display());
        let text = fs::read(&path).with_context(damaged)?;
        let root = institution.root.parse()?;
        let bundle = Bundle::parse(&text).with_context(damaged)?;
        let accepted = Accepted::kept(bundle.signed().clone(), &root).with_context(damaged)?;
        Ok(Self {
            root,
            bundle,
            accepted,
        })
    }

    /// An institution's first keyring.
    ///
    /// # Errors
    /// When it breaks the rules.
    pub(crate) fn first(bundle: Bundle, root: RootKey) -> Result<Self> {
        let accepted = accept(None, bundle.signed().clone(), &root)?;
        Ok(Self {
            root,
            bundle,
            accepted,
        })
    }

    /// The keyring after this one.
    ///
    /// # Errors
    /// When it breaks the rules.
    pub(crate) fn followed_by(&self, bundle: Bundle) -> Result<Self> {
        let accepted = accept(Some(&self.accepted), bundle.signed().clone(), &self.root)?;
        Ok(Self {
            root: self.root,
            bundle,
            accepted,
        })
    }

    /// Keeps it as this machine's newest. Durable on return.
    ///
    /// # Errors
    /// When the file can't be written.
    pub(crate) fn keep(&self, folder: &Folder) -> Result<()> {
        write_private(&folder.keyring(), &self.bundle.to_json())
    }

    /// What it says.
    pub(crate) fn keyring(&self) -> &Keyring {
        self.accepted.keyring()
    }

    /// With recipients and files.
    pub(crate) fn bundle(&self) -> &Bundle {
        &self.bundle
    }

    /// The secrets, by this gateway's own file.
    ///
    /// # Errors
    /// When it isn't in the keyring any more, or the file isn't what the keyring says.
    pub(crate) fn opened_by(&self, member: &MemberKey) -> Result<Secrets> {
        let number = self.keyring().number;
        if self.keyring().member(member.id()).is_none() {
            bail!(
                "this machine ({}) doesn't stand in keyring {number}: it was revoked, or not admitted yet",
                member.id()
            );
        }
        let opened = self
            .bundle
            .open(Holder::Member(member.id()), member.identity());
        opened.with_context(|| format!("this machine's file of keyring {number}"))
    }

    /// The secrets, by the root.
    ///
    /// # Errors
    /// When the root is another one.
    pub(crate) fn opened_by_root(&self, root: &Root) -> Result<Secrets> {
        let opened = self.bundle.open(Holder::Root, root.identity());
        opened.with_context(|| format!("the root's file of keyring {}", self.keyring().number))
    }
}
