//! Keyrings: an institution's own word on who acts for it, each signed under the one before.

use std::collections::BTreeMap;

use amana_seal::age::Recipient;
use amana_seal::keyring::{
    Accepted, Bundle, Custodians, Keyring, KeyringRefusal, SignedKeyring, accept,
};
use amana_seal::root::RootKey;
use amana_store::{Act as _, Entry, EntryId, LedgerId, Reader, entries};
use serde::{Deserialize, Serialize};

use crate::acts::enrolment::{ConfirmBody, ConfirmEnrolment};
use crate::acts::keyring::{KeyringLinks, PublishKeyring};
use crate::custodians::agreed;
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
    /// Reads it: each recipient and each file is the one that the text names. Who signed it isn't judged.
    ///
    /// # Errors
    /// [`Error::Keyring`].
    pub fn parse(&self) -> Result<Bundle> {
        let json = serde_json::to_vec(self).map_err(|source| amana_store::Error::Decode {
            what: "a keyring".into(),
            source,
        })?;
        Bundle::parse(&json).map_err(Error::Keyring)
    }

    pub(crate) fn weight_bytes(&self) -> usize {
        let beside = self.recipients.iter().chain(&self.files);
        let beside: usize = beside.map(|(name, text)| name.len() + text.len()).sum();
        2 * (self.keyring.len() + beside)
    }
}

/// A keyring that the ledger holds.
pub(crate) struct Recorded(SignedKeyring);

impl Recorded {
    /// Read, and not judged again.
    pub(crate) fn read(bundle: &KeyringBundle, entry: EntryId) -> amana_store::Result<Self> {
        let signed = SignedKeyring::parse(bundle.keyring.as_bytes());
        signed
            .map(Self)
            .map_err(|error| amana_store::Error::Damaged {
                what: format!("the keyring in entry {entry}"),
                why: error.to_string(),
            })
    }

    pub(crate) fn keyring(&self) -> &Keyring {
        self.0.keyring()
    }
}

/// The next keyring of a chain, if it follows the one before by the rules.
fn follow(
    previous: Option<&Accepted>,
    bundle: &KeyringBundle,
    root: &RootKey,
    institution: Option<&str>,
) -> Result<Accepted> {
    let parsed = bundle.parse()?;
    let keyring = parsed.keyring();
    if let Some(expected) = institution.filter(|expected| *expected != keyring.institution) {
        return Err(Error::Keyring(
            KeyringRefusal::OtherInstitution {
                expected: expected.to_owned(),
                found: keyring.institution.clone(),
            }
            .into(),
        ));
    }
    accept(previous, parsed.signed().clone(), root).map_err(Error::Keyring)
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

    /// The custodians that it names; none before the first keyring.
    pub(crate) fn custodians(&self) -> Result<Option<Custodians>> {
        let Some(newest) = &self.0 else {
            return Ok(None);
        };
        let signed = SignedKeyring::parse(newest.keyring.as_bytes()).map_err(Error::Keyring)?;
        Ok(Some(signed.keyring().custodians.clone()))
    }

    /// The keyring that follows, if it follows this one by the chain's rules.
    pub(crate) fn next(
        &self,
        bundle: &KeyringBundle,
        root: &RootKey,
        institution: &str,
    ) -> Result<Accepted> {
        let kept = |newest: &KeyringBundle| {
            let signed = SignedKeyring::parse(newest.keyring.as_bytes());
            signed
                .and_then(|signed| Accepted::kept(signed, root))
                .map_err(Error::Keyring)
        };
        let previous = self.0.as_ref().map(kept).transpose()?;
        follow(previous.as_ref(), bundle, root, Some(institution))
    }
}

/// Follows an institution's ledger from its beginning, and knows its newest keyring at each entry.
#[derive(Default)]
pub struct Keyrings {
    root: Option<RootKey>,
    newest: Option<Accepted>,
}

