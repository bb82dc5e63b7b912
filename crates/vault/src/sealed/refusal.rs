//! Why a sealed act is not recorded.

use amana_seal::member::MemberId;
use amana_seal::statement::PieceId;

/// Why a sealed act is not recorded. Only a gateway ever sees these.
#[derive(Debug, thiserror::Error)]
pub enum SealedRefusal {
    /// The statement or its signature isn't one, or the envelope isn't the one that it names.
    #[error("{0}")]
    Statement(#[from] amana_seal::Error),
    /// It was signed for another ledger.
    #[error("the statement is for the ledger {named}, not for {expected}")]
    WrongLedger {
        /// The origin in the statement.
        named: String,
        /// The origin of the institution's ledger.
        expected: String,
    },
    /// It is signed by somebody whom the newest keyring doesn't have.
    #[error("member {member} does not stand in the newest keyring")]
    NotAMember {
        /// Who signed.
        member: MemberId,
    },
    /// It was made under another keyring than the newest, or sealed for another epoch than the newest.
    #[error(
        "the newest keyring is number {number}, with the epoch {epoch}; take it and sign again"
    )]
    StaleKeyring {
        /// The newest.
        number: u64,
        /// Its newest epoch.
        epoch: u32,
    },
    /// What the act stands on was changed by another entry: catch up, and plan it again.
    #[error(
        "{what} stands on another entry than the statement says; catch up and plan the act again"
    )]
    Moved {
        /// The bucket, or the slot.
        what: String,
    },
    /// The same statement is recorded already.
    #[error("the statement is recorded already, at entry {index}")]
    Recorded {
        /// Where.
        index: u64,
    },
    /// Another act had that act number or brought a piece of that name.
    #[error("{what} was used by another act before")]
    Used {
        /// The act, or the piece.
        what: String,
    },
    /// The bucket has no such piece.
    #[error("the bucket holds no piece {piece}")]
    NoSuchPiece {
        /// Its name.
        piece: PieceId,
    },
    /// Only an empty bucket is deleted.
    #[error("the bucket {name:?} still holds something")]
    NotEmpty {
        /// Its name.
        name: String,
    },
    /// The statement says what no act of that verb says.
    #[error("the act can't be recorded: {why}")]
    Invalid {
        /// Which rule it breaks.
        why: &'static str,
    },
    /// The ciphertext isn't the one that the statement names, or it never came.
    #[error("the ciphertext of piece {piece} {why}")]
    WrongPiece {
        /// Its name.
        piece: PieceId,
        /// What is wrong with it.
        why: &'static str,
    },
    /// A piece that comes in several requests goes on where it ended.
    #[error("piece {piece} goes on at byte {offset}")]
    WrongOffset {
        /// Its name.
        piece: PieceId,
        /// How much of it is here.
        offset: u64,
    },
    /// Another request is sending that piece.
    #[error("another request is sending piece {piece}")]
    PieceBusy {
        /// Its name.
        piece: PieceId,
    },
    /// Too many pieces wait for an act that names them.
    #[error("more than {max} pieces wait for acts that name them; record those first")]
    TooManyPieces {
        /// The most.
        max: usize,
    },
}

impl SealedRefusal {
    /// Stable name of the variant.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Statement(_) => "bad-statement",
            Self::WrongLedger { .. } => "wrong-ledger",
            Self::NotAMember { .. } => "not-a-member",
            Self::StaleKeyring { .. } => "stale-keyring",
            Self::Moved { .. } => "conflict",
            Self::Recorded { .. } => "recorded",
            Self::Used { .. } => "used",
            Self::NoSuchPiece { .. } => "no-such-piece",
            Self::NotEmpty { .. } => "bucket-not-empty",
            Self::Invalid { .. } => "invalid-act",
            Self::WrongPiece { .. } => "wrong-piece",
            Self::WrongOffset { .. } => "wrong-offset",
            Self::PieceBusy { .. } => "piece-busy",
            Self::TooManyPieces { .. } => "too-many-pieces",
        }
    }
}
