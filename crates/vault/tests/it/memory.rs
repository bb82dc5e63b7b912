//! A data centre in memory, as its gateways see it: it keeps what they hand in, and holds them to the rules.

use std::collections::{HashMap, VecDeque};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};

use amana_store::{BlobId, EntryId, LedgerId, clock};
use amana_vault::remote::{
    ActId, Followed, NewPiece, PieceRange, PieceSink, PlainStream, PlannedAct, RecordError,
    Recorded, Remote, Slot, SlotId,
};
use amana_vault::{Error, Result, SealedPiece, Vault};
use bytes::Bytes;
use futures::StreamExt as _;
use sha2::{Digest as _, Sha256};

/// What passes for sealing here.
const PAD: u8 = 0x5a;

/// The data centre.
#[derive(Default)]
pub(crate) struct Held {
    pub(crate) entries: HashMap<LedgerId, Vec<Followed>>,
    pub(crate) slots: HashMap<(LedgerId, SlotId), Moved>,
    pub(crate) buckets: HashMap<String, Bucket>,
    pub(crate) pieces: HashMap<BlobId, Piece>,
}

/// A slot: its bucket and its head.
#[derive(Clone, Copy)]
pub(crate) struct Moved {
    bucket: u64,
    pub(crate) head: u64,
}

#[derive(Clone, Copy)]
pub(crate) struct Bucket {
    ledger: LedgerId,
    entry: u64,
    pub(crate) settings: u64,
}

/// Ciphertext, and the bucket that holds it once an act brought it.
pub(crate) struct Piece {
    pub(crate) sealed: Vec<u8>,
    pub(crate) held: Option<(LedgerId, u64)>,
    /// Whether the store of a data centre would keep it in a file.
    pub(crate) is_blob: bool,
}

/// How the next act fares.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Fate {
    /// Another gateway came first, it is said.
    Conflict,
    Refused,
    Busy,
    Unreachable,
    /// The request is lost, and nobody knows.
    RequestLost,
    /// The answer is lost: it is recorded.
    AnswerLost,
    /// The follower brings it before the answer comes.
    FollowedFirst,
}

/// A gateway's side of it.
pub(crate) struct MemoryRemote {
    centre: Arc<Mutex<Held>>,
    follower: Mutex<Option<Vault>>,
    followed: Mutex<HashMap<LedgerId, usize>>,
    pub(crate) fates: Mutex<VecDeque<Fate>>,
    name: u64,
    acts: AtomicU64,
}

impl MemoryRemote {
    pub(crate) fn new(centre: Arc<Mutex<Held>>) -> Arc<Self> {
        static NAMES: AtomicU64 = AtomicU64::new(1);
        Arc::new(Self {
            centre,
            follower: Mutex::default(),
            followed: Mutex::default(),
            fates: Mutex::default(),
            name: NAMES.fetch_add(1, Ordering::Relaxed),
            acts: AtomicU64::new(0),
        })
    }

    /// From here on it follows for that vault; [`None`] lets go of it.
    pub(crate) fn follow_for(&self, vault: Option<Vault>) {
        *self.follower.lock().unwrap() = vault;
        self.followed.lock().unwrap().clear();
    }

    pub(crate) fn held(&self) -> MutexGuard<'_, Held> {
        self.centre.lock().unwrap()
    }

    fn follow(&self) {
        let vault = self.follower.lock().unwrap().clone().unwrap();
        let mut followed = self.followed.lock().unwrap();
        let entries: Vec<Vec<Followed>> = self.held().entries.values().cloned().collect();
        for entries in entries {
            let ledger = entries[0].entry.ledger();
            let from = followed.entry(ledger).or_default();
            for act in &entries[*from..] {
                vault.adopt(act, |_| Ok(())).unwrap();
            }
            *from = entries.len();
        }
    }
}

