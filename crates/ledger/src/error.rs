//! What can go wrong with bytes from outside, one variant for each thing that a caller can act on.

use std::fmt;

/// The result of this crate's parsers and checks.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Why bytes, a proof or a signature were not accepted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
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
    /// A position or size lies outside its tree.
    #[error("{index} lies outside a tree or tile of size {size}")]
    OutOfRange {
        /// The position or size asked for.
        index: u64,
        /// The size that bounds it.
        size: u64,
    },
    /// A Merkle proof doesn't lead from the one hash to the other.
    #[error("the proof does not lead to the root")]
    ProofMismatch,
    /// A note carries no signature by the key that was asked for.
    #[error("no signature by {key}")]
    Unsigned {
        /// Name of the key.
        key: String,
    },
    /// A signature carries a known key's name and id, and doesn't verify.
    #[error("bad signature by {key}")]
    BadSignature {
        /// Name of the key.
        key: String,
    },
    /// A checkpoint belongs to another log than the key.
    #[error("the checkpoint is of {found}, not of {expected}")]
    WrongOrigin {
        /// The log expected.
        expected: String,
        /// The origin found.
        found: String,
    },
    /// A key of one type was used where another is needed.
    #[error("{key} is not a key for this use")]
    WrongKeyType {
        /// Name of the key.
        key: String,
    },
}

impl Error {
    /// A stable name of the variant, for scripts, translations and vectors.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Malformed { format, .. } => format.malformed_code(),
            Self::TooLarge { .. } => "too-large",
            Self::OutOfRange { .. } => "out-of-range",
            Self::ProofMismatch => "proof-mismatch",
            Self::Unsigned { .. } => "unsigned",
            Self::BadSignature { .. } => "bad-signature",
            Self::WrongOrigin { .. } => "wrong-origin",
            Self::WrongKeyType { .. } => "wrong-key-type",
        }
    }
}

/// The formats that this crate parses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Format {
    /// A hash in base64.
    Hash,
    /// A tree's frontier.
    Frontier,
    /// A tile's path.
    TilePath,
    /// An entry bundle.
    Bundle,
    /// A verifier key.
    Vkey,
    /// A signed note.
    Note,
    /// A checkpoint's body.
    Checkpoint,
    /// A cosignature.
    Cosignature,
    /// An `add-checkpoint` request or its answer.
    WitnessRequest,
    /// A trust policy.
    Policy,
    /// A tlog-proof.
    TlogProof,
    /// A registry row.
    RegistryRow,
    /// An epoch leaf.
    Epoch,
    /// A receipt.
    Receipt,
    /// A release.
    Release,
}

impl Format {
    fn malformed_code(self) -> &'static str {
        match self {
            Self::Hash => "malformed-hash",
            Self::Frontier => "malformed-frontier",
            Self::TilePath => "malformed-tile-path",
            Self::Bundle => "malformed-bundle",
            Self::Vkey => "malformed-vkey",
            Self::Note => "malformed-note",
            Self::Checkpoint => "malformed-checkpoint",
            Self::Cosignature => "malformed-cosignature",
            Self::WitnessRequest => "malformed-witness-request",
            Self::Policy => "malformed-policy",
            Self::TlogProof => "malformed-tlog-proof",
            Self::RegistryRow => "malformed-registry-row",
            Self::Epoch => "malformed-epoch",
            Self::Receipt => "malformed-receipt",
            Self::Release => "malformed-release",
        }
    }

    /// An [`Error::Malformed`] of this format.
    pub(crate) fn malformed(self, why: &'static str) -> Error {
        Error::Malformed { format: self, why }
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Hash => "hash",
            Self::Frontier => "frontier",
            Self::TilePath => "tile path",
            Self::Bundle => "entry bundle",
            Self::Vkey => "verifier key",
            Self::Note => "signed note",
            Self::Checkpoint => "checkpoint",
            Self::Cosignature => "cosignature",
            Self::WitnessRequest => "witness request",
            Self::Policy => "trust policy",
            Self::TlogProof => "tlog-proof",
            Self::RegistryRow => "registry row",
            Self::Epoch => "epoch leaf",
            Self::Receipt => "receipt",
            Self::Release => "release",
        })
    }
}
