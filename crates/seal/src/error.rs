//! What can go wrong here.

use std::fmt;

use crate::member::MemberId;

/// The result of this crate.
pub type Result<T> = std::result::Result<T, Error>;

/// What a caller can act on.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The system gave no randomness.
    #[error("the system gave no randomness: {why}")]
    Randomness {
        /// What it said.
        why: String,
    },
    /// The bytes are not of the format that they were parsed as.
    #[error("malformed {format}: {why}")]
    Malformed {
        /// The format expected.
        format: Format,
        /// The rule broken, for a person.
        why: &'static str,
    },
    /// The bytes, or a part of them, go beyond the format's named maximum.
    #[error("{format} too large: the maximum is {max}")]
    TooLarge {
        /// The format expected.
        format: Format,
        /// The maximum, in bytes or items as the format counts them.
        max: usize,
    },
    /// A text was to be signed or verified with the key of another member than the one that it names.
    #[error("the text is of member {named}, and the key of member {key}")]
    WrongMember {
        /// The member that the text names.
        named: MemberId,
        /// The member whose key it is.
        key: MemberId,
    },
    /// A signature by a known member doesn't verify.
    #[error("bad signature by member {member}")]
    BadSignature {
        /// The member.
        member: MemberId,
    },
    /// An envelope isn't the one that the statement was signed for.
    #[error("the envelope is not the one that the statement names")]
    WrongEnvelope,
}

/// The formats of this crate, as errors name them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// A member's id.
    MemberId,
    /// An Ed25519 public key.
    VerifyingKey,
    /// The signed text of a sealed act.
    Statement,
}

impl Format {
    pub(crate) const fn malformed(self, why: &'static str) -> Error {
        Error::Malformed { format: self, why }
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::MemberId => "member id",
            Self::VerifyingKey => "verifying key",
            Self::Statement => "statement",
        })
    }
}