impl Keyrings {
    /// Takes an entry of the ledger in: the root that was pinned, or the next keyring; any other changes nothing.
    ///
    /// # Errors
    /// [`Error::Keyring`] for a keyring that doesn't follow the one before; it isn't taken then.
    pub fn follow(&mut self, entry: &Entry) -> Result<()> {
        let (core, Some((_, body))) = (entry.core()?, &entry.body) else {
            return Ok(());
        };
        let decode = |source| amana_store::Error::Decode {
            what: format!("the body of entry {}", entry.id),
            source,
        };
        match core.kind.as_ref() {
            ConfirmEnrolment::KIND => {
                let body: ConfirmBody = serde_json::from_slice(body).map_err(decode)?;
                let root: RootKey = body.root.parse().map_err(Error::Keyring)?;
                if *self.root.get_or_insert(root) != root {
                    return Err(Error::OtherRoot);
                }
            }
            PublishKeyring::KIND => {
                let bundle: KeyringBundle = serde_json::from_slice(body).map_err(decode)?;
                let root = self.root.ok_or(Error::OtherRoot)?;
                self.newest = Some(follow(self.newest.as_ref(), &bundle, &root, None)?);
            }
            _ => {}
        }
        Ok(())
    }

    /// The newest keyring.
    #[must_use]
    pub fn newest(&self) -> Option<&Keyring> {
        self.newest.as_ref().map(Accepted::keyring)
    }
}

impl Access {
    /// Whom to seal an institution's copies to, from its newest keyring: its root first, which the custodians' shares
    /// rebuild, then its members; none before it enrolled.
    ///
    /// # Errors
    /// [`amana_store::Error::Damaged`] for a recipient that is none, or a failure of the rows.
    pub fn recipients(rows: &Reader<'_>, ledger: LedgerId) -> amana_store::Result<Vec<Recipient>> {
        let Some(bundle) = Published::newest(rows, ledger)?.0 else {
            return Ok(Vec::new());
        };
        let (root, members): (Vec<_>, Vec<_>) = bundle
            .recipients
            .iter()
            .partition(|(holder, _)| *holder == "root");
        let parse = |(holder, text): (&String, &String)| {
            text.parse()
                .map_err(|error: amana_seal::Error| amana_store::Error::Damaged {
                    what: format!(
                        "the recipient of {holder} in the keyring of ledger {}",
                        ledger.0
                    ),
                    why: error.to_string(),
                })
        };
        root.into_iter().chain(members).map(parse).collect()
    }

    /// The newest keyring of an institution, as it was handed in; nothing before it enrolled. Blocking.
    ///
    /// # Errors
    /// [`Error::UnknownInstitution`], [`Error::Store`].
    pub fn keyring(&self, institution: &InstitutionName) -> Result<Option<KeyringBundle>> {
        let ledger = self.ledger(institution)?;
        let newest = self.store().read(|rows| Published::newest(rows, ledger))?;
        Ok(newest.0)
    }

    /// Whether a keyring would be taken as the institution's next: under the root that was pinned, or, before enrolment,
    /// under the one that it names itself. Blocking.
    ///
    /// # Errors
    /// [`Error::UnknownInstitution`], [`Error::Keyring`], [`Error::CustodiansNeedTwo`], [`Error::Store`].
    pub fn would_follow(
        &self,
        institution: &InstitutionName,
        bundle: &KeyringBundle,
    ) -> Result<()> {
        let ledger = self.ledger(institution)?;
        let named = bundle.parse()?.keyring().root;
        let now_ms = self.store().now_ms();
        self.store().read(|rows| {
            let root = keyrings::root(rows, ledger)?.unwrap_or(named);
            let newest = Published::newest(rows, ledger)?;
            let next = newest.next(bundle, &root, institution.as_str())?;
            let (asked, before) = ((institution.as_str(), ledger), newest.custodians()?);
            let wanted = &next.keyring().custodians;
            agreed(rows, asked, before.as_ref(), wanted, now_ms).map(drop)
        })
    }

    /// Publishes the next keyring: from then on its members act for the institution, and nobody else. Gives its number and
    /// the act's receipt name.
    ///
    /// # Errors
    /// [`Error::UnknownInstitution`], [`Error::NotEnrolled`], [`Error::Keyring`], [`Error::CustodiansNeedTwo`], [`Error::Busy`],
    /// [`Error::Store`].
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
            links: KeyringLinks::default(),
            body: bundle,
        };
        let committed = self.commit(act).await?;
        Ok((committed.output, committed.receipt()))
    }
}
