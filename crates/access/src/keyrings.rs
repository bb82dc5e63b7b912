//! Keyrings: an institution's own word on who acts for it, each signed under the one before.

use std::collections::BTreeMap;

use amana_seal::member::{MemberId, VerifyingKey};
use amana_seal::root::RootKey;
use amana_store::{Act as _, Entry, EntryId, LedgerId, Reader, entries};
use serde::{Deserialize, Serialize};

use crate::acts::enrolment::{ConfirmBody, ConfirmEnrolment};
use crate::acts::keyring::{KeyringLinks, PublishKeyring};
use crate::views::keyrings;
use crate::{Access, Error, InstitutionName, Result};

/// A keyring with what travels beside it: recipients that are too long for its lines, and one sealed file a member.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KeyringBundle {
    /// The signed text.
    pub keyring: String,
    /// Recipients by member id, and the root's under `root`.
    pub recipients: BTreeMap<String, String>,
    /// The sealed files, base64, by member id, and the root's under `root`.
    pub files: BTreeMap<String, String>,
}

impl KeyringBundle {
    pub(crate) fn weight_bytes(&self) -> usize {
        let beside = self.recipients.iter().chain(&self.files);
        let beside: usize = beside.map(|(name, text)| name.len() + text.len()).sum();
        2 * (self.keyring.len() + beside)
    }
}

/// A member, as a keyring has it.
pub(crate) struct MemberLine {
    pub(crate) id: MemberId,
    pub(crate) key: VerifyingKey,
    pub(crate) admin: bool,
    pub(crate) kind: String,
    pub(crate) name: String,
}

/// A keyring that was accepted.
pub struct Keyring {
    number: u64,
    epoch: u32,
    members: Vec<MemberLine>,
}

impl Keyring {
    /// Its number.
    #[must_use]
    pub fn number(&self) -> u64 {
        self.number
    }

    /// Its newest epoch.
    #[must_use]
    pub fn epoch(&self) -> u32 {
        self.epoch
    }

    pub(crate) fn members(&self) -> &[MemberLine] {
        &self.members
    }

    /// A keyring that the ledger holds, read without being judged again.
    pub(crate) fn recorded(_bundle: &KeyringBundle, entry: EntryId) -> amana_store::Result<Self> {
        Err(amana_store::Error::Damaged {
            what: format!("the body of entry {entry}"),
            why: "it holds no keyring".into(),
        })
    }
}

/// The newest keyring of an institution, which the next one must follow.
pub(crate) struct Published(Option<KeyringBundle>);

impl Published {
    pub(crate) fn newest(rows: &Reader<'_>, ledger: LedgerId) -> amana_store::Result<Self> {
        let Some(id) = keyrings::newest(rows, ledger)? else {
            return Ok(Self(None));
        };
        let missing = || amana_store::Error::Missing {
            what: format!("the keyring in entry {id}"),
        };
        let entry = entries::entry(rows, id)?.ok_or_else(missing)?;
        let (_, body) = entry.body.ok_or_else(missing)?;
        let bundle =
            serde_json::from_slice(&body).map_err(|source| amana_store::Error::Decode {
                what: format!("the body of entry {id}"),
                source,
            })?;
        Ok(Self(Some(bundle)))
    }

    /// The next keyring, if it follows this one by the chain's rules.
    pub(crate) fn next(
        &self,
        _bundle: &KeyringBundle,
        _root: &RootKey,
        institution: &str,
    ) -> Result<Keyring> {
        Err(Error::NotEnrolled {
            institution: institution.to_owned(),
        })
    }
}

/// Follows an institution's ledger from its beginning, and knows its newest keyring at each entry.
#[derive(Default)]
pub struct Keyrings {
    root: Option<RootKey>,
    newest: Option<Keyring>,
}

impl Keyrings {
    /// Takes an entry of the ledger in: the root that was pinned, or the next keyring; any other changes nothing.
    ///
    /// # Errors
    /// [`Error::Keyring`] for a keyring that doesn't follow the one before; it isn't taken then.
    pub fn follow(&mut self, entry: &Entry) -> Result<()> {
        let core = entry.core()?;
        let _ = (
            core.kind.as_ref(),
            ConfirmEnrolment::KIND,
            PublishKeyring::KIND,
        );
        Ok(())
    }

    /// The newest keyring's number.
    #[must_use]
    pub fn number(&self) -> Option<u64> {
        self.newest.as_ref().map(Keyring::number)
    }

    /// The key of a member of the newest keyring.
    #[must_use]
    pub fn member(&self, id: MemberId) -> Option<VerifyingKey> {
        let members = self.newest.as_ref()?.members();
        let found = members.iter().find(|member| member.id == id);
        found.map(|member| member.key)
    }
}

impl Access {
    /// The newest keyring of an institution, as it was handed in; nothing before it enrolled. Blocking.
    ///
    /// # Errors
    /// [`Error::UnknownInstitution`], [`Error::Store`].
    pub fn keyring(&self, institution: &InstitutionName) -> Result<Option<KeyringBundle>> {
        let ledger = self.ledger(institution)?;
        let newest = self.store().read(|rows| Published::newest(rows, ledger))?;
        Ok(newest.0)
    }

    /// Publishes the next keyring: from then on its members act for the institution, and nobody else. Gives its number and
    /// the act's receipt name.
    ///
    /// # Errors
    /// [`Error::UnknownInstitution`], [`Error::NotEnrolled`], [`Error::Keyring`], [`Error::Busy`], [`Error::Store`].
    pub async fn publish_keyring(
        &self,
        institution: &InstitutionName,
        bundle: KeyringBundle,
        by: &str,
    ) -> Result<(u64, String)> {
        let act = PublishKeyring {
            by: by.to_owned(),
            ledger: self.ledger(institution)?,
            institution: institution.to_string(),
            links: KeyringLinks { number: 0 },
            body: bundle,
        };
        let committed = self.commit(act).await?;
        Ok((committed.output, committed.receipt()))
    }
}
