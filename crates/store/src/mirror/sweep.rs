//! What leaves a mirror: erased bodies at once, freed content after a while, small segments into larger ones.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use super::Mention;
use super::gather;
use super::head::Freed;
use super::index::read_segment;
use super::names::{AGE, FREED, SegmentName};
use super::segment::{ChunkList, Segment};
use super::write::{Mirroring, Round};
use crate::entries::entry;
use crate::{BlobId, EntryId, LedgerInfo, Reader, Result, Source, clock};

const DAY_MS: i64 = 86_400_000;

/// What is to be taken out of one segment.
#[derive(Default)]
struct Outs {
    bodies: HashSet<u64>,
    contents: HashSet<u64>,
    blobs: HashSet<BlobId>,
}

impl Mirroring {
    /// Takes erased bodies out, notes what was freed, removes what was freed long ago, and copies blobs that the place
    /// lost.
    pub(super) fn sweep(&mut self, now_ms: i64, round: &mut Round) -> Result<()> {
        let mut outs: BTreeMap<SegmentName, Outs> = BTreeMap::new();
        self.erased(&mut outs)?;
        self.note_freed(now_ms, round)?;
        let days = self.held_long_enough(now_ms);
        let gone: HashSet<Freed> = days
            .iter()
            .filter_map(|day| self.index.freed.get(day))
            .flatten()
            .copied()
            .collect();
        let gone = self.still_gone(gone)?;
        self.removed(&gone, &mut outs);
        for (name, outs) in outs {
            self.take_out(name, &outs, round)?;
        }
        for freed in &gone {
            if let Freed::Blob(blob) = freed {
                self.delete_blob(*blob)?;
            }
            round.removed += 1;
        }
        // The lists go last: until then the next sweep would do all of it again.
        for day in days {
            self.place
                .delete(&self.covered().name(&format!("{FREED}{day}")))?;
            self.index.freed.remove(&day);
        }
        self.lost_blobs(round)
    }

    /// Bodies that an act erased and a segment still has.
    fn erased(&self, outs: &mut BTreeMap<SegmentName, Outs>) -> Result<()> {
        let erased = self.shared.read(|rows| {
            rows.all("SELECT entry FROM erasures ORDER BY entry", &[], |row| {
                Ok(EntryId::from_i64(row.int(0)?))
            })
        })?;
        let erased: BTreeSet<EntryId> = erased.into_iter().collect();
        for (name, inside) in &self.index.segments {
            let (Some(from), Some(until)) = (
                EntryId::new(name.ledger, name.from),
                EntryId::new(name.ledger, name.until),
            ) else {
                continue;
            };
            let has = erased
                .range(from..until)
                .map(|entry| entry.index())
                .filter(|index| !inside.erased.contains(index));
            let has: HashSet<u64> = has.collect();
            if !has.is_empty() {
                outs.entry(*name).or_default().bodies = has;
            }
        }
        Ok(())
    }

