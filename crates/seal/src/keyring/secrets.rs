//! What a keyring's files hold: the name key and the seed of every epoch, compared with the commitments before use.

use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::refusal::KeyringRefusal as Refusal;
use super::text::{Keyring, MAX_EPOCHS};
use crate::epoch::EpochSecret;
use crate::error::{Error, Format, Result};
use crate::names::NameKey;
use crate::text::base64_bytes;

/// The secrets of a keyring. Erased from memory when dropped; never shown.
///
/// In the file, JSON: `{"institution", "number", "name_key": base64, "epochs": [{"number", "seed": base64}, …]}`.
pub struct Secrets {
    /// The key of sealed names.
    pub name_key: NameKey,
    /// Every epoch's secret, from number 1; the last is current.
    pub epochs: Vec<EpochSecret>,
}

// The seeds stay where the decrypted file is, in memory that is erased: nothing here owns a copy.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Wire<'a> {
    institution: String,
    number: u64,
    #[serde(borrow)]
    name_key: &'a str,
    #[serde(borrow)]
    epochs: Vec<WireEpoch<'a>>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct WireEpoch<'a> {
    number: u32,
    seed: &'a str,
}

impl Secrets {
    /// New secrets: a name key, and epoch 1.
    pub(super) fn generate() -> Result<Self> {
        Ok(Self {
            name_key: NameKey::generate()?,
            epochs: vec![EpochSecret::generate(1)?],
        })
    }

    /// The secret of an epoch.
    #[must_use]
    pub fn epoch(&self, number: u32) -> Option<&EpochSecret> {
        self.epochs
            .get(usize::try_from(number).ok()?.checked_sub(1)?)
    }

    /// The current epoch's secret.
    #[must_use]
    pub fn current(&self) -> &EpochSecret {
        self.epochs.last().expect("a keyring has an epoch")
    }

    pub(super) fn to_json(&self, institution: &str, number: u64) -> Zeroizing<Vec<u8>> {
        let name_key = secret_base64(self.name_key.as_bytes());
        let seeds: Vec<_> = self
            .epochs
            .iter()
            .map(|epoch| secret_base64(epoch.seed()))
            .collect();
        let epochs = self
            .epochs
            .iter()
            .zip(&seeds)
            .map(|(epoch, seed)| WireEpoch {
                number: epoch.number(),
                seed,
            });
        let wire = Wire {
            institution: institution.to_owned(),
            number,
            name_key: &name_key,
            epochs: epochs.collect(),
        };
        // The room is reserved at once: a buffer that grew would leave copies behind.
        let mut json = Zeroizing::new(Vec::with_capacity(1024 + self.epochs.len() * 96));
        serde_json::to_writer(&mut *json, &wire).expect("text and numbers are JSON");
        json
    }

    /// The secrets in a file's plaintext, if they are those that the keyring commits to.
    pub(super) fn from_json(json: &[u8], keyring: &Keyring) -> Result<Self> {
        let malformed = |why| Format::KeyringSecrets.malformed(why);
        let wire: Wire<'_> = serde_json::from_slice(json)
            .map_err(|_| malformed("not the JSON of a keyring's secrets"))?;
        if (wire.institution.as_str(), wire.number) != (&keyring.institution, keyring.number) {
            return Err(Refusal::SecretsOfAnother.into());
        }
        if wire.epochs.len() > MAX_EPOCHS {
            return Err(Error::TooLarge {
                format: Format::KeyringSecrets,
                max: MAX_EPOCHS,
            });
        }
        let name_key = NameKey::from_bytes(secret_bytes(wire.name_key)?);
        if name_key.commitment() != keyring.name_key {
            return Err(Refusal::WrongNameKey.into());
        }
        let mut found = wire.epochs.iter();
        let mut epochs = Vec::with_capacity(keyring.epochs.len());
        for expected in &keyring.epochs {
            let epoch = expected.number;
            let wire = found.next().filter(|found| found.number == epoch);
            let seed = secret_bytes(wire.ok_or(Refusal::WrongEpoch { epoch })?.seed)?;
            let secret = EpochSecret::new(epoch, seed);
            if secret.commitment() != expected.commitment {
                return Err(Refusal::WrongEpoch { epoch }.into());
            }
            epochs.push(secret);
        }
        match found.next() {
            Some(extra) => Err(Refusal::WrongEpoch {
                epoch: extra.number,
            }
            .into()),
            None => Ok(Self { name_key, epochs }),
        }
    }
}

fn secret_base64(bytes: &[u8; 32]) -> Zeroizing<String> {
    Zeroizing::new(crate::text::to_base64(bytes))
}

fn secret_bytes(base64: &str) -> Result<Zeroizing<[u8; 32]>> {
    base64_bytes(base64)
        .map(Zeroizing::new)
        .ok_or_else(|| Format::KeyringSecrets.malformed("a secret is not 32 bytes in base64"))
}
