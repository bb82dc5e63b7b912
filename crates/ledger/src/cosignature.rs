//! Cosignatures: a witness's word that a checkpoint is the newest, consistent head it has seen, and when.
//! Source: C2SP tlog-cosignature, Ed25519 (`cosignature/v1`).

use crate::checkpoint::Checkpoint;
use crate::error::{Error, Format, Result};
use crate::note::{Note, Signature};
use crate::vkey::{KeyType, SigningKey, VerifierKey};

/// The latest time a cosignature may bear, in seconds since 1970: 2^63 - 1.
pub const MAX_COSIGNATURE_TIME_S: u64 = i64::MAX as u64;

/// A named secret key that cosigns checkpoints, as [`KeyType::Cosignature`]. Erased from memory when dropped.
///
/// A type of its own, so that a witness's key never signs a plain note: both are Ed25519 over texts.
pub struct CosigningKey(SigningKey);

impl CosigningKey {
    /// A key from its 32-byte seed.
    ///
    /// # Errors
    /// [`Error::Malformed`] for a name that can't stand in a note.
    pub fn from_seed(name: &str, seed: [u8; 32]) -> Result<Self> {
        SigningKey::from_seed(name, seed).map(Self)
    }

    /// The public half.
    #[must_use]
    pub fn verifier(&self) -> VerifierKey {
        self.0.verifier_of(KeyType::Cosignature)
    }

    /// Cosigns a checkpoint at `time_s` seconds since 1970. Only the rules of [`crate::witness`] may lead here.
    ///
    /// The signature's bytes: `time (u64, big-endian) ‖ Ed25519 over "cosignature/v1\ntime N\n" ‖ body`.
    #[must_use]
    pub fn cosign(&self, checkpoint: &Checkpoint, time_s: u64) -> Signature {
        let message = message(&checkpoint.body(), time_s);
        let mut bytes = time_s.to_be_bytes().to_vec();
        bytes.extend_from_slice(&self.0.sign_bytes(message.as_bytes()));
        Signature {
            name: self.0.name().to_owned(),
            key_id: self.verifier().key_id(),
            bytes,
        }
    }
}

/// Checks one cosignature of a checkpoint's body and gives its time, in seconds since 1970.
///
/// # Errors
/// [`Error::WrongKeyType`] unless `witness` is a witness's key, [`Error::Unsigned`] if the line is of another key,
/// [`Error::Malformed`] unless it has a time and 64 bytes, [`Error::BadSignature`].
pub fn verify_cosignature(body: &str, signature: &Signature, witness: &VerifierKey) -> Result<u64> {
    if witness.key_type() != KeyType::Cosignature {
        return Err(Error::WrongKeyType {
            key: witness.name().to_owned(),
        });
    }
    if !signature.is_by(witness) {
        return Err(Error::Unsigned {
            key: witness.name().to_owned(),
        });
    }
    let malformed = Format::Cosignature.malformed("not a time and an Ed25519 signature");
    let (time_s, ed25519) = signature
        .bytes
        .split_first_chunk::<8>()
        .ok_or(malformed.clone())?;
    let time_s = u64::from_be_bytes(*time_s);
    if ed25519.len() != 64 || time_s > MAX_COSIGNATURE_TIME_S {
        return Err(malformed);
    }
    witness.check(message(body, time_s).as_bytes(), ed25519)?;
    Ok(time_s)
}

impl Note {
    /// The earliest time at which `witness` cosigned this checkpoint, or nothing if it didn't.
    ///
    /// # Errors
    /// As [`verify_cosignature`], for a line of that witness that doesn't verify: signed-note says to refuse the note.
    pub fn cosigned_by(&self, witness: &VerifierKey) -> Result<Option<u64>> {
        let lines = self
            .signatures
            .iter()
            .filter(|signature| signature.is_by(witness));
        lines
            .map(|line| verify_cosignature(&self.text, line, witness))
            .try_fold(None, |earliest, time_s| {
                let time_s = time_s?;
                Ok(Some(
                    earliest.map_or(time_s, |earlier: u64| earlier.min(time_s)),
                ))
            })
    }
}

fn message(body: &str, time_s: u64) -> String {
    format!("cosignature/v1\ntime {time_s}\n{body}")
}
