//! Keys of signed notes: a name, a type and an Ed25519 key. Source: C2SP signed-note, "Verifier keys".

use std::fmt;
use std::str::FromStr;

use ed25519_dalek::{
    Signature as Ed25519Signature, Signer, SigningKey as Ed25519SigningKey, VerifyingKey,
};

use crate::error::{Error, Format, Result};
use crate::hash::Hash;
use crate::text;

/// The longest key name, and so the longest origin, in bytes.
pub const MAX_KEY_NAME_BYTES: usize = 255;

/// Characters in a verifier key beside its name: `+`, eight of the id, `+`, and 33 bytes in base64.
const VKEY_BYTES_AFTER_NAME: usize = 1 + 8 + 1 + 44;

/// The longest verifier key, in bytes.
pub const MAX_VKEY_BYTES: usize = MAX_KEY_NAME_BYTES + VKEY_BYTES_AFTER_NAME;

/// What a key's signatures mean.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum KeyType {
    /// Type byte `0x01`: signs a note's text as it stands. A log's key, and an official's.
    Ed25519,
    /// Type byte `0x04`: a witness's key, whose signatures carry a time (tlog-cosignature).
    Cosignature,
}

impl KeyType {
    const fn byte(self) -> u8 {
        match self {
            Self::Ed25519 => 0x01,
            Self::Cosignature => 0x04,
        }
    }
}

/// A public key with its name, shown as `name+8 hex digits of the id+base64(type byte ‖ 32-byte key)`.
///
/// Never a weak key (a point of small order), under which anybody could sign anything.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct VerifierKey {
    name: String,
    key_type: KeyType,
    key: VerifyingKey,
}

impl VerifierKey {
    /// A key from its parts.
    ///
    /// # Errors
    /// [`Error::Malformed`] for a name that can't stand in a note, or bytes that aren't a strong Ed25519 key.
    pub fn new(name: &str, key_type: KeyType, key: &[u8; 32]) -> Result<Self> {
        let malformed = |why| Format::Vkey.malformed(why);
        if !is_key_name(name) {
            return Err(malformed(
                "the name is empty, too long, or has a space, a plus or a control character",
            ));
        }
        let key =
            VerifyingKey::from_bytes(key).map_err(|_| malformed("not an Ed25519 public key"))?;
        if key.is_weak() {
            return Err(malformed("an Ed25519 key of small order"));
        }
        Ok(Self {
            name: name.to_owned(),
            key_type,
            key,
        })
    }

    /// The key's name; of a log, its origin.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What its signatures mean.
    #[must_use]
    pub const fn key_type(&self) -> KeyType {
        self.key_type
    }

    /// The 32 bytes of the Ed25519 public key, by which a policy tells two keys apart.
    #[must_use]
    pub fn key_bytes(&self) -> &[u8; 32] {
        self.key.as_bytes()
    }

    /// The first four bytes of SHA-256(`name ‖ "\n" ‖ type byte ‖ key`).
    #[must_use]
    pub fn key_id(&self) -> [u8; 4] {
        key_id(&self.name, self.key_type, self.key.as_bytes())
    }

    /// Checks an Ed25519 signature over a message by the strict rules.
    pub(crate) fn check(&self, message: &[u8], signature: &[u8]) -> Result<()> {
        let bad = || Error::BadSignature {
            key: self.name.clone(),
        };
        let signature = Ed25519Signature::from_slice(signature).map_err(|_| bad())?;
        self.key
            .verify_strict(message, &signature)
            .map_err(|_| bad())
    }
}

impl fmt::Display for VerifierKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut typed = [self.key_type.byte(); 33];
        typed[1..].copy_from_slice(self.key.as_bytes());
        let id = u32::from_be_bytes(self.key_id());
        write!(f, "{}+{id:08x}+{}", self.name, text::to_base64(&typed))
    }
}

impl FromStr for VerifierKey {
    type Err = Error;

    fn from_str(vkey: &str) -> Result<Self> {
        let malformed = |why| Format::Vkey.malformed(why);
        if vkey.len() > MAX_VKEY_BYTES {
            return Err(Error::TooLarge {
                format: Format::Vkey,
                max: MAX_VKEY_BYTES,
            });
        }
        let (name, rest) = vkey.split_once('+').ok_or(malformed("it is name+id+key"))?;
        let (id, key) = rest.split_once('+').ok_or(malformed("it is name+id+key"))?;
        let typed: [u8; 33] = text::from_base64(key)
            .and_then(|bytes| bytes.try_into().ok())
            .ok_or(malformed(
                "the key is not a type byte and 32 bytes in base64",
            ))?;
        let key_type = match typed[0] {
            0x01 => KeyType::Ed25519,
            0x04 => KeyType::Cosignature,
            _ => return Err(malformed("the type is neither Ed25519 nor cosignature")),
        };
        let (_, key) = typed.split_first_chunk::<1>().expect("33 bytes");
        let key = key.try_into().expect("32 bytes follow the type");
        let parsed = Self::new(name, key_type, key)?;
        // Written with lower-case digits, so that a key has one spelling.
        if id != format!("{:08x}", u32::from_be_bytes(parsed.key_id())) {
            return Err(malformed("the id is not that of the name and key"));
        }
        Ok(parsed)
    }
}

/// A named secret key that signs notes as [`KeyType::Ed25519`]. Erased from memory when dropped; never shown.
pub struct SigningKey {
    name: String,
    secret: Ed25519SigningKey,
}

impl SigningKey {
    /// A key from its 32-byte seed (RFC 8032 §5.1.5).
    ///
    /// # Errors
    /// [`Error::Malformed`] for a name that can't stand in a note.
    pub fn from_seed(name: &str, seed: [u8; 32]) -> Result<Self> {
        let secret = Ed25519SigningKey::from_bytes(&zeroize::Zeroizing::new(seed));
        VerifierKey::new(name, KeyType::Ed25519, secret.verifying_key().as_bytes())?;
        Ok(Self {
            name: name.to_owned(),
            secret,
        })
    }

    /// The key's name; of a log, its origin.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The public half.
    #[must_use]
    pub fn verifier(&self) -> VerifierKey {
        self.verifier_of(KeyType::Ed25519)
    }

    pub(crate) fn verifier_of(&self, key_type: KeyType) -> VerifierKey {
        VerifierKey {
            name: self.name.clone(),
            key_type,
            key: self.secret.verifying_key(),
        }
    }

    pub(crate) fn sign_bytes(&self, message: &[u8]) -> [u8; 64] {
        self.secret.sign(message).to_bytes()
    }
}

/// Whether a name can stand in a note: not empty, no spaces of Unicode, no plus, no control characters.
pub(crate) fn is_key_name(name: &str) -> bool {
    let fits = !name.is_empty() && name.len() <= MAX_KEY_NAME_BYTES;
    fits && !name
        .chars()
        .any(|c| c.is_whitespace() || c.is_control() || c == '+')
}

fn key_id(name: &str, key_type: KeyType, key: &[u8; 32]) -> [u8; 4] {
    let digest = Hash::of(&[name.as_bytes(), b"\n", &[key_type.byte()], key]);
    let (id, _) = digest
        .as_bytes()
        .split_first_chunk()
        .expect("a digest has 32 bytes");
    *id
}
