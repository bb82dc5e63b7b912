//! The institution's own keys, as they open what the bag holds.

use amana_seal::age::Identity;
use amana_seal::envelope;
use amana_seal::epoch::EpochSecret;
use amana_seal::keyring::{Accepted, Bundle, Holder, Secrets, accept};
use amana_seal::member::{MemberId, MemberKey, VerifyingKey};
use amana_seal::root::{Root, RootKey};
use amana_seal::statement::SignedStatement;
use anyhow::{Context as _, Result};
use zeroize::Zeroizing;

use super::acts::is_keyring;
use super::bag::Received;

const NO_KEYS: &str =
    "something in the bag is sealed: give the custodians' pages with --share-file";

/// What opens a bag: the secrets of its newest keyring, under a root that isn't the bag's word. Nothing for a bag in which
/// nothing is sealed.
pub(crate) struct Opener {
    keyring: Option<(RootKey, Secrets)>,
}

/// Whose file of the keyring is opened.
pub(crate) enum Own {
    /// The root, rebuilt from custodians' shares.
    Root(Root),
    /// A gateway's own key, and the root that it pinned.
    Member(MemberKey, RootKey),
}

impl Opener {
    /// Opens the newest keyring in the bag, after following the chain to it.
    ///
    /// # Errors
    /// When there is none under that root, or the key isn't in it.
    pub(crate) fn new(bag: &Received, own: &Own) -> Result<Self> {
        let root = match own {
            Own::Root(root) => root.key(),
            Own::Member(_, root) => *root,
        };
        let mut chain = Some(Chain::new(root));
        let mut newest = None;
        bag.each_act(|act| {
            if let (true, Some(body)) = (is_keyring(act)?, &act.body) {
                let bundle = Bundle::parse(body.text.as_bytes())?;
                let followed = chain
                    .take()
                    .context("a chain is never lost")?
                    .follow(&bundle);
                chain = Some(followed.with_context(|| format!("act {}", act.index))?);
                newest = Some(bundle);
            }
            Ok(())
        })?;
        let newest = newest.context("the bag has no keyring: nothing in it was sealed")?;
        let (holder, identity) = match own {
            Own::Root(root) => (Holder::Root, root.identity()),
            Own::Member(key, _) => (Holder::Member(key.id()), key.identity()),
        };
        let secrets = newest
            .open(holder, identity)
            .context("the newest keyring in the bag")?;
        Ok(Self {
            keyring: Some((root, secrets)),
        })
    }

    /// For a bag without a keyring, in which nothing is sealed.
    pub(crate) fn of_nothing() -> Self {
        Self { keyring: None }
    }

    /// Whether anything in the bag may be sealed.
    ///
    /// # Errors
    /// When the acts can't be read.
    pub(crate) fn is_needed(bag: &Received) -> Result<bool> {
        for act in bag.acts()? {
            if is_keyring(&act?)? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// A chain of keyrings from its beginning, under the root.
    ///
    /// # Errors
    /// When there is no root: something was sealed after all.
    pub(super) fn chain(&self) -> Result<Chain> {
        let (root, _) = self.keyring.as_ref().context(NO_KEYS)?;
        Ok(Chain::new(*root))
    }

    fn epoch(&self, number: u32) -> Result<&EpochSecret> {
        let (_, secrets) = self.keyring.as_ref().context(NO_KEYS)?;
        let epoch = secrets.epoch(number);
        epoch.with_context(|| format!("there is no epoch {number}"))
    }

    /// Opens the envelope of a statement that was verified.
    pub(super) fn envelope(
        &self,
        signed: &SignedStatement,
        sealed: &[u8],
    ) -> Result<Zeroizing<Vec<u8>>> {
        signed.check_envelope(sealed)?;
        let statement = signed.statement();
        let epoch = self.epoch(statement.epoch)?;
        let aad = statement.aad();
        Ok(envelope::open(
            &epoch.envelope_key(),
            aad.as_bytes(),
            sealed,
        )?)
    }

    /// The identity that opens a bucket's pieces of an epoch.
    pub(super) fn identity(&self, epoch: u32, bucket: &str) -> Result<Identity> {
        let identity = self.epoch(epoch)?.bucket_identity(bucket);
        Ok(Identity::X25519(identity))
    }
}

/// Keyrings, each accepted after the one before.
pub(crate) struct Chain {
    root: RootKey,
    newest: Option<Accepted>,
}

impl Chain {
    fn new(root: RootKey) -> Self {
        Self { root, newest: None }
    }

    /// The chain with the next keyring.
    pub(super) fn follow(self, bundle: &Bundle) -> Result<Self> {
        let next = accept(self.newest.as_ref(), bundle.signed().clone(), &self.root)?;
        Ok(Self {
            newest: Some(next),
            ..self
        })
    }

    /// The key of a member of the newest keyring, which has that number.
    pub(super) fn member(&self, number: u64, id: MemberId) -> Result<VerifyingKey> {
        let keyring = self.newest.as_ref().map(Accepted::keyring);
        let member = keyring
            .filter(|keyring| keyring.number == number)
            .and_then(|keyring| keyring.member(id));
        Ok(member
            .with_context(|| format!("member {id} was not in the keyring of that moment"))?
            .key)
    }
}
