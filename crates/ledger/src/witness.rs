//! What a witness decides, and nothing of how it is asked. Source: C2SP tlog-witness, `add-checkpoint`.
//!
//! The caller looks the log up by the request's origin, calls [`judge`], makes the new state durable against the old
//! one in one step (compare-and-set: two requests at once must not both pass), and only then cosigns and answers.

use std::fmt;

use crate::checkpoint::Checkpoint;
use crate::error::{Error, Format, Result};
use crate::hash::{EMPTY_ROOT, Hash};
use crate::note::{MAX_NOTE_BYTES, MAX_SIGNATURES, Note, Signature};
use crate::proof::{MAX_PROOF_HASHES, verify_consistency};
use crate::text::{decimal, field, take_line};
use crate::vkey::VerifierKey;

/// The longest `add-checkpoint` body: a size line, 63 hashes, an empty line, a note.
pub const MAX_ADD_CHECKPOINT_BYTES: usize = 32 + 45 * MAX_PROOF_HASHES + MAX_NOTE_BYTES;

/// A request to cosign: `old N`, proof lines, an empty line, the checkpoint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AddCheckpoint {
    /// Size of the checkpoint that the client believes this witness cosigned last; 0 for none.
    pub old_size: u64,
    /// Consistency proof from that size to the checkpoint's.
    pub proof: Vec<Hash>,
    /// The checkpoint, not yet verified.
    pub checkpoint: Note,
}

impl AddCheckpoint {
    /// A request from its body.
    ///
    /// # Errors
    /// [`Error::Malformed`], and [`Error::TooLarge`] over 63 hashes or [`MAX_ADD_CHECKPOINT_BYTES`].
    pub fn parse(body: &[u8]) -> Result<Self> {
        let malformed = |why| Format::WitnessRequest.malformed(why);
        if body.len() > MAX_ADD_CHECKPOINT_BYTES {
            return Err(Error::TooLarge {
                format: Format::WitnessRequest,
                max: MAX_ADD_CHECKPOINT_BYTES,
            });
        }
        let mut rest = std::str::from_utf8(body).map_err(|_| malformed("not UTF-8"))?;
        let old_size = field(&mut rest, "old")
            .and_then(decimal)
            .ok_or(malformed("no old size line"))?;
        let mut proof = Vec::new();
        loop {
            let line = take_line(&mut rest).ok_or(malformed("no empty line after the proof"))?;
            if line.is_empty() {
                break;
            }
            if proof.len() == MAX_PROOF_HASHES {
                return Err(Error::TooLarge {
                    format: Format::WitnessRequest,
                    max: MAX_PROOF_HASHES,
                });
            }
            proof.push(
                line.parse()
                    .map_err(|_| malformed("a proof line is not a hash"))?,
            );
        }
        Ok(Self {
            old_size,
            proof,
            checkpoint: Note::parse(rest.as_bytes())?,
        })
    }

    /// The log that the checkpoint claims to be of: what the caller looks its key up by. Nothing is proven yet.
    #[must_use]
    pub fn origin(&self) -> &str {
        self.checkpoint.text.split('\n').next().unwrap_or_default()
    }
}

impl fmt::Display for AddCheckpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "old {}", self.old_size)?;
        self.proof
            .iter()
            .try_for_each(|hash| writeln!(f, "{hash}"))?;
        write!(f, "\n{}", self.checkpoint)
    }
}

/// The newest head of a log that a witness has vouched for. All that it must never lose.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WitnessState {
    /// The log.
    pub origin: String,
    /// Number of leaves.
    pub size: u64,
    /// The root at that size.
    pub root: Hash,
}

impl WitnessState {
    /// The state of a log known by its pinned genesis, before any checkpoint: the tree of one leaf. A log that begins
    /// otherwise can then never be cosigned, not even the first time it is seen.
    #[must_use]
    pub fn genesis(origin: &str, root: Hash) -> Self {
        Self {
            origin: origin.to_owned(),
            size: 1,
            root,
        }
    }
}

/// Why a witness doesn't cosign, each with the status that tlog-witness gives it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum WitnessRefusal {
    /// The checkpoint is not one.
    #[error("bad request: {0}")]
    BadRequest(#[source] Error),
    /// No such log is known.
    #[error("the log is not known here")]
    UnknownOrigin,
    /// The log's signature is missing or wrong.
    #[error("the checkpoint is not signed by its log")]
    BadSignature,
    /// The old size is beyond the checkpoint.
    #[error("the old size {old_size} exceeds the checkpoint's {new_size}")]
    OldSizeTooLarge {
        /// The request's old size.
        old_size: u64,
        /// The checkpoint's size.
        new_size: u64,
    },
    /// The client doesn't know what this witness saw last. Body of the answer: that size and a newline.
    #[error("the last size seen here is {known_size}")]
    UnexpectedOldSize {
        /// What this witness saw last.
        known_size: u64,
    },
    /// The same size under another root: the log has shown two histories. Keep the request as evidence.
    #[error("another root at the same size {known_size}")]
    OtherRoot {
        /// The size at which the two roots differ.
        known_size: u64,
    },
    /// The new head is not shown to continue the old one. Keep the request, it may be evidence.
    #[error("the consistency proof does not verify")]
    BadProof,
}

