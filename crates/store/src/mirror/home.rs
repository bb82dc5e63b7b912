//! An institution's own mirror: what its gateway keeps, on its own premises, of the one ledger that is the institution's.
//!
//! The same streams as in a data centre's mirror, in the same order, so that any instant is a valid older state. It is
//! always sealed, and to nobody but the institution: the root, and the members of the newest keyring. Whoever finds the
//! disk sees how many entries and pieces there are, and of what length. What is not in it: other ledgers, the national log,
//! secrets of the data centre. docs/formats/mirror.md draws it.

mod sweep;

use std::collections::BTreeSet;
use std::fs;
use std::io::Read;
use std::path::PathBuf;
use std::sync::Arc;

use amana_seal::age::Recipient;

use super::head::{Head, HeadLedger, MAX_HEAD_BYTES};
use super::index::{Index, Inside, read_segment};
use super::names::{AGE, HEAD, MARK, SegmentName, blob_name};
use super::place::{Place, failed, get_bytes, put_bytes};
use super::sealing::{Covered, MARK_LINE, MAX_MARK_BYTES, MirrorKey};
use super::segment::Segment;
use crate::{BlobId, EntryId, Error, LedgerId, Result};

pub use sweep::{Stands, Swept};

/// What the mark says of such a mirror.
const HOME: &str = "home\n";

/// Small streams beside the ledger, each the newest of its kind.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Paper {
    /// The trust policy that the gateway pinned.
    Policy,
    /// The ledger's registry row, signed by the national log.
    Row,
    /// The receipt of the newest act that a quorum of witnesses saw: with it the whole ledger up to there is proved.
    Receipt,
}

impl Paper {
    const fn name(self) -> &'static str {
        match self {
            Self::Policy => "policy",
            Self::Row => "row",
            Self::Receipt => "receipt",
        }
    }
}

/// An institution's own mirror, opened by one of its keys. All verbs block.
pub struct HomeMirror {
    place: Arc<dyn Place>,
    key: MirrorKey,
    index: Index,
    head: Option<Head>,
    hint: Option<PathBuf>,
}

impl HomeMirror {
    /// Opens the mirror for writing, and marks a place that is new. `known` says that it was written to before: then a
    /// place without the mark is a disk that isn't mounted, or another one, and nothing is written to it unless somebody
    /// put an empty file of the mark's name there. `hint` keeps what was seen for the next start.
    ///
    /// # Errors
    /// [`Error::Place`], [`Error::Damaged`] for what another key sealed.
    pub fn begin(
        place: Arc<dyn Place>,
        key: MirrorKey,
        known: bool,
        hint: Option<PathBuf>,
    ) -> Result<Self> {
        let mark = get_bytes(&*place, MARK, MAX_MARK_BYTES)?;
        match mark.as_deref() {
            None if known => {
                let why = "the mirror that was begun here isn't here: mount its disk. To begin anew on another one, put an \
                           empty file of this name there";
                return Err(failed(&*place, MARK, &why));
            }
            None | Some([]) => {
                put_bytes(&*place, MARK, format!("{MARK_LINE}{HOME}").as_bytes())?;
            }
            Some(_) => is_home(&*place)?,
        }
        place.sweep_unfinished()?;
        Self::look(place, key, hint)
    }

    /// Opens the mirror for reading; nothing is written.
    ///
    /// # Errors
    /// As [`HomeMirror::begin`].
    pub fn open(place: Arc<dyn Place>, key: MirrorKey) -> Result<Self> {
        is_home(&*place)?;
        Self::look(place, key, None)
    }

    /// Whether an institution's own mirror is in a place.
    ///
    /// # Errors
    /// When the place doesn't answer.
    pub fn is_in(place: &dyn Place) -> Result<bool> {
        let mark = get_bytes(place, MARK, MAX_MARK_BYTES)?;
        Ok(mark.is_some_and(|mark| mark == format!("{MARK_LINE}{HOME}").as_bytes()))
    }

