//! One file's bytes: as programs see them, as they are on the platter, and what was written in between.

use crate::draw::{Draw, Kept};

/// What a disk writes at once, unless the power goes amid it.
const PAGE: usize = 4096;
/// What a disk writes at once whatever happens.
const SECTOR: usize = 512;
/// With more changes than this unsynced, the older half is written back, as every system does after a while.
const MOST_CHANGES: usize = 4096;

/// One change that was not synced.
#[derive(Clone)]
enum Change {
    Write { at: usize, bytes: Vec<u8> },
    Resize(usize),
}

/// A file's bytes.
#[derive(Clone, Default)]
pub(crate) struct Content {
    live: Vec<u8>,
    durable: Vec<u8>,
    changes: Vec<Change>,
}

impl Content {
    /// A file that was there, synced, before the test began.
    pub(crate) fn synced(bytes: Vec<u8>) -> Self {
        Self {
            durable: bytes.clone(),
            live: bytes,
            changes: Vec::new(),
        }
    }

    /// What programs see.
    pub(crate) fn bytes(&self) -> &[u8] {
        &self.live
    }

    pub(crate) fn read(&self, at: usize, most: usize) -> &[u8] {
        let end = at.saturating_add(most).min(self.live.len());
        self.live.get(at..end).unwrap_or(&[])
    }

    pub(crate) fn write(&mut self, at: usize, bytes: &[u8]) {
        self.change(Change::Write {
            at,
            bytes: bytes.to_vec(),
        });
    }

    pub(crate) fn resize(&mut self, size: usize) {
        if size != self.live.len() {
            self.change(Change::Resize(size));
        }
    }

    fn change(&mut self, change: Change) {
        change.apply(&mut self.live);
        self.changes.push(change);
        if self.changes.len() > MOST_CHANGES {
            for old in self.changes.drain(..MOST_CHANGES / 2) {
                old.apply(&mut self.durable);
            }
        }
    }

    /// What programs see is durable on return.
    pub(crate) fn sync(&mut self) {
        for change in self.changes.drain(..) {
            change.apply(&mut self.durable);
        }
    }

    /// A sync that failed: some of it is on the platter, the rest never will be, and a later sync that succeeds says
    /// nothing of it, as on Linux, where pages that could not be written count as clean.
    pub(crate) fn lose(&mut self, draw: &mut Draw) {
        self.durable = self.after_cut(draw, Kept::Some);
        self.changes.clear();
    }

    pub(crate) fn is_synced(&self) -> bool {
        self.changes.is_empty()
    }

    /// What a cut leaves. Each page is as after some number of its changes, now and then each sector for itself, and the
    /// length is as after some number of them; all that was synced is there.
    pub(crate) fn after_cut(&self, draw: &mut Draw, kept: Kept) -> Vec<u8> {
        match kept {
            Kept::Nothing => return self.durable.clone(),
            Kept::All => return self.live.clone(),
            Kept::Some if self.changes.is_empty() => return self.durable.clone(),
            Kept::Some => {}
        }
        let mut found = self.durable.clone();
        let sizes = self.sizes();
        found.resize(sizes[draw.up_to(self.changes.len())], 0);
        for page in (0..found.len()).step_by(PAGE) {
            let end = (page + PAGE).min(found.len());
            if draw.once_in(8) {
                for sector in (page..end).step_by(SECTOR) {
                    let changes = draw.up_to(self.changes.len());
                    self.replay(&mut found, sector, (sector + SECTOR).min(end), changes);
                }
            } else {
                let changes = draw.up_to(self.changes.len());
                self.replay(&mut found, page, end, changes);
            }
        }
        found
    }

    /// The length after each number of changes.
    fn sizes(&self) -> Vec<usize> {
        let mut sizes = vec![self.durable.len()];
        for change in &self.changes {
            sizes.push(change.size_after(sizes[sizes.len() - 1]));
        }
        sizes
    }

