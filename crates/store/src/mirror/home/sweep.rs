//! What leaves an institution's own mirror: erased bodies at once, content that was deleted after a while.

use std::collections::{BTreeSet, HashSet};

use amana_seal::age::Recipient;

use super::HomeMirror;
use crate::mirror::head::Freed;
use crate::mirror::names::{AGE, FREED, SegmentName, blob_name};
use crate::mirror::{Mention, Segment};
use crate::{BlobId, Entry, EntryId, LedgerId, Result, clock};

const DAY_MS: i64 = 86_400_000;

/// What of an entry still stands, in the ledger as it was followed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Stands {
    /// Its body: false once an act erased it.
    pub body: bool,
    /// The content that it brought: false once nothing holds it.
    pub content: bool,
}

/// What a sweep did.
#[derive(Clone, Copy, Default, PartialEq, Eq, Debug)]
pub struct Swept {
    /// Bodies taken out.
    pub erased: u64,
    /// Content removed for good.
    pub removed: u64,
}

/// What is found while all segments are read.
#[derive(Default)]
struct Found {
    erased: HashSet<u64>,
    freed: HashSet<Freed>,
    standing: HashSet<BlobId>,
}

impl HomeMirror {
    /// Reads every segment, takes out what was erased, notes with today's date what was deleted, and removes what was noted
    /// `hold_days` ago and is still deleted. `stands` and `mentions` say what the institution's own rows know of an entry.
    ///
    /// # Errors
    /// [`crate::Error::Place`], [`crate::Error::Damaged`], or those of `stands` and `mentions`.
    pub fn sweep(
        &mut self,
        ledger: LedgerId,
        (now_ms, hold_days): (i64, u32),
        others: &[Recipient],
        stands: &dyn Fn(&Entry) -> Result<Stands>,
        mentions: &dyn Fn(&Entry) -> Result<Vec<Mention>>,
    ) -> Result<Swept> {
        let mut found = Found::default();
        self.each_segment(ledger, 0, &mut |segment| {
            look(&segment, stands, mentions, &mut found)
        })?;
        let standing = std::mem::take(&mut found.standing);
        found
            .freed
            .retain(|freed| !matches!(freed, Freed::Blob(blob) if standing.contains(blob)));
        self.note_freed(now_ms, &found.freed, others)?;
        let days = self.held_since(now_ms, i64::from(hold_days));
        let listed = days.iter().filter_map(|day| self.index.freed.get(day));
        let gone: HashSet<Freed> = listed.flatten().copied().collect();
        // What stands again since it was noted stays.
        let gone: HashSet<Freed> = gone.intersection(&found.freed).copied().collect();
        self.take_out(ledger, &found.erased, &gone, others)?;
        for freed in &gone {
            if let Freed::Blob(blob) = freed {
                let name = blob_name(*blob);
                self.place.delete(&name)?;
                self.place.delete(&format!("{name}{AGE}"))?;
                self.index.blobs.remove(blob);
            }
        }
        for day in days {
            self.place.delete(&format!("{FREED}{day}{AGE}"))?;
            self.index.freed.remove(&day);
        }
        Ok(Swept {
            erased: found.erased.len() as u64,
            removed: gone.len() as u64,
        })
    }

    /// Writes the segments anew that hold any of it.
    fn take_out(
        &mut self,
        ledger: LedgerId,
        erased: &HashSet<u64>,
        gone: &HashSet<Freed>,
        others: &[Recipient],
    ) -> Result<()> {
        let is_gone = |ledger, index| {
            EntryId::new(ledger, index).is_some_and(|id| gone.contains(&Freed::Content(id)))
        };
        let names: Vec<SegmentName> = self.index.segments.keys().copied().collect();
        for name in names {
            let inside = self.index.segments.get(&name).cloned().unwrap_or_default();
            let touched = erased.iter().any(|at| (name.from..name.until).contains(at))
                || inside.contents.iter().any(|at| is_gone(ledger, *at))
                || inside
                    .blobs
                    .iter()
                    .any(|(blob, _)| gone.contains(&Freed::Blob(*blob)));
            if name.ledger != ledger || !touched {
                continue;
            }
            let read = crate::mirror::index::read_segment(&self.covered(), name)?;
            let Some(mut segment) = read else {
                continue;
            };
            for entry in &mut segment.entries {
                if erased.contains(&entry.id.index()) {
                    entry.body = None;
                }
            }
            segment.contents.retain(|(at, _)| !is_gone(ledger, *at));
            segment
                .chunks
                .retain(|list| !gone.contains(&Freed::Blob(list.blob)));
            self.put_segment(&segment, others)?;
        }
        Ok(())
    }

    fn note_freed(
        &mut self,
        now_ms: i64,
        freed: &HashSet<Freed>,
        others: &[Recipient],
    ) -> Result<()> {
        let new = freed.iter().filter(|freed| !self.index.is_freed(freed));
        let new: BTreeSet<Freed> = new.copied().collect();
        if new.is_empty() {
            return Ok(());
        }
        let day: String = clock::rfc3339(now_ms).chars().take(10).collect();
        let mut today = self.index.freed.get(&day).cloned().unwrap_or_default();
        today.extend(new);
        let lines: String = today.iter().map(|freed| format!("{freed}\n")).collect();
        self.covered()
            .put(&format!("{FREED}{day}"), lines.as_bytes(), others)?;
        self.index.freed.insert(day, today);
        Ok(())
    }

    /// The days whose list is that old.
    fn held_since(&self, now_ms: i64, hold_days: i64) -> Vec<String> {
        let old = |day: &&String| {
            let midnight = clock::parse_rfc3339(&format!("{day}T00:00:00.000Z"));
            midnight.is_some_and(|from_ms| {
                now_ms.div_euclid(DAY_MS) - from_ms.div_euclid(DAY_MS) >= hold_days
            })
        };
        self.index.freed.keys().filter(old).cloned().collect()
    }
}

fn look(
    segment: &Segment,
    stands: &dyn Fn(&Entry) -> Result<Stands>,
    mentions: &dyn Fn(&Entry) -> Result<Vec<Mention>>,
    found: &mut Found,
) -> Result<()> {
    let contents: HashSet<u64> = segment.contents.iter().map(|(index, _)| *index).collect();
    for entry in &segment.entries {
        let blobs = mentions(entry)?;
        let has_content = contents.contains(&entry.id.index());
        if entry.body.is_none() || (blobs.is_empty() && !has_content) {
            // Nothing of it but a body may go.
            if entry.body.is_some() && !stands(entry)?.body {
                found.erased.insert(entry.id.index());
            }
            continue;
        }
        let stands = stands(entry)?;
        if !stands.body {
            found.erased.insert(entry.id.index());
        }
        let blobs = blobs.iter().map(|mention| mention.blob);
        match stands.content {
            true => found.standing.extend(blobs),
            false => {
                found.freed.extend(blobs.map(Freed::Blob));
                if has_content {
                    found.freed.insert(Freed::Content(entry.id));
                }
            }
        }
    }
    Ok(())
}
