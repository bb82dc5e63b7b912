//! The institution's own mirror: everything that it entrusted, kept on a disk of its own, continuously and behind all
//! other work.
//!
//! What it promises:
//! - **Nothing is copied that wasn't verified**: entries belong to the tree that this gateway followed, content has the
//!   digests that its entries name, and ciphertext stays ciphertext.
//! - **Any instant is a valid older state**, since content goes before the segment that names it and the head goes last;
//!   what a crash or a pulled disk leaves is gone on with.
//! - **A data centre that lost what is here gets it back**, by itself: see `give_back.rs`.
//!
//! A disk that is away is told once, and asked for again for as long as the gateway runs.

mod contents;
mod copy;
mod give_back;
mod opening;

use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use amana_ledger::{Checkpoint, Frontier, Note};
use amana_store::mirror::home::HomeMirror;
use amana_store::{LedgerId, clock};
use serde::Serialize;
use tokio::runtime::Handle;
use tokio::time::Instant;

use crate::centre::Centre;
use crate::follow::Follower;
use crate::keys::Keys;
use crate::recorder::Recorder;
use crate::rows::Rows;
use crate::wire::CosignedLine;
use crate::{Error, Result};

/// Between two tries when the disk is away or the line is cut.
const AGAIN_AFTER: Duration = Duration::from_secs(5);
/// The longest time that a step gives way to acts that wait to be sent: a busy gateway is mirrored too.
const MAX_WAY: Duration = Duration::from_secs(2);
/// Between two looks whether others still wait.
const LOOK_EVERY: Duration = Duration::from_millis(20);

/// Where the mirror is, and how long it holds what was deleted.
#[derive(Clone, Debug)]
pub struct MirrorOptions {
    /// The folder, which must be there: a disk that isn't mounted must not be taken for an empty one.
    pub place: PathBuf,
    /// For how many days content stays that was deleted.
    pub hold_days: u32,
}

/// How the mirror is.
#[derive(Clone, Debug, Default, Serialize)]
pub struct MirrorStatus {
    /// Where it is.
    pub place: String,
    /// Entries that it counts.
    pub entries: u64,
    /// Entries that were followed and that it lacks.
    pub lag: u64,
    /// When it was last found to have everything, milliseconds since 1970.
    pub as_of_ms: Option<i64>,
    /// Why it isn't kept up, if it isn't.
    pub trouble: Option<String>,
    /// Entries that the data centre had lost and took back since this start.
    pub given_back: u64,
    /// Contents that it took back.
    pub contents_given_back: u64,
    /// Why giving back doesn't go on, if it doesn't.
    pub not_taken: Option<String>,
}

/// The parts that mirroring needs of the rest.
pub(crate) struct Parts {
    pub(crate) options: MirrorOptions,
    pub(crate) folder: PathBuf,
    pub(crate) policy: Vec<u8>,
    pub(crate) centre: Arc<Centre>,
    pub(crate) keys: Arc<Keys>,
    pub(crate) rows: Rows,
    pub(crate) recorder: Arc<Recorder>,
    pub(crate) follower: Arc<Follower>,
    pub(crate) poll: Duration,
}

/// Mirroring to one place.
pub(crate) struct Mirroring {
    parts: Parts,
    /// The ledger's number at the data centre.
    ledger: LedgerId,
    open: Mutex<Option<Open>>,
    cosigned: Mutex<Vec<CosignedLine>>,
    /// Entries that the quorum stands behind.
    witnessed: AtomicU64,
    status: Mutex<MirrorStatus>,
    stopping: AtomicBool,
}

/// The place while it answers.
struct Open {
    home: HomeMirror,
    /// Up to the last entry that is there, whether the head counts it or not.
    frontier: Frontier,
    swept: Option<Swept>,
    receipt_of: u64,
}

/// When it was last looked for what leaves, and how many bodies were erased then.
struct Swept {
    at: Instant,
    erased: i64,
}

impl Mirroring {
    /// Begins nothing yet.
    pub(crate) fn new(parts: Parts) -> Result<Self> {
        amana_store::folders::make(&parts.folder, 0o700)?;
        let slot = u32::try_from(parts.follower.trust.row.slot).ok();
        let ledger = slot.and_then(|slot| slot.checked_add(1)).map(LedgerId);
        let ledger = ledger.ok_or_else(|| Error::malformed("the ledger's row", "its slot"))?;
        let status = MirrorStatus {
            place: parts.options.place.display().to_string(),
            ..MirrorStatus::default()
        };
        Ok(Self {
            parts,
            ledger,
            open: Mutex::default(),
            cosigned: Mutex::default(),
            witnessed: AtomicU64::new(0),
            status: Mutex::new(status),
            stopping: AtomicBool::new(false),
        })
    }

