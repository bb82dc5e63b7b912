//! Content against the digests that the ledger holds, and nothing beside what objects hold.

use std::collections::HashSet;
use std::ops::ControlFlow;
use std::sync::Arc;

use amana_ledger::Hash;

use super::{Audit, EachContent, Fault};
use crate::content::{read_chunks, read_inline};
use crate::parity::{self, Verdict};
use crate::rows::Connection;
use crate::sqlite::Use;
use crate::{BlobId, EntryId, Error, LedgerId, Reader, Result, Source, Wanted};

/// A piece of content that an object holds.
pub struct Holding {
    /// The object, for a person.
    pub object: String,
    /// Which entry names it, where its bytes are, and what they must be.
    pub wanted: Wanted,
}

/// What a service tells of its own.
pub enum Found {
    /// Content that an object holds.
    Content(Holding),
    /// Something of the service's own that doesn't agree.
    Fault(Fault),
}

impl Audit<'_> {
    pub(super) fn contents(&mut self, read: bool, each_content: EachContent<'_>) -> Result<()> {
        let mut held = HashSet::new();
        let rows = self.rows;
        each_content(rows, &mut |found| {
            let holding = match found {
                Found::Content(holding) => holding,
                Found::Fault(fault) => {
                    self.report.add(fault);
                    return Ok(());
                }
            };
            self.report.contents += 1;
            let Wanted { source, .. } = holding.wanted;
            let ledger = match source {
                Source::Blob(_) => LedgerId(0),
                Source::Entry(_) => holding.wanted.ledger(),
            };
            if held.insert((ledger, source))
                && let Err(error) = self.holding(&holding, read)
                && !self.has_gone(&holding)
            {
                let what = format!(
                    "{} ({})",
                    holding.object,
                    self.name_of(holding.wanted.ledger(), source)
                );
                self.report.fault("content", what, error.to_string());
            }
            Ok(())
        })?;
        self.unheld(&held)
    }

    fn holding(&mut self, holding: &Holding, read: bool) -> Result<()> {
        let Wanted { source, .. } = holding.wanted;
        match (source, holding.wanted.chunks_root) {
            (Source::Entry(index), _) => {
                let id = EntryId::new(holding.wanted.ledger(), index);
                let id = id.ok_or(Error::TooLarge {
                    what: "an entry's index",
                    max: 1 << 40,
                })?;
                let data = read_inline(self.rows, id, &holding.wanted.sha256)?;
                self.report.content_bytes += data.len() as u64;
            }
            (Source::Blob(blob), Some(root)) => {
                let chunks: Arc<[Hash]> = read_chunks(self.rows, blob, &root)?.into();
                let reader = self
                    .shared
                    .blobs
                    .reader(blob, holding.wanted.size_bytes, chunks)?;
                for index in (0..reader.chunk_count()).take_while(|_| read) {
                    self.report.content_bytes += reader.chunk(index)?.len() as u64;
                }
                if read {
                    self.parity(holding, blob, &root);
                }
            }
            (Source::Blob(blob), None) => {
                return Err(Error::Damaged {
                    what: format!("blob {blob}"),
                    why: "the ledger holds no digest of it".into(),
                });
            }
        }
        Ok(())
    }

    /// Parity that is there must be worth something; the scrub makes what is missing.
    fn parity(&mut self, holding: &Holding, blob: BlobId, root: &Hash) {
        let size_bytes = holding.wanted.size_bytes;
        match parity::verify(&self.shared.blobs, blob, size_bytes, root) {
            Verdict::Missing => {}
            Verdict::Whole => self.report.parities += 1,
            Verdict::Damaged(why) => {
                let what = format!("the parity of blob {blob} ({})", holding.object);
                self.report.fault("parity", what, why);
            }
        }
    }

    /// Whether a running server freed the content since this check began: then it isn't missing. What this check's own
    /// instant doesn't know was gone before, and is missing.
    fn has_gone(&self, holding: &Holding) -> bool {
        let Source::Blob(blob) = holding.wanted.source else {
            return false;
        };
        let named = |rows: &Reader<'_>| {
            let name = blob.as_bytes().as_slice();
            let sql = "SELECT 1 FROM blob_chunks WHERE blob = $1";
            rows.one(sql, &[name.into()], |_| Ok(()))
        };
        let shared = self.shared;
        let now = Connection::open(&shared.folder, shared.database.as_ref(), Use::Read)
            .and_then(|connection| named(&connection.reader()));
        matches!((named(self.rows), now), (Ok(Some(())), Ok(None)))
    }

    /// Content that no object holds.
    fn unheld(&mut self, held: &HashSet<(LedgerId, Source)>) -> Result<()> {
        let rows = self.rows;
        rows.each("SELECT id FROM contents ORDER BY id", &[], |row| {
            let id = EntryId::from_i64(row.int(0)?);
            if !held.contains(&(id.ledger(), Source::Entry(id.index()))) {
                self.report.fault(
                    "content",
                    self.name_of(id.ledger(), Source::Entry(id.index())),
                    "no object holds it",
                );
            }
            Ok(ControlFlow::Continue(()))
        })?;
        rows.each("SELECT blob FROM blob_chunks ORDER BY blob", &[], |row| {
            let Ok(id) = row.blob(0)?.try_into().map(BlobId::from_bytes) else {
                self.report
                    .fault("chunks", "a chunk list", "its blob's name is not 16 bytes");
                return Ok(ControlFlow::Continue(()));
            };
            if !held.contains(&(LedgerId(0), Source::Blob(id))) {
                self.report
                    .fault("blob", format!("blob {id}"), "no object holds it");
            }
            Ok(ControlFlow::Continue(()))
        })
    }
}
