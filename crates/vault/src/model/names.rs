//! Names of buckets and keys of objects.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::{Error, Result};

/// The longest key, in bytes of UTF-8.
pub const MAX_KEY_BYTES: usize = 1024;

/// A bucket's name: 3 to 63 bytes of `a-z 0-9 . -`, by the rules that Amazon gives for general purpose buckets.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize)]
pub struct BucketName(String);

impl BucketName {
    /// Parses a name.
    ///
    /// # Errors
    /// [`Error::InvalidBucketName`].
    pub fn parse(name: &str) -> Result<Self> {
        let invalid = |why| {
            Err(Error::InvalidBucketName {
                name: name.to_owned(),
                why,
            })
        };
        if !(3..=63).contains(&name.len()) {
            return invalid("a name has 3 to 63 characters");
        }
        let letter = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
        if !name
            .bytes()
            .all(|byte| letter(byte) || byte == b'.' || byte == b'-')
        {
            return invalid("a name has lowercase letters, digits, dots and hyphens only");
        }
        if !name.split('.').all(|label| {
            label.bytes().next().is_some_and(letter) && label.bytes().last().is_some_and(letter)
        }) {
            return invalid("each part between dots begins and ends with a letter or a digit");
        }
        if name.parse::<std::net::Ipv4Addr>().is_ok() {
            return invalid("a name is not an address");
        }
        const PREFIXES: [&str; 3] = ["xn--", "sthree-", "amzn-s3-demo-"];
        const SUFFIXES: [&str; 5] = ["-s3alias", "--ol-s3", ".mrap", "--x-s3", "--table-s3"];
        if PREFIXES.iter().any(|prefix| name.starts_with(prefix))
            || SUFFIXES.iter().any(|suffix| name.ends_with(suffix))
        {
            return invalid("this beginning or ending is reserved");
        }
        Ok(Self(name.to_owned()))
    }

    /// As text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for BucketName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// An object's key: 1 to 1,024 bytes of UTF-8, any characters.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ObjectKey(String);

impl ObjectKey {
    /// Parses a key.
    ///
    /// # Errors
    /// [`Error::KeyTooLong`], [`Error::KeyEmpty`].
    pub fn parse(key: impl Into<String>) -> Result<Self> {
        let key = key.into();
        match key.len() {
            0 => Err(Error::KeyEmpty),
            1..=MAX_KEY_BYTES => Ok(Self(key)),
            size_bytes => Err(Error::KeyTooLong {
                size_bytes,
                max_bytes: MAX_KEY_BYTES,
            }),
        }
    }

    /// As text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// As it stands in rows.
    pub(crate) fn as_bytes(&self) -> &[u8] {
        self.0.as_bytes()
    }
}

impl fmt::Display for ObjectKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