    /// How it is.
    pub(crate) fn status(&self) -> MirrorStatus {
        let mut status = lock(&self.status).clone();
        let followed = self.parts.follower.head().size;
        status.lag = followed.saturating_sub(status.entries);
        status
    }

    /// What witnesses said of the ledger's heads, as it was weighed last. What came before a head that the quorum stands
    /// behind tells nothing more.
    pub(crate) fn cosigned(&self, mut lines: Vec<CosignedLine>, witnessed: Option<u64>) {
        let witnessed = witnessed.unwrap_or(0);
        lines.retain(|line| line.size >= witnessed);
        *lock(&self.cosigned) = lines;
        self.witnessed.store(witnessed, Ordering::Relaxed);
    }

    /// Has what the data centre lacks looked for and given back with the next round.
    ///
    /// # Errors
    /// [`Error::File`].
    pub(crate) fn ask_to_give_back(&self) -> Result<()> {
        self.note_giving()
    }

    /// Ends the round under way at its next step.
    pub(crate) fn stop(&self) {
        self.stopping.store(true, Ordering::Relaxed);
    }

    /// Goes on for ever.
    pub(crate) async fn run(self: Arc<Self>) {
        let mut told = String::new();
        loop {
            let (mirroring, handle) = (self.clone(), Handle::current());
            // A place blocks, and so does what is read from the line into it.
            let round = tokio::task::spawn_blocking(move || mirroring.round(&handle));
            let pause = match round.await {
                Ok(Ok(())) => {
                    told.clear();
                    self.parts.poll
                }
                Ok(Err(error)) => {
                    let error = error.to_string();
                    if told != error {
                        let place = self.parts.options.place.display();
                        tracing::warn!(%place, error, "the mirror isn't kept up; trying again");
                    }
                    lock(&self.status).trouble = Some(error.clone());
                    told = error;
                    AGAIN_AFTER
                }
                // A bug, which must not end what else the gateway does.
                Err(panicked) => {
                    tracing::error!(%panicked, "mirroring failed");
                    AGAIN_AFTER
                }
            };
            tokio::time::sleep(pause).await;
        }
    }

    /// Copies what is new, gives back what is missing, takes out what left. Blocking.
    fn round(&self, handle: &Handle) -> Result<()> {
        let Some(followed) = handle.block_on(self.parts.follower.followed())? else {
            return Ok(());
        };
        let Some(others) = self.parts.keys.holders() else {
            return Ok(());
        };
        let mut open = lock(&self.open);
        let done = self.work(handle, &mut open, &followed, &others);
        // A disk that went away may be another one when it is back.
        if let Err(Error::Store(_)) = &done {
            *open = None;
        }
        done
    }

    fn work(
        &self,
        handle: &Handle,
        open: &mut Option<Open>,
        followed: &(Checkpoint, Note),
        others: &[amana_seal::age::Recipient],
    ) -> Result<()> {
        let mut held = match open.take() {
            Some(held) => {
                held.home.is_here()?;
                held
            }
            None => self.open(handle, followed)?,
        };
        self.tell(&held, followed);
        let given = self.give_back(handle, &held);
        // What can't be given back is a matter of its own: copying goes on.
        self.tell_given(&given);
        let copied = self.copy(handle, &mut held, followed, others);
        self.tell(&held, followed);
        *open = Some(held);
        copied?;
        given
    }

    /// Notes how far the place is, which is away no more.
    fn tell(&self, open: &Open, (followed, _): &(Checkpoint, Note)) {
        let head = open.home.ledger().and_then(|head| head.checkpoint().ok());
        let mut status = lock(&self.status);
        status.entries = head.map_or(0, |(head, _)| head.size);
        status.trouble = None;
        if status.entries >= followed.size {
            status.as_of_ms = Some(clock::system_ms());
        }
    }

    /// Waits while acts wait to be sent, for a while; fails when the gateway stops.
    fn give_way(&self) -> Result<()> {
        let since = Instant::now();
        loop {
            if self.stopping.load(Ordering::Relaxed) {
                return Err(Error::Stopping);
            }
            if self.parts.recorder.queued() == 0 || Instant::now() - since >= MAX_WAY {
                return Ok(());
            }
            std::thread::sleep(LOOK_EVERY);
        }
    }
}

fn lock<T>(state: &Mutex<T>) -> MutexGuard<'_, T> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}