    fn look(place: Arc<dyn Place>, key: MirrorKey, hint: Option<PathBuf>) -> Result<Self> {
        let covered = Covered::known(&*place, Some(&key));
        let head = covered.get(HEAD, MAX_HEAD_BYTES)?;
        let head = head.map(|bytes| Head::parse_some(&bytes)).transpose()?;
        let seen = hint.as_deref().and_then(|path| fs::read(path).ok());
        let index = Index::look(&covered, &seen.unwrap_or_default())?;
        Ok(Self {
            place,
            key,
            index,
            head,
            hint,
        })
    }

    /// What it is a copy of; nothing before the first head was put.
    #[must_use]
    pub fn head(&self) -> Option<&Head> {
        self.head.as_ref()
    }

    /// The ledger in the head.
    #[must_use]
    pub fn ledger(&self) -> Option<&HeadLedger> {
        self.head.as_ref()?.ledgers.first()
    }

    /// Whether the place still holds it: a disk that was taken away leaves an empty folder behind, or none.
    ///
    /// # Errors
    /// When it doesn't.
    pub fn is_here(&self) -> Result<()> {
        is_home(&*self.place)
    }

    /// The place, for a person.
    #[must_use]
    pub fn describe(&self) -> String {
        self.place.describe()
    }

    /// A paper; nothing when it isn't there.
    ///
    /// # Errors
    /// [`Error::Place`], [`Error::Damaged`].
    pub fn paper(&self, paper: Paper) -> Result<Option<Vec<u8>>> {
        let found = self.covered().get(paper.name(), MAX_HEAD_BYTES)?;
        Ok(found.map(|bytes| bytes.to_vec()))
    }

    /// Puts a paper.
    ///
    /// # Errors
    /// [`Error::Place`].
    pub fn put_paper(&self, paper: Paper, bytes: &[u8], others: &[Recipient]) -> Result<()> {
        self.covered().put(paper.name(), bytes, others).map(drop)
    }

    /// Puts the head: what it counts is there from now on.
    ///
    /// # Errors
    /// [`Error::Place`].
    pub fn put_head(&mut self, head: Head, others: &[Recipient]) -> Result<()> {
        self.covered().put(HEAD, &head.to_json(), others)?;
        self.head = Some(head);
        if let Some(hint) = &self.hint {
            // Losing it costs reading.
            let kept = fs::write(hint, self.index.to_hint());
            let _ = kept.inspect_err(|error| tracing::debug!(%error, "what was seen isn't kept"));
        }
        Ok(())
    }

    /// The end of what is there from the ledger's first entry on without a gap, whether the head counts it or not.
    #[must_use]
    pub fn end(&self, ledger: LedgerId) -> u64 {
        let (chain, gaps) = self.index.cover(ledger, u64::MAX);
        let end = chain.last().map_or(0, |last| last.until);
        gaps.first().map_or(end, |(from, _)| *from)
    }

    /// Visits the entries of a ledger from one on, segment by segment, as far as there are any without a gap.
    ///
    /// # Errors
    /// [`Error::Damaged`], [`Error::Place`], or what `visit` returns.
    pub fn each_segment(
        &self,
        ledger: LedgerId,
        from: u64,
        visit: &mut dyn FnMut(Segment) -> Result<()>,
    ) -> Result<()> {
        let mut at = from;
        let end = self.end(ledger);
        while at < end {
            let mut segment = self.segment_of(ledger, at)?;
            let until = segment.name.until;
            segment.cut(at, until);
            segment.name.from = at;
            visit(segment)?;
            at = until;
        }
        Ok(())
    }

    /// The segment that holds an entry.
    ///
    /// # Errors
    /// [`Error::Missing`], [`Error::Damaged`], [`Error::Place`].
    pub fn segment_of(&self, ledger: LedgerId, index: u64) -> Result<Segment> {
        let (chain, _) = self.index.cover_from(ledger, index, index + 1);
        let name = chain.first().filter(|name| name.from <= index);
        let segment = name.map(|name| read_segment(&self.covered(), *name));
        segment
            .transpose()?
            .flatten()
            .ok_or_else(|| Error::Missing {
                what: format!(
                    "entry {index} of ledger {} in {}",
                    ledger.0,
                    self.describe()
                ),
            })
    }

    /// Whether a blob is there.
    #[must_use]
    pub fn has_blob(&self, blob: BlobId) -> bool {
        self.index.blobs.contains(&blob)
    }

