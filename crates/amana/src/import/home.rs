//! An institution's own mirror, read as what a bag is: its acts, what vouches for them, and content.

use std::collections::{HashMap, VecDeque};
use std::io::{Cursor, Read};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use amana_ledger::{Checkpoint, Note, Policy, RegistryRow};
use amana_seal::statement::SignedStatement;
use amana_store::mirror::home::{HomeMirror, Paper};
use amana_store::mirror::{CosignedLine, FolderPlace, MirrorKey, Segment};
use amana_store::{BlobId, Entry, EntryId, LedgerId};
use amana_vault::Extent;
use anyhow::{Context as _, Result};
use serde::Deserialize;

use super::keys::Own;
use crate::wire::{ActText, SaltedBody};

/// A mirror, opened.
pub(crate) struct Home {
    mirror: Arc<HomeMirror>,
    ledger: LedgerId,
    /// The newest signed checkpoint, whose entries are read; who signed it isn't judged yet.
    head: Note,
    size: u64,
    /// Where the data centre kept each piece.
    pieces: HashMap<[u8; 16], Kept>,
    /// The segment that was read last: small contents are asked for in order.
    last: Mutex<Option<Segment>>,
}

/// The entry that brought content, and its blob, if it isn't in the rows.
type Kept = (u64, Option<BlobId>);

#[derive(Deserialize)]
struct SealedBody {
    statement: String,
    extent: Option<Extent>,
}

impl Home {
    /// Whether a folder holds an institution's own mirror.
    ///
    /// # Errors
    /// When it can't be read.
    pub(crate) fn is_in(folder: &Path) -> Result<bool> {
        Ok(HomeMirror::is_in(&FolderPlace::open(folder)?)?)
    }

    /// Opens it with the key of a gateway, or the root's.
    ///
    /// # Errors
    /// When it is sealed to others, or nothing was mirrored whole yet.
    pub(crate) fn open(folder: &Path, own: &Own) -> Result<Self> {
        let key = MirrorKey::from_seed(match own {
            Own::Root(root) => root.identity_seed(),
            Own::Member(member, _) => member.identity_seed(),
        });
        let place = Arc::new(FolderPlace::open(folder)?);
        let mirror = HomeMirror::open(place, key)?;
        let head = mirror.ledger().context("nothing was mirrored whole yet")?;
        let (checkpoint, note) = head.checkpoint()?;
        let ledger = head.ledger();
        let mut home = Self {
            mirror: Arc::new(mirror),
            ledger,
            head: note,
            size: checkpoint.size,
            pieces: HashMap::new(),
            last: Mutex::default(),
        };
        let mut pieces = HashMap::new();
        home.mirror.each_segment(ledger, 0, &mut |segment| {
            for entry in &segment.entries {
                pieces.extend(piece_of(entry));
            }
            Ok(())
        })?;
        home.pieces = pieces;
        Ok(home)
    }

    /// Where it is, for a person.
    pub(super) fn describe(&self) -> String {
        self.mirror.describe()
    }

    /// The acts that the head counts, in order.
    pub(super) fn acts(&self) -> impl Iterator<Item = Result<ActText>> + use<> {
        let (mirror, ledger, size) = (self.mirror.clone(), self.ledger, self.size);
        let (mut at, mut ready) = (0, VecDeque::new());
        std::iter::from_fn(move || {
            if ready.is_empty() && at < size {
                match mirror.segment_of(ledger, at) {
                    Err(error) => {
                        at = size;
                        return Some(Err(error.into()));
                    }
                    Ok(segment) => {
                        let until = segment.name.until.min(size);
                        let entries = segment.entries.into_iter();
                        ready.extend(entries.filter(|e| (at..until).contains(&e.id.index())));
                        at = until;
                    }
                }
            }
            ready.pop_front().map(|entry| text_of(&entry))
        })
    }

    /// The checkpoint at their end, signed by the key in the ledger's row, which a log of the policy signed: of the policy
    /// given, or of the one that the mirror has.
    ///
    /// # Errors
    /// When one of them isn't, or is missing.
    pub(super) fn checkpoint(&self, policy: Option<&Policy>) -> Result<(Checkpoint, RegistryRow)> {
        let paper = |paper, name: &str| {
            let found = self.mirror.paper(paper)?;
            found.with_context(|| format!("the mirror has no {name}"))
        };
        let own;
        let policy = match policy {
            Some(policy) => policy,
            None => {
                own = Policy::parse(&paper(Paper::Policy, "policy")?)?;
                &own
            }
        };
        let row = Note::parse(&paper(Paper::Row, "row")?)?;
        let mut logs = policy.logs().iter();
        let opened = logs.find_map(|log| RegistryRow::open(&row, &log.key).ok());
        let row = opened.context("no log of the trust policy signed the ledger's row")?;
        let (checkpoint, _) = Checkpoint::open(self.head.to_string().as_bytes(), &row.log)?;
        Ok((checkpoint, row))
    }

    /// What witnesses cosigned of it.
    pub(super) fn cosigned(&self) -> &[CosignedLine] {
        self.mirror.ledger().map_or(&[], |head| &head.cosigned)
    }

    /// A piece, from its first byte to its last.
    ///
    /// # Errors
    /// When it isn't there.
    pub(super) fn piece(&self, id: &[u8; 16]) -> Result<Box<dyn Read + Send>> {
        let (index, blob) = self.pieces.get(id).context("no act brought that piece")?;
        self.content(*index, *blob)
    }

    /// The content of a run that isn't sealed, of the version that an entry made.
    ///
    /// # Errors
    /// When it isn't there.
    pub(super) fn content(&self, index: u64, blob: Option<BlobId>) -> Result<Box<dyn Read + Send>> {
        let found = match blob {
            Some(blob) => self.mirror.blob(blob)?,
            None => self
                .small(index)?
                .map(|bytes| Box::new(Cursor::new(bytes)) as _),
        };
        found.with_context(|| format!("the content of act {index} isn't in the mirror"))
    }

    fn small(&self, index: u64) -> Result<Option<Vec<u8>>> {
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        let has = |segment: &&Segment| {
            EntryId::new(self.ledger, index).is_some()
                && (segment.name.from..segment.name.until).contains(&index)
        };
        if last.as_ref().filter(has).is_none() {
            *last = Some(self.mirror.segment_of(self.ledger, index)?);
        }
        let contents = last.iter().flat_map(|segment| &segment.contents);
        let mut found = contents.filter(|(at, _)| *at == index);
        Ok(found.next().map(|(_, bytes)| bytes.clone()))
    }
}

fn piece_of(entry: &Entry) -> Option<([u8; 16], Kept)> {
    let (_, body) = entry.body.as_ref()?;
    if entry.core().ok()?.kind != "sealed.act" {
        return None;
    }
    let body: SealedBody = serde_json::from_slice(body).ok()?;
    let signed = SignedStatement::parse(body.statement.as_bytes()).ok()?;
    let piece = signed.statement().piece.as_ref()?;
    Some((piece.id.0, (entry.id.index(), body.extent?.blob)))
}

fn text_of(entry: &Entry) -> Result<ActText> {
    let utf8 = |bytes: &[u8]| String::from_utf8(bytes.to_vec());
    let body = entry.body.as_ref().map(|(salt, body)| {
        Ok::<_, anyhow::Error>(SaltedBody {
            salt: hex::encode(salt),
            text: utf8(body)?,
        })
    });
    Ok(ActText {
        index: entry.id.index(),
        core: utf8(&entry.text)?,
        body_hash: entry.body_hash.to_string(),
        body: body.transpose()?,
    })
}
