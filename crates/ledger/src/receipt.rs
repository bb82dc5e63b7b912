//! Receipts: one text file that proves an act to anybody, offline. Drawn in `docs/formats/receipt.md`.
//!
//! This file reads and writes them; [`crate::verdict`] judges them.

use std::fmt;

use crate::checkpoint::Checkpoint;
use crate::epoch::EpochLeaf;
use crate::error::{Error, Format, Result};
use crate::hash::Hash;
use crate::leaf::{MAX_CORE_BYTES, act_leaf, body_hash};
use crate::note::Note;
use crate::proof::MAX_PROOF_HASHES;
use crate::registry::RegistryRow;
use crate::text::{base64_32, field, take_line, to_base64};
use crate::tlog_proof::TlogProof;

/// First line of a receipt.
const HEADER: &str = "amana/receipt/v1";

/// What the first line of each section begins with. No line within a section can: key names and JSON lines have a
/// prefix, base64 has no hyphen, and a name with a space is no origin.
const MARKER: &str = "--- ";

/// The longest receipt, in bytes: nearly all of it may be the act's body. The completion of an upload of 10,000 parts has
/// one of about 2.7 MB, and sealed of about 6 MB.
pub const MAX_RECEIPT_BYTES: usize = (8 * 1024 + 128) * 1024;

/// The proof of an act.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Receipt {
    /// What was done.
    pub act: ReceiptAct,
    /// The act's place in its ledger, and the ledger's checkpoint.
    pub ledger: TlogProof,
    /// The ledger's registry row, signed by the national log's key.
    pub registry: Note,
    /// How an epoch commits the row and the checkpoint; absent while the act is only recorded.
    pub epoch: Option<ReceiptEpoch>,
}

/// An act as its ledger commits it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReceiptAct {
    /// The act's core: one line of JSON, verbatim.
    pub core: String,
    /// The body's salted hash, or [`crate::NO_BODY`].
    pub body_hash: Hash,
    /// The body, unless it was erased, is withheld, or never was.
    pub body: Option<ReceiptBody>,
}

/// A body that can be checked against its hash.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReceiptBody {
    /// The salt under the hash.
    pub salt: [u8; 32],
    /// The body: one line of JSON, verbatim.
    pub text: String,
}

/// From the ledger's checkpoint to the national log's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReceiptEpoch {
    /// The epoch's leaf.
    pub leaf: EpochLeaf,
    /// Inclusion of the row under the epoch's registry root, at the index of its slot.
    pub row_proof: Vec<Hash>,
    /// The salt of the ledger's slot in this epoch.
    pub slot_salt: [u8; 32],
    /// Inclusion of the ledger's checkpoint under the epoch's slots root, at the same index.
    pub slot_proof: Vec<Hash>,
    /// The epoch's place in the national log, and the national checkpoint.
    pub national: TlogProof,
}

impl ReceiptAct {
    /// The act's entry in its ledger.
    #[must_use]
    pub fn entry(&self) -> [u8; 33] {
        act_leaf(self.core.as_bytes(), &self.body_hash)
    }

    /// Whether the body is absent or is the one that was hashed.
    #[must_use]
    pub fn body_stands(&self) -> bool {
        self.body
            .as_ref()
            .is_none_or(|body| body_hash(&body.salt, body.text.as_bytes()) == self.body_hash)
    }
}

impl Receipt {
    /// A receipt from its bytes. Nothing is proven yet: see [`Receipt::verify`].
    ///
    /// # Errors
    /// [`Error::Malformed`] and [`Error::TooLarge`] for what isn't a receipt or a part of one.
    pub fn parse(bytes: &[u8]) -> Result<Self> {
        if bytes.len() > MAX_RECEIPT_BYTES {
            return Err(Error::TooLarge {
                format: Format::Receipt,
                max: MAX_RECEIPT_BYTES,
            });
        }
        let mut rest = std::str::from_utf8(bytes).map_err(|_| malformed("not UTF-8"))?;
        if rest.bytes().any(|b| b < 0x20 && b != b'\n') {
            return Err(malformed("a control character"));
        }
        if take_line(&mut rest) != Some(HEADER) {
            return Err(malformed("the first line is not amana/receipt/v1"));
        }
        let act = parse_act(section(&mut rest, "act")?)?;
        let ledger = parse_proof(section(&mut rest, "ledger")?)?;
        let registry = Note::parse(section(&mut rest, "registry")?.as_bytes())?;
        registry.text.parse::<RegistryRow>()?;
        let epoch = if rest.is_empty() {
            None
        } else {
            Some(parse_epoch(&mut rest)?)
        };
        if !rest.is_empty() {
            return Err(malformed("something after the last section"));
        }
        Ok(Self {
            act,
            ledger,
            registry,
            epoch,
        })
    }
}

