//! The way back for a data centre that was restored from an older copy: whoever followed it hands in what it has lost.
//!
//! An entry is taken back only when, from our own head, the entries handed in lead exactly to a checkpoint that our own
//! key signed: then it is the entry that was acknowledged, and nothing else could be. It is appended verbatim, by the code
//! of replay, without new checks. Epochs are taken back with what was kept beside them, once that has the roots that they
//! commit to. The data centre takes writes again when nothing that a witness showed is missing any more.

use std::collections::BTreeMap;

use amana_ledger::{Checkpoint, Hash, Note, RegistryRow, leaf_hash, registry_root, slots_root};

use super::{EpochBody, latest_head, row_at};
use crate::erase::lost_bodies;
use crate::group::Group;
use crate::ledgers::{Head, next_id};
use crate::mirror::Segment;
use crate::store::Shared;
use crate::{
    BlobId, Entry, Error, LedgerId, LedgerInfo, Reader, Result, Store, Visibility, Writer,
};
use crate::{EntryId, content};

/// Entries of one ledger, handed in.
pub struct GivenBack {
    /// `owner/name`; `national` for the national log.
    pub ledger: String,
    /// Consecutive entries, verbatim, the last one right before the checkpoint's size. Those that we have are skipped.
    pub entries: Vec<Entry>,
    /// Small content that came with them, by index.
    pub contents: Vec<(u64, Vec<u8>)>,
    /// Digests of the chunks of blobs that they name.
    pub chunks: Vec<(BlobId, Vec<Hash>)>,
    /// The checkpoint at their end, which our key signed.
    pub checkpoint: Note,
}

/// What was taken back.
#[derive(Clone, PartialEq, Eq, Debug, serde::Serialize)]
pub struct TakenBack {
    /// Entries that were missing and are there again.
    pub entries: u64,
    /// The ledger's size now.
    pub size: u64,
    /// Why the data centre is read-only still, if so.
    pub read_only: Option<String>,
}

impl GivenBack {
    /// Joins segments of a mirror, in order. The last one bears a checkpoint, unless `checkpoint` is given.
    ///
    /// # Errors
    /// [`Error::Refused`] without a checkpoint.
    pub fn of_segments(
        ledger: &str,
        segments: Vec<Segment>,
        checkpoint: Option<Note>,
    ) -> Result<Self> {
        let at_end = segments.last().and_then(|last| last.checkpoint.clone());
        let checkpoint = checkpoint.or(at_end).ok_or_else(|| {
            refused(
                ledger,
                "no signed checkpoint stands at the end of these entries",
            )
        })?;
        let mut given = Self {
            ledger: ledger.to_owned(),
            entries: Vec::new(),
            contents: Vec::new(),
            chunks: Vec::new(),
            checkpoint,
        };
        for segment in segments {
            given.entries.extend(segment.entries);
            given.contents.extend(segment.contents);
            let lists = segment.chunks.into_iter();
            given
                .chunks
                .extend(lists.map(|list| (list.blob, list.digests)));
        }
        Ok(given)
    }
}

impl Store {
    /// Takes back entries that this folder has lost; does nothing about those that it has. Durable on return.
    ///
    /// # Errors
    /// [`Error::Refused`] when they don't lead from our head to a checkpoint that our key signed: then nothing is changed;
    /// or a failure of the rows.
    pub async fn take_back(&self, given: GivenBack) -> Result<TakenBack> {
        let shared = self.shared.clone();
        self.alone_though_read_only(move |group| {
            let entries = group.take_back(&given)?;
            shared.settle_what_witnesses_showed()?;
            let info = shared.read(|rows| LedgerInfo::named(rows, &given.ledger))?;
            Ok(TakenBack {
                entries,
                size: info.map_or(0, |info| info.size),
                read_only: shared.read_only_why(),
            })
        })
        .await
    }
}

