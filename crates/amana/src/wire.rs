//! What goes over HTTP between a data centre, its witnesses and its readers, beside the formats of `docs/formats/`.

use serde::{Deserialize, Serialize};

/// What a witness asks for; drawn in `docs/formats/witness.md`.
pub(crate) const POLL: &str = "/witness/v1/poll";
/// Where it hands in its cosignatures.
pub(crate) const COSIGNATURES: &str = "/witness/v1/cosignatures";
/// Where it shows what the data centre signed once.
pub(crate) const EVIDENCE: &str = "/witness/v1/evidence";

/// Answer to `POST /witness/v1/poll`, whose body is the poll: a note that the witness signed.
#[derive(Default, Serialize, Deserialize)]
pub(crate) struct PollAnswer {
    /// What to cosign.
    pub(crate) requests: Vec<PollRequest>,
    /// Origins of which the witness knows more than the data centre has: it should show what it holds.
    pub(crate) behind: Vec<String>,
    /// Whether there is more to cosign than one answer holds.
    pub(crate) more: bool,
}

/// A checkpoint to cosign.
#[derive(Serialize, Deserialize)]
pub(crate) struct PollRequest {
    /// The ledger's registry row, signed by the national log's key; nothing for the national log itself.
    pub(crate) row: Option<String>,
    /// The body of an `add-checkpoint` request, as tlog-witness has it.
    pub(crate) request: String,
}

/// One of those in the body of `POST /witness/v1/cosignatures`.
#[derive(Serialize, Deserialize)]
pub(crate) struct Cosignature {
    /// The log.
    pub(crate) origin: String,
    /// Size of the checkpoint.
    pub(crate) size: u64,
    /// The signature line, without its newline.
    pub(crate) line: String,
}

/// Answer to `POST /witness/v1/cosignatures`.
#[derive(Serialize, Deserialize)]
pub(crate) struct Kept {
    /// How many of them verified and are kept.
    pub(crate) kept: usize,
}

/// Answer to `POST /witness/v1/evidence`, whose body is a checkpoint that the data centre signed.
#[derive(Serialize, Deserialize)]
pub(crate) struct Weighed {
    /// What it shows against the data centre, if anything; it takes no deposits from then on.
    pub(crate) anomaly: Option<String>,
}

/// A page of `…/acts/<from>`: a ledger's acts from that index on.
#[derive(Serialize, Deserialize)]
pub(crate) struct Acts {
    /// The acts, in order; none beyond the ledger's end.
    pub(crate) acts: Vec<ActText>,
}

/// An act as it is kept.
#[derive(Serialize, Deserialize)]
pub(crate) struct ActText {
    /// Its index in the ledger.
    pub(crate) index: u64,
    /// The core, verbatim.
    pub(crate) core: String,
    /// Hash of salt and body, as its ledger has it.
    pub(crate) body_hash: String,
    /// Salt in hexadecimal and body, unless there is none or it was erased.
    pub(crate) body: Option<SaltedBody>,
}

/// A body and its salt.
#[derive(Serialize, Deserialize)]
pub(crate) struct SaltedBody {
    /// 32 bytes in hexadecimal.
    pub(crate) salt: String,
    /// The body, verbatim.
    pub(crate) text: String,
}

/// Answer to `…/cosignatures`: every cosignature line at hand, by size.
#[derive(Serialize, Deserialize)]
pub(crate) struct Cosigned {
    /// Size of the checkpoint.
    pub(crate) size: u64,
    /// The signature line.
    pub(crate) line: String,
}
