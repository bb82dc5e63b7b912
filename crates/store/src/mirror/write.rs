//! Mirroring: what the rows have and the place hasn't, in an order that leaves a valid older state at any instant.
//!
//! A round copies what is new: blobs, then the segment whose entries name them, then the head that counts the segment. What
//! a crash leaves beyond the head is found again, or is written anew.

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::Path;
use std::sync::Arc;

use super::head::{Freed, Head, MAX_HEAD_BYTES};
use super::index::{Index, Inside};
use super::names::{AGE, CONFIG, HEAD, POLICY, SECRETS, blob_name};
use super::past::is_our_past;
use super::place::{Place, failed};
use super::sealing::{Covered, MirrorKey};
use super::segment::{ChunkList, Segment};
use super::verified::Verified;
use super::{Services, gather};
use crate::national::policy;
use crate::store::Shared;
use crate::{
    BlobId, Blobs, Catalog, Error, LedgerId, LedgerInfo, Options, Result, Store, keys::Keys,
};

/// With more entries than this to go, a round first copies without an instant in mind, so that what it then holds in
/// memory as of one instant is little.
const MAX_AT_ONCE: u64 = 1024;
/// How many times it does so at most before it takes what is left.
const MAX_CATCH_UPS: usize = 4;
/// Between two looks for what was freed, and for what the place lost.
const SWEEP_EVERY_MS: i64 = 3_600_000;

/// How a mirror is kept.
pub struct MirrorOptions {
    /// Whether the place is the operator's own; otherwise everything in it is sealed.
    pub operator: bool,
    /// For how many days content that was freed stays.
    pub hold_days: u32,
    /// Where what was seen in the place is kept for the next start; losing it costs reading.
    pub hint: Option<std::path::PathBuf>,
}

/// Asked before bytes go: it waits, and fails when the mirroring should stop.
pub type Pace = Arc<dyn Fn(usize) -> io::Result<()> + Send + Sync>;

/// What a round did.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct Round {
    /// Entries copied.
    pub entries: u64,
    /// Blobs copied.
    pub blobs: u64,
    /// Bytes of segments and blobs copied.
    pub bytes: u64,
    /// Segments written anew because of erasures, of what is freed for good, or to join small ones.
    pub rewritten: u64,
    /// Content that was removed for good.
    pub removed: u64,
    /// Content that could not be copied, because it is damaged or missing here.
    pub damaged: Vec<String>,
    /// Whether the head was put.
    pub head: bool,
}

/// Mirroring to one place. One process has a place at a time.
pub struct Mirroring {
    pub(super) shared: Arc<Shared>,
    pub(super) place: Arc<dyn Place>,
    pub(super) services: Services,
    pub(super) options: MirrorOptions,
    pub(super) pace: Pace,
    pub(super) key: Option<MirrorKey>,
    pub(super) index: Index,
    /// Blobs that stand here and should be in the place, and aren't.
    pub(super) lacking: BTreeSet<BlobId>,
    head: Option<Head>,
    /// When it was last looked at what the place holds.
    looked_ms: i64,
    /// How many bodies were erased when it was last looked for what leaves.
    swept: Option<i64>,
    /// Digests of the small streams as they were put last.
    small: [Option<Vec<u8>>; 3],
}

impl Mirroring {
    /// Begins, beside the open store.
    ///
    /// # Errors
    /// As [`Mirroring::of_folder`].
    pub fn of_store(
        store: &Store,
        place: Arc<dyn Place>,
        services: Services,
        options: MirrorOptions,
        pace: Pace,
    ) -> Result<Self> {
        Self::begin(store.shared.clone(), place, services, options, pace)
    }

    /// Begins, on a data folder alone, whether a server runs on it or not: it is only read.
    ///
    /// # Errors
    /// [`Error::Place`] when the place doesn't answer, or is not a copy of this data centre's past; a failure of the rows.
    pub fn of_folder(
        folder: &Path,
        catalog: Catalog,
        store: Options,
        place: Arc<dyn Place>,
        services: Services,
        options: MirrorOptions,
        pace: Pace,
    ) -> Result<Self> {
        let keys = Keys::load(&folder.join("keys"), &store.centre)?;
        let blobs = Blobs::of(folder, store.object_place.as_ref())?;
        let shared = Shared::new(folder, catalog, store, keys, blobs);
        policy::load(&shared)?;
        Self::begin(Arc::new(shared), place, services, options, pace)
    }

