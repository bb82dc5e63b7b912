//! What a place holds, found by looking: which segments and blobs, and what is in each segment.
//!
//! Looking into every segment means reading it. So what was seen is kept beside the data centre, as a hint: a segment
//! whose name and length are the ones in the hint isn't read again.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use amana_ledger::NO_BODY;
use serde::{Deserialize, Serialize};

use super::head::Freed;
use super::names::{AGE, BLOBS, FREED, LEDGERS, SegmentName, parse_blob};
use super::place::Place;
use super::sealing::Covered;
use super::segment::{FULL_SEGMENT_BYTES, MAX_SEGMENT_BYTES, MAX_SEGMENT_ENTRIES, Segment};
use crate::{BlobId, Error, LedgerId, Result};

/// A longer list of one day's freed content is none: four million lines.
const MAX_FREED_BYTES: u64 = 256 * 1024 * 1024;
/// So many segments side by side are joined, if together they are small enough.
const MANY: usize = 16;
/// What is joined to shorter ones, however long these are together.
const SMALL_BYTES: u64 = 64 * 1024;

/// What is in a segment.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Inside {
    /// Its length in the place.
    pub(super) size_bytes: u64,
    /// Entries whose content it has.
    pub(super) contents: Vec<u64>,
    /// Blobs that it lists, and whether each is sealed.
    pub(super) blobs: Vec<(BlobId, bool)>,
    /// Entries that had a body once.
    pub(super) erased: Vec<u64>,
}

impl Inside {
    pub(super) fn of(segment: &Segment, size_bytes: u64) -> Self {
        let bodiless = segment.entries.iter().filter(|entry| {
            entry.body.is_none()
                && entry.body_hash != NO_BODY
                && segment.name.ledger != LedgerId::NATIONAL
        });
        Self {
            size_bytes,
            contents: segment.contents.iter().map(|(index, _)| *index).collect(),
            blobs: segment
                .chunks
                .iter()
                .map(|list| (list.blob, list.sealed))
                .collect(),
            erased: bodiless.map(|entry| entry.id.index()).collect(),
        }
    }
}

/// What a place holds.
#[derive(Default)]
pub(super) struct Index {
    pub(super) segments: BTreeMap<SegmentName, Inside>,
    /// Blobs whose streams are there.
    pub(super) blobs: HashSet<BlobId>,
    /// Blobs that a segment lists.
    pub(super) listed: HashSet<BlobId>,
    /// What was seen to be freed, by the day on which that was seen.
    pub(super) freed: BTreeMap<String, BTreeSet<Freed>>,
}

/// Segments that follow one another, and the ranges between them.
type Cover = (Vec<SegmentName>, Vec<(u64, u64)>);

/// An index as it is kept for the next start: a segment a line.
type Hint = BTreeMap<String, Inside>;

impl Index {
    /// Looks. A segment that can't be read counts as absent, so that it is written anew.
    ///
    /// # Errors
    /// When the place doesn't answer.
    pub(super) fn look(place: &Covered<'_>, hint: &[u8]) -> Result<Self> {
        let mut hint: Hint = serde_json::from_slice(hint).unwrap_or_default();
        let mut index = Self::default();
        let (mut unread, mut days) = (Vec::new(), Vec::new());
        place.place.list("", &mut |listed| {
            let name = listed.name.strip_suffix(AGE).unwrap_or(&listed.name);
            if name.starts_with(BLOBS) {
                index.blobs.extend(parse_blob(&listed.name));
            } else if let Ok(segment) = name.parse::<SegmentName>() {
                let known = hint.remove(name);
                match known.filter(|inside| inside.size_bytes == listed.size_bytes) {
                    Some(inside) => index.insert(segment, inside),
                    None => unread.push((segment, listed.size_bytes)),
                }
            } else if let Some(day) = name.strip_prefix(FREED) {
                days.push(day.to_owned());
            } else if name.starts_with(LEDGERS) {
                tracing::warn!(
                    name,
                    place = place.place.describe(),
                    "a stream there is no segment; it is left alone"
                );
            }
            Ok(())
        })?;
        for (name, size_bytes) in unread {
            match read_segment(place, name) {
                Ok(Some(segment)) => {
                    index.insert(name, Inside::of(&segment, size_bytes));
                }
                Ok(None) => {}
                Err(error @ (Error::Damaged { .. } | Error::TooLarge { .. })) => {
                    tracing::warn!(%name, %error, "a segment of the mirror is written anew");
                }
                Err(error) => return Err(error),
            }
        }
        for day in days {
            let name = format!("{FREED}{day}");
            let text = place.get(&name, MAX_FREED_BYTES)?.unwrap_or_default();
            let lines = String::from_utf8_lossy(&text);
            // A line that isn't read is content that is kept for longer than it must be.
            let freed = lines.lines().filter_map(|line| line.parse().ok()).collect();
            index.freed.insert(day, freed);
        }
        Ok(index)
    }

    /// Takes in what is in a segment, in place of what was in it.
    pub(super) fn insert(&mut self, name: SegmentName, inside: Inside) {
        self.listed
            .extend(inside.blobs.iter().map(|(blob, _)| *blob));
        self.segments.insert(name, inside);
    }

