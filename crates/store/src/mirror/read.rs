//! Reading a mirror back: by whoever restores from it, checks it, or heals with it.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Read;
use std::sync::Arc;

use super::head::{Head, HeadLedger, MAX_HEAD_BYTES};
use super::index::{Index, read_segment};
use super::names::{AGE, CONFIG, HEAD, LEDGERS, POLICY, SECRETS, SegmentName, blob_name};
use super::place::{Place, failed};
use super::sealing::{Covered, MirrorKey};
use super::segment::Segment;
use crate::{BlobId, EntryId, Error, LedgerId, Result};

/// A mirror, opened for reading.
pub struct Mirror {
    place: Arc<dyn Place>,
    key: Option<MirrorKey>,
    head: Head,
}

impl Mirror {
    /// Opens the mirror in a place. `key` opens a sealed one.
    ///
    /// # Errors
    /// [`Error::Place`] when there is none, or it is sealed and no key was given; [`Error::Damaged`] for a head that can't
    /// be read.
    pub fn open(place: Arc<dyn Place>, key: Option<MirrorKey>) -> Result<Self> {
        let covered = Covered::to_read(&*place, key.as_ref())?;
        let sealed = covered.is_sealed();
        let bytes = covered.get(HEAD, MAX_HEAD_BYTES)?;
        let missing = || failed(&*place, HEAD, &"nothing was mirrored completely yet");
        let head = Head::parse(&bytes.ok_or_else(missing)?)?;
        Ok(Self {
            place,
            key: key.filter(|_| sealed),
            head,
        })
    }

    /// Whether it is made of age files; anybody who writes to the place may have written one that isn't.
    #[must_use]
    pub fn is_sealed(&self) -> bool {
        self.key.is_some()
    }

    /// What it is a copy of.
    #[must_use]
    pub fn head(&self) -> &Head {
        &self.head
    }

    /// The place, for a person.
    #[must_use]
    pub fn describe(&self) -> String {
        self.place.describe()
    }

    /// Whether the place still answers, and holds a mirror.
    ///
    /// # Errors
    /// [`Error::Place`] when it doesn't.
    pub(super) fn answers(&self) -> Result<()> {
        Covered::to_read(&*self.place, self.key.as_ref()).map(drop)
    }

    /// The trust policy that was mirrored.
    ///
    /// # Errors
    /// [`Error::Place`], [`Error::Damaged`].
    pub fn policy(&self) -> Result<Vec<u8>> {
        self.small(POLICY)
    }

    /// The configuration that was mirrored.
    ///
    /// # Errors
    /// As [`Mirror::policy`].
    pub fn config(&self) -> Result<Vec<u8>> {
        self.small(CONFIG)
    }

    /// Secrets by name, sealed under the operator's seed.
    ///
    /// # Errors
    /// As [`Mirror::policy`].
    pub fn secrets(&self) -> Result<BTreeMap<String, Vec<u8>>> {
        let text = self.small(SECRETS)?;
        let parse = |line: &str| {
            let (name, sealed) = line.rsplit_once(' ')?;
            Some((name.to_owned(), hex::decode(sealed).ok()?))
        };
        let lines = String::from_utf8_lossy(&text);
        let secrets: Option<_> = lines.lines().map(parse).collect();
        secrets.ok_or_else(|| Error::Damaged {
            what: format!("{SECRETS} in {}", self.describe()),
            why: "a line is not `<name> <hex>`".into(),
        })
    }

    fn small(&self, name: &str) -> Result<Vec<u8>> {
        let found = self.covered().get(name, MAX_HEAD_BYTES)?;
        let missing = || Error::Missing {
            what: format!("{name} in {}", self.describe()),
        };
        Ok(found.ok_or_else(missing)?.to_vec())
    }

    /// Visits the segments of a ledger from its first entry to the size in the head; entries beyond it are left out.
    ///
    /// # Errors
    /// [`Error::Missing`] for a gap, [`Error::Damaged`] for a segment that can't be read, or what `visit` returns.
    pub fn each_segment(
        &self,
        ledger: &HeadLedger,
        visit: &mut dyn FnMut(Segment) -> Result<()>,
    ) -> Result<()> {
        let size = ledger.checkpoint()?.0.size;
        let missing = |from, until: u64| Error::Missing {
            what: format!(
                "what holds entries {from} to {} of {} in {}",
                until - 1,
                ledger.name,
                self.describe()
            ),
        };
        let mut at = 0;
        let mut looks = 0;
        while at < size {
            // Segments may be joined while they are read: then a new look finds the longer one.
            looks += 1;
            let from = at;
            let (chain, gaps) = self
                .names(ledger.ledger())?
                .cover_from(ledger.ledger(), at, size);
            for name in &chain {
                if name.from > at {
                    break;
                }
                let Some(mut segment) = read_segment(&self.covered(), *name)? else {
                    break;
                };
                segment.cut(at, size);
                at = name.until;
                visit(segment)?;
            }
            if at == from || looks > 64 {
                let (from, until) = gaps.first().copied().unwrap_or((at, size));
                return Err(missing(from.max(at), until.max(at + 1)));
            }
        }
        Ok(())
    }

    fn names(&self, ledger: LedgerId) -> Result<Index> {
        let mut index = Index::default();
        let prefix = format!("{LEDGERS}{}/", ledger.0);
        self.place.list(&prefix, &mut |listed| {
            let name = listed.name.strip_suffix(AGE).unwrap_or(&listed.name);
            if let Ok(name) = name.parse::<SegmentName>() {
                index.segments.entry(name).or_default();
            }
            Ok(())
        })?;
        Ok(index)
    }

    /// A blob's bytes, as the data folder would hold them, unverified; nothing when the mirror hasn't got it.
    ///
    /// # Errors
    /// [`Error::Place`] when the place doesn't answer.
    pub fn blob(&self, blob: BlobId) -> Result<Option<Box<dyn Read + Send>>> {
        let name = blob_name(blob);
        match self.place.open(&name, 0)? {
            Some(stream) => Ok(Some(stream)),
            None if self.key.is_some() => self.covered().open(&name),
            None => Ok(None),
        }
    }

    /// Small content that came with an entry, unverified; nothing when the mirror hasn't got it.
    ///
    /// # Errors
    /// [`Error::Place`] when the place doesn't answer, [`Error::Damaged`] for a segment that can't be read.
    pub fn content(&self, entry: EntryId) -> Result<Option<Vec<u8>>> {
        let at = entry.index();
        let id = entry.ledger();
        let (chain, _) = self.names(id)?.cover_from(id, at, at + 1);
        let Some(name) = chain.first() else {
            return Ok(None);
        };
        let segment = read_segment(&self.covered(), *name)?;
        let mut contents = segment.into_iter().flat_map(|segment| segment.contents);
        Ok(contents
            .find(|(index, _)| *index == at)
            .map(|(_, data)| data))
    }

    /// Every blob that the mirror has.
    ///
    /// # Errors
    /// [`Error::Place`] when the place doesn't answer.
    pub fn blobs(&self) -> Result<BTreeSet<BlobId>> {
        let mut blobs = BTreeSet::new();
        self.place.list(super::names::BLOBS, &mut |listed| {
            blobs.extend(super::names::parse_blob(&listed.name));
            Ok(())
        })?;
        Ok(blobs)
    }

    fn covered(&self) -> Covered<'_> {
        Covered::known(&*self.place, self.key.as_ref())
    }
}
