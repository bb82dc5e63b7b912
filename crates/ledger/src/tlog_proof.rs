//! Proofs that an entry is in a log, with the checkpoint that says so. Source: C2SP tlog-proof v1.

use std::fmt;

use crate::checkpoint::Checkpoint;
use crate::error::{Error, Format, Result};
use crate::hash::Hash;
use crate::note::{MAX_NOTE_BYTES, Note};
use crate::proof::{MAX_PROOF_HASHES, verify_inclusion};
use crate::text::{decimal, field, from_base64, take_line, to_base64};
use crate::vkey::VerifierKey;

/// First line of a proof.
const HEADER: &str = "c2sp.org/tlog-proof@v1";

/// The longest extra data, in bytes before base64.
pub const MAX_EXTRA_BYTES: usize = 16 * 1024;

/// The longest proof: header, extra data, index, 63 hashes, an empty line and a note.
pub const MAX_TLOG_PROOF_BYTES: usize =
    128 + MAX_EXTRA_BYTES / 3 * 4 + 45 * MAX_PROOF_HASHES + MAX_NOTE_BYTES;

/// An entry's place in a log, the hashes that prove it, and the checkpoint that they lead to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TlogProof {
    /// Data of the application, not authenticated by anything.
    pub extra: Option<Vec<u8>>,
    /// Position of the entry, from 0.
    pub index: u64,
    /// The inclusion proof, from the leaf's sibling up.
    pub proof: Vec<Hash>,
    /// The checkpoint, with its log's signature and any cosignatures.
    pub checkpoint: Note,
}

impl TlogProof {
    /// A proof from its bytes.
    ///
    /// # Errors
    /// [`Error::Malformed`], and [`Error::TooLarge`] over [`MAX_PROOF_HASHES`] hashes or [`MAX_TLOG_PROOF_BYTES`].
    pub fn parse(bytes: &[u8]) -> Result<Self> {
        let malformed = |why| Format::TlogProof.malformed(why);
        if bytes.len() > MAX_TLOG_PROOF_BYTES {
            return Err(Error::TooLarge {
                format: Format::TlogProof,
                max: MAX_TLOG_PROOF_BYTES,
            });
        }
        let mut rest = std::str::from_utf8(bytes).map_err(|_| malformed("not UTF-8"))?;
        if take_line(&mut rest) != Some(HEADER) {
            return Err(malformed("the first line is not c2sp.org/tlog-proof@v1"));
        }
        let extra = field(&mut rest, "extra").map(parse_extra).transpose()?;
        let index = field(&mut rest, "index")
            .and_then(decimal)
            .ok_or(malformed("no index line"))?;
        let mut proof = Vec::new();
        loop {
            let line = take_line(&mut rest).ok_or(malformed("no empty line after the proof"))?;
            if line.is_empty() {
                break;
            }
            if proof.len() == MAX_PROOF_HASHES {
                return Err(Error::TooLarge {
                    format: Format::TlogProof,
                    max: MAX_PROOF_HASHES,
                });
            }
            proof.push(
                line.parse()
                    .map_err(|_| malformed("a proof line is not a hash"))?,
            );
        }
        Ok(Self {
            extra,
            index,
            proof,
            checkpoint: Note::parse(rest.as_bytes())?,
        })
    }

    /// Checks that the leaf is included at the proof's index, in a checkpoint that `log` signed; gives the checkpoint.
    /// Cosignatures are for a [`crate::Policy`] to count.
    ///
    /// # Errors
    /// Those of [`Checkpoint::of_note`], then those of [`verify_inclusion`].
    pub fn verify(&self, leaf_hash: &Hash, log: &VerifierKey) -> Result<Checkpoint> {
        let checkpoint = Checkpoint::of_note(&self.checkpoint, log)?;
        verify_inclusion(
            leaf_hash,
            self.index,
            checkpoint.size,
            &self.proof,
            &checkpoint.root,
        )?;
        Ok(checkpoint)
    }
}

fn parse_extra(base64: &str) -> Result<Vec<u8>> {
    if base64.len() > MAX_EXTRA_BYTES.div_ceil(3) * 4 {
        return Err(Error::TooLarge {
            format: Format::TlogProof,
            max: MAX_EXTRA_BYTES,
        });
    }
    from_base64(base64).ok_or(Format::TlogProof.malformed("the extra data is not base64"))
}

impl fmt::Display for TlogProof {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{HEADER}")?;
        if let Some(extra) = &self.extra {
            writeln!(f, "extra {}", to_base64(extra))?;
        }
        writeln!(f, "index {}", self.index)?;
        self.proof
            .iter()
            .try_for_each(|hash| writeln!(f, "{hash}"))?;
        write!(f, "\n{}", self.checkpoint)
    }
}
