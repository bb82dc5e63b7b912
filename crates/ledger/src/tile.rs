//! Tiles: the tree cut into rows of 256 hashes, each a file that never changes, and entry bundles beside them.
//! Source: C2SP tlog-tiles.

use std::fmt;

use crate::error::{Error, Format, Result};
use crate::hash::{Hash, node_hash};
use crate::text::decimal;
use crate::tree::NodeId;

/// Hashes in a full tile, entries in a full bundle.
pub const TILE_WIDTH: u16 = 256;

/// Levels of the tree from one tile level to the next: 2^8 is [`TILE_WIDTH`].
pub const TILE_HEIGHT: u8 = 8;

/// The highest tile level that a tree within [`crate::MAX_TREE_SIZE`] has. The standard's grammar goes to 63, which no
/// tree that fits a `u64` reaches.
pub const MAX_TILE_LEVEL: u8 = 7;

/// The longest tile path: `tile/entries/` and six path elements and a width.
pub const MAX_TILE_PATH_BYTES: usize = 64;

/// The longest entry, by the two bytes of its length.
pub const MAX_ENTRY_BYTES: usize = 65_535;

/// The longest bundle: 256 entries with their lengths.
pub const MAX_BUNDLE_BYTES: usize = TILE_WIDTH as usize * (2 + MAX_ENTRY_BYTES);

/// One past the largest index of a tile: a tree of 2^62 leaves has 2^54 tiles at level 0.
const MAX_TILE_INDEX: u64 = 1 << 54;

/// What a tile holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum TileLevel {
    /// Hashes of the tree's level 8·n, n at most [`MAX_TILE_LEVEL`].
    Hashes(u8),
    /// Entries: the bundle beside a tile of level 0.
    Entries,
}

/// The name of a tile or of an entry bundle.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TileId {
    /// Which level, or entries.
    pub level: TileLevel,
    /// Position among the tiles of that level, from 0.
    pub index: u64,
    /// Hashes or entries in it: 1 to 256; 256 is a full tile.
    pub width: u16,
}

impl TileId {
    /// The path under the log's prefix, such as `tile/0/x001/x234/067.p/8` or `tile/entries/000`.
    #[must_use]
    pub fn path(&self) -> String {
        self.to_string()
    }

    /// A tile's name from its path.
    ///
    /// # Errors
    /// [`Error::Malformed`] unless it is the one spelling of a possible tile.
    pub fn parse(path: &str) -> Result<Self> {
        let malformed = |why| Format::TilePath.malformed(why);
        if path.len() > MAX_TILE_PATH_BYTES {
            return Err(Error::TooLarge {
                format: Format::TilePath,
                max: MAX_TILE_PATH_BYTES,
            });
        }
        let rest = path
            .strip_prefix("tile/")
            .ok_or(malformed("it begins with tile/"))?;
        let (level, rest) = rest
            .split_once('/')
            .ok_or(malformed("a level and an index are needed"))?;
        let level = parse_level(level).ok_or(malformed("the level is 0 to 7 or entries"))?;
        let (index, width) = match rest.split_once(".p/") {
            None => (rest, TILE_WIDTH),
            Some((index, width)) => (
                index,
                parse_width(width).ok_or(malformed("the width is 1 to 255"))?,
            ),
        };
        let index = parse_index(index).ok_or(malformed(
            "the index is not in padded groups of three digits",
        ))?;
        Ok(Self {
            level,
            index,
            width,
        })
    }

    /// The tile of hashes that holds a node, in a tree of `size` leaves, with the node's level and index within it for
    /// [`tile_node`].
    ///
    /// # Errors
    /// [`Error::OutOfRange`] if the tree has no such perfect subtree.
    pub fn of_node(node: NodeId, size: u64) -> Result<(Self, u8, u16)> {
        let tile_level = node.level / TILE_HEIGHT;
        let level_within = node.level % TILE_HEIGHT;
        let nodes = size.checked_shr(u32::from(node.level)).unwrap_or(0);
        if node.index >= nodes || tile_level > MAX_TILE_LEVEL {
            return Err(Error::OutOfRange {
                index: node.index,
                size: nodes,
            });
        }
        let index = node.index >> (TILE_HEIGHT - level_within);
        let index_within = node.index - (index << (TILE_HEIGHT - level_within));
        let hashes = size >> (u32::from(TILE_HEIGHT) * u32::from(tile_level));
        let width = (hashes - index * u64::from(TILE_WIDTH)).min(u64::from(TILE_WIDTH));
        let narrow = |n: u64| u16::try_from(n).expect("positions within a tile are at most 256");
        let tile = Self {
            level: TileLevel::Hashes(tile_level),
            index,
            width: narrow(width),
        };
        Ok((tile, level_within, narrow(index_within)))
    }
}