    /// Looks for content that the place has and the rows have let go of, and notes it with today's date.
    fn note_freed(&mut self, now_ms: i64, round: &mut Round) -> Result<()> {
        let found = self.shared.read(|rows| -> Result<Vec<Freed>> {
            let mut found = Vec::new();
            for (name, inside) in &self.index.segments {
                let entry = |index| EntryId::new(name.ledger, index);
                if let (false, Some(from), Some(until)) = (
                    inside.contents.is_empty(),
                    entry(name.from),
                    entry(name.until),
                ) {
                    let sql = "SELECT id FROM contents WHERE id >= $1 AND id < $2";
                    let stands = rows.all(sql, &[from.into(), until.into()], |row| row.int(0))?;
                    let stands: HashSet<i64> = stands.into_iter().collect();
                    let entries = inside.contents.iter().filter_map(|index| entry(*index));
                    for entry in entries.filter(|entry| !stands.contains(&entry.as_i64())) {
                        if !self.is_held(rows, entry, Source::Entry(entry.index()))? {
                            found.push(Freed::Content(entry));
                        }
                    }
                }
                let mut without_rows = Vec::new();
                for (blob, _) in &inside.blobs {
                    if gather::chunk_list(rows, *blob)?.is_none() {
                        without_rows.push(*blob);
                    }
                }
                let lost = self.held_in(rows, *name, &without_rows)?;
                let let_go = without_rows.iter().filter(|blob| !lost.contains(blob));
                found.extend(let_go.map(|blob| Freed::Blob(*blob)));
            }
            Ok(found)
        })?;
        let mut new = found
            .into_iter()
            .filter(|freed| !self.index.is_freed(freed))
            .peekable();
        if new.peek().is_none() {
            return Ok(());
        }
        let day: String = clock::rfc3339(now_ms).chars().take(10).collect();
        let mut today = self.index.freed.get(&day).cloned().unwrap_or_default();
        today.extend(new);
        let lines: String = today.iter().map(|freed| format!("{freed}\n")).collect();
        self.put_stream(&format!("{FREED}{day}"), lines.as_bytes(), round)?;
        self.index.freed.insert(day, today);
        Ok(())
    }

    /// Whether a service still holds content: then its row is damage, to be healed from here, and no word of a deletion.
    fn is_held(&self, rows: &Reader<'_>, entry: EntryId, source: Source) -> Result<bool> {
        self.shared.catalog.is_held(rows, entry, source)
    }

    /// Those of the blobs that an entry of a segment names and still holds.
    fn held_in(
        &self,
        rows: &Reader<'_>,
        name: SegmentName,
        blobs: &[BlobId],
    ) -> Result<HashSet<BlobId>> {
        let mut held = HashSet::new();
        let entries = match blobs.is_empty() {
            true => name.from..name.from,
            false => name.from..name.until,
        };
        for id in entries.filter_map(|index| EntryId::new(name.ledger, index)) {
            let Some(found) = entry(rows, id)? else {
                continue;
            };
            for Mention { blob, .. } in (self.services.mentions)(&found)? {
                if blobs.contains(&blob) && self.is_held(rows, id, Source::Blob(blob))? {
                    held.insert(blob);
                }
            }
        }
        Ok(held)
    }

    /// What the rows have again since it was noted stays.
    fn still_gone(&self, noted: HashSet<Freed>) -> Result<HashSet<Freed>> {
        self.shared.read(|rows| {
            let sql = "SELECT 1 FROM contents WHERE id = $1";
            let mut gone = HashSet::new();
            for freed in noted {
                let stands = match freed {
                    Freed::Blob(blob) => gather::chunk_list(rows, blob)?.is_some(),
                    Freed::Content(entry) => {
                        rows.one(sql, &[entry.into()], |_| Ok(()))?.is_some()
                            || self.is_held(rows, entry, Source::Entry(entry.index()))?
                    }
                };
                if !stands {
                    gone.insert(freed);
                }
            }
            Ok(gone)
        })
    }

    /// The days whose freed content has been held for long enough.
    fn held_long_enough(&self, now_ms: i64) -> Vec<String> {
        let hold = i64::from(self.options.hold_days);
        let old = |day: &&String| {
            let midnight = clock::parse_rfc3339(&format!("{day}T00:00:00.000Z"));
            midnight.is_some_and(|from_ms| {
                now_ms.div_euclid(DAY_MS) - from_ms.div_euclid(DAY_MS) >= hold
            })
        };
        self.index.freed.keys().filter(old).cloned().collect()
    }