impl Held {
    fn record(&mut self, act: &PlannedAct) -> Result<Followed, RecordError> {
        let bucket = self.judge_bucket(act)?;
        let moved = act.touches.iter().chain(&act.retires);
        assert!(act.touches.len() <= 8 && act.retires.len() <= 8);
        for slot in moved {
            let known = self.slots.get(&(act.ledger, slot.slot));
            if known.map(|known| known.head) != slot.head {
                return Err(RecordError::Conflict);
            }
        }
        for piece in &act.releases {
            let known = self.pieces.get(piece).and_then(|piece| piece.held);
            if known.is_none_or(|(ledger, of)| ledger != act.ledger || Some(of) != bucket) {
                return Err(RecordError::Conflict);
            }
        }
        if act.plain.kind == "bucket.delete" {
            let of_bucket = |of: Option<(LedgerId, u64)>| of == bucket.map(|of| (act.ledger, of));
            let pieces = self
                .pieces
                .iter()
                .filter(|(_, piece)| of_bucket(piece.held));
            let left = pieces.filter(|(id, _)| !act.releases.contains(id)).count();
            let slots = self.slots.iter();
            let slots = slots.filter(|((ledger, _), slot)| of_bucket(Some((*ledger, slot.bucket))));
            if left + slots.count() > 0 {
                let name = act.bucket.name.clone();
                return Err(RecordError::Refused(Error::BucketNotEmpty { name }));
            }
        }
        Ok(self.keep(act, bucket))
    }

    /// The bucket's entry, if it stands as the act says.
    fn judge_bucket(&self, act: &PlannedAct) -> Result<Option<u64>, RecordError> {
        let name = act.bucket.name.clone();
        let known = self.buckets.get(&name);
        if act.plain.kind == "bucket.create" {
            assert_eq!((act.bucket.entry, act.bucket.settings), (None, None));
            return match known {
                None => Ok(None),
                Some(known) if known.ledger == act.ledger => {
                    Err(RecordError::Refused(Error::BucketAlreadyOwnedByYou {
                        name,
                    }))
                }
                Some(_) => Err(RecordError::Refused(Error::BucketAlreadyExists { name })),
            };
        }
        match known {
            Some(known)
                if known.ledger == act.ledger
                    && act.bucket.entry == Some(known.entry)
                    && act.bucket.settings == Some(known.settings) =>
            {
                Ok(act.bucket.entry)
            }
            _ => Err(RecordError::Conflict),
        }
    }

    fn keep(&mut self, act: &PlannedAct, bucket: Option<u64>) -> Followed {
        let entries = self.entries.entry(act.ledger).or_default();
        let index = entries.len() as u64;
        let followed = Followed {
            entry: EntryId::new(act.ledger, index).unwrap(),
            id: act.id,
            time_ms: clock::system_ms(),
            plain: act.plain.clone(),
            touches: act.touches.iter().map(|slot| slot.slot).collect(),
            retires: act.retires.iter().map(|slot| slot.slot).collect(),
            releases: act.releases.clone(),
        };
        entries.push(followed.clone());
        let bucket = bucket.unwrap_or(index);
        for slot in &act.touches {
            let moved = Moved {
                bucket,
                head: index,
            };
            self.slots.insert((act.ledger, slot.slot), moved);
        }
        for slot in &act.retires {
            self.slots.remove(&(act.ledger, slot.slot));
        }
        if let Some(piece) = &act.piece {
            let sealed = piece.inline.as_ref().map(|bytes| bytes.to_vec());
            let is_blob = piece.sealed.size_bytes > 32 * 1024 || act.plain.kind == "upload.part";
            let before = self.pieces.remove(&piece.id);
            assert!(before.as_ref().is_none_or(|before| before.held.is_none()));
            let kept = Piece {
                sealed: sealed.or(before.map(|before| before.sealed)).unwrap(),
                held: Some((act.ledger, bucket)),
                is_blob,
            };
            self.pieces.insert(piece.id, kept);
        }
        for piece in &act.releases {
            self.pieces.remove(piece);
        }
        match act.plain.kind.as_str() {
            "bucket.delete" => drop(self.buckets.remove(&act.bucket.name)),
            kind if kind.starts_with("bucket.") => {
                let row = Bucket {
                    ledger: act.ledger,
                    entry: bucket,
                    settings: index,
                };
                self.buckets.insert(act.bucket.name.clone(), row);
            }
            _ => {}
        }
        followed
    }

    fn open(&self, piece: &PieceRange) -> Result<Bytes> {
        let what = || format!("piece {:?}", piece.extent.blob);
        let sealed = piece.extent.sealed.as_ref().unwrap();
        let kept = self.pieces.get(&piece.extent.blob.unwrap());
        let kept = kept.ok_or_else(|| amana_store::Error::Missing { what: what() })?;
        if <[u8; 32]>::from(Sha256::digest(&kept.sealed)) != sealed.sha256 {
            let why = "its bytes are others".into();
            return Err(amana_store::Error::Damaged { what: what(), why }.into());
        }
        let place = |at| usize::try_from(at).unwrap();
        let part = &kept.sealed[place(piece.range.start)..place(piece.range.end)];
        Ok(part.iter().map(|byte| byte ^ PAD).collect())
    }
}

