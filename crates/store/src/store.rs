//! The store: one writer's thread, a pool of readers, a folder.

use std::collections::HashMap;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::mpsc::{SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};
use std::thread::JoinHandle;
use std::time::Duration;

use amana_ledger::{SigningKey, VerifierKey};
use tokio::sync::oneshot;

use crate::clock::Clock;
use crate::copies::Places;
use crate::faults::Faults;
use crate::figures::Figures;
use crate::group::{Group, Message};
use crate::job::{self, Queued};
use crate::keys::Keys;
use crate::memos::Memos;
use crate::national::chosen::Candidates;
use crate::national::mirrored::Mirrored;
use crate::national::policy::{self, TrustPolicy};
use crate::national::shown::Shown;
use crate::national::signed_rows::SignedRows;
use crate::national::trees::RecentTrees;
use crate::opening;
use crate::parity::{Fraction, Keeper};
use crate::postgres::{Asking, Database, Lease};
use crate::read_only::ReadOnly;
use crate::readers::Readers;
use crate::rows::Connection;
use crate::sqlite::{self, Use};
use crate::stop::Stop;
use crate::{
    Act, Blobs, Catalog, CommitError, EntryId, Error, LedgerId, LedgerInfo, Options, Result,
};
use crate::{folders, nodes};

/// Acts that wait at most; one more is answered with [`CommitError::Busy`].
const MAX_QUEUED: usize = 8192;
/// Bytes of small content that waits at most.
const MAX_QUEUED_BYTES: usize = 48 * 1024 * 1024;
/// Who closes epochs is given up for lost after this long.
const EPOCHS_LEASE_MS: i64 = 10_000;
/// New content leaves at least this much of the disk to deletes and the ledger, or a twentieth of a small disk.
const RESERVE_BYTES: u64 = 64 * 1024 * 1024;

/// An act that is on disk.
#[derive(Clone, Debug)]
pub struct Committed<T> {
    /// What the act gave.
    pub output: T,
    /// Its entry.
    pub entry: EntryId,
    /// Name of its ledger.
    pub ledger: Arc<str>,
    /// When it was recorded, milliseconds since 1970.
    pub time_ms: i64,
}

impl<T> Committed<T> {
    /// `<ledger>/<index>`: what `amana receipt get` takes.
    #[must_use]
    pub fn receipt(&self) -> String {
        format!("{}/{}", self.ledger, self.entry.index())
    }
}

/// What the writer, the readers and the store's owner share.
pub(crate) struct Shared {
    pub(crate) folder: PathBuf,
    pub(crate) catalog: Catalog,
    pub(crate) keys: Keys,
    pub(crate) blobs: Blobs,
    pub(crate) clock: Clock,
    pub(crate) faults: Faults,
    pub(crate) database: Option<Database>,
    pub(crate) readers: Readers,
    pub(crate) asking: Asking,
    queued_bytes: AtomicUsize,
    pub(crate) figures: Figures,
    /// How often something was asked.
    pub(crate) asked: AtomicU64,
    pub(crate) stopped: Arc<Stop>,
    pub(crate) read_only: Mutex<ReadOnly>,
    /// Checkpoints of ours that are ahead of us.
    pub(crate) shown: Mutex<Shown>,
    restart_log: AtomicBool,
    /// Of recent epochs.
    pub(crate) slots: RecentTrees,
    pub(crate) registries: RecentTrees,
    pub(crate) signed_rows: SignedRows,
    /// Where damaged content is fetched from.
    pub(crate) places: Places,
    /// What makes parity, if it is asked for.
    pub(crate) parity: Keeper,
    pub(crate) candidates: Candidates,
    pub(crate) memos: Memos,
    pub(crate) mirrored: Mirrored,
    verifiers: Mutex<HashMap<LedgerId, VerifierKey>>,
    pub(crate) policy: RwLock<Arc<TrustPolicy>>,
    /// Held while the policy's file is written.
    pub(crate) policy_file: Mutex<()>,
    /// Which node closes epochs, where there are several.
    pub(crate) lease: Arc<Lease>,
    /// One epoch closes at a time: its number is the national log's size before it.
    pub(crate) closing: tokio::sync::Mutex<()>,
}

