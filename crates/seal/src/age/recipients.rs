//! Recipients and identities of either kind, as text says which.

use std::fmt;
use std::str::FromStr;

use zeroize::Zeroizing;

use super::header::{Draft, FileKey, Header};
use super::{HybridIdentity, HybridRecipient, X25519Identity, X25519Recipient};
use crate::{Error, Result};

/// Whom a file is sealed to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Recipient {
    /// By X25519.
    X25519(X25519Recipient),
    /// By ML-KEM-768 and X25519 together.
    Hybrid(HybridRecipient),
}

/// What opens a file.
pub enum Identity {
    /// By X25519.
    X25519(X25519Identity),
    /// By ML-KEM-768 and X25519 together.
    Hybrid(HybridIdentity),
}

impl Recipient {
    /// Its text, `age1…` or `age1pq1…`.
    #[must_use]
    pub fn encode(&self) -> String {
        match self {
            Self::X25519(recipient) => recipient.encode(),
            Self::Hybrid(recipient) => recipient.encode(),
        }
    }

    pub(super) fn wrap(&self, file_key: &FileKey, draft: &mut Draft) -> Result<()> {
        match self {
            Self::X25519(recipient) => recipient.wrap(file_key, draft),
            Self::Hybrid(recipient) => recipient.wrap(file_key, draft),
        }
    }
}

/// A hybrid recipient beside one that isn't would promise what the file doesn't keep; age refuses it as well.
pub(super) fn check_together(recipients: &[Recipient]) -> Result<()> {
    let hybrid = |recipient: &Recipient| matches!(recipient, Recipient::Hybrid(_));
    let why = match recipients {
        [] => "there is none",
        [first, others @ ..] if others.iter().any(|one| hybrid(one) != hybrid(first)) => {
            "post-quantum recipients stand alone"
        }
        _ => return Ok(()),
    };
    Err(Error::Recipients { why })
}

impl FromStr for Recipient {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        if text.starts_with("age1pq1") {
            text.parse().map(Self::Hybrid)
        } else {
            text.parse().map(Self::X25519)
        }
    }
}

impl fmt::Display for Recipient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.encode())
    }
}

impl From<X25519Recipient> for Recipient {
    fn from(recipient: X25519Recipient) -> Self {
        Self::X25519(recipient)
    }
}

impl From<HybridRecipient> for Recipient {
    fn from(recipient: HybridRecipient) -> Self {
        Self::Hybrid(recipient)
    }
}

impl Identity {
    /// Its public half.
    #[must_use]
    pub fn recipient(&self) -> Recipient {
        match self {
            Self::X25519(identity) => identity.recipient().into(),
            Self::Hybrid(identity) => identity.recipient().into(),
        }
    }

    /// Its text: the secret itself.
    #[must_use]
    pub fn reveal(&self) -> Zeroizing<String> {
        match self {
            Self::X25519(identity) => identity.reveal(),
            Self::Hybrid(identity) => identity.reveal(),
        }
    }
}

/// The file key of the first stanza that one of `identities` opens. The header's bound bounds the work: at most 160
/// tries for each identity.
pub(super) fn unwrap_any(identities: &[Identity], header: &Header<'_>) -> Result<FileKey> {
    for identity in identities {
        for stanza in &header.stanzas {
            let file_key = match identity {
                Identity::X25519(identity) => identity.unwrap(stanza)?,
                Identity::Hybrid(identity) => identity.unwrap(stanza)?,
            };
            if let Some(file_key) = file_key {
                return Ok(file_key);
            }
        }
    }
    Err(Error::NotForUs)
}

impl FromStr for Identity {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        if text.starts_with("AGE-SECRET-KEY-PQ-1") {
            text.parse().map(Self::Hybrid)
        } else {
            text.parse().map(Self::X25519)
        }
    }
}

impl From<X25519Identity> for Identity {
    fn from(identity: X25519Identity) -> Self {
        Self::X25519(identity)
    }
}

impl From<HybridIdentity> for Identity {
    fn from(identity: HybridIdentity) -> Self {
        Self::Hybrid(identity)
    }
}