    /// Keeps the segments of which that is so. What the others listed and held is in none then, and is written anew.
    pub(super) fn keep(&mut self, is_there: impl Fn(&SegmentName, &Inside) -> bool) {
        let before = self.segments.len();
        self.segments.retain(|name, inside| is_there(name, inside));
        if self.segments.len() < before {
            let blobs = self.segments.values().flat_map(|inside| &inside.blobs);
            self.listed = blobs.map(|(blob, _)| *blob).collect();
        }
    }

    /// Looks again, at names and lengths alone: what the place lost behind our back is in the index no more.
    ///
    /// # Errors
    /// When the place doesn't answer.
    pub(super) fn look_again(&mut self, place: &dyn Place) -> Result<()> {
        let (mut blobs, mut segments) = (HashSet::new(), HashMap::new());
        place.list("", &mut |listed| {
            let name = listed.name.strip_suffix(AGE).unwrap_or(&listed.name);
            blobs.extend(parse_blob(&listed.name));
            if let Ok(segment) = name.parse::<SegmentName>() {
                segments.insert(segment, listed.size_bytes);
            }
            Ok(())
        })?;
        self.blobs = blobs;
        self.keep(|name, inside| segments.get(name) == Some(&inside.size_bytes));
        Ok(())
    }

    /// As it is kept for the next start.
    pub(super) fn to_hint(&self) -> Vec<u8> {
        let hint: BTreeMap<String, &Inside> = self
            .segments
            .iter()
            .map(|(name, inside)| (name.to_string(), inside))
            .collect();
        serde_json::to_vec(&hint).unwrap_or_default()
    }

    /// The segments of a ledger that together hold it from its beginning, as far as there are any, and the ranges up to
    /// `size` that none holds.
    pub(super) fn cover(&self, ledger: LedgerId, size: u64) -> Cover {
        self.cover_from(ledger, 0, size)
    }

    /// The same from an entry on, which a segment may hold that begins before it.
    pub(super) fn cover_from(&self, ledger: LedgerId, from: u64, size: u64) -> Cover {
        let name = |from, until| SegmentName {
            ledger,
            from,
            until,
        };
        let (mut chain, mut gaps, mut at) = (Vec::new(), Vec::new(), from);
        let mut before = self.segments.range(name(0, 0)..name(from, 0));
        if let Some((within, _)) = before.rfind(|(before, _)| before.until > from) {
            chain.push(*within);
            at = within.until;
        }
        while at < size {
            let mut after = self.segments.range(name(at, 0)..name(u64::MAX, 0));
            // A longer one takes the place of those that it was merged from.
            let next = after.next().map(|(first, _)| first.from);
            match next {
                Some(from) if from == at => {
                    let same = self.segments.range(name(at, 0)..=name(at, u64::MAX));
                    let Some((longest, _)) = same.last() else {
                        break;
                    };
                    chain.push(*longest);
                    at = longest.until;
                }
                Some(from) if from < size => {
                    gaps.push((at, from));
                    at = from;
                }
                _ => {
                    gaps.push((at, size));
                    at = size;
                }
            }
        }
        (chain, gaps)
    }

    /// The small segments at the end of a ledger, once there are many: what is to be joined. Each is written anew a few
    /// times at most, since it is joined only to others that are together as long.
    pub(super) fn small_ones(&self, ledger: LedgerId, size: u64) -> Vec<SegmentName> {
        let (mut chain, _) = self.cover(ledger, size);
        let length = |name: &SegmentName| self.segments.get(name).map_or(0, |i| i.size_bytes);
        let (mut first, mut bytes) = (chain.len(), 0);
        while let Some(before) = first.checked_sub(1) {
            let (next, from) = (length(&chain[before]), chain[before].from);
            let entries = chain.last().map_or(0, |last| last.until) - from;
            if next > bytes.max(SMALL_BYTES)
                || bytes + next > FULL_SEGMENT_BYTES as u64
                || entries > MAX_SEGMENT_ENTRIES
            {
                break;
            }
            (first, bytes) = (before, bytes + next);
        }
        let many = chain.split_off(first);
        if many.len() >= MANY { many } else { Vec::new() }
    }

    /// Segments that a longer one holds all of.
    pub(super) fn joined_already(&self, ledger: LedgerId, size: u64) -> Vec<SegmentName> {
        let (chain, gaps) = self.cover(ledger, size);
        if !gaps.is_empty() {
            return Vec::new();
        }
        let within = |name: &SegmentName| {
            let after = chain.partition_point(|kept| kept.from <= name.from);
            let kept = after.checked_sub(1).and_then(|at| chain.get(at));
            kept.is_some_and(|kept| kept != name && name.until <= kept.until)
        };
        let first = |ledger| SegmentName {
            ledger,
            from: 0,
            until: 0,
        };
        let ours = first(ledger)..first(LedgerId(ledger.0 + 1));
        let names = self.segments.range(ours).map(|(name, _)| *name);
        names.filter(within).collect()
    }

    /// Whether something is known to be freed already.
    pub(super) fn is_freed(&self, freed: &Freed) -> bool {
        self.freed.values().any(|day| day.contains(freed))
    }
}

/// Reads a segment; nothing when there is none.
pub(super) fn read_segment(place: &Covered<'_>, name: SegmentName) -> Result<Option<Segment>> {
    let bytes = place.get(&name.to_string(), MAX_SEGMENT_BYTES)?;
    bytes.map(|bytes| Segment::decode(name, &bytes)).transpose()
}
