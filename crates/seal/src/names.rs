//! Sealed names: what the data centre knows an object by.
//!
//! # Promise
//! A slot's id is a pseudorandom function of the name: without the key it tells nothing, not even which names are
//! alike, and with the key the same name always gives the same id, so that the data centre can compare and set.
//!
//! # Shape
//! `HMAC-SHA256(name key, fields)`, where each field is its length (4 bytes, big-endian) and its bytes. The first field
//! is the kind of slot, so that an id of one kind is never one of another:
//!
//! | kind | fields |
//! |---|---|
//! | an object | `amana.slot/v1/object`, bucket, key |
//! | a multipart upload | `amana.slot/v1/upload`, tag |

use std::fmt;
use std::str::FromStr;

use aws_lc_rs::{digest, hmac};
use zeroize::Zeroizing;

use crate::signing::random_seed;
use crate::text::hex_bytes;
use crate::{Error, Format, Result};

const OBJECT: &[u8] = b"amana.slot/v1/object";
const UPLOAD: &[u8] = b"amana.slot/v1/upload";
const COMMITMENT: &[u8] = b"amana.commitment/v1/name-key";

/// The key under which an institution's names are hidden: one for its whole life, since ids must stay comparable.
/// Wiped when dropped.
pub struct NameKey(Zeroizing<[u8; 32]>);

impl NameKey {
    /// The key of these bytes.
    #[must_use]
    pub fn from_bytes(bytes: Zeroizing<[u8; 32]>) -> Self {
        Self(bytes)
    }

    /// A new key.
    ///
    /// # Errors
    /// [`Error::Randomness`].
    pub fn generate() -> Result<Self> {
        random_seed().map(Self)
    }

    /// Its bytes, the secret itself: for the keyring only.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// What binds a keyring to this key without telling it: SHA-256 of the fields `amana.commitment/v1/name-key`, key.
    #[must_use]
    pub fn commitment(&self) -> [u8; 32] {
        let mut context = digest::Context::new(&digest::SHA256);
        fields(&[COMMITMENT, self.0.as_slice()], |bytes| {
            context.update(bytes)
        });
        hash(context.finish().as_ref())
    }

    /// The slot of the object `key` in `bucket`.
    #[must_use]
    pub fn object(&self, bucket: &str, key: &str) -> SlotId {
        self.slot(&[OBJECT, bucket.as_bytes(), key.as_bytes()])
    }

    /// The slot of the multipart upload that was begun under `tag`.
    #[must_use]
    pub fn upload(&self, tag: &[u8]) -> SlotId {
        self.slot(&[UPLOAD, tag])
    }

    fn slot(&self, parts: &[&[u8]]) -> SlotId {
        let key = hmac::Key::new(hmac::HMAC_SHA256, self.0.as_slice());
        let mut context = hmac::Context::with_key(&key);
        fields(parts, |bytes| context.update(bytes));
        SlotId(hash(context.sign().as_ref()))
    }
}

/// Each part behind its length, so that no two lists of parts are the same bytes.
fn fields(parts: &[&[u8]], mut update: impl FnMut(&[u8])) {
    for part in parts {
        let length = u32::try_from(part.len()).expect("names are shorter than 4 GiB");
        update(&length.to_be_bytes());
        update(part);
    }
}

fn hash(bytes: &[u8]) -> [u8; 32] {
    bytes.try_into().expect("SHA-256 has 32 bytes")
}

/// What the data centre knows an object or an upload by.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SlotId(pub [u8; 32]);

impl fmt::Display for SlotId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(self.0))
    }
}

impl fmt::Debug for SlotId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for SlotId {
    type Err = Error;

    /// 64 hexadecimal digits, in lower case.
    fn from_str(text: &str) -> Result<Self> {
        hex_bytes(text)
            .map(Self)
            .ok_or_else(|| Format::SlotId.malformed("not 64 lower-case hex digits"))
    }
}
