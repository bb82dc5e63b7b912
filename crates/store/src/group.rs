//! The group commit: one thread, one transaction a group, one sync for all of it.
//!
//! A group runs in four steps. What waits is taken from the queue. In one transaction each act is checked, applied, and
//! its leaf appended. The transaction commits, which syncs. Then freed blobs go, and every act is answered. An act that
//! its check refuses has written nothing. One that fails while it is applied rolls the transaction back, is answered
//! with its failure, and the group runs again without it.

use std::collections::HashMap;
use std::collections::hash_map::Entry::{Occupied, Vacant};
use std::sync::Arc;
use std::sync::mpsc::Receiver;
use std::time::Instant;

use amana_ledger::{NO_BODY, act_leaf, body_hash};

use crate::act::{At, Target};
use crate::ahead::Touched;
use crate::job::{Checked, Encoded, Job};
use crate::ledgers::{Head, next_id};
use crate::national::CloseEpoch;
use crate::nodes::{Mark, Tries};
use crate::parity::Brought;
use crate::rows::{Connection, Isolation};
use crate::store::Shared;
use crate::{
    Act as _, BlobId, Entry, EntryId, Error, LedgerId, Result, TRACES, Writer, content, crash,
    entries,
};

/// Acts in one transaction at most.
pub(crate) const MAX_GROUP: usize = 4096;
/// Bytes of content in one transaction at most.
const MAX_GROUP_BYTES: usize = 32 * 1024 * 1024;
/// Heads kept in memory; a head beside them is loaded from rows when an act comes.
const MAX_HEADS: usize = 4096;

/// What the queue carries.
pub(crate) enum Message {
    /// An act that joins others.
    Act(Box<dyn Job>),
    /// Work that needs the writer between two groups: epochs, cosignatures, erasures. It runs its own transaction.
    Alone(Box<dyn FnOnce(&mut Group) + Send>),
    /// The store is being dropped.
    Stop,
}

/// The writer's state.
pub(crate) struct Group {
    pub(crate) connection: Connection,
    pub(crate) shared: Arc<Shared>,
    pub(crate) heads: HashMap<LedgerId, Head>,
}

/// A job in a group and how far it came.
pub(crate) struct Slot {
    pub(crate) job: Box<dyn Job>,
    pub(crate) state: State,
}

pub(crate) enum State {
    Waiting,
    Applied { entry: EntryId, ledger: Arc<str> },
    Refused,
    Failed(Error),
}

/// Why a transaction did not come through.
enum Broken {
    /// A job failed while it was applied; the others run again without it.
    Job,
    /// The transaction failed before its commit: nothing was written.
    Transaction(Error),
    /// The commit itself failed: what is on disk is unknown until the store is reopened.
    Commit(Error),
}

/// What a transaction changes beside rows.
#[derive(Default)]
pub(crate) struct Changes {
    heads: HashMap<LedgerId, Head>,
    freed: Vec<BlobId>,
    brought: Vec<Brought>,
    pub(crate) mark: Option<Mark>,
    now_ms: i64,
}

/// Stops the store when the writer's thread ends by a panic: no act would be answered any more.
struct Ended(Arc<Shared>);

impl Drop for Ended {
    fn drop(&mut self) {
        if std::thread::panicking() {
            let why = "the writer's thread ended by a panic".to_owned();
            self.0.stop(&Error::Stopped { why });
        }
    }
}

impl Group {
    pub(crate) fn new(connection: Connection, shared: Arc<Shared>) -> Self {
        Self {
            connection,
            shared,
            heads: HashMap::new(),
        }
    }

    /// Serves the queue until the store is dropped.
    pub(crate) fn run(mut self, queue: &Receiver<Message>) {
        let _ended = Ended(self.shared.clone());
        while let Ok(message) = queue.recv() {
            let next = match message {
                Message::Act(first) => {
                    let (jobs, next) = gather(first, queue);
                    self.commit(jobs);
                    next
                }
                other => Some(other),
            };
            match next {
                Some(Message::Alone(work)) => work(&mut self),
                Some(Message::Stop) => return,
                _ => {}
            }
            if let Connection::Embedded(rows) = &self.connection {
                self.shared.checkpoint_when_asked(rows);
            }
        }
    }

