//! Dialling out: asks the data centre what to cosign, judges it, and hands in the cosignatures.
//!
//! A refusal that says that the data centre is not what it was is an *alarm*: it is told on stderr, kept as evidence,
//! and shown to the data centre, which then stops taking deposits. The other logs go on, unless it was the national log.

use std::collections::BTreeSet;
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use amana_ledger::{AddCheckpoint, Note, RegistryRow};
use amana_store::clock;
use amana_store::national::candidates::poll_texts;
use anyhow::{Context as _, Result};
use serde::Serialize;

use super::fetch::Centre;
use super::key::Key;
use super::refusal::{Evidence, Refusal};
use super::state::Memory;
use crate::centre::blocking;
use crate::wire::{self, Cosignature, Kept, PollAnswer, PollRequest, Weighed};

/// A witness and the data centre that it watches.
pub(crate) struct Dial {
    pub(crate) centre: Centre,
    pub(crate) folder: PathBuf,
    pub(crate) key: Arc<Key>,
    pub(crate) memory: Arc<Mutex<Memory>>,
    /// If given, the only ledgers that are judged and cosigned beside the national log, by origin.
    pub(crate) only: Option<BTreeSet<String>>,
    /// Whether the national log was refused, and not shown again since as it is known here.
    pub(crate) estranged: Arc<AtomicBool>,
}

/// What one visit to the data centre came to.
#[derive(Default, Serialize)]
pub(crate) struct Visit {
    /// Cosignatures that the data centre kept.
    pub(crate) cosigned: usize,
    /// What is wrong with the data centre.
    pub(crate) alarms: Vec<Alarm>,
    /// Whether there is more to ask for at once.
    #[serde(skip)]
    pub(crate) more: bool,
}

/// Something that a data centre must never do.
#[derive(Clone, Serialize, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Alarm {
    /// The log.
    pub(crate) origin: String,
    /// Stable name of what it did.
    pub(crate) code: &'static str,
    /// The same in words.
    pub(crate) why: String,
    /// The file that keeps the evidence.
    pub(crate) evidence: Option<PathBuf>,
}

impl fmt::Display for Alarm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "ALARM: the data centre is refused for {}: {}",
            self.origin, self.why
        )?;
        match &self.evidence {
            Some(path) => write!(f, ". The evidence is in {}: keep it", path.display()),
            None => f.write_str(". There is no room for more evidence: see to what is kept"),
        }
    }
}

/// Why a visit ended early.
pub(crate) enum Failure {
    /// The line or the data centre; worth another try.
    Line(anyhow::Error),
    /// This witness's own disk: nothing may be cosigned before a restart.
    Own(anyhow::Error),
}

/// What the data centre's requests came to.
#[derive(Default)]
struct Judged {
    cosigned: Vec<Cosignature>,
    alarms: Vec<Alarm>,
}

impl Dial {
    /// Visits the data centre once. `visit` says how far it came even when it failed.
    pub(crate) async fn visit(&self, visit: &mut Visit) -> Result<(), Failure> {
        for poll in self.polls().map_err(Failure::Own)? {
            let answer = self.centre.post(wire::POLL, "text/plain", poll).await;
            let answer: PollAnswer = parsed(answer).map_err(Failure::Line)?;
            let more = answer.more;
            let judged = self.judge(answer).await.map_err(Failure::Own)?;
            // Asking again at once is of use only if this answer was.
            visit.more |= more && !judged.cosigned.is_empty();
            let alarmed: BTreeSet<_> = judged.alarms.iter().map(|a| a.origin.clone()).collect();
            visit.alarms.extend(judged.alarms);
            let handed_in = self.hand_in(judged.cosigned).await;
            // Last, and whatever became of the cosignatures: a data centre that believes it takes nothing more.
            self.show_evidence(&alarmed).await;
            visit.cosigned += handed_in.map_err(Failure::Line)?;
        }
        Ok(())
    }

    /// Everything that is known, signed.
    fn polls(&self) -> Result<Vec<String>> {
        let memory = lock(&self.memory);
        let time_s = clock::system_ms().cast_unsigned() / 1000;
        poll_texts(memory.national(), time_s, memory.known())
            .iter()
            .map(|text| Ok(Note::sign(text, &self.key.polling)?.to_string()))
            .collect()
    }

    /// Judges the national log before all else: a data centre that is refused there gets nothing, until it shows the
    /// national log that this witness knows. Otherwise whoever sits on a line could have a fork's ledgers cosigned, which
    /// the true data centre would then be accused of.
    async fn judge(&self, answer: PollAnswer) -> Result<Judged> {
        let (memory, key, folder) = (self.memory.clone(), self.key.clone(), self.folder.clone());
        let (only, estranged) = (self.only.clone(), self.estranged.clone());
        blocking(move || {
            let mut judging = Judging {
                memory: &mut lock(&memory),
                key: &key,
                folder: &folder,
                now_ms: clock::system_ms(),
                judged: Judged::default(),
            };
            let national = judging.memory.national().to_owned();
            let (behind_national, behind) = answer
                .behind
                .iter()
                .partition::<Vec<_>, _>(|origin| **origin == national);
            let (ledgers, nationals) = answer
                .requests
                .iter()
                .partition::<Vec<_>, _>(|asked| asked.row.is_some());
            for asked in nationals {
                if let Some(sound) = judging.consider(asked)? {
                    estranged.store(!sound, Ordering::Relaxed);
                }
            }
            for origin in behind_national {
                judging.refuse_behind(origin)?;
                estranged.store(true, Ordering::Relaxed);
            }
            if !estranged.load(Ordering::Relaxed) {
                let meant = |asked: &&PollRequest| match &only {
                    Some(only) => only.contains(&claimed_origin(asked, "")),
                    None => true,
                };
                for asked in ledgers.into_iter().filter(meant) {
                    judging.consider(asked)?;
                }
            }
            for origin in behind {
                judging.refuse_behind(origin)?;
            }
            Ok(judging.judged)
        })
        .await
    }