impl Group {
    fn take_back(&mut self, given: &GivenBack) -> Result<u64> {
        let shared = self.shared.clone();
        if let Some(why) = shared.stopped.why() {
            return Err(Error::Stopped { why });
        }
        let (taken, freed) = self.transact_given(|rows| {
            let taken = taken_back(&shared, rows, given)?;
            Ok((taken, content::settle(rows)?))
        })?;
        // What was known of the heads before is older.
        self.forget_heads();
        for blob in freed {
            if let Err(error) = shared.blobs.remove(blob) {
                tracing::warn!(%blob, %error, "a freed blob could not be removed and waits for the next start");
            }
        }
        Ok(taken)
    }
}

/// Verifies and appends, in the caller's transaction; an error rolls all of it back.
fn taken_back(shared: &Shared, rows: &Writer<'_>, given: &GivenBack) -> Result<u64> {
    let wrong = |why: &str| refused(&given.ledger, why);
    let (id, mut head) = match LedgerInfo::named(rows, &given.ledger)? {
        Some(info) => {
            let head = Head::load(rows, info.id)?.ok_or_else(|| wrong("its head is missing"))?;
            (info.id, head)
        }
        None => opened(rows, given)?,
    };
    let key = match id {
        LedgerId::NATIONAL => shared.keys.national_key(),
        _ => shared.keys.ledger_key(&given.ledger),
    };
    let signed = Checkpoint::of_note(&given.checkpoint, &key.verifier())?;
    let before = head.size();
    if signed.size <= before {
        return already_there(shared, rows, id, &signed).map(|()| 0);
    }
    let missing = missing(given, id, before..signed.size)?;
    let mut tree = head.frontier.clone();
    for entry in &missing {
        tree.push(leaf_hash(&entry.leaf()));
    }
    if (tree.size(), tree.root()) != (signed.size, signed.root) {
        return Err(wrong(
            "from what we have, these entries don't lead to the checkpoint that we signed",
        ));
    }
    for entry in &missing {
        if id == LedgerId::NATIONAL {
            shared.epoch_agrees(rows, entry)?;
        } else if !entry.body_is_genuine() {
            return Err(wrong("a body is not the one whose hash is in its entry"));
        }
        keep_contents(rows, given, entry)?;
        head.append(rows, entry)?;
        shared.catalog.replay(entry, rows)?;
    }
    head.store(rows, id)?;
    // Taken now, a body that was left out could never be given back any more.
    if id != LedgerId::NATIONAL
        && let Some(lost) = lost_bodies(rows, id, before..head.size())?.first()
    {
        let index = lost.index();
        return Err(wrong(&format!(
            "the body of entry {index} is left out, and none of these entries erases it"
        )));
    }
    keep_chunks(rows, given)?;
    Ok(head.size() - before)
}

/// The entries of `range`, in order, under the number that the ledger has here.
fn missing(given: &GivenBack, id: LedgerId, range: std::ops::Range<u64>) -> Result<Vec<Entry>> {
    let mut missing = Vec::new();
    let mut next = range.start;
    for entry in &given.entries {
        let index = entry.id.index();
        if !range.contains(&index) {
            continue;
        }
        let place = EntryId::new(id, index).filter(|_| index == next);
        let place = place.ok_or_else(|| refused(&given.ledger, "there is a gap in the entries"))?;
        next += 1;
        missing.push(Entry {
            id: place,
            ..entry.clone()
        });
    }
    Ok(missing)
}

/// A ledger that was opened after this copy was taken: its registry row, which an epoch commits to, says which it is.
fn opened(rows: &Writer<'_>, given: &GivenBack) -> Result<(LedgerId, Head)> {
    let wrong = |why: &str| refused(&given.ledger, why);
    let id = next_id(rows)?;
    let text = row_at(rows, id, u64::MAX)?.ok_or_else(|| {
        wrong("we don't know it: give back the national log first, and the ledgers that were opened before it")
    })?;
    let row: RegistryRow = text.parse()?;
    if row.name != given.ledger || row.slot + 1 != u64::from(id.0) {
        return Err(wrong(
            "the registry has another ledger in its place: give that one back first",
        ));
    }
    let visibility = match row.visibility {
        amana_ledger::Visibility::Private => Visibility::Private,
        amana_ledger::Visibility::Public => Visibility::Public,
    };
    let head = Head::new(&given.ledger, visibility);
    head.store(rows, id)?;
    Ok((id, head))
}

