//! Post-quantum recipients (C2SP age, `mlkem768x25519`): X-Wing, then HPKE in base mode (RFC 9180) around the file key.
//!
//! X-Wing joins ML-KEM-768 and X25519, so that the file key stays secret while either of them holds.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use x_wing::{
    DecapsulationKeyRejectNonContrib, Decapsulator as _, EncapsulationKey, KeyExport as _,
    TryDecapsulate as _,
};
use zeroize::{Zeroize as _, Zeroizing};

use super::header::{Draft, FileKey, Stanza};
use super::{bech32, hpke, wrapping};
use crate::signing::{fill_random, random_seed};
use crate::{Format, Result};

const KIND: &str = "mlkem768x25519";
const INFO: &[u8] = b"age-encryption.org/mlkem768x25519";
const RECIPIENT_PREFIX: &str = "age1pq";
const IDENTITY_PREFIX: &str = "AGE-SECRET-KEY-PQ-";
const RECIPIENT_BYTES: usize = x_wing::ENCAPSULATION_KEY_SIZE;
const SHARE_BYTES: usize = x_wing::CIPHERTEXT_SIZE;

/// A hybrid public key, to seal to: 1,216 bytes. Cheap to clone.
#[derive(Clone, PartialEq, Eq)]
pub struct HybridRecipient(Arc<EncapsulationKey>);

/// A hybrid secret key, to open with: a seed of 32 bytes. Wiped when dropped.
pub struct HybridIdentity {
    seed: Zeroizing<[u8; 32]>,
    key: Box<DecapsulationKeyRejectNonContrib>,
}

impl HybridRecipient {
    /// Its text, `age1pq1…`.
    #[must_use]
    pub fn encode(&self) -> String {
        bech32::encode_recipient(RECIPIENT_PREFIX, &self.0.to_bytes())
    }

    pub(super) fn wrap(&self, file_key: &FileKey, draft: &mut Draft) -> Result<()> {
        let mut randomness = x_wing_randomness()?;
        let (share, mut shared) = self.0.encapsulate_deterministic(&randomness);
        randomness.zeroize();
        let (key, nonce) = hpke::context(&shared, INFO);
        shared.zeroize();
        let body = wrapping::wrap(&key, nonce, file_key);
        draft.stanza(&[KIND, &STANDARD_NO_PAD.encode(share)], &body);
        Ok(())
    }
}

type Randomness = x_wing::kem::common::array::Array<u8, x_wing::kem::common::typenum::U64>;

fn x_wing_randomness() -> Result<Randomness> {
    let mut bytes = Randomness::default();
    fill_random(&mut bytes)?;
    Ok(bytes)
}

impl FromStr for HybridRecipient {
    type Err = crate::Error;

    fn from_str(text: &str) -> Result<Self> {
        let bytes = bech32::decode_recipient::<RECIPIENT_BYTES>(RECIPIENT_PREFIX, text)?;
        let key = EncapsulationKey::try_from(bytes.as_slice())
            .map_err(|_| Format::Recipient.malformed("it is not an ML-KEM-768 key"))?;
        Ok(Self(Arc::new(key)))
    }
}

impl fmt::Display for HybridRecipient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.encode())
    }
}

impl fmt::Debug for HybridRecipient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl HybridIdentity {
    /// A new identity.
    ///
    /// # Errors
    /// [`crate::Error::Randomness`].
    pub fn generate() -> Result<Self> {
        random_seed().map(Self::from_seed)
    }

    /// The identity of this seed, which X-Wing expands by SHAKE-256.
    #[must_use]
    pub fn from_seed(seed: Zeroizing<[u8; 32]>) -> Self {
        let key = Box::new(DecapsulationKeyRejectNonContrib::from(*seed));
        Self { seed, key }
    }

    /// Its public half.
    #[must_use]
    pub fn recipient(&self) -> HybridRecipient {
        HybridRecipient(Arc::new(self.key.encapsulation_key().clone()))
    }

    /// Its text, `AGE-SECRET-KEY-PQ-1…`: the secret itself.
    #[must_use]
    pub fn reveal(&self) -> Zeroizing<String> {
        bech32::encode_identity(IDENTITY_PREFIX, &self.seed)
    }

    /// The file key of `stanza`, or `None` if it is another's.
    pub(super) fn unwrap(&self, stanza: &Stanza<'_>) -> Result<Option<FileKey>> {
        if stanza.kind != KIND {
            return Ok(None);
        }
        let (share, body) = stanza.share::<SHARE_BYTES>()?;
        let mut shared = self
            .key
            .try_decapsulate(&share.into())
            .map_err(|_| Format::AgeHeader.malformed("an encapsulated key is of low order"))?;
        let (key, nonce) = hpke::context(&shared, INFO);
        shared.zeroize();
        Ok(wrapping::unwrap(&key, nonce, body))
    }
}

impl FromStr for HybridIdentity {
    type Err = crate::Error;

    fn from_str(text: &str) -> Result<Self> {
        bech32::decode_identity(IDENTITY_PREFIX, text).map(Self::from_seed)
    }
}
