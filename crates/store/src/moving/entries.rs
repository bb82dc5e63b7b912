//! Entries verbatim, and views from them by the code of daily work.

use std::ops::ControlFlow;

use super::{Move, Stage, Told};
use crate::ledgers::Head;
use crate::rows::Isolation;
use crate::{
    BlobId, Entry, EntryId, Error, LedgerId, LedgerInfo, Reader, Result, Writer, content, crash,
};

/// Entries in one transaction at most.
const MAX_ENTRIES: u64 = 256;
/// Bytes of them at most, but for one entry.
const MAX_BYTES: usize = 4 * 1024 * 1024;

/// Neighbours in a ledger, with what small content of theirs still stands.
struct Chunk {
    entries: Vec<Entry>,
    contents: Vec<(EntryId, Vec<u8>)>,
}

impl Move {
    /// Copies what every ledger has more in the old place, as of one instant; says how many entries that were.
    pub(super) fn catch_up(&mut self, told: Told<'_>) -> Result<u64> {
        let ledgers = self.old.read(LedgerInfo::all)?;
        let all: u64 = ledgers.iter().map(|info| info.size).sum();
        let (mut there, mut copied) = (0, 0);
        for info in &ledgers {
            let mut head = self.head(info)?;
            while head.size() < info.size {
                let from = head.size();
                let chunk = self.old.read(|rows| read(rows, info, from))?;
                self.append(info.id, &mut head, &chunk)?;
                crash::point("move.chunk");
                copied += head.size() - from;
                told(Stage::Entries, there + head.size(), all);
            }
            if head.size() == info.size && head.frontier.root() != info.root {
                return super::differs(
                    info,
                    "its entries don't have its root; run amana check on what is moved",
                );
            }
            there += head.size();
            self.heads.insert(info.id, head);
        }
        self.erase()?;
        Ok(copied)
    }

    fn head(&mut self, info: &LedgerInfo) -> Result<Head> {
        if let Some(head) = self.heads.remove(&info.id) {
            return Ok(head);
        }
        let known = self.new.read(|rows| Head::load(rows, info.id))?;
        Ok(known.unwrap_or_else(|| Head::new(&info.name, info.visibility)))
    }

    /// One transaction: entries, what they brought, their views, and how far the ledger is.
    fn append(&mut self, id: LedgerId, head: &mut Head, chunk: &Chunk) -> Result<()> {
        let catalog = &self.new.catalog;
        let freed = in_transaction(&self.new_rows, |rows| {
            for (id, data) in &chunk.contents {
                rows.execute(
                    "INSERT INTO contents (id, data) VALUES ($1, $2) ON CONFLICT (id) DO NOTHING",
                    &[(*id).into(), data.as_slice().into()],
                )?;
            }
            for entry in &chunk.entries {
                head.append(rows, entry)?;
                catalog.replay(entry, rows)?;
            }
            head.store(rows, id)?;
            content::settle(rows)
        })?;
        freed
            .into_iter()
            .try_for_each(|blob: BlobId| self.new.blobs.remove(blob))
    }

    /// Bodies that an act has erased since they were copied.
    fn erase(&self) -> Result<()> {
        in_transaction(&self.new_rows, |rows| {
            rows.execute(
                "UPDATE entries SET salt = NULL, body = NULL
                 WHERE id IN (SELECT entry FROM erasures) AND body IS NOT NULL",
                &[],
            )
        })
    }
}

/// The next entries from `from` on, as of now.
fn read(rows: &Reader<'_>, info: &LedgerInfo, from: u64) -> Result<Chunk> {
    let last = info.size.min(from + MAX_ENTRIES) - 1;
    let (Some(first), Some(last)) = (EntryId::new(info.id, from), EntryId::new(info.id, last))
    else {
        return super::differs(info, "it is too long");
    };
    let mut chunk = Chunk {
        entries: Vec::new(),
        contents: Vec::new(),
    };
    let mut bytes = 0;
    rows.each(
        "SELECT id, core, body_hash, salt, body FROM entries WHERE id >= $1 AND id <= $2 ORDER BY id",
        &[first.into(), last.into()],
        |row| {
            let entry = Entry::read(row)?;
            bytes += entry.text.len() + entry.body.as_ref().map_or(0, |(_, body)| body.len());
            chunk.entries.push(entry);
            Ok(match bytes < MAX_BYTES {
                true => ControlFlow::Continue(()),
                false => ControlFlow::Break(()),
            })
        },
    )?;
    for (next, entry) in (from..).zip(&chunk.entries) {
        if entry.id.index() != next || !entry.body_is_genuine() {
            return Err(Error::Damaged {
                what: format!("entry {next} of {}", info.name),
                why: "it is not the one that was recorded, and is not moved; run amana check"
                    .into(),
            });
        }
    }
    let Some(end) = chunk.entries.last() else {
        return Err(Error::Missing {
            what: format!("entry {from} of {}", info.name),
        });
    };
    rows.each(
        "SELECT id, data FROM contents WHERE id >= $1 AND id <= $2 ORDER BY id",
        &[first.into(), end.id.into()],
        |row| {
            let id = EntryId::from_i64(row.int(0)?);
            chunk.contents.push((id, row.blob(1)?.to_vec()));
            Ok(ControlFlow::Continue(()))
        },
    )?;
    Ok(chunk)
}

/// All of it or nothing; durable on return.
pub(super) fn in_transaction<T>(
    connection: &crate::rows::Connection,
    write: impl FnOnce(&Writer<'_>) -> Result<T>,
) -> Result<T> {
    connection.begin(Isolation::Newest)?;
    match write(&connection.writer()) {
        Ok(written) => connection.commit().map(|()| written),
        Err(error) => {
            connection.roll_back();
            Err(error)
        }
    }
}