    /// Whether a blob is there and a segment lists its chunks.
    #[must_use]
    pub fn lists_blob(&self, blob: BlobId) -> bool {
        self.has_blob(blob) && self.index.listed.contains(&blob)
    }

    /// Puts a blob: ciphertext as it is, anything else as an age file. What `content` fails with leaves nothing.
    ///
    /// # Errors
    /// [`Error::Place`].
    pub fn put_blob(
        &mut self,
        blob: BlobId,
        is_sealed: bool,
        size_bytes: u64,
        content: &mut dyn Read,
        others: &[Recipient],
    ) -> Result<()> {
        let name = blob_name(blob);
        match is_sealed {
            true => self.place.put(&name, Some(size_bytes), content)?,
            false => self
                .covered()
                .put_stream(&name, size_bytes, content, others)?,
        }
        self.index.blobs.insert(blob);
        Ok(())
    }

    /// A blob's bytes as the data centre has them, unverified; nothing when it isn't there.
    ///
    /// # Errors
    /// [`Error::Place`], [`Error::Damaged`].
    pub fn blob(&self, blob: BlobId) -> Result<Option<Box<dyn Read + Send>>> {
        let name = blob_name(blob);
        match self.place.open(&name, 0)? {
            Some(stream) => Ok(Some(stream)),
            None => self.covered().open(&name),
        }
    }

    /// Small content that came with an entry, unverified; nothing when it isn't there.
    ///
    /// # Errors
    /// As [`HomeMirror::segment_of`].
    pub fn content(&self, entry: EntryId) -> Result<Option<Vec<u8>>> {
        let segment = self.segment_of(entry.ledger(), entry.index())?;
        let mut contents = segment.contents.into_iter();
        let found = contents.find(|(index, _)| *index == entry.index());
        Ok(found.map(|(_, data)| data))
    }

    /// Puts a segment.
    ///
    /// # Errors
    /// [`Error::Place`].
    pub fn put_segment(&mut self, segment: &Segment, others: &[Recipient]) -> Result<()> {
        let name = segment.name.to_string();
        let size_bytes = self.covered().put(&name, &segment.encode(), others)?;
        self.index
            .insert(segment.name, Inside::of(segment, size_bytes));
        Ok(())
    }

    /// Removes what stands beyond an entry: it is not the ledger's, or was never counted.
    ///
    /// # Errors
    /// [`Error::Place`].
    pub fn cut(&mut self, ledger: LedgerId, size: u64) -> Result<()> {
        let beyond = |name: &&SegmentName| name.ledger == ledger && name.until > size;
        let names: Vec<SegmentName> = self.index.segments.keys().filter(beyond).copied().collect();
        names.into_iter().try_for_each(|name| self.delete(name))
    }

    /// Joins small segments at the ledger's end, and removes what was joined before.
    ///
    /// # Errors
    /// [`Error::Place`], [`Error::Damaged`].
    pub fn join_small(&mut self, ledger: LedgerId, others: &[Recipient]) -> Result<()> {
        let size = self.end(ledger);
        let mut joined: Option<Segment> = None;
        for name in self.index.small_ones(ledger, size) {
            let next = self.segment_of(ledger, name.from)?;
            match &mut joined {
                None => joined = Some(next),
                Some(joined) => joined.append(next),
            }
        }
        if let Some(joined) = joined {
            self.put_segment(&joined, others)?;
        }
        for name in self.index.joined_already(ledger, size) {
            self.delete(name)?;
        }
        Ok(())
    }

    /// Blobs whose streams are there.
    #[must_use]
    pub fn blobs(&self) -> BTreeSet<BlobId> {
        self.index.blobs.iter().copied().collect()
    }

    fn delete(&mut self, name: SegmentName) -> Result<()> {
        self.place.delete(&format!("{name}{AGE}"))?;
        self.index.segments.remove(&name);
        Ok(())
    }

    fn covered(&self) -> Covered<'_> {
        Covered::known(&*self.place, Some(&self.key))
    }
}

fn is_home(place: &dyn Place) -> Result<()> {
    match HomeMirror::is_in(place)? {
        true => Ok(()),
        false => Err(failed(
            place,
            MARK,
            &"there is no mirror of an institution's own in this place",
        )),
    }
}