    /// Runs one small transaction of its own, for rows that are no act: others' evidence.
    pub(crate) fn transact_evidence<T>(
        &mut self,
        write: impl FnOnce(&Writer<'_>) -> Result<T>,
    ) -> Result<T> {
        self.shared.writable()?;
        let faults = self.shared.faults.clone();
        self.transact_given(|rows| faults.write("rows.evidence", || write(rows)))
    }

    /// Runs the transaction of what is given back, though the store be read-only.
    pub(crate) fn transact_given<T>(
        &mut self,
        write: impl FnOnce(&Writer<'_>) -> Result<T>,
    ) -> Result<T> {
        self.connected()?;
        self.connection.begin(Isolation::Newest)?;
        let end = || self.connection.commit();
        let written = self.refuse_while_moving();
        match written.and_then(|()| write(&self.connection.writer())) {
            Ok(written) => match self.shared.faults.write("rows.commit", end) {
                Ok(()) => Ok(written),
                // Nobody is told of an outcome, and the same once more does no harm.
                Err(error) if self.connection.survives(&error) => {
                    self.connection.roll_back();
                    Err(error)
                }
                // A full disk is known: the transaction is undone.
                Err(error) if error.is_full() && self.connection.roll_back() => Err(error),
                Err(error) => {
                    self.shared.stop(&error);
                    Err(error)
                }
            },
            Err(error) => {
                if !self.connection.roll_back() {
                    self.shared.stop(&error);
                }
                Err(error)
            }
        }
    }

    /// Forgets the heads in memory: they are loaded from rows again.
    pub(crate) fn forget_heads(&mut self) {
        self.heads.clear();
    }

    /// Commits a group, running it again without each act that fails while it is applied.
    pub(crate) fn commit(&mut self, jobs: Vec<Box<dyn Job>>) {
        let mut slots: Vec<Slot> = jobs
            .into_iter()
            .map(|job| Slot {
                job,
                state: State::Waiting,
            })
            .collect();
        let mut tries = Tries::new();
        while !slots.is_empty() {
            if let Err(error) = self.shared.writable() {
                fail_all(&mut slots, &error);
                break;
            }
            let mut changes = Changes {
                now_ms: (self.shared.clock)(),
                ..Changes::default()
            };
            let began = Instant::now();
            let together = self.together(&slots, &tries);
            let group = &mut slots[..together];
            let span = tracing::trace_span!(target: TRACES, "commit", acts = (together as u64).cast_signed());
            let done = match span.in_scope(|| self.transact(group, &mut changes)) {
                Err(broken) => self.undo(group, broken, &changes, &mut tries),
                Ok(()) => true,
            };
            if done {
                let figures = &self.shared.figures;
                figures.committed(together, Instant::now() - began);
                self.keep(&mut changes);
            }
            answer(&mut slots, changes.now_ms);
        }
        answer(&mut slots, 0);
        crash::point("group.acknowledged");
    }

    fn transact(&mut self, slots: &mut [Slot], changes: &mut Changes) -> Result<(), Broken> {
        self.connected().map_err(Broken::Transaction)?;
        // An epoch commits to all ledgers as of one instant.
        let isolation = match slots.iter().any(|slot| slot.job.kind() == CloseEpoch::KIND) {
            true => Isolation::SnapshotThatWrites,
            false => Isolation::Newest,
        };
        let faults = self.shared.faults.clone();
        let begin = || self.connection.begin(isolation);
        faults
            .write("rows.begin", begin)
            .map_err(Broken::Transaction)?;
        crash::point("group.begun");
        self.note_ahead(slots, changes.now_ms);
        let against = self.lock(slots).map_err(Broken::Transaction)?;
        if let Some(mark) = against.moving {
            return Err(Broken::Transaction(self.shared.held_up(mark)));
        }
        if against.shown {
            let followed = self.shared.follow_shown();
            let writable = followed.and_then(|()| self.shared.writable());
            writable.map_err(Broken::Transaction)?;
        }
        self.ask_ahead(slots, changes.now_ms)
            .map_err(Broken::Transaction)?;
        let rows = self.connection.writer();
        let salts = salts(slots.len()).map_err(Broken::Transaction)?;
        let mut touched = Touched::default();
        for (slot, salt) in slots.iter_mut().zip(salts) {
            let scope = slot.job.scope();
            self.recall(touched.spares(scope));
            slot.state = match slot.job.check(&rows, changes.now_ms) {
                Checked::Refused => State::Refused,
                Checked::Failed(error) => {
                    slot.state = State::Failed(error);
                    if self.is_shared() {
                        return Err(Broken::Job);
                    }
                    continue;
                }
                Checked::Passed => {
                    self.recall(false);
                    touched.add(scope);
                    match faults.write("rows.act", || {
                        self.append(&rows, slot.job.as_mut(), salt, changes)
                    }) {
                        Ok((entry, ledger)) => State::Applied { entry, ledger },
                        Err(error) => {
                            slot.state = State::Failed(error);
                            return Err(Broken::Job);
                        }
                    }
                }
            }
        }
        self.recall(false);
        let finish = || {
            for (id, head) in &changes.heads {
                head.store(&rows, *id)?;
            }
            content::settle(&rows)
        };
        changes.freed = faults
            .write("rows.heads", finish)
            .map_err(Broken::Transaction)?;
        crash::point("group.applied");
        let end = || self.connection.commit();
        faults.write("rows.commit", end).map_err(Broken::Commit)?;
        crash::point("group.committed");
        Ok(())
    }

    /// Applies one act and appends its leaf.
    fn append(
        &self,
        rows: &Writer<'_>,
        job: &mut dyn Job,
        salt: [u8; 32],
        changes: &mut Changes,
    ) -> Result<(EntryId, Arc<str>)> {
        let id = match job.target() {
            Target::Ledger(id) => id,
            Target::Open { .. } => next_id(rows)?,
        };
        let head = match changes.heads.entry(id) {
            Occupied(head) => head.into_mut(),
            Vacant(place) => place.insert(self.load_head(rows, id, job.target())?),
        };
        let entry = EntryId::new(id, head.size()).ok_or(Error::TooLarge {
            what: "a ledger",
            max: 1 << 40,
        })?;
        let Encoded { core, body } = job.encode(changes.now_ms)?;
        let hash = body.as_ref().map_or(NO_BODY, |body| body_hash(&salt, body));
        changes.mark.get_or_insert_with(|| Mark {
            entry,
            text: core.clone(),
            body_hash: hash,
        });
        let at = At {
            entry,
            time_ms: changes.now_ms,
            tag: entries::tag(&act_leaf(&core, &hash)),
        };
        head.append(
            rows,
            &Entry {
                id: entry,
                text: core,
                body_hash: hash,
                body: body.map(|body| (salt, body)),
            },
        )?;
        let ledger = head.name.clone();
        for content in job.content() {
            content::keep(rows, entry, content)?;
            if self.shared.parity.fraction().is_some() {
                changes.brought.extend(Brought::of(content));
            }
        }
        for (name, secret) in job.secrets() {
            let sealed = self.shared.keys.seal(&name, &secret)?;
            rows.execute(
                "INSERT INTO secrets (name, sealed) VALUES ($1, $2)",
                &[name.as_str().into(), sealed.as_slice().into()],
            )?;
        }
        if let Some(erased) = job.erases() {
            rows.execute(
                "UPDATE entries SET salt = NULL, body = NULL WHERE id = $1",
                &[erased.into()],
            )?;
        }
        job.apply(rows, &at)?;
        Ok((entry, ledger))
    }

    fn load_head(&self, rows: &Writer<'_>, id: LedgerId, target: Target) -> Result<Head> {
        if let Target::Open { name, visibility } = target {
            let head = Head::new(&name, visibility);
            head.store(rows, id)?;
            return Ok(head);
        }
        match self.heads.get(&id) {
            Some(head) => Ok(head.clone()),
            None => Head::load(rows, id)?.ok_or_else(|| Error::Missing {
                what: format!("ledger {}", id.0),
            }),
        }
    }

    /// Takes over what a durable transaction changed, and removes freed blobs.
    fn keep(&mut self, changes: &mut Changes) {
        if self.heads.len() + changes.heads.len() > MAX_HEADS {
            self.heads.clear();
        }
        self.heads.extend(changes.heads.drain());
        for blob in changes.brought.drain(..) {
            self.shared.parity.brought(blob);
        }
        for blob in changes.freed.drain(..) {
            // The rows don't name it any more: a file that stays is set aside when the store opens.
            if let Err(error) = self.shared.blobs.remove(blob) {
                tracing::warn!(%blob, %error, "a freed blob could not be removed and waits for the next start");
            }
        }
        crash::point("group.released");
    }

    /// Rolls a broken transaction back, and decides on each of its acts; says whether it came through after all.
    fn undo(
        &mut self,
        slots: &mut [Slot],
        broken: Broken,
        changes: &Changes,
        tries: &mut Tries,
    ) -> bool {
        let ended = self.connection.roll_back();
        match broken {
            Broken::Job => self.undo_job(slots, tries),
            Broken::Transaction(error) => self.undo_all(slots, &error, tries),
            Broken::Commit(error) if error.is_full() && ended => fail_all(slots, &error),
            Broken::Commit(error) if self.is_shared() && !error.is_refusal() => {
                return self.settle(slots, changes, &error);
            }
            Broken::Commit(error) if self.is_shared() => self.undo_all(slots, &error, tries),
            Broken::Commit(error) => {
                self.shared.stop(&error);
                fail_all(
                    slots,
                    &Error::Stopped {
                        why: error.to_string(),
                    },
                );
            }
        }
        if !ended {
            self.shared.stop(&Error::Stopped {
                why: "a transaction could not be rolled back".into(),
            });
        }
        false
    }

    /// The act that failed stays so, and the others wait again. Where changes travel together the failure may be another
    /// act's: each has a transaction of its own then.
    fn undo_job(&mut self, slots: &mut [Slot], tries: &mut Tries) {
        let shared = self.is_shared();
        let together = slots.len() > 1;
        for slot in slots {
            let again = match &slot.state {
                State::Failed(error) if shared => together || tries.again(error),
                State::Failed(_) => false,
                _ => true,
            };
            if again {
                slot.wait_again();
            }
        }
        tries.alone |= shared;
    }

    /// The transaction left no trace. Where changes travel together its failure may be that of one act: each has its own then.
    fn undo_all(&mut self, slots: &mut [Slot], error: &Error, tries: &mut Tries) {
        let shared = self.is_shared();
        let of_one = shared && error.is_refusal() && !error.is_contention() && slots.len() > 1;
        tries.alone |= of_one;
        if of_one || (shared && tries.again(error)) {
            slots.iter_mut().for_each(Slot::wait_again);
        } else {
            fail_all(slots, error);
        }
    }
}

/// Takes what waits, up to the bounds of a group; returns what ended the gathering, if not an act.
fn gather(first: Box<dyn Job>, queue: &Receiver<Message>) -> (Vec<Box<dyn Job>>, Option<Message>) {
    let mut bytes = first.content_bytes();
    let mut jobs = vec![first];
    while jobs.len() < MAX_GROUP && bytes < MAX_GROUP_BYTES {
        match queue.try_recv() {
            Ok(Message::Act(job)) => {
                bytes += job.content_bytes();
                jobs.push(job);
            }
            Ok(other) => return (jobs, Some(other)),
            Err(_) => break,
        }
    }
    (jobs, None)
}

/// Answers every job whose outcome is known and takes it out of the group.
fn answer(slots: &mut Vec<Slot>, now_ms: i64) {
    for slot in std::mem::take(slots) {
        match slot.state {
            State::Waiting => slots.push(slot),
            State::Applied { entry, ledger } => slot.job.succeed(entry, ledger, now_ms),
            State::Refused => slot.job.refuse(),
            State::Failed(error) => slot.job.fail(error),
        }
    }
}

pub(crate) fn fail_all(slots: &mut [Slot], error: &Error) {
    for slot in slots
        .iter_mut()
        .filter(|slot| !matches!(slot.state, State::Failed(_)))
    {
        slot.state = State::Failed(error.again());
    }
}

/// Fresh salts for a group, with one call to the system.
fn salts(count: usize) -> Result<Vec<[u8; 32]>> {
    let mut bytes = vec![0; 32 * count];
    getrandom::fill(&mut bytes).map_err(|e| Error::Folder {
        path: "/dev/urandom".into(),
        why: e.to_string(),
    })?;
    Ok(bytes.as_chunks::<32>().0.to_vec())
}