    fn begin(
        shared: Arc<Shared>,
        place: Arc<dyn Place>,
        services: Services,
        options: MirrorOptions,
        pace: Pace,
    ) -> Result<Self> {
        let key = (!options.operator).then(|| shared.keys.mirror_key());
        let covered = Covered::to_write(&*place, key.as_ref())?;
        place.sweep_unfinished()?;
        let head = match covered.get(HEAD, MAX_HEAD_BYTES)? {
            Some(bytes) => Some(Head::parse(&bytes)?),
            None => None,
        };
        if let Some(head) = &head {
            shared.read(|rows| is_our_past(&shared, rows, head, &*place))?;
        }
        let hint = options.hint.as_deref().map(fs::read);
        let hint = hint.and_then(io::Result::ok).unwrap_or_default();
        let index = Index::look(&covered, &hint)?;
        let looked_ms = (shared.clock)();
        Ok(Self {
            lacking: BTreeSet::new(),
            looked_ms,
            shared,
            place,
            services,
            options,
            pace,
            key,
            index,
            head,
            swept: None,
            small: [const { None }; 3],
        })
    }

    /// The head that the place has.
    #[must_use]
    pub fn head(&self) -> Option<&Head> {
        self.head.as_ref()
    }

    /// Blobs that should be in the place, and aren't: what can't be read here, or was lost there and isn't there again yet.
    #[must_use]
    pub fn lacking(&self) -> &BTreeSet<BlobId> {
        &self.lacking
    }

    /// Copies what is new. Blocking, for as long as there is something to copy.
    ///
    /// # Errors
    /// [`Error::Place`], or a failure of the rows. What was copied stays, and the next round goes on.
    pub fn round(&mut self) -> Result<Round> {
        let mut round = Round::default();
        for _ in 0..MAX_CATCH_UPS {
            let ledgers = self.shared.read(LedgerInfo::all)?;
            if self.behind(&ledgers) <= MAX_AT_ONCE {
                break;
            }
            for info in ledgers.iter().skip(1).chain(ledgers.first()) {
                self.catch_up(info, &mut round)?;
            }
        }
        let (mut head, segments) = self.instant()?;
        for segment in segments {
            let freed = self.put_segment(segment, &mut round)?;
            head.freed.extend(freed);
        }
        self.put_small(&mut round)?;
        if !self
            .head
            .as_ref()
            .is_some_and(|last| last.says_the_same(&head))
        {
            self.put_stream(HEAD, &head.to_json(), &mut round)?;
            round.head = true;
            self.head = Some(head);
        }
        for ledger in self.head.iter().flat_map(|head| &head.ledgers) {
            let size = ledger.checkpoint()?.0.size;
            self.shared.mirrored.note(ledger.ledger(), size);
        }
        self.sweep_when_due(&mut round)?;
        self.join_small(&mut round)?;
        if round != Round::default() {
            self.keep_hint();
        }
        Ok(round)
    }

    /// Looks again at what the place holds, and for what leaves it, once an hour; for the latter whenever something was
    /// erased, too.
    fn sweep_when_due(&mut self, round: &mut Round) -> Result<()> {
        let now_ms = (self.shared.clock)();
        let erasures = self
            .shared
            .read(|rows| rows.one("SELECT COUNT(*) FROM erasures", &[], |row| row.int(0)))?;
        let is_due = |since_ms: i64| now_ms - since_ms >= SWEEP_EVERY_MS;
        let looks = is_due(self.looked_ms);
        if looks {
            self.index.look_again(&*self.place)?;
            self.looked_ms = now_ms;
        }
        if looks || self.swept != Some(erasures.unwrap_or(0)) {
            self.sweep(now_ms, round)?;
            self.swept = Some(erasures.unwrap_or(0));
        }
        Ok(())
    }

