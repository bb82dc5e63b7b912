//! The registry: one row a ledger, under a root that every epoch commits. Drawn in `docs/formats/national.md`.

use std::fmt;
use std::str::FromStr;

use crate::error::{Error, Format, Result};
use crate::hash::Hash;
use crate::note::Note;
use crate::policy::Policy;
use crate::text::{decimal, field, take_line};
use crate::tree::{MAX_TREE_SIZE, root_of_entries};
use crate::vkey::{KeyType, SigningKey, VerifierKey};

/// First line of a row.
const HEADER: &str = "amana/registry-row/v1";

/// How the national log's origin ends, after the centre's name.
const NATIONAL_END: &str = "/national";

/// What stands between the centre's name and the ledger's in a ledger's origin.
const LEDGERS: &str = "/ledgers/";

/// The longest row, in bytes.
pub const MAX_ROW_BYTES: usize = 16 * 1024;

/// The longest name of a ledger, in bytes.
pub const MAX_LEDGER_NAME_BYTES: usize = 255;

/// Who may read a ledger's entries.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Visibility {
    /// The institution alone; its peers see checkpoints and consistency proofs.
    Private,
    /// Everybody.
    Public,
}

/// Whose cosignatures make a ledger's checkpoint witnessed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LedgerQuorum {
    /// The witnesses and the quorum of the trust policy.
    National,
    /// Witnesses and a quorum of the row's own.
    Own(OwnQuorum),
}

/// `witness`, `group` and `quorum` lines of tlog-policy inside a row, kept as they were written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OwnQuorum {
    lines: String,
    policy: Policy,
}

impl OwnQuorum {
    /// A quorum from its lines, each with its newline.
    ///
    /// # Errors
    /// [`Error::Malformed`] for a line of another kind (a row names its log elsewhere, and has no comments), and those
    /// of [`Policy::parse`].
    pub fn parse(lines: &str) -> Result<Self> {
        let known = |line: &str| {
            ["witness ", "group ", "quorum "]
                .iter()
                .any(|kind| line.starts_with(kind))
        };
        if !lines
            .strip_suffix('\n')
            .is_some_and(|lines| lines.split('\n').all(known))
        {
            return Err(malformed(
                "after the log come witness, group and quorum lines alone",
            ));
        }
        Ok(Self {
            lines: lines.to_owned(),
            policy: Policy::parse(lines.as_bytes())?,
        })
    }

    /// What the lines say.
    #[must_use]
    pub const fn policy(&self) -> &Policy {
        &self.policy
    }
}

/// What the registry says of a ledger. Its text is a leaf of the registry's tree, at the index of its slot.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RegistryRow {
    /// The ledger's name, such as `finances/vault`.
    pub name: String,
    /// Its fixed place among the slots of every epoch, from 0.
    pub slot: u64,
    /// Who may read its entries.
    pub visibility: Visibility,
    /// Root of its tree at size 1.
    pub genesis: Hash,
    /// Its log key, whose name is its origin.
    pub log: VerifierKey,
    /// Whose cosignatures count.
    pub quorum: LedgerQuorum,
}

impl RegistryRow {
    /// The row as a note signed by the national log's key, so that it can be trusted before an epoch commits it.
    ///
    /// # Errors
    /// Those of parsing the row's own text: a row made by hand may have fields that no row can have.
    pub fn sign(&self, national: &SigningKey) -> Result<Note> {
        let text = self.to_string();
        text.parse::<Self>()?;
        Note::sign(&text, national)
    }

    /// The row of a note, if the national log signed it.
    ///
    /// # Errors
    /// [`Error::Unsigned`], [`Error::BadSignature`], and [`Error::Malformed`] for what isn't a row.
    pub fn open(note: &Note, national: &VerifierKey) -> Result<Self> {
        note.verify(national)?;
        note.text.parse()
    }