    fn removed(&self, gone: &HashSet<Freed>, outs: &mut BTreeMap<SegmentName, Outs>) {
        if gone.is_empty() {
            return;
        }
        for (name, inside) in &self.index.segments {
            let content = |index: &u64| {
                let entry = EntryId::new(name.ledger, *index);
                entry.is_some_and(|entry| gone.contains(&Freed::Content(entry)))
            };
            let contents: HashSet<u64> = inside.contents.iter().copied().filter(content).collect();
            let blobs = inside.blobs.iter().map(|(blob, _)| *blob);
            let blobs: HashSet<BlobId> = blobs
                .filter(|blob| gone.contains(&Freed::Blob(*blob)))
                .collect();
            if !contents.is_empty() || !blobs.is_empty() {
                let outs = outs.entry(*name).or_default();
                (outs.contents, outs.blobs) = (contents, blobs);
            }
        }
    }

    /// Writes a segment anew without some of what is in it.
    fn take_out(&mut self, name: SegmentName, outs: &Outs, round: &mut Round) -> Result<()> {
        let Some(mut segment) = read_segment(&self.covered(), name)? else {
            self.index.keep(|kept, _| *kept != name);
            return Ok(());
        };
        for entry in &mut segment.entries {
            if outs.bodies.contains(&entry.id.index()) {
                entry.body = None;
            }
        }
        segment
            .contents
            .retain(|(index, _)| !outs.contents.contains(index));
        segment
            .chunks
            .retain(|list| !outs.blobs.contains(&list.blob));
        let recipients = self.recipients(name.ledger)?;
        round.rewritten += 1;
        self.write_segment(&segment, &recipients, round)
    }

    /// Blobs that a segment lists, that stand here, and that the place doesn't have: it lost them, or they could not be
    /// read when their turn came.
    fn lost_blobs(&mut self, round: &mut Round) -> Result<()> {
        let mut lost = Vec::new();
        for (name, inside) in &self.index.segments {
            let blobs = inside.blobs.iter();
            for (blob, sealed) in blobs.filter(|(blob, _)| !self.index.blobs.contains(blob)) {
                let stands = self.shared.read(|rows| gather::chunk_list(rows, *blob))?;
                lost.extend(stands.map(|digests| {
                    let (blob, sealed) = (*blob, *sealed);
                    let list = ChunkList {
                        blob,
                        sealed,
                        digests,
                    };
                    (name.ledger, list)
                }));
            }
        }
        // All of them, until they are there: one that fails must not hide the others.
        self.lacking = lost.iter().map(|(_, list)| list.blob).collect();
        for (ledger, list) in lost {
            let recipients = self.recipients(ledger)?;
            self.put_blob(&list, &recipients, round)?;
        }
        Ok(())
    }

    /// Joins small segments at the end of each ledger, and removes those that were joined before a crash could remove
    /// them. Each is written anew a few times at most, since it is joined only to others that are together as long.
    pub(super) fn join_small(&mut self, round: &mut Round) -> Result<()> {
        for info in self.shared.read(LedgerInfo::all)? {
            let many = self.index.small_ones(info.id, info.size);
            if !many.is_empty() {
                self.join(&many, round)?;
            }
            self.drop_joined(&info)?;
        }
        Ok(())
    }

    fn join(&mut self, names: &[SegmentName], round: &mut Round) -> Result<()> {
        let mut joined: Option<Segment> = None;
        for name in names {
            let Some(next) = read_segment(&self.covered(), *name)? else {
                self.index.keep(|kept, _| kept != name);
                return Ok(());
            };
            match &mut joined {
                None => joined = Some(next),
                Some(joined) => joined.append(next),
            }
        }
        if let Some(joined) = joined {
            let recipients = self.recipients(joined.name.ledger)?;
            round.rewritten += 1;
            self.write_segment(&joined, &recipients, round)?;
        }
        Ok(())
    }

    /// Removes segments that a longer one holds all of.
    fn drop_joined(&mut self, info: &LedgerInfo) -> Result<()> {
        for name in self.index.joined_already(info.id, info.size) {
            let lies_at = match self.key {
                Some(_) => format!("{name}{AGE}"),
                None => name.to_string(),
            };
            self.place.delete(&lies_at)?;
            self.index.segments.remove(&name);
        }
        Ok(())
    }
}
