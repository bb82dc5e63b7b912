//! Making a keyring: the first, or the next with its changes, sealed to everybody in it and signed.

use std::collections::BTreeMap;

use super::bundle::Bundle;
use super::refusal::KeyringRefusal as Refusal;
use super::secrets::Secrets;
use super::signed::SignedKeyring;
use super::text::{Custodians, Holder, Keyring, KeyringEpoch, KeyringMember, Kind, Role};
use crate::age::{HybridRecipient, Recipient, seal_all};
use crate::epoch::EpochSecret;
use crate::error::Result;
use crate::member::{MemberId, MemberKey, VerifyingKey};
use crate::root::Root;
use crate::signing::sha256;

/// A keyring in the making. Nothing of it counts before [`Draft::sign`].
pub struct Draft {
    keyring: Keyring,
    recipients: BTreeMap<Holder, HybridRecipient>,
    secrets: Secrets,
    has_new_epoch: bool,
}

/// Somebody to be taken in.
#[derive(Debug, Clone)]
pub struct NewMember {
    /// What it may do with keyrings; an admin needs the root's signature.
    pub role: Role,
    /// What it is.
    pub kind: Kind,
    /// What people call it.
    pub name: String,
    /// What it signs with.
    pub key: VerifyingKey,
    /// What its file is sealed to.
    pub recipient: HybridRecipient,
}

/// Who signs a keyring.
pub enum Signer<'a> {
    /// The root, while it is rebuilt.
    Root(&'a Root),
    /// An admin.
    Admin(&'a MemberKey),
}

impl Draft {
    /// The first keyring of an institution: a new name key, epoch 1, no members yet. The root must sign it.
    ///
    /// # Errors
    /// [`crate::Error::Randomness`].
    pub fn first(institution: &str, root: &Root, custodians: Custodians) -> Result<Self> {
        let secrets = Secrets::generate()?;
        let recipient = root.identity().recipient();
        let keyring = Keyring {
            institution: institution.to_owned(),
            number: 1,
            previous: None,
            root: root.key(),
            root_recipient_sha256: recipient_sha256(&recipient),
            name_key: secrets.name_key.commitment(),
            epochs: secrets.epochs.iter().map(committed).collect(),
            members: BTreeMap::new(),
            custodians,
            files: BTreeMap::new(),
        };
        Ok(Self {
            keyring,
            recipients: BTreeMap::from([(Holder::Root, recipient)]),
            secrets,
            has_new_epoch: false,
        })
    }

    /// The keyring after this one, so far without a change. The secrets are those of this bundle, as one's own file gave them.
    #[must_use]
    pub fn next(bundle: &Bundle, secrets: Secrets) -> Self {
        let mut keyring = bundle.keyring().clone();
        keyring.number += 1;
        keyring.previous = Some(bundle.signed().digest());
        Self {
            keyring,
            recipients: bundle.recipients().clone(),
            secrets,
            has_new_epoch: false,
        }
    }

    /// Takes somebody in, who will be able to open all epochs.
    ///
    /// # Errors
    /// [`Refusal::MemberTwice`].
    pub fn add(&mut self, new: NewMember) -> Result<MemberId> {
        let NewMember {
            role,
            kind,
            name,
            key,
            recipient,
        } = new;
        let recipient_sha256 = recipient_sha256(&recipient);
        let member = KeyringMember {
            role,
            kind,
            name,
            key,
            recipient_sha256,
        };
        let id = member.id();
        if self.keyring.members.insert(id, member).is_some() {
            return Err(Refusal::MemberTwice { member: id }.into());
        }
        self.recipients.insert(Holder::Member(id), recipient);
        Ok(id)
    }

    /// Removes a member, and begins a new epoch so that it opens nothing that comes after.
    ///
    /// # Errors
    /// [`Refusal::NoSuchMember`]; [`crate::Error::Randomness`].
    pub fn remove(&mut self, member: MemberId) -> Result<()> {
        if self.keyring.members.remove(&member).is_none() {
            return Err(Refusal::NoSuchMember { member }.into());
        }
        self.recipients.remove(&Holder::Member(member));
        self.rotate()
    }

    /// Begins a new epoch; once a keyring, however often it is asked for.
    ///
    /// # Errors
    /// [`crate::Error::Randomness`].
    pub fn rotate(&mut self) -> Result<()> {
        if self.has_new_epoch || self.keyring.number == 1 {
            return Ok(());
        }
        let epoch = EpochSecret::generate(self.keyring.epoch().number + 1)?;
        self.keyring.epochs.push(committed(&epoch));
        self.secrets.epochs.push(epoch);
        self.has_new_epoch = true;
        Ok(())
    }

    /// Notes the custodians of a new set of shares. The root must sign.
    pub fn reshare(&mut self, custodians: Custodians) {
        self.keyring.custodians = custodians;
    }

    /// What it will say, but for the files.
    #[must_use]
    pub fn keyring(&self) -> &Keyring {
        &self.keyring
    }

    /// Seals the secrets to everybody in the keyring, and signs it. Whether the signers have the right is for
    /// [`super::accept`] to judge, which whoever made this calls next.
    ///
    /// # Errors
    /// [`crate::Error::Malformed`] and [`crate::Error::TooLarge`] for a name or a count beyond its bounds;
    /// [`crate::Error::Randomness`].
    pub fn sign(mut self, signers: &[Signer<'_>]) -> Result<(Bundle, Secrets)> {
        let json = self
            .secrets
            .to_json(&self.keyring.institution, self.keyring.number);
        let mut files = BTreeMap::new();
        for (holder, recipient) in &self.recipients {
            files.insert(
                *holder,
                seal_all(&[Recipient::Hybrid(recipient.clone())], &json)?,
            );
        }
        self.keyring.files = files
            .iter()
            .map(|(holder, file)| (*holder, sha256(file)))
            .collect();
        let text = self.keyring.text();
        let sign = |signer: &Signer<'_>| match signer {
            Signer::Root(root) => (Holder::Root, root.sign(text.as_bytes())),
            Signer::Admin(key) => (Holder::Member(key.id()), key.sign(text.as_bytes())),
        };
        let signed = SignedKeyring::join(&text, &signers.iter().map(sign).collect())?;
        Ok((Bundle::join(signed, self.recipients, files)?, self.secrets))
    }
}

fn committed(epoch: &EpochSecret) -> KeyringEpoch {
    KeyringEpoch {
        number: epoch.number(),
        commitment: epoch.commitment(),
    }
}

fn recipient_sha256(recipient: &HybridRecipient) -> [u8; 32] {
    sha256(recipient.encode().as_bytes())
}
