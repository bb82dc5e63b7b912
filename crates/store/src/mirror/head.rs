//! The head: what the mirror is a copy of. It is put last, and whole; what it doesn't count isn't there yet.

use std::fmt;
use std::str::FromStr;

use amana_ledger::{Checkpoint, Note, Signature};
use serde::{Deserialize, Serialize};

use crate::{BlobId, EntryId, Error, LedgerId, Result, Visibility};

/// The first field of every head.
const FORMAT: &str = "amana/mirror-head/v1";
/// A longer stream is no head: 2^16 ledgers with a page of cosignatures each.
pub(super) const MAX_HEAD_BYTES: u64 = 256 * 1024 * 1024;

/// One instant of the data centre.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Head {
    format: String,
    /// The data centre's name.
    pub centre: String,
    /// When the rows were read, milliseconds since 1970 by the operator's clock.
    pub time_ms: i64,
    /// Every ledger of that instant, by number.
    pub ledgers: Vec<HeadLedger>,
    /// Content that was freed between that instant and its turn to be copied, so that it isn't here.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub freed: Vec<Freed>,
}

/// A ledger in a head.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HeadLedger {
    /// Its number; 0 is the national log.
    pub id: u32,
    /// `owner/name`.
    pub name: String,
    /// Who may read its entries.
    pub visibility: Visibility,
    /// Its checkpoint at the mirrored size, signed by the operator.
    pub checkpoint: String,
    /// What witnesses cosigned of it: the newest size at which its quorum stood, and what came after.
    pub cosigned: Vec<CosignedLine>,
}

/// A cosignature, as it was handed in.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CosignedLine {
    /// The size.
    pub size: u64,
    /// The signature line.
    pub line: String,
}

impl Head {
    /// Of that instant; nothing was freed since.
    #[must_use]
    pub fn new(centre: &str, time_ms: i64, ledgers: Vec<HeadLedger>) -> Self {
        Self {
            format: FORMAT.to_owned(),
            centre: centre.to_owned(),
            time_ms,
            ledgers,
            freed: Vec::new(),
        }
    }

    /// Reads a head. Its signatures are not judged.
    ///
    /// # Errors
    /// [`Error::Damaged`].
    pub fn parse(bytes: &[u8]) -> Result<Self> {
        let head = Self::parse_some(bytes)?;
        if !(0..).zip(&head.ledgers).all(|(id, ledger)| ledger.id == id) {
            return Err(wrong("its ledgers are not numbered without a gap".into()));
        }
        Ok(head)
    }

    /// Reads a head of which some ledgers alone are told: an institution's.
    ///
    /// # Errors
    /// [`Error::Damaged`].
    pub(super) fn parse_some(bytes: &[u8]) -> Result<Self> {
        let head: Self = serde_json::from_slice(bytes).map_err(|e| wrong(e.to_string()))?;
        if head.format != FORMAT {
            return Err(wrong(format!("its format is {}", head.format)));
        }
        for ledger in &head.ledgers {
            ledger.checkpoint()?;
        }
        Ok(head)
    }

    /// Its bytes.
    #[must_use]
    pub fn to_json(&self) -> Vec<u8> {
        serde_json::to_vec(self).expect("text and numbers are JSON")
    }

    /// Whether nothing but the time differs.
    pub(super) fn says_the_same(&self, other: &Self) -> bool {
        (&self.centre, &self.ledgers, &self.freed) == (&other.centre, &other.ledgers, &other.freed)
    }
}

fn wrong(why: String) -> Error {
    Error::Damaged {
        what: "the mirror's head".into(),
        why,
    }
}

impl HeadLedger {
    /// Its number.
    #[must_use]
    pub fn ledger(&self) -> LedgerId {
        LedgerId(self.id)
    }

    /// The checkpoint as a note, and what it says; who signed it isn't judged.
    ///
    /// # Errors
    /// [`Error::Damaged`].
    pub fn checkpoint(&self) -> Result<(Checkpoint, Note)> {
        let read = Note::parse(self.checkpoint.as_bytes())
            .and_then(|note| Ok((Checkpoint::parse(&note.text)?, note)));
        read.map_err(|error| Error::Damaged {
            what: format!("the checkpoint of {} in the mirror's head", self.name),
            why: error.to_string(),
        })
    }

    /// The cosignatures, by size.
    ///
    /// # Errors
    /// [`Error::Damaged`].
    pub fn signatures(&self) -> Result<Vec<(u64, Signature)>> {
        let parse = |line: &CosignedLine| {
            let signature = line.line.parse();
            let signature = signature.map_err(|error: amana_ledger::Error| Error::Damaged {
                what: format!("a cosignature of {} in the mirror's head", self.name),
                why: error.to_string(),
            })?;
            Ok((line.size, signature))
        };
        self.cosigned.iter().map(parse).collect()
    }
}

/// Content that lost its last holder.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Freed {
    /// A blob.
    Blob(BlobId),
    /// Small content, under its entry.
    Content(EntryId),
}

impl fmt::Display for Freed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Blob(blob) => write!(f, "blob {blob}"),
            Self::Content(entry) => write!(f, "content {entry}"),
        }
    }
}

impl FromStr for Freed {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let parse = || match text.split_once(' ')? {
            ("blob", id) => id.parse().ok().map(Self::Blob),
            ("content", entry) => {
                let (ledger, index) = entry.split_once('/')?;
                let ledger = LedgerId(ledger.parse().ok()?);
                EntryId::new(ledger, index.parse().ok()?).map(Self::Content)
            }
            _ => None,
        };
        parse().ok_or_else(|| Error::Damaged {
            what: "a line of what was freed".into(),
            why: format!("{text:?} is neither a blob nor the content of an entry"),
        })
    }
}

impl Serialize for Freed {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Freed {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?
            .parse()
            .map_err(serde::de::Error::custom)
    }
}