struct Sink {
    centre: Arc<Mutex<Held>>,
    id: BlobId,
    bucket: String,
    sealed: Vec<u8>,
}

#[async_trait::async_trait]
impl PieceSink for Sink {
    async fn write(&mut self, plain: Bytes) -> Result<()> {
        assert!(!plain.is_empty() && plain.len() <= 1024 * 1024);
        self.sealed.extend(plain.iter().map(|byte| byte ^ PAD));
        Ok(())
    }

    async fn finish(self: Box<Self>) -> Result<NewPiece> {
        let sealed = SealedPiece {
            epoch: 1,
            bucket: self.bucket,
            size_bytes: self.sealed.len() as u64,
            prologue_bytes: 0,
            prologue_sha256: [0; 32],
            sha256: Sha256::digest(&self.sealed).into(),
        };
        let inline = self.sealed.len() <= 24 * 1024;
        let (id, bytes) = (self.id, self.sealed);
        let inline = if inline {
            Some(bytes.into())
        } else {
            let piece = Piece {
                is_blob: bytes.len() > 32 * 1024,
                sealed: bytes,
                held: None,
            };
            self.centre.lock().unwrap().pieces.insert(id, piece);
            None
        };
        Ok(NewPiece { id, sealed, inline })
    }
}

#[async_trait::async_trait]
impl Remote for MemoryRemote {
    fn act_id(&self) -> ActId {
        let number = self.acts.fetch_add(1, Ordering::Relaxed);
        ActId((self.name << 32 | number).to_be_bytes())
    }

    fn slot(&self, slot: Slot<'_>) -> SlotId {
        SlotId(match slot {
            Slot::Object { bucket, key } => {
                Sha256::digest(format!("object\0{bucket}\0{key}")).into()
            }
            Slot::Upload(tag) => Sha256::digest([b"upload\0".as_slice(), &tag].concat()).into(),
        })
    }

    fn ingest(&self, bucket: &str) -> Result<Box<dyn PieceSink>> {
        let number = self.acts.fetch_add(1, Ordering::Relaxed);
        let mut id = [0; 16];
        id[..8].copy_from_slice(&self.name.to_be_bytes());
        id[8..].copy_from_slice(&number.to_be_bytes());
        Ok(Box::new(Sink {
            centre: self.centre.clone(),
            id: BlobId::from_bytes(id),
            bucket: bucket.to_owned(),
            sealed: Vec::new(),
        }))
    }

    fn forget(&self, piece: BlobId) {
        let mut held = self.held();
        let known = held.pieces.get(&piece);
        assert!(
            known.is_none_or(|known| known.held.is_none()),
            "a piece that an act brought is not forgotten"
        );
        held.pieces.remove(&piece);
    }

    async fn record(&self, act: PlannedAct) -> Result<Recorded, RecordError> {
        // The line: others get their turn.
        tokio::task::yield_now().await;
        let why = String::from("a test wants it so");
        let fate = self.fates.lock().unwrap().pop_front();
        match fate {
            Some(Fate::Conflict) => return Err(RecordError::Conflict),
            Some(Fate::Refused) => return Err(RecordError::Refused(Error::AccessDenied)),
            Some(Fate::Busy) => return Err(RecordError::Busy),
            Some(Fate::Unreachable) => return Err(RecordError::Unreachable { why }),
            Some(Fate::RequestLost) => return Err(RecordError::Unknown { why }),
            None | Some(Fate::AnswerLost | Fate::FollowedFirst) => {}
        }
        let followed = self.held().record(&act)?;
        match fate {
            Some(Fate::AnswerLost) => return Err(RecordError::Unknown { why }),
            Some(Fate::FollowedFirst) => self.follow(),
            _ => {}
        }
        tokio::task::yield_now().await;
        Ok(Recorded {
            index: followed.entry.index(),
            time_ms: followed.time_ms,
        })
    }

    async fn read(&self, pieces: Vec<PieceRange>) -> Result<PlainStream> {
        let held = self.held();
        let found = pieces.iter().map(|piece| held.open(piece));
        let mut found: VecDeque<Result<Bytes>> = found.collect();
        if let Some(Err(_)) = found.front() {
            return Err(found.pop_front().and_then(Result::err).unwrap());
        }
        Ok(futures::stream::iter(found).boxed())
    }

    async fn catch_up(&self) -> Result<()> {
        tokio::task::yield_now().await;
        self.follow();
        Ok(())
    }
}