/// The store. Dropping it finishes the group under way.
pub struct Store {
    pub(crate) shared: Arc<Shared>,
    queue: SyncSender<Message>,
    writer: Option<JoinHandle<()>>,
    checkpointer: Option<(std::sync::mpsc::Sender<()>, JoinHandle<()>)>,
    _lock: File,
}

impl Store {
    /// Opens the store in `folder`, making what is missing. Blocking.
    ///
    /// # Errors
    /// [`Error::Folder`] when another process has it open, [`Error::File`], a failure of the rows.
    pub fn open(folder: &Path, catalog: Catalog, options: Options) -> Result<Self> {
        folders::make(folder, 0o755)?;
        let lock = opening::lock(folder)?;
        if options.database.is_none() {
            opening::refuse_a_folder_without_its_rows(folder)?;
        }
        let connection = Connection::open(folder, options.database.as_ref(), Use::Write)?;
        connection.create_tables(&catalog)?;
        if options.database.is_some() {
            opening::refuse_a_node_without_its_seed(folder, &connection)?;
        }
        let (keys, blobs) = opening::keys_and_blobs(folder, &options)?;
        let shared = Arc::new(Shared::new(folder, catalog, options, keys, blobs));
        opening::set_nameless_aside(&shared)?;
        let (queue, waiting) = sync_channel(MAX_QUEUED);
        let mut group = Group::new(connection, shared.clone());
        opening::open_national(&mut group)?;
        policy::load_or_create(&shared)?;
        shared.recall_shown()?;
        shared.follow_shown()?;
        shared.recall_awaited()?;
        shared.recall_moving()?;
        // The engine syncs the name of its log and takes no notice when that fails.
        folders::sync(folder)?;
        let writer = opening::spawn("amana-writer", move || group.run(&waiting))?;
        let (end, ended) = std::sync::mpsc::channel();
        let checkpointed = shared.clone();
        let checkpointer = opening::spawn("amana-checkpoint", move || {
            if checkpointed.database.is_none() {
                crate::wal::run(&checkpointed, &ended);
            }
        })?;
        Ok(Self {
            shared,
            queue,
            writer: Some(writer),
            checkpointer: Some((end, checkpointer)),
            _lock: lock,
        })
    }

    /// Commits an act: on return it is on disk, or it left no trace.
    ///
    /// # Errors
    /// [`CommitError::Refused`] by the act's own check, [`CommitError::Busy`] when the queue is full,
    /// [`CommitError::Store`] when it was not recorded, or when its outcome is unknown ([`Error::Stopped`]).
    pub async fn commit<A: Act>(
        &self,
        mut act: A,
    ) -> Result<Committed<A::Output>, CommitError<A::Refusal>> {
        self.shared.asked.fetch_add(1, Ordering::Relaxed);
        self.shared.writable()?;
        let content = act.take_content();
        if !act.frees() {
            self.shared.room_for_content()?;
        }
        let bytes = job::content_bytes(&content) + act.weight_bytes();
        let _waiting = self.shared.figures.wait();
        let budget = Budget::take(&self.shared, bytes).ok_or(CommitError::Busy)?;
        let (reply, answer) = oneshot::channel();
        let queued = Queued {
            act,
            content,
            reply,
            output: None,
            refusal: None,
        };
        match self.queue.try_send(Message::Act(Box::new(queued))) {
            Ok(()) => {}
            Err(TrySendError::Full(_)) => return Err(CommitError::Busy),
            Err(TrySendError::Disconnected(_)) => return Err(stopped().into()),
        }
        let answer = answer.await.unwrap_or_else(|_| Err(stopped().into()));
        drop(budget);
        answer
    }

