//! Ledgers in rows: full tiles are stored, partial ones are rebuilt from the entries, and a head in memory is O(log n)
//! beside the hashes of one unfinished tile.

use std::collections::HashMap;
use std::sync::Arc;

use amana_ledger::{Frontier, Hash, NodeId, leaf_hash, tile_node};

use crate::entries::leaf_hashes;
use crate::{Entry, EntryId, Error, LedgerId, Reader, Result, Row, Visibility, Writer};

/// Hashes in a full tile (C2SP tlog-tiles).
pub(crate) const TILE_HASHES: u64 = 256;

/// A ledger and how far it is.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct LedgerInfo {
    /// Its id.
    pub id: LedgerId,
    /// `owner/name`; `national` for the national log.
    pub name: String,
    /// Who may read its entries.
    pub visibility: Visibility,
    /// Entries.
    pub size: u64,
    /// Root at that size.
    pub root: Hash,
    /// Root at size 1: the hash of the entry that opened it.
    pub genesis: Hash,
}

impl LedgerInfo {
    const SELECT: &'static str = "SELECT id, name, visibility, size, root, genesis FROM ledgers";

    /// From the columns `id, name, visibility, size, root, genesis`.
    pub(crate) fn read(row: &Row<'_>) -> Result<Self> {
        let id = row.int(0)?;
        let damaged = |why: &str| Error::Damaged {
            what: format!("the row of ledger {id}"),
            why: why.to_owned(),
        };
        let hash = |column| -> Result<Hash> {
            Ok(Hash::from_bytes(
                row.blob(column)?
                    .try_into()
                    .map_err(|_| damaged("a hash is not 32 bytes"))?,
            ))
        };
        Ok(Self {
            id: LedgerId(u32::try_from(id).map_err(|_| damaged("its id is out of range"))?),
            name: row.text(1)?.to_owned(),
            visibility: match row.text(2)? {
                "private" => Visibility::Private,
                "public" => Visibility::Public,
                _ => return Err(damaged("its visibility is neither private nor public")),
            },
            size: row.int(3)?.cast_unsigned(),
            root: hash(4)?,
            genesis: hash(5)?,
        })
    }

    /// All ledgers, in the order of their ids; the national log first.
    ///
    /// # Errors
    /// A failure of the rows.
    pub fn all(rows: &Reader<'_>) -> Result<Vec<Self>> {
        rows.all(&format!("{} ORDER BY id", Self::SELECT), &[], Self::read)
    }

    /// How many ledgers there are beside the national log, and how many entries they have in all.
    ///
    /// # Errors
    /// A failure of the rows.
    pub fn totals(rows: &Reader<'_>) -> Result<(u64, u64)> {
        // PostgreSQL gives a sum of 64-bit integers a type of its own.
        let sql =
            "SELECT COUNT(*), CAST(COALESCE(SUM(size), 0) AS BIGINT) FROM ledgers WHERE id > $1";
        let totals = rows.one(sql, &[LedgerId::NATIONAL.0.into()], |row| {
            Ok((row.int(0)?.cast_unsigned(), row.int(1)?.cast_unsigned()))
        })?;
        Ok(totals.unwrap_or_default())
    }

    /// The ledger of that name.
    ///
    /// # Errors
    /// A failure of the rows.
    pub fn named(rows: &Reader<'_>, name: &str) -> Result<Option<Self>> {
        rows.one(
            &format!("{} WHERE name = $1", Self::SELECT),
            &[name.into()],
            Self::read,
        )
    }

    /// The ledger with that id.
    ///
    /// # Errors
    /// A failure of the rows.
    pub fn by_id(rows: &Reader<'_>, id: LedgerId) -> Result<Option<Self>> {
        rows.one(
            &format!("{} WHERE id = $1", Self::SELECT),
            &[id.0.into()],
            Self::read,
        )
    }
}

/// The growing end of a ledger, as the writer holds it.
#[derive(Clone)]
pub(crate) struct Head {
    pub(crate) name: Arc<str>,
    pub(crate) visibility: Visibility,
    pub(crate) frontier: Frontier,
    /// Leaf hashes of the unfinished tile of level 0.
    edge: Vec<Hash>,
    genesis: Option<Hash>,
}

impl Head {
    pub(crate) fn new(name: &str, visibility: Visibility) -> Self {
        Self {
            name: name.into(),
            visibility,
            frontier: Frontier::new(),
            edge: Vec::new(),
            genesis: None,
        }
    }

