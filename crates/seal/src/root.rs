//! The root: the one seed from which an institution rebuilds everything, and which exists only as custodians' shares.
//!
//! By HKDF-SHA256 it yields the seed of the institution's sealing identity (which opens every keyring) and a signing key
//! (which certifies the admins). It is in memory while keys are made or recovered, and nowhere else.

use std::fmt;
use std::str::FromStr;

use zeroize::Zeroizing;

use crate::age::HybridIdentity;
use crate::error::{Error, Result};
use crate::signing::{SecretKey, VerifyingKey, derive, random_seed};

const SIGNING_LABEL: &str = "amana.root/v1 signing";
const SEALING_LABEL: &str = "amana.root/v1 sealing";

/// The root's 32 bytes, and the keys made from them. Erased from memory when dropped; never shown.
pub struct Root {
    seed: Zeroizing<[u8; 32]>,
    signing: SecretKey,
}

impl Root {
    /// The root of a seed that custodians' shares gave back.
    #[must_use]
    pub fn from_seed(seed: Zeroizing<[u8; 32]>) -> Self {
        let signing = SecretKey::from_seed(&derive(&seed, SIGNING_LABEL));
        Self { seed, signing }
    }

    /// A new root.
    ///
    /// # Errors
    /// [`Error::Randomness`].
    pub fn generate() -> Result<Self> {
        Ok(Self::from_seed(random_seed()?))
    }

    /// The seed itself: for splitting into shares only.
    #[must_use]
    pub fn seed(&self) -> &[u8; 32] {
        &self.seed
    }

    /// The institution's sealing identity, which opens every keyring.
    #[must_use]
    pub fn identity(&self) -> HybridIdentity {
        HybridIdentity::from_seed(self.identity_seed())
    }

    /// The seed of the sealing identity.
    #[must_use]
    pub fn identity_seed(&self) -> Zeroizing<[u8; 32]> {
        derive(&self.seed, SEALING_LABEL)
    }

    /// The public half of the signing key, which gateways and the data centre pin.
    #[must_use]
    pub fn key(&self) -> RootKey {
        RootKey(self.signing.verifying_key())
    }

    /// Signs a keyring's text.
    #[must_use]
    pub fn sign(&self, message: &[u8]) -> [u8; 64] {
        self.signing.sign(message)
    }
}

/// The root's public signing key. A type of its own: no member's key can stand where this one is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct RootKey(VerifyingKey);

impl RootKey {
    /// A key from its 32 bytes.
    ///
    /// # Errors
    /// [`Error::Malformed`].
    pub fn from_bytes(bytes: &[u8; 32]) -> Result<Self> {
        VerifyingKey::from_bytes(bytes).map(Self)
    }

    /// The 32 bytes.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8; 32] {
        self.0.as_bytes()
    }

    /// Whether the root signed the message.
    #[must_use]
    pub fn verifies(&self, message: &[u8], signature: &[u8; 64]) -> bool {
        self.0.verifies(message, signature)
    }
}

impl fmt::Display for RootKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl FromStr for RootKey {
    type Err = Error;

    fn from_str(base64: &str) -> Result<Self> {
        base64.parse().map(Self)
    }
}