    /// How many entries of these ledgers the place lacks.
    fn behind(&self, ledgers: &[LedgerInfo]) -> u64 {
        let gaps = ledgers
            .iter()
            .flat_map(|info| self.index.cover(info.id, info.size).1);
        gaps.map(|(from, until)| until - from).sum()
    }

    fn catch_up(&mut self, info: &LedgerInfo, round: &mut Round) -> Result<()> {
        for (mut from, until) in self.index.cover(info.id, info.size).1 {
            while from < until {
                let segment = self.shared.read(|rows| {
                    let listed = |blob| self.is_listed(blob);
                    let range = (from, until);
                    gather::segment(&self.shared, &self.services, rows, info, range, &listed)
                })?;
                from = segment.name.until;
                self.put_segment(segment, round)?;
            }
        }
        Ok(())
    }

    /// What is left to copy, as of one instant, with that instant's head.
    fn instant(&self) -> Result<(Head, Vec<Segment>)> {
        self.shared.read(|rows| {
            let head = gather::head(&self.shared, rows)?;
            let mut segments: Vec<Segment> = Vec::new();
            let ledgers = LedgerInfo::all(rows)?;
            for info in ledgers.iter().skip(1).chain(ledgers.first()) {
                for (mut from, until) in self.index.cover(info.id, info.size).1 {
                    while from < until {
                        let listed = |blob: BlobId| {
                            let lists = |segment: &Segment| {
                                segment.chunks.iter().any(|list| list.blob == blob)
                            };
                            self.is_listed(blob) || segments.iter().any(lists)
                        };
                        let range = (from, until);
                        let segment = gather::segment(
                            &self.shared,
                            &self.services,
                            rows,
                            info,
                            range,
                            &listed,
                        )?;
                        from = segment.name.until;
                        segments.push(segment);
                    }
                }
            }
            Ok((head, segments))
        })
    }

    /// Whether some segment lists a blob.
    fn is_listed(&self, blob: BlobId) -> bool {
        self.index.listed.contains(&blob)
    }

    /// Copies a segment's blobs, and then the segment; gives the blobs that were freed meanwhile.
    fn put_segment(&mut self, segment: Segment, round: &mut Round) -> Result<Vec<Freed>> {
        let mut freed = Vec::new();
        let recipients = self.recipients(segment.name.ledger)?;
        for list in &segment.chunks {
            if !self.index.blobs.contains(&list.blob) && !self.put_blob(list, &recipients, round)? {
                freed.push(Freed::Blob(list.blob));
            }
        }
        round.entries += segment.entries.len() as u64;
        self.write_segment(&segment, &recipients, round)?;
        Ok(freed)
    }

    /// Puts a segment and notes what is in it.
    pub(super) fn write_segment(
        &mut self,
        segment: &Segment,
        recipients: &[amana_seal::age::Recipient],
        round: &mut Round,
    ) -> Result<()> {
        let bytes = segment.encode();
        self.wait(bytes.len())?;
        let name = segment.name.to_string();
        let covered = self.covered();
        let size_bytes = covered.put(&name, &bytes, recipients)?;
        round.bytes += size_bytes;
        self.index
            .insert(segment.name, Inside::of(segment, size_bytes));
        Ok(())
    }

    /// Copies a blob, each chunk checked first; false when it was freed in the meantime. One that is damaged here is named
    /// and left out, so that what the place has of it isn't replaced.
    pub(super) fn put_blob(
        &mut self,
        list: &ChunkList,
        recipients: &[amana_seal::age::Recipient],
        round: &mut Round,
    ) -> Result<bool> {
        let blobs = &self.shared.blobs;
        let size_bytes = match blobs.size_bytes(list.blob) {
            // The place of the blobs is away, which says nothing of this one.
            Err(error @ Error::Away { .. }) => return Err(error),
            size => size.ok().flatten(),
        };
        let reader = match size_bytes {
            Some(size) => blobs.reader(list.blob, size, list.digests.clone().into()),
            None => Err(Error::Missing {
                what: format!("blob {}", list.blob),
            }),
        };
        let reader = match reader {
            Ok(reader) => reader,
            Err(error) => return self.not_copied(list.blob, &error, round),
        };
        let mut content = Verified::new(reader, self.pace.clone());
        let size_bytes = size_bytes.unwrap_or_default();
        let name = blob_name(list.blob);
        let put = match list.sealed {
            // Ciphertext already: it goes as it is.
            true => self.place.put(&name, Some(size_bytes), &mut content),
            false => self
                .covered()
                .put_stream(&name, size_bytes, &mut content, recipients),
        };
        if let Some(damage) = content.damage {
            if matches!(damage, Error::Away { .. }) {
                return Err(damage);
            }
            return self.not_copied(list.blob, &damage, round);
        }
        put?;
        self.index.blobs.insert(list.blob);
        self.lacking.remove(&list.blob);
        round.blobs += 1;
        round.bytes += size_bytes;
        Ok(true)
    }