/// Takes the section of that name off `rest`: the lines from its marker to the next one.
fn section<'a>(rest: &mut &'a str, name: &str) -> Result<&'a str> {
    let missing = malformed("a section is missing or out of order");
    let marked = take_line(rest).and_then(|line| line.strip_prefix(MARKER));
    if marked != Some(name) {
        return Err(missing);
    }
    let end = if rest.starts_with(MARKER) {
        Some(0)
    } else {
        rest.find("\n--- ").map(|newline| newline + 1)
    };
    let (content, after) = rest.split_at(end.unwrap_or(rest.len()));
    *rest = after;
    Ok(content)
}

fn parse_act(mut lines: &str) -> Result<ReceiptAct> {
    let core = field(&mut lines, "core")
        .filter(|core| !core.is_empty())
        .ok_or(malformed("no core line"))?;
    if core.len() > MAX_CORE_BYTES {
        return Err(Error::TooLarge {
            format: Format::Receipt,
            max: MAX_CORE_BYTES,
        });
    }
    let hash = field(&mut lines, "body-hash").and_then(|hash| hash.parse().ok());
    let body_hash = hash.ok_or(malformed("no body-hash line, or not a hash"))?;
    let body = if lines.is_empty() {
        None
    } else {
        let salt = field(&mut lines, "salt")
            .and_then(base64_32)
            .ok_or(malformed("no salt before the body"))?;
        let text = field(&mut lines, "body")
            .filter(|body| !body.is_empty())
            .ok_or(malformed("a salt and no body"))?;
        Some(ReceiptBody {
            salt,
            text: text.to_owned(),
        })
    };
    if !lines.is_empty() {
        return Err(malformed("lines after the act"));
    }
    Ok(ReceiptAct {
        core: core.to_owned(),
        body_hash,
        body,
    })
}

/// A tlog-proof with a checkpoint of ours, and no extra data: nothing in a receipt may go unauthenticated.
fn parse_proof(lines: &str) -> Result<TlogProof> {
    let proof = TlogProof::parse(lines.as_bytes())?;
    if proof.extra.is_some() {
        return Err(malformed("extra data in a proof"));
    }
    Checkpoint::parse(&proof.checkpoint.text)?;
    Ok(proof)
}

fn parse_epoch(rest: &mut &str) -> Result<ReceiptEpoch> {
    let leaf = section(rest, "epoch")?.parse()?;
    let row_proof = parse_hashes(section(rest, "row")?)?;
    let mut slot = section(rest, "slot")?;
    let slot_salt = field(&mut slot, "salt")
        .and_then(base64_32)
        .ok_or(malformed("no salt of the slot"))?;
    let slot_proof = parse_hashes(slot)?;
    let national = parse_proof(section(rest, "national")?)?;
    Ok(ReceiptEpoch {
        leaf,
        row_proof,
        slot_salt,
        slot_proof,
        national,
    })
}

fn parse_hashes(mut lines: &str) -> Result<Vec<Hash>> {
    let mut hashes = Vec::new();
    while !lines.is_empty() {
        if hashes.len() == MAX_PROOF_HASHES {
            return Err(Error::TooLarge {
                format: Format::Receipt,
                max: MAX_PROOF_HASHES,
            });
        }
        let hash = take_line(&mut lines).and_then(|line| line.parse().ok());
        hashes.push(hash.ok_or(malformed("a proof line is not a hash"))?);
    }
    Ok(hashes)
}

fn malformed(why: &'static str) -> Error {
    Format::Receipt.malformed(why)
}

impl fmt::Display for Receipt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ReceiptAct {
            core,
            body_hash,
            body,
        } = &self.act;
        writeln!(
            f,
            "{HEADER}\n{MARKER}act\ncore {core}\nbody-hash {body_hash}"
        )?;
        if let Some(body) = body {
            writeln!(f, "salt {}\nbody {}", to_base64(&body.salt), body.text)?;
        }
        write!(
            f,
            "{MARKER}ledger\n{}{MARKER}registry\n{}",
            self.ledger, self.registry
        )?;
        let Some(epoch) = &self.epoch else {
            return Ok(());
        };
        write!(f, "{MARKER}epoch\n{}", epoch.leaf)?;
        writeln!(f, "{MARKER}row")?;
        epoch
            .row_proof
            .iter()
            .try_for_each(|hash| writeln!(f, "{hash}"))?;
        writeln!(f, "{MARKER}slot\nsalt {}", to_base64(&epoch.slot_salt))?;
        epoch
            .slot_proof
            .iter()
            .try_for_each(|hash| writeln!(f, "{hash}"))?;
        write!(f, "{MARKER}national\n{}", epoch.national)
    }
}