    /// Brings `from..to` of `found` to what it was after the first `count` changes.
    fn replay(&self, found: &mut [u8], from: usize, to: usize, count: usize) {
        for change in &self.changes[..count] {
            match change {
                Change::Write { at, bytes } => {
                    let (first, last) = (from.max(*at), to.min(at + bytes.len()));
                    if first < last {
                        found[first..last].copy_from_slice(&bytes[first - at..last - at]);
                    }
                }
                Change::Resize(size) if *size < to => found[from.max(*size)..to].fill(0),
                Change::Resize(_) => {}
            }
        }
    }
}

impl Change {
    fn size_after(&self, before: usize) -> usize {
        match self {
            Self::Write { at, bytes } => before.max(at + bytes.len()),
            Self::Resize(size) => *size,
        }
    }

    fn apply(&self, whole: &mut Vec<u8>) {
        whole.resize(self.size_after(whole.len()), 0);
        if let Self::Write { at, bytes } = self {
            whole[*at..at + bytes.len()].copy_from_slice(bytes);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    fn cuts(content: &Content) -> BTreeSet<Vec<u8>> {
        (0..300)
            .map(|seed| content.after_cut(&mut Draw::new(seed), Kept::Some))
            .collect()
    }

    #[test]
    fn what_was_synced_is_there_after_every_cut() {
        let mut content = Content::default();
        content.write(0, &[1; 10_000]);
        content.sync();
        assert_eq!(cuts(&content), BTreeSet::from([vec![1; 10_000]]));
    }

    #[test]
    fn what_was_not_synced_may_be_there_or_not_page_by_page() {
        let mut content = Content::synced(vec![1; 2 * PAGE]);
        content.write(0, &[2; 2 * PAGE]);
        let found = cuts(&content);
        for (first, second) in [(1, 1), (1, 2), (2, 1), (2, 2)] {
            let page = [vec![first; PAGE], vec![second; PAGE]].concat();
            assert!(found.contains(&page), "pages {first} and {second}");
        }
        let torn = found
            .iter()
            .find(|one| one[..PAGE].iter().any(|byte| *byte != one[0]))
            .expect("a page is torn now and then");
        let sectors = torn.as_chunks::<SECTOR>().0;
        assert!(sectors.iter().all(|one| one.iter().all(|b| *b == one[0])));
    }

    #[test]
    fn a_file_may_be_long_and_empty() {
        let mut content = Content::default();
        content.write(0, &[3; PAGE]);
        let found = cuts(&content);
        assert!(found.contains(&vec![]) && found.contains(&vec![0; PAGE]));
        assert!(found.contains(&vec![3; PAGE]));
    }

    #[test]
    fn a_cut_may_fall_between_two_writes_of_one_page() {
        let mut content = Content::default();
        content.write(0, b"one");
        content.write(0, b"two");
        content.resize(2);
        let found = cuts(&content);
        for expected in [&b"one"[..], b"two", b"on", b"tw", b""] {
            assert!(found.contains(expected), "{expected:?}");
        }
    }

    #[test]
    fn after_a_failed_sync_a_later_one_keeps_nothing_of_before() {
        let lost = (0..50).any(|seed| {
            let mut content = Content::synced(vec![1; PAGE]);
            content.write(0, &[2; PAGE]);
            content.lose(&mut Draw::new(seed));
            assert_eq!(content.bytes(), [2; PAGE]);
            content.write(PAGE, &[3; 10]);
            content.sync();
            content.after_cut(&mut Draw::new(0), Kept::All);
            content.durable[0] == 1
        });
        assert!(lost);
    }

    #[test]
    fn what_is_never_synced_is_written_back_one_day() {
        let mut content = Content::default();
        for n in 0..=MOST_CHANGES {
            content.write(n, b"x");
        }
        assert_eq!(content.durable.len(), MOST_CHANGES / 2);
        assert!(!content.is_synced());
    }
}