    /// Loads the head of a ledger, from its row and its last entries.
    pub(crate) fn load(rows: &Reader<'_>, id: LedgerId) -> Result<Option<Self>> {
        let Some(info) = LedgerInfo::by_id(rows, id)? else {
            return Ok(None);
        };
        let what = || format!("the head of ledger {}", info.name);
        let frontier = rows
            .one(
                "SELECT frontier FROM ledgers WHERE id = $1",
                &[id.0.into()],
                |row| Ok(Frontier::from_bytes(row.blob(0)?)),
            )?
            .and_then(std::result::Result::ok)
            .filter(|frontier| frontier.size() == info.size && frontier.root() == info.root)
            .ok_or_else(|| Error::Damaged {
                what: what(),
                why: "its frontier doesn't have its root".into(),
            })?;
        // The leaf hashes of the unfinished tile of level 0.
        let unfinished = info.size - info.size % TILE_HASHES;
        let edge = leaf_hashes(rows, id, unfinished..info.size)?;
        if edge.len() as u64 != info.size % TILE_HASHES {
            return Err(Error::Damaged {
                what: what(),
                why: "its last entries are missing".into(),
            });
        }
        let genesis = Some(info.genesis);
        Ok(Some(Self {
            name: info.name.into(),
            visibility: info.visibility,
            frontier,
            edge,
            genesis,
        }))
    }

    pub(crate) fn size(&self) -> u64 {
        self.frontier.size()
    }

    /// Appends an entry; writes it, and each tile that it fills.
    pub(crate) fn append(&mut self, rows: &Writer<'_>, entry: &Entry) -> Result<()> {
        let (salt, body) = match &entry.body {
            Some((salt, body)) => (Some(salt.as_slice()), Some(body.as_slice())),
            None => (None, None),
        };
        rows.execute(
            "INSERT INTO entries (id, core, body_hash, salt, body) VALUES ($1, $2, $3, $4, $5)",
            &[
                entry.id.into(),
                entry.text.as_slice().into(),
                entry.body_hash.as_bytes().as_slice().into(),
                salt.into(),
                body.into(),
            ],
        )?;
        let hash = leaf_hash(&entry.leaf());
        self.genesis.get_or_insert(hash);
        self.frontier.push(hash);
        self.edge.push(hash);
        if self.edge.len() as u64 == TILE_HASHES {
            let full = std::mem::take(&mut self.edge);
            self.store_tiles(rows, entry.id.ledger(), full)?;
        }
        Ok(())
    }

    fn store_tiles(
        &self,
        rows: &Writer<'_>,
        ledger: LedgerId,
        mut hashes: Vec<Hash>,
    ) -> Result<()> {
        let mut number = self.size() / TILE_HASHES - 1;
        for level in 0_i64.. {
            let bytes: Vec<u8> = hashes.iter().flat_map(|hash| *hash.as_bytes()).collect();
            let root = tile_node(&hashes, 8, 0)?;
            rows.execute(
                "INSERT INTO tiles (ledger, level, number, root, hashes) VALUES ($1, $2, $3, $4, $5)",
                &[
                    ledger.0.into(),
                    level.into(),
                    number.cast_signed().into(),
                    root.as_bytes().as_slice().into(),
                    bytes.as_slice().into(),
                ],
            )?;
            if !(number + 1).is_multiple_of(TILE_HASHES) {
                break;
            }
            number /= TILE_HASHES;
            hashes = tile_roots(rows, ledger, level, number * TILE_HASHES)?;
        }
        Ok(())
    }

    /// Writes the ledger's row.
    pub(crate) fn store(&self, rows: &Writer<'_>, id: LedgerId) -> Result<()> {
        let visibility = match self.visibility {
            Visibility::Private => "private",
            Visibility::Public => "public",
        };
        let root = self.frontier.root();
        let genesis = self.genesis.unwrap_or(root);
        rows.execute(
            "INSERT INTO ledgers (id, name, visibility, size, root, frontier, genesis) VALUES ($1, $2, $3, $4, $5, $6, $7)
             ON CONFLICT (id) DO UPDATE SET size = excluded.size, root = excluded.root, frontier = excluded.frontier,
                 genesis = excluded.genesis",
            &[
                id.0.into(),
                (&*self.name).into(),
                visibility.into(),
                self.size().cast_signed().into(),
                root.as_bytes().as_slice().into(),
                self.frontier.to_bytes().as_slice().into(),
                genesis.as_bytes().as_slice().into(),
            ],
        )?;
        Ok(())
    }
}

