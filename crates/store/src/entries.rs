//! Entries: what was hashed is what is kept.

use std::borrow::Cow;
use std::fmt;
use std::ops::ControlFlow;

use amana_ledger::{EpochLeaf, Hash, act_leaf, body_hash, leaf_hash, public_leaf};
use serde::Deserialize;
use serde_json::value::RawValue;

use crate::{At, Error, Reader, Result, Row, Value, clock};

/// A ledger of this data centre. 0 is the national log; ledger `n` owns slot `n - 1`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct LedgerId(pub u32);

impl LedgerId {
    /// The national log.
    pub const NATIONAL: Self = Self(0);
}

/// An entry of a ledger, as one number: `ledger << 40 | index`, so that a ledger's entries are neighbours.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct EntryId(i64);

impl EntryId {
    const INDEX_BITS: u32 = 40;
    /// The most ledgers that a data centre holds.
    pub const MAX_LEDGERS: u32 = 1 << 22;

    /// The entry at `index` of `ledger`; `None` beyond 2^40 entries.
    #[must_use]
    pub fn new(ledger: LedgerId, index: u64) -> Option<Self> {
        if index >> Self::INDEX_BITS != 0 || ledger.0 >= Self::MAX_LEDGERS {
            return None;
        }
        Some(Self(
            i64::from(ledger.0) << Self::INDEX_BITS | index.cast_signed(),
        ))
    }

    /// The ledger.
    #[must_use]
    pub fn ledger(self) -> LedgerId {
        LedgerId((self.0 >> Self::INDEX_BITS) as u32)
    }

    /// The index in the ledger.
    #[must_use]
    pub fn index(self) -> u64 {
        (self.0 & ((1 << Self::INDEX_BITS) - 1)).cast_unsigned()
    }

    /// The number, as it stands in rows.
    #[must_use]
    pub fn as_i64(self) -> i64 {
        self.0
    }

    /// From a row.
    #[must_use]
    pub fn from_i64(id: i64) -> Self {
        Self(id)
    }
}

impl fmt::Display for EntryId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.ledger().0, self.index())
    }
}

impl From<EntryId> for Value<'_> {
    fn from(id: EntryId) -> Self {
        Value::Int(id.0)
    }
}

/// The core of an act, borrowed from its bytes.
#[derive(Deserialize)]
pub struct Core<'a> {
    /// `service.verb`.
    #[serde(borrow)]
    pub kind: Cow<'a, str>,
    /// When, RFC 3339.
    #[serde(borrow)]
    pub at: Cow<'a, str>,
    /// Who asked.
    #[serde(borrow)]
    pub by: Cow<'a, str>,
    /// In a replica alone: the name that its gateway gave the act, 16 hexadecimal digits, which is its tag.
    #[serde(borrow, default)]
    pub act: Option<Cow<'a, str>>,
    /// Ids and numbers.
    #[serde(borrow)]
    pub links: &'a RawValue,
}

/// An entry, as stored.
#[derive(Clone, Debug)]
pub struct Entry {
    /// Where.
    pub id: EntryId,
    /// The core's bytes, verbatim (in the national log: the epoch's text).
    pub text: Vec<u8>,
    /// Hash of salt and body; 32 zero bytes when the act has no body.
    pub body_hash: Hash,
    /// Salt and body; `None` when the act has none or when it was erased.
    pub body: Option<([u8; 32], Vec<u8>)>,
}

impl Entry {
    pub(crate) fn read(row: &Row<'_>) -> Result<Self> {
        Self::read_from(row, 0)
    }

    /// From the columns `id, core, body_hash, salt, body` of a row, which begin at `first`.
    ///
    /// # Errors
    /// [`Error::Damaged`], or when a column holds something else.
    pub fn read_from(row: &Row<'_>, first: usize) -> Result<Self> {
        let id = EntryId(row.int(first)?);
        let damaged = |why: &str| Error::Damaged {
            what: format!("entry {id}"),
            why: why.to_owned(),
        };
        let body_hash = row
            .blob(first + 2)?
            .try_into()
            .map_err(|_| damaged("its body hash is not 32 bytes"))?;
        let body = match (row.opt_blob(first + 3)?, row.opt_blob(first + 4)?) {
            (Some(salt), Some(body)) => Some((
                salt.try_into()
                    .map_err(|_| damaged("its salt is not 32 bytes"))?,
                body.to_vec(),
            )),
            (None, None) => None,
            _ => return Err(damaged("it has only one of body and salt")),
        };
        Ok(Self {
            id,
            text: row.blob(first + 1)?.to_vec(),
            body_hash: Hash::from_bytes(body_hash),
            body,
        })
    }