    /// Runs work on the writer's thread, between two groups.
    pub(crate) async fn alone<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Group) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        self.shared.writable()?;
        self.alone_though_read_only(work).await
    }

    /// As [`Store::alone`], for what mends a data centre that is read-only.
    pub(crate) async fn alone_though_read_only<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Group) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let (reply, answer) = oneshot::channel();
        let message = Message::Alone(Box::new(move |group| {
            let _ = reply.send(work(group));
        }));
        self.queue.try_send(message).map_err(|_| Error::Failed {
            why: "too many requests wait".into(),
        })?;
        answer.await.unwrap_or_else(|_| Err(stopped()))
    }

    /// As [`Store::alone`], for a thread that may block.
    pub(crate) fn alone_blocking<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Group) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        self.shared.writable()?;
        let (reply, answer) = sync_channel(1);
        let message = Message::Alone(Box::new(move |group| {
            let _ = reply.send(work(group));
        }));
        self.queue.try_send(message).map_err(|_| Error::Failed {
            why: "too many requests wait".into(),
        })?;
        answer.recv().unwrap_or_else(|_| Err(stopped()))
    }

    /// Has parity made of the blobs that come from now on, in the background. Once a store.
    ///
    /// # Errors
    /// When no thread can be started.
    pub fn keep_parity(&self, fraction: Fraction) -> Result<()> {
        self.shared.parity.begin(&self.shared, fraction)
    }

    /// The blobs.
    #[must_use]
    pub fn blobs(&self) -> &Blobs {
        &self.shared.blobs
    }

    /// How the writer is doing.
    #[must_use]
    pub fn figures(&self) -> &Figures {
        &self.shared.figures
    }

    /// The data centre's own keys.
    #[must_use]
    pub fn keys(&self) -> &Keys {
        &self.shared.keys
    }

    /// What replays entries.
    #[must_use]
    pub fn catalog(&self) -> &Catalog {
        &self.shared.catalog
    }

    /// The data folder.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.shared.folder
    }

    /// Now, by the store's clock.
    #[must_use]
    pub fn now_ms(&self) -> i64 {
        (self.shared.clock)()
    }

    /// Refuses new content early when the disk is nearly full.
    ///
    /// # Errors
    /// [`Error::Full`].
    pub fn room_for_content(&self) -> Result<()> {
        self.shared.room_for_content()
    }

    /// Waits until the store stops after a failed write, and says why; the process should end then, and recover when it
    /// starts again.
    pub async fn stopped(&self) -> String {
        self.shared.stopped.stopped().await
    }
}

impl Drop for Store {
    fn drop(&mut self) {
        self.shared.parity.end();
        let _ = self.queue.send(Message::Stop);
        if let Some(writer) = self.writer.take() {
            let _ = writer.join();
        }
        self.shared.lease.give_up();
        if let Some((end, checkpointer)) = self.checkpointer.take() {
            drop(end);
            let _ = checkpointer.join();
        }
    }
}

impl Shared {
    pub(crate) fn new(
        folder: &Path,
        catalog: Catalog,
        options: Options,
        keys: Keys,
        blobs: Blobs,
    ) -> Self {
        Self {
            folder: folder.to_owned(),
            keys,
            catalog,
            stopped: blobs.stopped(),
            blobs,
            clock: options.clock,
            faults: options.faults,
            database: options.database,
            readers: Readers::default(),
            asking: Asking::default(),
            queued_bytes: AtomicUsize::new(0),
            figures: Figures::default(),
            asked: AtomicU64::new(0),
            read_only: Mutex::default(),
            shown: Mutex::default(),
            restart_log: AtomicBool::new(false),
            slots: RecentTrees::default(),
            registries: RecentTrees::default(),
            signed_rows: SignedRows::default(),
            places: Places::default(),
            parity: Keeper::default(),
            candidates: Candidates::default(),
            memos: Memos::default(),
            mirrored: Mirrored::default(),
            verifiers: Mutex::default(),
            policy: RwLock::default(),
            policy_file: Mutex::default(),
            lease: Arc::new(Lease::new("epochs".into(), nodes::name(), EPOCHS_LEASE_MS)),
            closing: tokio::sync::Mutex::default(),
        }
    }

