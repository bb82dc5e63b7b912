//! Having acts recorded: sealed, signed, and sent together with whatever else waits.
//!
//! A few batches are on their way at a time; each takes what waits when it leaves, so that one round trip serves many.
//! The statement is signed against the heads that the vault planned with: the data centre compares and sets.
//!
//! When a line is cut, nobody knows whether a batch arrived. Its acts are then sent again, to the byte: the data centre
//! records a statement at most once, and answers one that it has with its entry. So the outcome is never guessed.

use std::collections::{BTreeMap, VecDeque};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use amana_ledger::VerifierKey;
use amana_seal::envelope;
use amana_seal::statement::{
    BucketAt, EnvelopeDigest, Piece, PieceId, SignedStatement, Statement, Touch,
};
use amana_vault::remote::{PlannedAct, RecordError, Recorded, SlotHead};
use bytes::{Bytes, BytesMut};
use tokio::sync::{Notify, Semaphore, oneshot};
use tokio::time::{Instant, sleep};

use crate::acks::{Acks, Expected};
use crate::alarm::Alarms;
use crate::centre::Centre;
use crate::keys::Keys;
use crate::wire::{self, ActResult, Results};
use crate::{Error, Result, refusal};

/// Batches on their way at once.
const MAX_BATCHES: usize = 4;
/// Acts of one batch, and their bytes.
const MAX_BATCH_ACTS: usize = 256;
const MAX_BATCH_BYTES: usize = 4 * 1024 * 1024;
/// Acts that wait at most, and their bytes.
const MAX_WAITING: usize = 4096;
const MAX_WAITING_BYTES: usize = 48 * 1024 * 1024;
/// For so long an act of unknown outcome is sent again; after that the follower tells.
const PATIENCE: Duration = Duration::from_secs(90);
const FIRST_PAUSE: Duration = Duration::from_millis(200);
const MAX_PAUSE: Duration = Duration::from_secs(5);

/// An act that waits to be sent.
struct Waiting {
    statement: SignedStatement,
    envelope: Vec<u8>,
    inline: Bytes,
    reply: oneshot::Sender<Result<Recorded, RecordError>>,
}

impl Waiting {
    fn size_bytes(&self) -> usize {
        12 + self.statement.bytes().len() + self.envelope.len() + self.inline.len()
    }
}

/// Sends acts to the data centre.
pub(crate) struct Recorder {
    centre: Arc<Centre>,
    keys: Arc<Keys>,
    alarms: Arc<Alarms>,
    acks: Arc<Acks>,
    log: VerifierKey,
    waiting: Mutex<VecDeque<Waiting>>,
    waiting_bytes: AtomicUsize,
    woken: Notify,
}

impl Recorder {
    pub(crate) fn new(
        centre: Arc<Centre>,
        keys: Arc<Keys>,
        alarms: Arc<Alarms>,
        acks: Arc<Acks>,
        log: VerifierKey,
    ) -> Self {
        Self {
            centre,
            keys,
            alarms,
            acks,
            log,
            waiting: Mutex::default(),
            waiting_bytes: AtomicUsize::new(0),
            woken: Notify::new(),
        }
    }

    /// Acts that wait to be sent.
    pub(crate) fn queued(&self) -> usize {
        self.lock().len()
    }

    /// Seals and signs an act, has it sent, and waits for what became of it.
    pub(crate) async fn record(&self, act: PlannedAct) -> Result<Recorded, RecordError> {
        let bucket = act.bucket.name.clone();
        let ready = self.alarms.check().and_then(|()| self.seal(act));
        let (statement, envelope, inline) =
            ready.map_err(|error| refusal::not_recorded(error, &bucket))?;
        let (reply, answer) = oneshot::channel();
        let waiting = Waiting {
            statement,
            envelope,
            inline,
            reply,
        };
        let bytes = waiting.size_bytes();
        let before = self.waiting_bytes.fetch_add(bytes, Ordering::AcqRel);
        {
            let mut queue = self.lock();
            if queue.len() >= MAX_WAITING || before + bytes > MAX_WAITING_BYTES {
                drop(queue);
                self.waiting_bytes.fetch_sub(bytes, Ordering::AcqRel);
                return Err(RecordError::Busy);
            }
            queue.push_back(waiting);
        }
        self.woken.notify_one();
        answer.await.unwrap_or_else(|_| {
            Err(RecordError::Unknown {
                why: Error::Stopping.to_string(),
            })
        })
    }

    /// Sends what waits, for as long as it is polled.
    pub(crate) async fn run(self: Arc<Self>) {
        let batches = Arc::new(Semaphore::new(MAX_BATCHES));
        loop {
            let Ok(permit) = batches.clone().acquire_owned().await else {
                return;
            };
            let batch = loop {
                // Enabled before the look, so that an act that comes between is not missed.
                let woken = self.woken.notified();
                let batch = self.gather();
                if !batch.is_empty() {
                    break batch;
                }
                woken.await;
            };
            let recorder = self.clone();
            tokio::spawn(async move {
                recorder.deliver(batch).await;
                drop(permit);
            });
        }
    }

