//! A member's own secret: what a gateway or an official signs with, and opens its file of the keyring with.
//!
//! One 32-byte seed yields both by HKDF-SHA256, so that one thing is sealed at rest under a passphrase or a credential.

use std::fmt;
use std::str::FromStr;

use zeroize::Zeroizing;

use crate::age::HybridIdentity;
use crate::error::{Error, Format, Result};
use crate::signing::{SecretKey, derive, random_seed, sha256};
use crate::text::hex_bytes;

pub use crate::signing::VerifyingKey;

const SIGNING_LABEL: &str = "amana.member/v1 signing";
const SEALING_LABEL: &str = "amana.member/v1 sealing";

/// A member's name in every text: the first 8 bytes of SHA-256 of its verifying key, as 16 hex digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MemberId([u8; 8]);

impl MemberId {
    /// The id of a verifying key.
    #[must_use]
    pub fn of(key: &VerifyingKey) -> Self {
        let digest = sha256(key.as_bytes());
        let (id, _) = digest
            .split_first_chunk()
            .expect("a digest is longer than 8 bytes");
        Self(*id)
    }

    /// The 8 bytes.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 8] {
        &self.0
    }

    /// An id from its 8 bytes.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 8]) -> Self {
        Self(bytes)
    }
}

impl fmt::Display for MemberId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(self.0))
    }
}

impl FromStr for MemberId {
    type Err = Error;

    fn from_str(hex: &str) -> Result<Self> {
        hex_bytes(hex)
            .map(Self)
            .ok_or_else(|| Format::MemberId.malformed("not 16 lower-case hex digits"))
    }
}

/// A member's secret keys. Erased from memory when dropped; never shown.
pub struct MemberKey {
    seed: Zeroizing<[u8; 32]>,
    signing: SecretKey,
    id: MemberId,
}

impl MemberKey {
    /// The keys of a seed.
    #[must_use]
    pub fn from_seed(seed: Zeroizing<[u8; 32]>) -> Self {
        let signing = SecretKey::from_seed(&derive(&seed, SIGNING_LABEL));
        let id = MemberId::of(&signing.verifying_key());
        Self { seed, signing, id }
    }

    /// New keys.
    ///
    /// # Errors
    /// [`Error::Randomness`].
    pub fn generate() -> Result<Self> {
        Ok(Self::from_seed(random_seed()?))
    }

    /// The seed itself: for sealing at rest only.
    #[must_use]
    pub fn seed(&self) -> &[u8; 32] {
        &self.seed
    }

    /// The member's id.
    #[must_use]
    pub const fn id(&self) -> MemberId {
        self.id
    }

    /// The public half of the signing key.
    #[must_use]
    pub fn verifying_key(&self) -> VerifyingKey {
        self.signing.verifying_key()
    }

    /// The member's sealing identity, which opens its file of the keyring.
    #[must_use]
    pub fn identity(&self) -> HybridIdentity {
        HybridIdentity::from_seed(self.identity_seed())
    }

    /// The seed of the sealing identity.
    #[must_use]
    pub fn identity_seed(&self) -> Zeroizing<[u8; 32]> {
        derive(&self.seed, SEALING_LABEL)
    }

    /// Signs a text, which must begin with its format's own first line, so that no signature serves for two formats.
    #[must_use]
    pub fn sign(&self, message: &[u8]) -> [u8; 64] {
        self.signing.sign(message)
    }
}