    pub(crate) fn connect_to_write(&self) -> Result<Connection> {
        Connection::open(&self.folder, self.database.as_ref(), Use::Write)
    }

    /// The key under which a ledger's checkpoints verify.
    pub(crate) fn verifier(&self, info: &LedgerInfo) -> VerifierKey {
        let known = lock_state(&self.verifiers).get(&info.id).cloned();
        known.unwrap_or_else(|| {
            let key = self.log_key(info).verifier();
            lock_state(&self.verifiers).insert(info.id, key.clone());
            key
        })
    }

    /// The name of a ledger's checkpoints.
    pub(crate) fn log_origin(&self, info: &LedgerInfo) -> String {
        match info.id {
            LedgerId::NATIONAL => self.keys.national_origin(),
            _ => self.keys.origin(&info.name),
        }
    }

    /// The key that signs a ledger's checkpoints.
    pub(crate) fn log_key(&self, info: &LedgerInfo) -> SigningKey {
        match info.id {
            LedgerId::NATIONAL => self.keys.national_key(),
            _ => self.keys.ledger_key(&info.name),
        }
    }

    /// The trust policy in force.
    pub(crate) fn trusted(&self) -> Arc<TrustPolicy> {
        self.policy
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// Puts a trust policy in force.
    pub(crate) fn trust(&self, policy: TrustPolicy) {
        *self.policy.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(policy);
    }

    pub(crate) fn stop(&self, error: &Error) {
        self.stopped.stop(error);
    }

    pub(crate) fn room_for_content(&self) -> Result<()> {
        let disk = rustix::fs::statvfs(&self.folder)
            .map_err(|e| Error::file("stat", &self.folder)(e.into()))?;
        let free_bytes = disk.f_bavail.saturating_mul(disk.f_frsize);
        let reserve_bytes = RESERVE_BYTES.min(disk.f_blocks.saturating_mul(disk.f_frsize) / 20);
        if free_bytes < reserve_bytes {
            return Err(Error::Full {
                path: self.folder.clone(),
                free_bytes,
                reserve_bytes,
            });
        }
        Ok(())
    }

    /// Asks the writer to begin the write-ahead log anew at its next pause.
    pub(crate) fn ask_restart_log(&self) {
        self.restart_log.store(true, Ordering::Relaxed);
    }

    /// Begins the write-ahead log anew if that was asked for. Readers in the way only put it off: the writer never waits
    /// for them.
    pub(crate) fn checkpoint_when_asked(&self, connection: &rusqlite::Connection) {
        if !self.restart_log.swap(false, Ordering::Relaxed) {
            return;
        }
        let restarted = connection.busy_timeout(Duration::ZERO).and_then(|()| {
            connection.query_row("PRAGMA wal_checkpoint(RESTART)", [], |row| {
                row.get::<_, i64>(0)
            })
        });
        if let Err(error) = connection.busy_timeout(sqlite::BUSY).and(restarted) {
            tracing::warn!(%error, "the write-ahead log was not begun anew");
        }
    }
}

/// A share of the queue's bytes, given back when dropped.
struct Budget<'s> {
    shared: &'s Shared,
    bytes: usize,
}

impl<'s> Budget<'s> {
    fn take(shared: &'s Shared, bytes: usize) -> Option<Self> {
        let before = shared.queued_bytes.fetch_add(bytes, Ordering::Relaxed);
        let budget = Self { shared, bytes };
        (before + bytes <= MAX_QUEUED_BYTES).then_some(budget)
    }
}

impl Drop for Budget<'_> {
    fn drop(&mut self) {
        self.shared
            .queued_bytes
            .fetch_sub(self.bytes, Ordering::Relaxed);
    }
}

/// A poisoned lock guards plain data here: whoever panicked left it whole.
pub(crate) fn lock_state<T>(state: &Mutex<T>) -> MutexGuard<'_, T> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

pub(crate) fn stopped() -> Error {
    Error::Stopped {
        why: "the writer has ended".into(),
    }
}