    fn seal(&self, act: PlannedAct) -> Result<(SignedStatement, Vec<u8>, Bytes)> {
        let current = self.keys.current()?;
        let plain = serde_json::to_vec(&act.plain).map_err(|error| Error::Setting {
            what: "an act".into(),
            why: error.to_string(),
        })?;
        let slots = |heads: &[SlotHead]| {
            let touch = |head: &SlotHead| Touch {
                slot: head.slot.0,
                last: head.head,
            };
            heads.iter().map(touch).collect()
        };
        let piece = act.piece.as_ref().map(|piece| Piece {
            id: PieceId(*piece.id.as_bytes()),
            size_bytes: piece.sealed.size_bytes,
            sha256: piece.sealed.sha256,
        });
        let mut statement = Statement {
            ledger: self.log.name().to_owned(),
            member: self.keys.member_id(),
            keyring: current.number,
            epoch: current.epoch,
            act: act.id.0,
            verb: act.plain.kind.parse()?,
            bucket: BucketAt {
                name: act.bucket.name,
                created: act.bucket.entry,
                settings: act.bucket.settings,
            },
            touches: slots(&act.touches),
            retires: slots(&act.retires),
            piece,
            releases: act
                .releases
                .iter()
                .map(|id| PieceId(*id.as_bytes()))
                .collect(),
            envelope: EnvelopeDigest::of(&[]),
        };
        let sealed = envelope::seal(&current.envelope_key, statement.aad().as_bytes(), &plain)?;
        statement.envelope = EnvelopeDigest::of(&sealed);
        let signed = statement.sign(self.keys.member())?;
        let inline = act.piece.and_then(|piece| piece.inline).unwrap_or_default();
        Ok((signed, sealed, inline))
    }

    /// Takes what waits, as much as one batch holds.
    fn gather(&self) -> Vec<Waiting> {
        let mut queue = self.lock();
        let mut batch = Vec::new();
        let mut bytes = 0;
        while let Some(next) = queue.front() {
            let size = next.size_bytes();
            if batch.len() == MAX_BATCH_ACTS
                || (!batch.is_empty() && bytes + size > MAX_BATCH_BYTES)
            {
                break;
            }
            bytes += size;
            batch.extend(queue.pop_front());
        }
        self.waiting_bytes.fetch_sub(bytes, Ordering::AcqRel);
        batch
    }

    /// Sends a batch until its outcome is known, or for as long as it makes sense.
    async fn deliver(&self, batch: Vec<Waiting>) {
        let what = format!("/api/v1/sealed/{}/acts", self.centre.institution());
        let mut body = BytesMut::new();
        for act in &batch {
            wire::put_act(&mut body, act.statement.bytes(), &act.envelope, &act.inline);
        }
        let body = body.freeze();
        let begun = Instant::now();
        let (mut pause, mut sent_before) = (FIRST_PAUSE, false);
        loop {
            // What was queued before an alarm doesn't leave after it.
            if let Err(alarm) = self.alarms.check() {
                return fail(batch, &alarm, sent_before);
            }
            let error = match self.hand_in(&what, &body, &batch).await {
                Ok(results) => return answer(batch, results),
                Err(error) => error,
            };
            // A batch that certainly never arrived is the caller's to try again; once one may have, it must be settled.
            let settled = error.is_not_done() && !sent_before;
            if settled || Instant::now() - begun > PATIENCE {
                return fail(batch, &error, !settled);
            }
            tracing::debug!(%error, "a batch is handed in again");
            sent_before |= !error.is_not_done();
            sleep(pause).await;
            pause = (pause * 2).min(MAX_PAUSE);
        }
    }

    async fn hand_in(&self, what: &str, body: &Bytes, batch: &[Waiting]) -> Result<Vec<ActResult>> {
        let answer = self
            .centre
            .post(
                what,
                "application/octet-stream",
                body.clone(),
                wire::MAX_RESULTS_BYTES,
            )
            .await?;
        let Results { results, ack } = wire::json(what, &answer)?;
        if results.len() != batch.len() {
            return Err(Error::malformed(what, "it has not one result an act"));
        }
        let mut recorded = BTreeMap::new();
        for (act, result) in batch.iter().zip(&results) {
            if let ActResult::Recorded { index, .. } = result {
                let expected = Expected {
                    digest: act.statement.digest(),
                    act: act.statement.statement().act,
                };
                recorded.insert(*index, expected);
            }
        }
        if !recorded.is_empty() {
            let ack = ack.ok_or_else(|| Error::malformed(what, "it has no ack"))?;
            self.acks.keep(&ack, &self.log, &recorded)?;
        }
        Ok(results)
    }

    fn lock(&self) -> MutexGuard<'_, VecDeque<Waiting>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn answer(batch: Vec<Waiting>, results: Vec<ActResult>) {
    for (act, result) in batch.into_iter().zip(results) {
        let told = match result {
            ActResult::Recorded { index, time_ms } => Ok(Recorded { index, time_ms }),
            ActResult::Refused { error, message } => {
                let bucket = &act.statement.statement().bucket.name;
                Err(refusal::of_code(&error, &message, bucket))
            }
        };
        // A caller that went away is no reason to complain: the act stands.
        let _ = act.reply.send(told);
    }
}

fn fail(batch: Vec<Waiting>, error: &Error, unknown: bool) {
    for act in batch {
        let told = if unknown {
            RecordError::Unknown {
                why: error.to_string(),
            }
        } else {
            refusal::not_sent(error, &act.statement.statement().bucket.name)
        };
        let _ = act.reply.send(Err(told));
    }
}