    /// The parsed core.
    ///
    /// # Errors
    /// [`Error::Decode`].
    pub fn core(&self) -> Result<Core<'_>> {
        serde_json::from_slice(&self.text).map_err(|source| Error::Decode {
            what: format!("the core of entry {}", self.id),
            source,
        })
    }

    /// The leaf that stands in the ledger: 33 bytes, or the text itself in the national log.
    #[must_use]
    pub fn leaf(&self) -> Vec<u8> {
        if self.id.ledger() == LedgerId::NATIONAL {
            public_leaf(&self.text)
        } else {
            act_leaf(&self.text, &self.body_hash).to_vec()
        }
    }

    /// The epoch that an entry of the national log is.
    ///
    /// # Errors
    /// A text that is no epoch.
    pub fn epoch(&self) -> Result<EpochLeaf> {
        let text = std::str::from_utf8(&self.text).map_err(|_| Error::Damaged {
            what: format!("epoch {}", self.id.index()),
            why: "its text is not UTF-8".into(),
        })?;
        Ok(text.parse()?)
    }

    /// Whether the body, if there, is the one that was hashed.
    #[must_use]
    pub fn body_is_genuine(&self) -> bool {
        self.body
            .as_ref()
            .is_none_or(|(salt, body)| body_hash(salt, body) == self.body_hash)
    }

    /// Where and when it stands.
    ///
    /// # Errors
    /// [`Error::Decode`], [`Error::Damaged`].
    pub fn at(&self) -> Result<At> {
        if self.id.ledger() == LedgerId::NATIONAL {
            let epoch = self.epoch()?;
            return Ok(At {
                entry: self.id,
                time_ms: epoch.time_ms.cast_signed(),
                tag: tag(&self.leaf()),
            });
        }
        let core = self.core()?;
        let time_ms = clock::parse_rfc3339(&core.at).ok_or_else(|| Error::Damaged {
            what: format!("entry {}", self.id),
            why: "its time is unreadable".into(),
        })?;
        let tag = match core.act {
            None => tag(&self.leaf()),
            Some(name) => {
                let mut tag = [0; 8];
                hex::decode_to_slice(name.as_bytes(), &mut tag).map_err(|_| Error::Damaged {
                    what: format!("entry {}", self.id),
                    why: "its act's name is unreadable".into(),
                })?;
                tag
            }
        };
        Ok(At {
            entry: self.id,
            time_ms,
            tag,
        })
    }
}

/// The bytes of an act's hash that stand in version ids.
pub(crate) fn tag(leaf: &[u8]) -> [u8; 8] {
    let mut tag = [0; 8];
    tag.copy_from_slice(&leaf[1..9]);
    tag
}

/// One entry, or `None` beyond the end of its ledger.
///
/// # Errors
/// A failure of the rows, [`Error::Damaged`].
pub fn entry(rows: &Reader<'_>, id: EntryId) -> Result<Option<Entry>> {
    rows.one(
        "SELECT id, core, body_hash, salt, body FROM entries WHERE id = $1",
        &[id.into()],
        Entry::read,
    )
}

/// Visits the entries `from..until` of one ledger in order.
///
/// # Errors
/// A failure of the rows, or what `visit` returns.
pub fn each_entry(
    rows: &Reader<'_>,
    ledger: LedgerId,
    range: std::ops::Range<u64>,
    visit: impl FnMut(Entry) -> Result<()>,
) -> Result<()> {
    walk(rows, "salt, body", ledger, range, visit)
}

/// Visits the entries of a range of one ledger from its end, until `visit` has seen enough.
///
/// # Errors
/// A failure of the rows, or what `visit` returns.
pub fn each_entry_back(
    rows: &Reader<'_>,
    ledger: LedgerId,
    range: std::ops::Range<u64>,
    mut visit: impl FnMut(Entry) -> Result<ControlFlow<()>>,
) -> Result<()> {
    let last = range.end.checked_sub(1).filter(|last| *last >= range.start);
    let ends =
        last.and_then(|last| EntryId::new(ledger, range.start).zip(EntryId::new(ledger, last)));
    let Some((from, last)) = ends else {
        return Ok(());
    };
    rows.each(
        "SELECT id, core, body_hash, salt, body FROM entries WHERE id >= $1 AND id <= $2 ORDER BY id DESC",
        &[from.into(), last.into()],
        |row| visit(Entry::read(row)?),
    )
}

/// Visits entries with the columns of their bodies, or with what stands in their place.
fn walk(
    rows: &Reader<'_>,
    body: &str,
    ledger: LedgerId,
    range: std::ops::Range<u64>,
    mut visit: impl FnMut(Entry) -> Result<()>,
) -> Result<()> {
    let (Some(from), Some(last)) = (
        EntryId::new(ledger, range.start),
        EntryId::new(ledger, range.end.max(1) - 1),
    ) else {
        return Err(Error::TooLarge {
            what: "a ledger",
            max: 1 << EntryId::INDEX_BITS,
        });
    };
    if range.is_empty() {
        return Ok(());
    }
    let sql = format!(
        "SELECT id, core, body_hash, {body} FROM entries WHERE id >= $1 AND id <= $2 ORDER BY id"
    );
    rows.each(&sql, &[from.into(), last.into()], |row| {
        visit(Entry::read(row)?)?;
        Ok(ControlFlow::Continue(()))
    })
}

/// Leaf hashes of a range of a ledger. Bodies aren't read: that of an epoch has a line for each ledger that changed.
///
/// # Errors
/// A failure of the rows.
pub(crate) fn leaf_hashes(
    rows: &Reader<'_>,
    ledger: LedgerId,
    range: std::ops::Range<u64>,
) -> Result<Vec<Hash>> {
    let mut hashes = Vec::new();
    walk(rows, "NULL, NULL", ledger, range, |entry| {
        hashes.push(leaf_hash(&entry.leaf()));
        Ok(())
    })?;
    Ok(hashes)
}