    /// Whether the ledger's origin is the one that its name has in the country of this national log: of
    /// `C/national`, the ledger `finances/vault` has the origin `C/ledgers/finances/vault`.
    ///
    /// Witnesses pin a ledger by its origin and readers know it by its name. Were the two free of one another, an
    /// operator could give one name to two ledgers, each with honest cosignatures.
    #[must_use]
    pub fn is_named_as_its_log(&self, national: &VerifierKey) -> bool {
        let centre = national.name().strip_suffix(NATIONAL_END);
        let place = centre.and_then(|centre| self.log.name().strip_prefix(centre));
        place.and_then(|place| place.strip_prefix(LEDGERS)) == Some(self.name.as_str())
    }
}

/// The registry's root, over the texts of the rows in the order of their slots. Source: RFC 6962 §2.1.
#[must_use]
pub fn registry_root<'a>(rows: impl IntoIterator<Item = &'a str>) -> Hash {
    root_of_entries(rows.into_iter().map(str::as_bytes))
}

impl fmt::Display for RegistryRow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let visibility = match self.visibility {
            Visibility::Private => "private",
            Visibility::Public => "public",
        };
        writeln!(
            f,
            "{HEADER}\nname {}\nslot {}\nvisibility {visibility}",
            self.name, self.slot
        )?;
        writeln!(f, "genesis {}\nlog {}", self.genesis, self.log)?;
        match &self.quorum {
            LedgerQuorum::National => f.write_str("quorum national\n"),
            LedgerQuorum::Own(own) => f.write_str(&own.lines),
        }
    }
}

impl FromStr for RegistryRow {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        if text.len() > MAX_ROW_BYTES {
            return Err(Error::TooLarge {
                format: Format::RegistryRow,
                max: MAX_ROW_BYTES,
            });
        }
        if text.bytes().any(|b| b < 0x20 && b != b'\n') {
            return Err(malformed("a control character"));
        }
        let mut rest = text;
        if take_line(&mut rest) != Some(HEADER) {
            return Err(malformed("the first line is not amana/registry-row/v1"));
        }
        let name = field(&mut rest, "name").filter(|name| is_ledger_name(name));
        let name = name
            .ok_or(malformed("no name line, or not a ledger's name"))?
            .to_owned();
        let slot = field(&mut rest, "slot")
            .and_then(decimal)
            .filter(|&slot| slot < MAX_TREE_SIZE);
        let slot = slot.ok_or(malformed("no slot line, or not a number below 2^62"))?;
        let visibility = match field(&mut rest, "visibility") {
            Some("private") => Visibility::Private,
            Some("public") => Visibility::Public,
            _ => {
                return Err(malformed(
                    "no visibility line, or neither private nor public",
                ));
            }
        };
        let genesis = field(&mut rest, "genesis").and_then(|hash| hash.parse().ok());
        let genesis = genesis.ok_or(malformed("no genesis line, or not a hash"))?;
        let log: VerifierKey = field(&mut rest, "log")
            .ok_or(malformed("no log line"))?
            .parse()?;
        if log.key_type() != KeyType::Ed25519 {
            return Err(malformed("the log's key is not of type 1"));
        }
        let quorum = match rest {
            "quorum national\n" => LedgerQuorum::National,
            lines => LedgerQuorum::Own(OwnQuorum::parse(lines)?),
        };
        Ok(Self {
            name,
            slot,
            visibility,
            genesis,
            log,
            quorum,
        })
    }
}

/// Segments of lower-case letters, digits, `-`, `_` and `.`, joined by `/`: a name that can also be a path in a URL.
#[must_use]
pub fn is_ledger_name(name: &str) -> bool {
    let plain =
        |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'-' | b'_' | b'.');
    let segment = |part: &str| !matches!(part, "" | "." | "..") && part.bytes().all(plain);
    name.len() <= MAX_LEDGER_NAME_BYTES && name.split('/').all(segment)
}

fn malformed(why: &'static str) -> Error {
    Format::RegistryRow.malformed(why)
}
