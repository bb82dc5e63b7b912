//! Epochs: the secret of a span of time, from which every key that seals an institution's data follows.
//!
//! A new epoch begins when a member leaves: what is sealed from then on, the one who left can't open.
//!
//! # Derivation
//! `HKDF-SHA256(ikm = seed, salt = "amana.epoch/v1", info)`, 32 bytes, where `info` is the epoch's number (4 bytes,
//! big-endian) ‖ a label of the table ‖, for a bucket, its name, which stands last so that it needs no length:
//!
//! | label | what |
//! |---|---|
//! | `/bucket/` | the X25519 secret that a bucket's objects are sealed to |
//! | `/envelope` | the key of envelopes |
//! | `/commitment` | the commitment that a keyring shows; it tells nothing of the others |

use aws_lc_rs::hkdf;
use zeroize::Zeroizing;

use crate::Result;
use crate::age::X25519Identity;
use crate::envelope::EnvelopeKey;
use crate::signing::random_seed;

const SALT: &[u8] = b"amana.epoch/v1";

/// The secret of one epoch. Wiped when dropped.
pub struct EpochSecret {
    number: u32,
    seed: Zeroizing<[u8; 32]>,
}

impl EpochSecret {
    /// The epoch of this number and seed.
    #[must_use]
    pub fn new(number: u32, seed: Zeroizing<[u8; 32]>) -> Self {
        Self { number, seed }
    }

    /// A new epoch.
    ///
    /// # Errors
    /// [`crate::Error::Randomness`].
    pub fn generate(number: u32) -> Result<Self> {
        Ok(Self::new(number, random_seed()?))
    }

    /// Its number.
    #[must_use]
    pub fn number(&self) -> u32 {
        self.number
    }

    /// Its seed, the secret itself: for the keyring only.
    #[must_use]
    pub fn seed(&self) -> &[u8; 32] {
        &self.seed
    }

    /// What the objects of `bucket` are sealed to in this epoch. Its public half stays at home like the secret one: who
    /// had it could make objects, though not the signed statements that objects need.
    #[must_use]
    pub fn bucket_identity(&self, bucket: &str) -> X25519Identity {
        X25519Identity::from_secret(self.derive(b"/bucket/", bucket))
    }

    /// What envelopes are sealed under in this epoch.
    #[must_use]
    pub fn envelope_key(&self) -> EnvelopeKey {
        EnvelopeKey::from_bytes(self.derive(b"/envelope", ""))
    }

    /// What binds a keyring to this secret without telling it.
    #[must_use]
    pub fn commitment(&self) -> [u8; 32] {
        *self.derive(b"/commitment", "")
    }

    fn derive(&self, label: &[u8], name: &str) -> Zeroizing<[u8; 32]> {
        let number = self.number.to_be_bytes();
        let info = [number.as_slice(), label, name.as_bytes()];
        let mut key = Zeroizing::new([0; 32]);
        hkdf::Salt::new(hkdf::HKDF_SHA256, SALT)
            .extract(self.seed.as_slice())
            .expand(&info, hkdf::HKDF_SHA256)
            .and_then(|okm| okm.fill(key.as_mut_slice()))
            .expect("32 bytes are within HKDF's bounds");
        key
    }
}