impl WitnessRefusal {
    /// The HTTP status by tlog-witness.
    #[must_use]
    pub const fn http_status(&self) -> u16 {
        match self {
            Self::BadRequest(_) | Self::OldSizeTooLarge { .. } => 400,
            Self::UnknownOrigin => 404,
            Self::BadSignature => 403,
            Self::UnexpectedOldSize { .. } | Self::OtherRoot { .. } => 409,
            Self::BadProof => 422,
        }
    }

    /// A stable name of the variant.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::BadRequest(_) => "bad-request",
            Self::UnknownOrigin => "unknown-origin",
            Self::BadSignature => "bad-signature",
            Self::OldSizeTooLarge { .. } => "old-size-too-large",
            Self::UnexpectedOldSize { .. } => "unexpected-old-size",
            Self::OtherRoot { .. } => "other-root",
            Self::BadProof => "bad-proof",
        }
    }

    /// The answer's body where the standard fixes one: of a conflict, the known size (`text/x.tlog.size`).
    #[must_use]
    pub fn known_size(&self) -> Option<u64> {
        match self {
            Self::UnexpectedOldSize { known_size } | Self::OtherRoot { known_size } => {
                Some(*known_size)
            }
            _ => None,
        }
    }
}

/// Decides on a request for a log: the state to make durable before cosigning, or why not.
///
/// `state` is what this witness holds of the log, if anything; a pinned genesis counts as held.
///
/// # Errors
/// A [`WitnessRefusal`], in the order of tlog-witness.
pub fn judge(
    state: Option<&WitnessState>,
    request: &AddCheckpoint,
    log: &VerifierKey,
) -> Result<WitnessState, WitnessRefusal> {
    let checkpoint =
        Checkpoint::of_note(&request.checkpoint, log).map_err(|error| match error {
            Error::WrongOrigin { .. } => WitnessRefusal::UnknownOrigin,
            Error::Unsigned { .. } | Error::BadSignature { .. } => WitnessRefusal::BadSignature,
            other => WitnessRefusal::BadRequest(other),
        })?;
    if state.is_some_and(|state| state.origin != checkpoint.origin) {
        return Err(WitnessRefusal::UnknownOrigin);
    }
    let (known_size, known_root) = state.map_or((0, EMPTY_ROOT), |state| (state.size, state.root));
    let (old_size, new_size) = (request.old_size, checkpoint.size);
    if old_size > new_size {
        return Err(WitnessRefusal::OldSizeTooLarge { old_size, new_size });
    }
    if old_size != known_size {
        return Err(WitnessRefusal::UnexpectedOldSize { known_size });
    }
    if new_size == known_size && checkpoint.root != known_root {
        return Err(WitnessRefusal::OtherRoot { known_size });
    }
    verify_consistency(
        known_size,
        &known_root,
        new_size,
        &checkpoint.root,
        &request.proof,
    )
    .map_err(|_| WitnessRefusal::BadProof)?;
    Ok(WitnessState {
        origin: checkpoint.origin,
        size: new_size,
        root: checkpoint.root,
    })
}

/// The body of a witness's answer: signature lines, each with its newline.
#[must_use]
pub fn encode_cosignatures(cosignatures: &[Signature]) -> String {
    cosignatures
        .iter()
        .map(|line| format!("{line}\n"))
        .collect()
}

/// The signature lines of a witness's answer. Unknown keys are for the caller to ignore.
///
/// # Errors
/// [`Error::Malformed`], and [`Error::TooLarge`] over [`MAX_SIGNATURES`] lines or [`MAX_NOTE_BYTES`].
pub fn parse_cosignatures(body: &[u8]) -> Result<Vec<Signature>> {
    let malformed = Format::WitnessRequest.malformed("not signature lines");
    if body.len() > MAX_NOTE_BYTES {
        return Err(Error::TooLarge {
            format: Format::WitnessRequest,
            max: MAX_NOTE_BYTES,
        });
    }
    let mut rest = std::str::from_utf8(body).map_err(|_| malformed.clone())?;
    let mut lines = Vec::new();
    while !rest.is_empty() {
        if lines.len() == MAX_SIGNATURES {
            return Err(Error::TooLarge {
                format: Format::WitnessRequest,
                max: MAX_SIGNATURES,
            });
        }
        lines.push(take_line(&mut rest).ok_or(malformed.clone())?.parse()?);
    }
    Ok(lines)
}
