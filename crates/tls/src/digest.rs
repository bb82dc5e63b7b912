//! An authority's name for people and scripts: the SHA-256 of its certificate.

use std::fmt;
use std::str::FromStr;

use sha2::{Digest as _, Sha256};

use crate::Error;

const PREFIX: &str = "sha256:";

/// SHA-256 of a certificate's DER. As text: `sha256:` and 64 hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Digest([u8; 32]);

impl Digest {
    /// Of a certificate.
    #[must_use]
    pub fn of(certificate: &[u8]) -> Self {
        Self(Sha256::digest(certificate).into())
    }

    /// The 64 digits alone.
    #[must_use]
    pub fn to_hex(self) -> String {
        hex::encode(self.0)
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{PREFIX}{}", self.to_hex())
    }
}

impl FromStr for Digest {
    type Err = Error;

    /// As it is shown; colons between the digits, as openssl writes them, are nothing, and neither is the prefix.
    fn from_str(text: &str) -> Result<Self, Error> {
        let digits = text.strip_prefix(PREFIX).unwrap_or(text).replace(':', "");
        let mut digest = [0; 32];
        hex::decode_to_slice(digits.to_ascii_lowercase(), &mut digest).map_err(|_| {
            Error::Digest {
                given: text.to_owned(),
            }
        })?;
        Ok(Self(digest))
    }
}