    /// Whether a blob that can't be read was freed meanwhile (false), or is damaged, which is told.
    fn not_copied(&mut self, blob: BlobId, why: &Error, round: &mut Round) -> Result<bool> {
        let stands = self.shared.read(|rows| gather::chunk_list(rows, blob))?;
        if stands.is_some() {
            round.damaged.push(why.to_string());
            self.lacking.insert(blob);
        } else {
            self.lacking.remove(&blob);
        }
        Ok(stands.is_some())
    }

    /// The policy, the configuration and the secrets, when they differ from what was put last.
    fn put_small(&mut self, round: &mut Round) -> Result<()> {
        let read = |name: &str| {
            let path = self.shared.folder.join(name);
            match fs::read(&path) {
                Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
                read => read.map_err(Error::file("read", &path)),
            }
        };
        let secrets = self.shared.read(gather::secrets)?;
        let streams = [
            (POLICY, read(POLICY)?),
            (CONFIG, read(CONFIG)?),
            (SECRETS, secrets),
        ];
        for (place, (name, bytes)) in streams.into_iter().enumerate() {
            if self.small[place].as_ref() == Some(&bytes) {
                continue;
            }
            let there = self.covered().get(name, MAX_HEAD_BYTES);
            if !there.is_ok_and(|there| there.is_some_and(|there| *there == bytes)) {
                self.put_stream(name, &bytes, round)?;
            }
            self.small[place] = Some(bytes);
        }
        Ok(())
    }

    /// Puts a stream that is the operator's alone.
    pub(super) fn put_stream(&self, name: &str, bytes: &[u8], round: &mut Round) -> Result<()> {
        self.wait(bytes.len())?;
        round.bytes += self.covered().put(name, bytes, &[])?;
        Ok(())
    }

    pub(super) fn covered(&self) -> Covered<'_> {
        Covered::known(&*self.place, self.key.as_ref())
    }

    /// Who opens what is a ledger's, beside the operator.
    pub(super) fn recipients(&self, ledger: LedgerId) -> Result<Vec<amana_seal::age::Recipient>> {
        if self.key.is_none() || ledger == LedgerId::NATIONAL {
            return Ok(Vec::new());
        }
        self.shared
            .read(|rows| (self.services.recipients)(rows, ledger))
    }

    pub(super) fn wait(&self, bytes: usize) -> Result<()> {
        (self.pace)(bytes).map_err(|error| failed(&*self.place, "", &error))
    }

    /// Removes a blob's stream, however it lies there.
    pub(super) fn delete_blob(&mut self, blob: BlobId) -> Result<()> {
        self.place.delete(&blob_name(blob))?;
        if self.key.is_some() {
            self.place.delete(&format!("{}{AGE}", blob_name(blob)))?;
        }
        self.index.blobs.remove(&blob);
        Ok(())
    }

    /// Keeps what was seen for the next start. Losing it costs reading, so that failing to write it is no failure.
    fn keep_hint(&self) {
        let Some(path) = &self.options.hint else {
            return;
        };
        let tmp = path.with_extension("new");
        let kept = fs::write(&tmp, self.index.to_hint()).and_then(|()| fs::rename(&tmp, path));
        if let Err(error) = kept {
            tracing::warn!(path = %path.display(), %error, "what the mirror holds is not kept for the next start");
        }
    }
}
