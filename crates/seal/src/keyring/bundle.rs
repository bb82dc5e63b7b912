//! A keyring with what travels beside it: the recipients and the files that its text names by digest.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::refusal::KeyringRefusal as Refusal;
use super::secrets::Secrets;
use super::signed::SignedKeyring;
use super::text::{Holder, Keyring};
use crate::age::{HybridIdentity, HybridRecipient, Identity, Recipient, open_all};
use crate::error::{Error, Format, Result};
use crate::signing::sha256;
use crate::text::{from_base64, to_base64};

/// The longest bundle, in bytes.
pub const MAX_BUNDLE_BYTES: usize = 6 * 1024 * 1024;

/// A signed keyring, a recipient and a file for the root and for each member, each of them the one that the text names.
///
/// As JSON: `{"keyring": text, "recipients": {"root": "age1pq1…", "<member id>": …}, "files": {"root": base64, …}}`.
#[derive(Debug, Clone)]
pub struct Bundle {
    signed: SignedKeyring,
    recipients: BTreeMap<Holder, HybridRecipient>,
    files: BTreeMap<Holder, Vec<u8>>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Wire {
    keyring: String,
    recipients: BTreeMap<String, String>,
    files: BTreeMap<String, String>,
}

impl Bundle {
    /// A bundle from its JSON. Who signed the keyring, and with what right, is for [`super::accept`] to judge.
    ///
    /// # Errors
    /// [`Error::TooLarge`]; [`Error::Malformed`]; [`Refusal::WrongRecipient`], [`Refusal::WrongFile`] and
    /// [`Refusal::Stranger`] if what travels beside the text isn't what it names.
    pub fn parse(json: &[u8]) -> Result<Self> {
        if json.len() > MAX_BUNDLE_BYTES {
            return Err(Error::TooLarge {
                format: Format::KeyringBundle,
                max: MAX_BUNDLE_BYTES,
            });
        }
        let malformed = |why| Format::KeyringBundle.malformed(why);
        let wire: Wire = serde_json::from_slice(json)
            .map_err(|_| malformed("not a JSON object of keyring, recipients and files"))?;
        let signed = SignedKeyring::parse(wire.keyring.as_bytes())?;
        let recipients = held_by(wire.recipients, |text| match text.parse()? {
            Recipient::Hybrid(recipient) if recipient.encode() == text => Ok(recipient),
            Recipient::Hybrid(_) => Err(malformed("a recipient is not in its one spelling")),
            Recipient::X25519(_) => Err(malformed("a keyring's recipients are hybrid, age1pq1…")),
        })?;
        let files = held_by(wire.files, |base64| {
            from_base64(base64).ok_or_else(|| malformed("a file is not base64"))
        })?;
        Self::join(signed, recipients, files)
    }

    pub(super) fn join(
        signed: SignedKeyring,
        recipients: BTreeMap<Holder, HybridRecipient>,
        files: BTreeMap<Holder, Vec<u8>>,
    ) -> Result<Self> {
        let keyring = signed.keyring();
        for holder in recipients.keys().chain(files.keys()) {
            if keyring.recipient_sha256(*holder).is_none() {
                return Err(Refusal::Stranger { holder: *holder }.into());
            }
        }
        for holder in keyring.holders() {
            let recipient = recipients
                .get(&holder)
                .map(|held| sha256(held.encode().as_bytes()));
            if recipient.as_ref() != keyring.recipient_sha256(holder) {
                return Err(Refusal::WrongRecipient { holder }.into());
            }
            if files.get(&holder).map(|file| sha256(file)).as_ref() != keyring.files.get(&holder) {
                return Err(Refusal::WrongFile { holder }.into());
            }
        }
        Ok(Self {
            signed,
            recipients,
            files,
        })
    }

    /// The bundle as JSON.
    #[must_use]
    pub fn to_json(&self) -> String {
        let wire = Wire {
            keyring: self.signed.text(),
            recipients: self
                .recipients
                .iter()
                .map(|(holder, held)| (holder.to_string(), held.encode()))
                .collect(),
            files: self
                .files
                .iter()
                .map(|(holder, file)| (holder.to_string(), to_base64(file)))
                .collect(),
        };
        serde_json::to_string(&wire).expect("text is JSON")
    }

    /// The keyring with its signatures.
    #[must_use]
    pub fn signed(&self) -> &SignedKeyring {
        &self.signed
    }

    /// What the keyring says.
    #[must_use]
    pub fn keyring(&self) -> &Keyring {
        self.signed.keyring()
    }

    /// The recipient of a holder.
    #[must_use]
    pub fn recipient(&self, holder: Holder) -> Option<&HybridRecipient> {
        self.recipients.get(&holder)
    }

    pub(super) fn recipients(&self) -> &BTreeMap<Holder, HybridRecipient> {
        &self.recipients
    }

    /// The age file of a holder.
    #[must_use]
    pub fn file(&self, holder: Holder) -> Option<&[u8]> {
        self.files.get(&holder).map(Vec::as_slice)
    }

    /// Opens one's own file, and compares what it holds with the keyring's commitments.
    ///
    /// # Errors
    /// [`Refusal::WrongFile`] if the holder has none; the errors of [`open_all`]; [`Refusal::SecretsOfAnother`],
    /// [`Refusal::WrongNameKey`], [`Refusal::WrongEpoch`] if the file isn't what the keyring says.
    pub fn open(&self, holder: Holder, identity: HybridIdentity) -> Result<Secrets> {
        let file = self.file(holder).ok_or(Refusal::WrongFile { holder })?;
        let json = open_all(&[Identity::Hybrid(identity)], file)?;
        Secrets::from_json(&json, self.keyring())
    }
}

fn held_by<T>(
    named: BTreeMap<String, String>,
    read: impl Fn(&str) -> Result<T>,
) -> Result<BTreeMap<Holder, T>> {
    let held = |(holder, text): (String, String)| Ok((holder.parse()?, read(&text)?));
    named.into_iter().map(held).collect()
}