impl fmt::Display for TileId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.level {
            TileLevel::Hashes(level) => write!(f, "tile/{level}/")?,
            TileLevel::Entries => f.write_str("tile/entries/")?,
        }
        let mut divisor = 1;
        while self.index / divisor >= 1000 {
            divisor *= 1000;
        }
        while divisor > 1 {
            write!(f, "x{:03}/", self.index / divisor % 1000)?;
            divisor /= 1000;
        }
        write!(f, "{:03}", self.index % 1000)?;
        if self.width < TILE_WIDTH {
            write!(f, ".p/{}", self.width)
        } else {
            Ok(())
        }
    }
}

fn parse_level(level: &str) -> Option<TileLevel> {
    if level == "entries" {
        return Some(TileLevel::Entries);
    }
    let level = u8::try_from(decimal(level)?).ok()?;
    (level <= MAX_TILE_LEVEL).then_some(TileLevel::Hashes(level))
}

fn parse_width(width: &str) -> Option<u16> {
    let width = u16::try_from(decimal(width)?).ok()?;
    (1..TILE_WIDTH).contains(&width).then_some(width)
}

fn parse_index(path: &str) -> Option<u64> {
    let (groups, last) = path
        .rsplit_once('/')
        .map_or((None, path), |(groups, last)| (Some(groups), last));
    let mut index = 0u64;
    for (position, group) in groups
        .iter()
        .flat_map(|groups| groups.split('/'))
        .enumerate()
    {
        let value = parse_group(group.strip_prefix('x')?)?;
        // A leading group of zeroes would be a second spelling of a shorter path.
        if position == 0 && value == 0 {
            return None;
        }
        index = index.checked_mul(1000)?.checked_add(value)?;
    }
    index = index.checked_mul(1000)?.checked_add(parse_group(last)?)?;
    (index < MAX_TILE_INDEX).then_some(index)
}

fn parse_group(digits: &str) -> Option<u64> {
    let plain = digits.len() == 3 && digits.bytes().all(|b| b.is_ascii_digit());
    if plain { digits.parse().ok() } else { None }
}

/// The hash of a perfect subtree inside a tile: `level` above the tile's own hashes, at `index` on that level.
///
/// # Errors
/// [`Error::OutOfRange`] if the tile doesn't hold all hashes below it.
pub fn tile_node(hashes: &[Hash], level: u8, index: u16) -> Result<Hash> {
    let size = hashes.len() as u64;
    let start = usize::from(index).checked_shl(u32::from(level));
    let width = 1usize.checked_shl(u32::from(level));
    let below = start
        .zip(width)
        .and_then(|(start, width)| hashes.get(start..start.checked_add(width)?));
    let mut row = below
        .ok_or(Error::OutOfRange {
            index: u64::from(index),
            size,
        })?
        .to_vec();
    while row.len() > 1 {
        row = row
            .as_chunks::<2>()
            .0
            .iter()
            .map(|[left, right]| node_hash(left, right))
            .collect();
    }
    Ok(row[0])
}

/// An entry bundle: each entry after its length (u16, big-endian).
///
/// # Errors
/// [`Error::TooLarge`] over 256 entries or if an entry exceeds [`MAX_ENTRY_BYTES`].
pub fn encode_bundle<'a>(entries: impl IntoIterator<Item = &'a [u8]>) -> Result<Vec<u8>> {
    let mut bundle = Vec::new();
    for (position, entry) in entries.into_iter().enumerate() {
        if position == usize::from(TILE_WIDTH) {
            return Err(Error::TooLarge {
                format: Format::Bundle,
                max: usize::from(TILE_WIDTH),
            });
        }
        let too_large = Error::TooLarge {
            format: Format::Bundle,
            max: MAX_ENTRY_BYTES,
        };
        let length = u16::try_from(entry.len()).map_err(|_| too_large)?;
        bundle.extend_from_slice(&length.to_be_bytes());
        bundle.extend_from_slice(entry);
    }
    Ok(bundle)
}

/// The entries of a bundle.
///
/// # Errors
/// [`Error::Malformed`] if it ends inside an entry, [`Error::TooLarge`] over 256 entries.
pub fn parse_bundle(bundle: &[u8]) -> Result<Vec<&[u8]>> {
    let cut = Format::Bundle.malformed("it ends inside an entry");
    let mut entries = Vec::new();
    let mut rest = bundle;
    while !rest.is_empty() {
        if entries.len() == usize::from(TILE_WIDTH) {
            return Err(Error::TooLarge {
                format: Format::Bundle,
                max: usize::from(TILE_WIDTH),
            });
        }
        let (length, after) = rest.split_first_chunk::<2>().ok_or(cut.clone())?;
        let (entry, after) = after
            .split_at_checked(usize::from(u16::from_be_bytes(*length)))
            .ok_or(cut.clone())?;
        entries.push(entry);
        rest = after;
    }
    Ok(entries)
}
