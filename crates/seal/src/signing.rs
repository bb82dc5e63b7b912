//! Ed25519 (RFC 8032) as all our texts use it: strict verification, keys as base64, secrets made from labelled seeds.

use std::fmt;
use std::str::FromStr;

use ed25519_dalek::{Signature, Signer as _, SigningKey};
use hkdf::Hkdf;
use sha2::{Digest as _, Sha256};
use zeroize::Zeroizing;

use crate::error::{Error, Format, Result};
use crate::text;

/// What a signature line begins with: an em dash and a space.
pub(crate) const DASH: &str = "\u{2014} ";

/// An Ed25519 public key. As text: base64 of its 32 bytes (RFC 4648 §4).
///
/// Never a key of small order, under which a signature could hold for several messages.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct VerifyingKey(ed25519_dalek::VerifyingKey);

impl VerifyingKey {
    /// A key from its bytes.
    ///
    /// # Errors
    /// [`Error::Malformed`] for bytes that are no point, or a point of small order.
    pub fn from_bytes(bytes: &[u8; 32]) -> Result<Self> {
        let malformed = || Format::VerifyingKey.malformed("not an Ed25519 public key");
        let key = ed25519_dalek::VerifyingKey::from_bytes(bytes).map_err(|_| malformed())?;
        if key.is_weak() {
            return Err(malformed());
        }
        Ok(Self(key))
    }

    /// The 32 bytes.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8; 32] {
        self.0.as_bytes()
    }

    /// Whether the signature over the message is by this key, under the strict rules (no malleable spelling).
    #[must_use]
    pub fn verifies(&self, message: &[u8], signature: &[u8; 64]) -> bool {
        self.0
            .verify_strict(message, &Signature::from_bytes(signature))
            .is_ok()
    }
}

impl fmt::Display for VerifyingKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&text::to_base64(self.as_bytes()))
    }
}

impl FromStr for VerifyingKey {
    type Err = Error;

    fn from_str(base64: &str) -> Result<Self> {
        let bytes = text::base64_bytes(base64)
            .ok_or_else(|| Format::VerifyingKey.malformed("not 32 bytes in base64"))?;
        Self::from_bytes(&bytes)
    }
}

/// The signing half; erased from memory when dropped, never shown.
pub(crate) struct SecretKey(SigningKey);

impl SecretKey {
    pub(crate) fn from_seed(seed: &[u8; 32]) -> Self {
        Self(SigningKey::from_bytes(seed))
    }

    pub(crate) fn verifying_key(&self) -> VerifyingKey {
        VerifyingKey(self.0.verifying_key())
    }

    pub(crate) fn sign(&self, message: &[u8]) -> [u8; 64] {
        self.0.sign(message).to_bytes()
    }
}

/// 32 bytes for one use: HKDF-SHA256 (RFC 5869) without salt, the label as its info.
pub(crate) fn derive(seed: &[u8; 32], label: &str) -> Zeroizing<[u8; 32]> {
    let mut derived = Zeroizing::new([0; 32]);
    Hkdf::<Sha256>::new(None, seed)
        .expand(label.as_bytes(), derived.as_mut())
        .expect("32 bytes are within HKDF's reach");
    derived
}

/// 32 random bytes from the system.
pub(crate) fn random_seed() -> Result<Zeroizing<[u8; 32]>> {
    let mut seed = Zeroizing::new([0; 32]);
    fill_random(seed.as_mut())?;
    Ok(seed)
}

/// Fills a buffer with the system's randomness.
pub(crate) fn fill_random(buffer: &mut [u8]) -> Result<()> {
    getrandom::fill(buffer).map_err(|error| Error::Randomness {
        why: error.to_string(),
    })
}

pub(crate) fn sha256(bytes: &[u8]) -> [u8; 32] {
    Sha256::digest(bytes).into()
}
