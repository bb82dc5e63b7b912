//! What can go wrong here.

use std::fmt;

use crate::keyring::KeyringRefusal;
use crate::member::MemberId;
use crate::shares::ShareFault;

/// The result of this crate.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// What a caller can act on.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
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
    /// The bytes were not sealed under this key, or they were altered since.
    #[error("this {format} was altered, or it was sealed under another key")]
    Altered {
        /// The format opened.
        format: Format,
    },
    /// A chunk of a sealed file was altered, moved or cut off.
    #[error("chunk {chunk} of the sealed file was altered, moved or cut off")]
    AlteredChunk {
        /// Its number, from 0.
        chunk: u64,
    },
    /// A sealed file is for other recipients, or for another passphrase.
    #[error("none of the keys at hand opens this file")]
    NotForUs,
    /// The scrypt work factor of a file would take too much memory and time.
    #[error("the passphrase's work factor is {found}, and the maximum is {max}")]
    WorkFactor {
        /// The work factor found, or [`u8::MAX`] if it is beyond that.
        found: u8,
        /// The greatest accepted.
        max: u8,
    },
    /// A file can't be sealed to these recipients together, or to none.
    #[error("cannot seal to these recipients: {why}")]
    Recipients {
        /// The rule broken.
        why: &'static str,
    },
    /// A chunk was handed in that can't stand at its place.
    #[error("cannot seal this chunk: {why}")]
    Chunk {
        /// The rule broken.
        why: &'static str,
    },
    /// The other side of an enrolment revealed something else than it had committed to.
    #[error("what was revealed is not what had been committed to: begin again with a new code")]
    WrongReveal,
    /// A share, or a set of shares, doesn't do.
    #[error(transparent)]
    Share(#[from] ShareFault),
    /// A keyring broke a rule.
    #[error(transparent)]
    Keyring(#[from] KeyringRefusal),
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
    /// The header of an age file.
    AgeHeader,
    /// An age file: header, nonce and chunks.
    AgeFile,
    /// An age identity, in Bech32.
    Identity,
    /// An age recipient, in Bech32.
    Recipient,
    /// A sealed envelope.
    Envelope,
    /// A slot's id, in hexadecimal.
    SlotId,
    /// The text of a plan of custodians.
    GroupPlan,
    /// The signed text of a keyring.
    Keyring,
    /// A keyring with its recipients and files, in JSON.
    KeyringBundle,
    /// What a keyring's file holds, in JSON.
    KeyringSecrets,
    /// Six words, or a nonce or a commitment on the way to them.
    SixWords,
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
            Self::AgeHeader => "age header",
            Self::AgeFile => "age file",
            Self::Identity => "age identity",
            Self::Recipient => "age recipient",
            Self::Envelope => "envelope",
            Self::SlotId => "slot id",
            Self::GroupPlan => "plan of custodians",
            Self::Keyring => "keyring",
            Self::KeyringBundle => "keyring bundle",
            Self::KeyringSecrets => "keyring secrets",
            Self::SixWords => "six words",
        })
    }
}