/// What we have already must be what was signed: otherwise history was rewritten, and giving back can't mend that.
fn already_there(
    shared: &Shared,
    rows: &Reader<'_>,
    id: LedgerId,
    signed: &Checkpoint,
) -> Result<()> {
    let info = LedgerInfo::by_id(rows, id)?;
    let ours = info
        .map(|info| shared.checkpoint(rows, &info, signed.size))
        .transpose()?;
    if ours.is_some_and(|ours| ours.root == signed.root) {
        return Ok(());
    }
    Err(refused(
        &signed.origin,
        "we signed this checkpoint, and have another root at its size: the ledger was rewritten",
    ))
}

/// Small content that has its place in the rows; what isn't handed in is healed when it is read.
fn keep_contents(rows: &Writer<'_>, given: &GivenBack, entry: &Entry) -> Result<()> {
    for (_, data) in given
        .contents
        .iter()
        .filter(|(index, _)| *index == entry.id.index())
    {
        rows.execute(
            "INSERT INTO contents (id, data) VALUES ($1, $2) ON CONFLICT (id) DO NOTHING",
            &[entry.id.into(), data.as_slice().into()],
        )?;
    }
    Ok(())
}

/// Lists of digests; whoever reads a blob holds the list against the root in its entry.
fn keep_chunks(rows: &Writer<'_>, given: &GivenBack) -> Result<()> {
    for (blob, digests) in &given.chunks {
        let digests: Vec<u8> = digests
            .iter()
            .flat_map(|digest| *digest.as_bytes())
            .collect();
        rows.execute(
            "INSERT INTO blob_chunks (blob, digests) VALUES ($1, $2) ON CONFLICT (blob) DO NOTHING",
            &[blob.as_bytes().as_slice().into(), digests.as_slice().into()],
        )?;
    }
    Ok(())
}

impl Shared {
    /// Whether what is handed in beside an epoch has the roots that the epoch commits to.
    fn epoch_agrees(&self, rows: &Reader<'_>, entry: &Entry) -> Result<()> {
        let number = entry.id.index();
        let wrong = |why: &str| refused(&format!("epoch {number}"), why);
        let leaf = entry.epoch()?;
        let body = entry.body.as_ref().ok_or_else(|| {
            wrong("what was kept beside it is not handed in: only a mirror of the operator's has that")
        })?;
        let body: EpochBody = serde_json::from_slice(&body.1)
            .map_err(|_| wrong("what stands beside it is unreadable"))?;
        let mut heads: BTreeMap<u32, (u64, Hash)> = BTreeMap::new();
        let mut texts: BTreeMap<u32, String> = BTreeMap::new();
        for head in &body.heads {
            heads.insert(head.ledger, (head.size, head.root.parse()?));
        }
        for row in body.rows {
            let (ledger, text) = row.into_parts();
            texts.insert(ledger, text);
        }
        let mut registry = Vec::new();
        let mut slots = Vec::new();
        let count = u32::try_from(leaf.ledgers).map_err(|_| wrong("it has too many ledgers"))?;
        for id in 1..=count {
            let ledger = LedgerId(id);
            let text = match texts.remove(&id) {
                Some(text) => Some(text),
                None => row_at(rows, ledger, number)?,
            };
            let text = text.ok_or_else(|| wrong("a registry row is missing beside it"))?;
            let row: RegistryRow = text.parse()?;
            let head = match heads.remove(&id) {
                Some(head) => Some(head),
                None => latest_head(rows, ledger, number)?,
            };
            let (size, root) = head.ok_or_else(|| wrong("a head is missing beside it"))?;
            slots.push(self.slot((&row.name, ledger, size, root), number));
            registry.push(text);
        }
        let beyond = !heads.is_empty() || !texts.is_empty();
        if beyond
            || leaf.epoch != number
            || registry_root(registry.iter().map(String::as_str)) != leaf.registry_root
            || slots_root(&slots) != leaf.slots_root
        {
            return Err(wrong(
                "what stands beside it doesn't have the roots that it commits to",
            ));
        }
        Ok(())
    }
}

fn refused(what: &str, why: &str) -> Error {
    Error::Refused {
        what: format!("what was given back of {what}"),
        why: why.to_owned(),
    }
}
