//! X25519 recipients (C2SP age, "The X25519 recipient type").

use std::fmt;
use std::str::FromStr;

use aws_lc_rs::{aead, agreement, hkdf};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use zeroize::Zeroizing;

use super::header::{Draft, FileKey, Stanza};
use super::{bech32, wrapping};
use crate::signing::random_seed;
use crate::{Format, Result};

const KIND: &str = "X25519";
const INFO: &[u8] = b"age-encryption.org/v1/X25519";
const RECIPIENT_PREFIX: &str = "age";
const IDENTITY_PREFIX: &str = "AGE-SECRET-KEY-";

/// An X25519 public key, to seal to.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct X25519Recipient([u8; 32]);

/// An X25519 secret key, to open with. Wiped when dropped.
pub struct X25519Identity {
    secret: Zeroizing<[u8; 32]>,
    key: agreement::PrivateKey,
    recipient: X25519Recipient,
}

impl X25519Recipient {
    /// The recipient of these 32 bytes, in RFC 7748's order.
    #[must_use]
    pub fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// Its 32 bytes.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// Its text, `age1…`.
    #[must_use]
    pub fn encode(&self) -> String {
        bech32::encode_recipient(RECIPIENT_PREFIX, &self.0)
    }

    pub(super) fn wrap(&self, file_key: &FileKey, draft: &mut Draft) -> Result<()> {
        let ephemeral = X25519Identity::generate()?;
        let share = ephemeral.recipient.0;
        let key = ephemeral
            .wrap_key(&self.0, &share, &self.0)
            .ok_or(Format::Recipient.malformed("its point is of low order"))?;
        let body = wrapping::wrap(&key, [0; 12], file_key);
        let mut encoded = [0; 43];
        STANDARD_NO_PAD
            .encode_slice(share, &mut encoded)
            .expect("32 bytes are 43 characters");
        let share = std::str::from_utf8(&encoded).expect("base64 is ASCII");
        draft.stanza(&[KIND, share], &body);
        Ok(())
    }
}

impl FromStr for X25519Recipient {
    type Err = crate::Error;

    fn from_str(text: &str) -> Result<Self> {
        Ok(Self(*bech32::decode_recipient(RECIPIENT_PREFIX, text)?))
    }
}

impl fmt::Display for X25519Recipient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.encode())
    }
}

impl fmt::Debug for X25519Recipient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl X25519Identity {
    /// A new identity.
    ///
    /// # Errors
    /// [`crate::Error::Randomness`].
    pub fn generate() -> Result<Self> {
        random_seed().map(Self::from_secret)
    }

    /// The identity of these 32 bytes, clamped when used as RFC 7748 says.
    #[must_use]
    pub fn from_secret(secret: Zeroizing<[u8; 32]>) -> Self {
        let key = agreement::PrivateKey::from_private_key(&agreement::X25519, secret.as_slice())
            .expect("any 32 bytes are an X25519 secret");
        let public = key.compute_public_key();
        let public = public.expect("every secret has a public half");
        let public = <[u8; 32]>::try_from(public.as_ref()).expect("a public key has 32 bytes");
        Self {
            secret,
            key,
            recipient: X25519Recipient(public),
        }
    }

    /// Its public half.
    #[must_use]
    pub fn recipient(&self) -> X25519Recipient {
        self.recipient
    }

    /// Its text, `AGE-SECRET-KEY-1…`: the secret itself.
    #[must_use]
    pub fn reveal(&self) -> Zeroizing<String> {
        bech32::encode_identity(IDENTITY_PREFIX, &self.secret)
    }

    /// The file key of `stanza`, or `None` if it is another's.
    pub(super) fn unwrap(&self, stanza: &Stanza<'_>) -> Result<Option<FileKey>> {
        if stanza.kind != KIND {
            return Ok(None);
        }
        let (share, body) = stanza.share::<32>()?;
        let key = self
            .wrap_key(&share, &share, &self.recipient.0)
            .ok_or(Format::AgeHeader.malformed("an ephemeral share is of low order"))?;
        Ok(wrapping::unwrap(&key, [0; 12], body))
    }

    /// The key that wraps a file key, or `None` where the shared secret would be zero.
    fn wrap_key(
        &self,
        peer: &[u8; 32],
        share: &[u8; 32],
        to: &[u8; 32],
    ) -> Option<aead::LessSafeKey> {
        let peer = agreement::UnparsedPublicKey::new(&agreement::X25519, peer);
        let mut salt = [0; 64];
        salt[..32].copy_from_slice(share);
        salt[32..].copy_from_slice(to);
        agreement::agree(&self.key, peer, (), |shared| {
            let prk = hkdf::Salt::new(hkdf::HKDF_SHA256, &salt).extract(shared);
            let okm = prk.expand(&[INFO], &aead::CHACHA20_POLY1305);
            let okm = okm.expect("32 bytes are within HKDF's bounds");
            Ok(aead::LessSafeKey::new(okm.into()))
        })
        .ok()
    }
}

impl FromStr for X25519Identity {
    type Err = crate::Error;

    fn from_str(text: &str) -> Result<Self> {
        bech32::decode_identity(IDENTITY_PREFIX, text).map(Self::from_secret)
    }
}
