//! The rules by which one keyring follows another. The gateway and the data centre both apply them.

use super::refusal::KeyringRefusal as Refusal;
use super::signed::SignedKeyring;
use super::text::{Holder, Keyring, Role};
use crate::error::Result;
use crate::member::MemberId;
use crate::root::RootKey;

/// A keyring that was accepted after the one that it names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Accepted {
    signed: SignedKeyring,
    digest: [u8; 32],
}

impl Accepted {
    /// A keyring that was accepted before and comes from where it was kept since: the ledger's view, or the gateway's own
    /// sealed state. Never from the network: the chain isn't walked again.
    ///
    /// # Errors
    /// [`Refusal::OtherRoot`].
    pub fn kept(signed: SignedKeyring, root: &RootKey) -> Result<Self> {
        check_root(signed.keyring(), root)?;
        Ok(Self::new(signed))
    }

    fn new(signed: SignedKeyring) -> Self {
        let digest = signed.digest();
        Self { signed, digest }
    }

    /// What it says.
    #[must_use]
    pub fn keyring(&self) -> &Keyring {
        self.signed.keyring()
    }

    /// The keyring with its signatures.
    #[must_use]
    pub fn signed(&self) -> &SignedKeyring {
        &self.signed
    }

    /// SHA-256 of the signed keyring.
    #[must_use]
    pub const fn digest(&self) -> &[u8; 32] {
        &self.digest
    }
}

/// Accepts a keyring after the previous one, or as the first, under the pinned root.
///
/// Its number is the next, and it names the previous keyring's digest; institution, root and name key stay; epochs are only
/// added. Everybody who signed is the root or an admin of the *previous* keyring, and each signature verifies; the first is
/// signed by the root. Only with the root's signature is an admin taken in or its line changed, and do the root's recipient or
/// the custodians change.
///
/// # Errors
/// [`Refusal`], one variant for each of these.
pub fn accept(previous: Option<&Accepted>, new: SignedKeyring, root: &RootKey) -> Result<Accepted> {
    check_root(new.keyring(), root)?;
    check_order(previous, new.keyring())?;
    check_signatures(previous, &new, root)?;
    let by_root = new.signatures().contains_key(&Holder::Root);
    if let Some(previous) = previous {
        check_kept(previous.keyring(), new.keyring())?;
        if !by_root {
            check_powers(previous.keyring(), new.keyring())?;
        }
    } else if !by_root {
        return Err(Refusal::FirstNotByRoot.into());
    }
    Ok(Accepted::new(new))
}

fn check_root(keyring: &Keyring, root: &RootKey) -> Result<(), Refusal> {
    if keyring.root == *root {
        Ok(())
    } else {
        Err(Refusal::OtherRoot)
    }
}

fn check_order(previous: Option<&Accepted>, new: &Keyring) -> Result<(), Refusal> {
    let (expected, found) = (
        previous.map_or(1, |held| held.keyring().number + 1),
        new.number,
    );
    if found != expected {
        return Err(Refusal::Number { expected, found });
    }
    if new.previous.as_ref() != previous.map(Accepted::digest) {
        return Err(Refusal::Previous { number: found });
    }
    Ok(())
}

/// Whoever signed must have had the right to: a line of somebody else is refused, not ignored, so that nobody can be made
/// to seem to have agreed.
fn check_signatures(
    previous: Option<&Accepted>,
    new: &SignedKeyring,
    root: &RootKey,
) -> Result<(), Refusal> {
    let text = new.keyring().text();
    for (signer, signature) in new.signatures() {
        let verifies = match signer {
            Holder::Root => root.verifies(text.as_bytes(), signature),
            Holder::Member(member) => {
                let admin = previous
                    .and_then(|held| held.keyring().member(*member))
                    .filter(|held| held.role == Role::Admin)
                    .ok_or_else(|| not_an_admin(previous, *member))?;
                admin.key.verifies(text.as_bytes(), signature)
            }
        };
        if !verifies {
            return Err(Refusal::BadSignature { signer: *signer });
        }
    }
    Ok(())
}

const fn not_an_admin(previous: Option<&Accepted>, member: MemberId) -> Refusal {
    match previous {
        Some(_) => Refusal::NotAnAdmin { member },
        None => Refusal::FirstNotByRoot,
    }
}

/// What nobody may change, not even the root: names and history would be lost.
fn check_kept(previous: &Keyring, new: &Keyring) -> Result<(), Refusal> {
    if new.institution != previous.institution {
        return Err(Refusal::OtherInstitution {
            expected: previous.institution.clone(),
            found: new.institution.clone(),
        });
    }
    if new.name_key != previous.name_key {
        return Err(Refusal::NameKeyChanged);
    }
    let mut held = new.epochs.iter();
    match previous
        .epochs
        .iter()
        .find(|epoch| held.next() != Some(epoch))
    {
        Some(lost) => Err(Refusal::EpochLost { epoch: lost.number }),
        None => Ok(()),
    }
}

/// What an admin may not change without the root.
fn check_powers(previous: &Keyring, new: &Keyring) -> Result<(), Refusal> {
    let admins = new
        .members
        .iter()
        .filter(|(_, member)| member.role == Role::Admin);
    for (id, admin) in admins {
        if previous.member(*id) != Some(admin) {
            return Err(Refusal::AdminWithoutRoot { member: *id });
        }
    }
    if new.root_recipient_sha256 != previous.root_recipient_sha256 {
        return Err(Refusal::RootRecipientWithoutRoot);
    }
    if new.custodians != previous.custodians {
        return Err(Refusal::CustodiansWithoutRoot);
    }
    Ok(())
}
