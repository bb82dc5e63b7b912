//! Large content. What the new rows name of it was read back from its new place, and has its digests.

use std::collections::BTreeSet;
use std::fs;
use std::sync::Arc;

use amana_ledger::Hash;

use super::entries::in_transaction;
use super::{Move, Stage, Told};
use crate::blobs::parse_chunks;
use crate::{BlobId, Error, Reader, Result, crash, folders};

/// Blobs between two notes of how far it is.
const PAGE: i64 = 64;

impl Move {
    /// Brings what the old rows name and the new ones don't, and removes what they don't name any more; says how many there
    /// are.
    pub(super) fn bring_blobs(&self, told: Told<'_>) -> Result<u64> {
        let count = "SELECT COUNT(*) FROM blob_chunks";
        let all = self
            .old
            .read(|rows| rows.one(count, &[], |row| row.int(0)))?;
        let all = all.unwrap_or(0).cast_unsigned();
        let (mut after, mut done) = (Vec::new(), 0);
        loop {
            let old = self.old.read(|rows| names(rows, &after, None))?;
            let is_last = old.len() < usize::try_from(PAGE).unwrap_or(usize::MAX);
            let until = old.last().filter(|_| !is_last).cloned();
            let new = self
                .new
                .read(|rows| names(rows, &after, Some(until.as_ref())))?;
            self.bring_page(&old, &new)?;
            done += old.len() as u64;
            told(Stage::Blobs, done, all.max(done));
            match until {
                Some(until) => after = until,
                None => return Ok(done),
            }
        }
    }

    fn bring_page(&self, old: &BTreeSet<Vec<u8>>, new: &BTreeSet<Vec<u8>>) -> Result<()> {
        let mut brought = Vec::new();
        for name in old.difference(new) {
            let blob = named(name)?;
            let Some(digests) = self.old.read(|rows| digests(rows, name))? else {
                continue;
            };
            if self.bring(blob, &parse_chunks(&digests))? {
                brought.push((name, digests));
            }
        }
        crash::point("move.blobs");
        let gone: Vec<_> = new.difference(old).collect();
        in_transaction(&self.new_rows, |rows| {
            for (name, digests) in &brought {
                rows.execute(
                    "INSERT INTO blob_chunks (blob, digests) VALUES ($1, $2)",
                    &[name.as_slice().into(), digests.as_slice().into()],
                )?;
            }
            for name in &gone {
                rows.execute(
                    "DELETE FROM blob_chunks WHERE blob = $1",
                    &[name.as_slice().into()],
                )?;
            }
            Ok(())
        })?;
        gone.into_iter()
            .try_for_each(|name| self.new.blobs.remove(named(name)?))
    }

    /// Brings one; says whether it still stands. What an earlier try left is taken when it is whole.
    fn bring(&self, blob: BlobId, chunks: &[Hash]) -> Result<bool> {
        let (old, new) = (&self.old.blobs, &self.new.blobs);
        let Some(size_bytes) = old.size_bytes(blob)? else {
            let name = blob.as_bytes().as_slice();
            return match self.old.read(|rows| digests(rows, name))? {
                None => Ok(false),
                Some(_) => Err(Error::Missing {
                    what: format!("blob {blob}"),
                }),
            };
        };
        let is_whole =
            || -> Result<bool> { Ok(new.digests(blob, size_bytes)?.as_deref() == Some(chunks)) };
        if new.size_bytes(blob)? == Some(size_bytes) && is_whole()? {
            return Ok(true);
        }
        if !self.link(blob)? {
            let digests: Arc<[Hash]> = chunks.into();
            let reader = old.reader(blob, size_bytes, digests)?;
            let mut writer = new.create_beside(blob)?;
            for index in 0..reader.chunk_count() {
                writer.write(&reader.chunk(index)?)?;
            }
            writer.replace((self.new.clock)(), false, |info| info.chunks == chunks)?;
        }
        if is_whole()? {
            return Ok(true);
        }
        new.remove(blob)?;
        Err(Error::Damaged {
            what: format!("blob {blob}"),
            why: "it doesn't have the digests of its chunks: mend it before it is moved (amana scrub)".into(),
        })
    }

    /// Gives a file a second name, which is a copy as no blob is ever changed in place; says whether that could be.
    fn link(&self, blob: BlobId) -> Result<bool> {
        let (old, new) = (&self.old.blobs, &self.new.blobs);
        if old.elsewhere().is_some() || new.elsewhere().is_some() {
            return Ok(false);
        }
        let to = new.path(blob);
        // What an earlier try left there isn't whole.
        if to.exists() {
            fs::remove_file(&to).map_err(Error::file("remove", &to))?;
        }
        let linked = fs::hard_link(old.path(blob), &to).is_ok();
        if let Some(shelf) = to.parent().filter(|_| linked) {
            folders::sync(shelf)?;
        }
        Ok(linked)
    }
}

/// Names beyond one, in order: a page of them, or those up to another (`Some(None)`: to the end).
fn names(
    rows: &Reader<'_>,
    after: &[u8],
    until: Option<Option<&Vec<u8>>>,
) -> Result<BTreeSet<Vec<u8>>> {
    let read = |row: &crate::Row<'_>| Ok(row.blob(0)?.to_vec());
    let names = match until {
        None => rows.all(
            &format!("SELECT blob FROM blob_chunks WHERE blob > $1 ORDER BY blob LIMIT {PAGE}"),
            &[after.into()],
            read,
        ),
        Some(None) => rows.all(
            "SELECT blob FROM blob_chunks WHERE blob > $1 ORDER BY blob",
            &[after.into()],
            read,
        ),
        Some(Some(until)) => rows.all(
            "SELECT blob FROM blob_chunks WHERE blob > $1 AND blob <= $2 ORDER BY blob",
            &[after.into(), until.as_slice().into()],
            read,
        ),
    };
    Ok(names?.into_iter().collect())
}

fn digests(rows: &Reader<'_>, name: &[u8]) -> Result<Option<Vec<u8>>> {
    rows.one(
        "SELECT digests FROM blob_chunks WHERE blob = $1",
        &[name.into()],
        |row| Ok(row.blob(0)?.to_vec()),
    )
}

fn named(name: &[u8]) -> Result<BlobId> {
    let bytes = name.try_into().map_err(|_| Error::Damaged {
        what: "a chunk list".into(),
        why: "its blob's name is not 16 bytes".into(),
    })?;
    Ok(BlobId::from_bytes(bytes))
}