    /// Shows the data centre the checkpoints that it signed once and that contradict it now.
    async fn show_evidence(&self, origins: &BTreeSet<String>) {
        for origin in origins {
            let note = lock(&self.memory)
                .held(origin)
                .map(|held| held.note.to_string());
            if let Some(note) = note {
                let weighed = self.centre.post(wire::EVIDENCE, "text/plain", note).await;
                match parsed::<Weighed>(weighed) {
                    Ok(Weighed { anomaly: Some(why) }) => {
                        tracing::warn!(origin, why, "the data centre admits it");
                    }
                    Ok(_) => tracing::warn!(origin, "the data centre sees nothing wrong"),
                    Err(error) => tracing::warn!(origin, "the evidence was not taken: {error:#}"),
                }
            }
        }
    }

    async fn hand_in(&self, cosigned: Vec<Cosignature>) -> Result<usize> {
        if cosigned.is_empty() {
            return Ok(0);
        }
        let body = serde_json::to_string(&cosigned)?;
        let answer = self
            .centre
            .post(wire::COSIGNATURES, "application/json", body)
            .await;
        Ok(parsed::<Kept>(answer)?.kept)
    }
}

/// One answer of the data centre, on its way to being judged.
struct Judging<'a> {
    memory: &'a mut Memory,
    key: &'a Key,
    folder: &'a Path,
    now_ms: i64,
    judged: Judged,
}

impl Judging<'_> {
    /// Cosigns what may be cosigned: whether the log is what it was, as far as the request tells.
    fn consider(&mut self, asked: &PollRequest) -> Result<Option<bool>> {
        let (row, request) = (asked.row.as_deref(), &asked.request);
        match self.memory.consider(row, request, self.now_ms)? {
            Ok(checkpoint) => {
                let time_s = self.now_ms.cast_unsigned() / 1000;
                self.judged.cosigned.push(Cosignature {
                    line: self.key.cosigning.cosign(&checkpoint, time_s).to_string(),
                    origin: checkpoint.origin,
                    size: checkpoint.size,
                });
                Ok(Some(true))
            }
            Err(refusal) if refusal.is_alarm() => {
                let origin = claimed_origin(asked, self.memory.national());
                self.refuse(&origin, &refusal, Some(asked))?;
                Ok(Some(false))
            }
            Err(_) => Ok(None),
        }
    }

    /// Takes the data centre at its word that it has less than it signed; what it says of logs that aren't known here
    /// means nothing.
    fn refuse_behind(&mut self, origin: &str) -> Result<()> {
        if self.memory.held(origin).is_none() {
            return Ok(());
        }
        self.refuse(origin, &Refusal::Behind, None)
    }

    fn refuse(
        &mut self,
        origin: &str,
        refusal: &Refusal,
        asked: Option<&PollRequest>,
    ) -> Result<()> {
        let evidence = Evidence {
            origin,
            refusal,
            held: self.memory.held(origin),
            asked,
        };
        let file = evidence.keep(self.folder, self.now_ms)?;
        self.judged.alarms.push(alarm(origin, refusal, file));
        Ok(())
    }
}

fn alarm(origin: &str, refusal: &Refusal, evidence: Option<PathBuf>) -> Alarm {
    Alarm {
        origin: origin.to_owned(),
        code: refusal.code(),
        why: refusal.to_string(),
        evidence,
    }
}

/// What a refused request is about: the row's ledger if there is a row, otherwise the checkpoint's origin.
fn claimed_origin(asked: &PollRequest, national: &str) -> String {
    let Some(row) = &asked.row else {
        return national.to_owned();
    };
    let row = Note::parse(row.as_bytes()).and_then(|note| note.text.parse::<RegistryRow>());
    match row {
        Ok(row) => row.log.name().to_owned(),
        Err(_) => AddCheckpoint::parse(asked.request.as_bytes()).map_or_else(
            |_| "unknown".to_owned(),
            |request| request.origin().to_owned(),
        ),
    }
}

fn parsed<T: serde::de::DeserializeOwned>(answer: Result<bytes::Bytes>) -> Result<T> {
    serde_json::from_slice(&answer?).context("the data centre's answer can't be read")
}

/// A thread that panicked left the memory as the disk has it: it changes only after a write.
pub(crate) fn lock(memory: &Mutex<Memory>) -> MutexGuard<'_, Memory> {
    memory.lock().unwrap_or_else(PoisonError::into_inner)
}