/// Roots of up to 256 full tiles of `level` from number `from`: the hashes of the tile above.
fn tile_roots(rows: &Reader<'_>, ledger: LedgerId, level: i64, from: u64) -> Result<Vec<Hash>> {
    rows.all(
        "SELECT root FROM tiles WHERE ledger = $1 AND level = $2 AND number >= $3 AND number < $4 ORDER BY number",
        &[ledger.0.into(), level.into(), from.cast_signed().into(), (from + TILE_HASHES).cast_signed().into()],
        |row| hash(row, 0),
    )
}

fn hash(row: &Row<'_>, column: usize) -> Result<Hash> {
    let bytes = row.blob(column)?.try_into();
    Ok(Hash::from_bytes(bytes.map_err(|_| Error::Damaged {
        what: "a tile".into(),
        why: "a hash is not 32 bytes".into(),
    })?))
}

/// Tiles of one ledger, full or partial, read from rows and kept while a proof is made.
pub struct Tiles<'r> {
    rows: &'r Reader<'r>,
    ledger: LedgerId,
    read: HashMap<(u8, u64), Vec<Hash>>,
}

impl<'r> Tiles<'r> {
    /// Of that ledger.
    #[must_use]
    pub fn new(rows: &'r Reader<'r>, ledger: LedgerId) -> Self {
        Self {
            rows,
            ledger,
            read: HashMap::new(),
        }
    }

    /// The hashes of a tile, as far as the ledger has them.
    ///
    /// # Errors
    /// A failure of the rows, [`Error::Damaged`].
    pub fn tile(&mut self, level: u8, number: u64) -> Result<&[Hash]> {
        let key = (level, number);
        if !self.read.contains_key(&key) {
            let hashes = self.read_tile(level, number)?;
            self.read.insert(key, hashes);
        }
        Ok(&self.read[&key])
    }

    fn read_tile(&self, level: u8, number: u64) -> Result<Vec<Hash>> {
        // A row for a tile that the ledger hasn't filled was put there by somebody else.
        let leaves = (u128::from(number) + 1) << (8 * (u32::from(level) + 1)).min(64);
        let filled_at = i64::try_from(leaves).unwrap_or(i64::MAX);
        let stored = self.rows.one(
            "SELECT hashes FROM tiles WHERE ledger = $1 AND level = $2 AND number = $3
                AND $4 <= (SELECT size FROM ledgers WHERE id = $1)",
            &[
                self.ledger.0.into(),
                i64::from(level).into(),
                number.cast_signed().into(),
                filled_at.into(),
            ],
            |row| {
                Ok(row
                    .blob(0)?
                    .as_chunks::<32>()
                    .0
                    .iter()
                    .map(|hash| Hash::from_bytes(*hash))
                    .collect())
            },
        )?;
        if let Some(hashes) = stored {
            return Ok(hashes);
        }
        if level > 0 {
            return tile_roots(
                self.rows,
                self.ledger,
                i64::from(level) - 1,
                number * TILE_HASHES,
            );
        }
        let from = number.saturating_mul(TILE_HASHES);
        let range = from..from.saturating_add(TILE_HASHES);
        leaf_hashes(self.rows, self.ledger, range)
    }

    /// The root of a perfect subtree, for proofs.
    ///
    /// # Errors
    /// A failure of the rows, [`Error::Missing`] beyond the ledger's end.
    pub fn node(&mut self, node: NodeId) -> Result<Hash> {
        let (level, within) = (node.level / 8, node.level % 8);
        let first = node.index << within;
        let ledger = self.ledger;
        let missing = || Error::Missing {
            what: format!("a tile of ledger {} (level {level})", ledger.0),
        };
        let width = 1_usize << within;
        let start = usize::try_from(first % TILE_HASHES).map_err(|_| missing())?;
        let tile = self.tile(level, first / TILE_HASHES)?;
        let hashes = tile.get(start..start + width).ok_or_else(missing)?;
        Ok(tile_node(hashes, within, 0)?)
    }
}

/// The number of a new ledger: one past the last.
pub(crate) fn next_id(rows: &Reader<'_>) -> Result<LedgerId> {
    let last = rows
        .one("SELECT MAX(id) FROM ledgers", &[], |row| row.opt_int(0))?
        .flatten();
    let next = last.map_or(0, |last| last + 1);
    match u32::try_from(next) {
        Ok(id) if id < EntryId::MAX_LEDGERS => Ok(LedgerId(id)),
        _ => Err(Error::TooLarge {
            what: "the number of ledgers",
            max: EntryId::MAX_LEDGERS.into(),
        }),
    }
}
