//! What a witness remembers: of each log its key and first root, pinned at first sight, and the newest checkpoint that
//! it vouched for. One file a log, replaced whole, so that a crash leaves the old memory or the new one.
//!
//! Whoever dials out and whoever serves `add-checkpoint` share one [`Memory`] behind a lock: what is judged is judged
//! against what is remembered, and is on disk before anybody can cosign it.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use amana_ledger::{AddCheckpoint, Checkpoint, Hash, Note, RegistryRow, VerifierKey, Visibility};
use amana_ledger::{WitnessRefusal, WitnessState, judge};
use anyhow::{Context as _, Result, anyhow, bail};
use serde::{Deserialize, Serialize};

use super::refusal::Refusal;
use super::trust::Trust;
use crate::durable::{make_private_folder, write_private};

/// Logs that a witness knows at most.
const MAX_LOGS: usize = 100_000;

/// All that is remembered.
pub(crate) struct Memory {
    folder: PathBuf,
    national: VerifierKey,
    logs: BTreeMap<String, Log>,
}

/// What is remembered of one log.
pub(crate) struct Log {
    key: VerifierKey,
    genesis: Hash,
    visibility: Visibility,
    /// The newest checkpoint vouched for.
    pub(crate) held: Option<Held>,
}

/// A checkpoint that the log signed and this witness vouched for.
pub(crate) struct Held {
    /// What it says.
    pub(crate) checkpoint: Checkpoint,
    /// As its log signed it.
    pub(crate) note: Note,
    /// When it was taken, in milliseconds since 1970.
    pub(crate) since_ms: i64,
}

/// A log's file.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    log: String,
    genesis: String,
    public: bool,
    checkpoint: Option<String>,
    since_ms: Option<i64>,
}

impl Memory {
    /// Reads the files under `logs` in the folder, and pins the national log if none is there yet.
    ///
    /// # Errors
    /// When a file can't be read or written, is not what it was, or pins another national log than `trust`.
    pub(crate) fn open(folder: &Path, trust: &Trust) -> Result<Self> {
        let folder = folder.join("logs");
        make_private_folder(&folder)?;
        let mut logs = BTreeMap::new();
        for file in fs::read_dir(&folder).with_context(|| format!("{}", folder.display()))? {
            let path = file?.path();
            // A crash may have left a `.new` that was never taken into use.
            if path.extension().is_some_and(|end| end == "json") {
                let log = Log::read(&path).with_context(|| {
                    format!(
                        "{} is damaged: restore it from its backup; without it this witness would vouch for a \
                         rewritten log",
                        path.display()
                    )
                })?;
                logs.insert(log.key.name().to_owned(), log);
            }
        }
        let mut memory = Self {
            folder,
            national: trust.national.clone(),
            logs,
        };
        match memory.logs.get(trust.national.name()) {
            Some(log) if log.key == trust.national && log.genesis == trust.genesis => {}
            Some(_) => bail!(
                "the copy of the policy pins another national log than this witness has cosigned; restore the copy \
                 whose SHA-256 was published"
            ),
            None => {
                let log = Log {
                    key: trust.national.clone(),
                    genesis: trust.genesis,
                    visibility: Visibility::Public,
                    held: None,
                };
                memory.keep(log)?;
            }
        }
        Ok(memory)
    }

    /// The national log's origin.
    pub(crate) fn national(&self) -> &str {
        self.national.name()
    }

    /// Every log, by origin.
    pub(crate) fn logs(&self) -> impl Iterator<Item = (&str, &Log)> {
        self.logs.iter().map(|(origin, log)| (origin.as_str(), log))
    }

    /// The checkpoint held of a log.
    pub(crate) fn held(&self, origin: &str) -> Option<&Held> {
        self.logs.get(origin)?.held.as_ref()
    }

    /// The logs that the next poll names, with their sizes.
    pub(crate) fn known(&self) -> impl Iterator<Item = (&str, u64)> {
        self.logs()
            .filter_map(|(origin, log)| Some((origin, log.held.as_ref()?.checkpoint.size)))
    }

    /// Judges what the data centre asks to be cosigned. What is accepted is on disk on return, and so is a ledger's pin
    /// at first sight, accepted or not.
    ///
    /// # Errors
    /// Without a `Refusal` inside: when memory can't be written. Nothing may be cosigned then until a restart.
    pub(crate) fn consider(
        &mut self,
        row: Option<&str>,
        request: &str,
        now_ms: i64,
    ) -> Result<Result<Checkpoint, Refusal>> {
        let request = match AddCheckpoint::parse(request.as_bytes()) {
            Ok(request) => request,
            Err(error) => return Ok(Err(WitnessRefusal::BadRequest(error).into())),
        };
        let origin = match row {
            None => self.national.name().to_owned(),
            Some(row) => match self.introduce(row)? {
                Ok(origin) => origin,
                Err(refusal) => return Ok(Err(refusal)),
            },
        };
        let judged = self.judge(&origin, &request, now_ms)?;
        Ok(judged.map_err(Refusal::Judged))
    }

    /// Judges an `add-checkpoint` request from anybody, of a log that is known already. Durable as
    /// [`Memory::consider`].
    ///
    /// # Errors
    /// As [`Memory::consider`].
    pub(crate) fn add_checkpoint(
        &mut self,
        request: &AddCheckpoint,
        now_ms: i64,
    ) -> Result<Result<Checkpoint, WitnessRefusal>> {
        self.judge(request.origin(), request, now_ms)
    }

    /// The origin of a row's ledger, pinned now if it is new. A row that contradicts what is pinned is refused.
    fn introduce(&mut self, row: &str) -> Result<Result<String, Refusal>> {
        let opened =
            Note::parse(row.as_bytes()).and_then(|note| RegistryRow::open(&note, &self.national));
        let row = match opened {
            Ok(row) => row,
            Err(error) => return Ok(Err(Refusal::BadRow(error))),
        };
        if !row.is_named_as_its_log(&self.national) {
            return Ok(Err(Refusal::NameMismatch));
        }
        let origin = row.log.name().to_owned();
        match self.logs.get(&origin) {
            Some(log) if log.key != row.log => Ok(Err(Refusal::OtherKey)),
            Some(log) if log.genesis != row.genesis => Ok(Err(Refusal::OtherGenesis)),
            Some(_) => Ok(Ok(origin)),
            None if self.logs.len() == MAX_LOGS => Ok(Err(Refusal::TooMany { max: MAX_LOGS })),
            None => {
                let log = Log {
                    key: row.log,
                    genesis: row.genesis,
                    visibility: row.visibility,
                    held: None,
                };
                self.keep(log)?;
                Ok(Ok(origin))
            }
        }
    }

    fn judge(
        &mut self,
        origin: &str,
        request: &AddCheckpoint,
        now_ms: i64,
    ) -> Result<Result<Checkpoint, WitnessRefusal>> {
        let Some(log) = self.logs.get(origin) else {
            return Ok(Err(WitnessRefusal::UnknownOrigin));
        };
        let before = log.state();
        let after = match judge(Some(&before), request, &log.key) {
            Ok(after) => after,
            Err(refusal) => return Ok(Err(refusal)),
        };
        let checkpoint = Checkpoint {
            origin: after.origin.clone(),
            size: after.size,
            root: after.root,
        };
        // The same head once more needs no write: it is on disk since it was accepted.
        if log.held.is_none() || after != before {
            let held = Held {
                checkpoint: checkpoint.clone(),
                note: request.checkpoint.clone(),
                since_ms: now_ms,
            };
            let log = Log {
                key: log.key.clone(),
                held: Some(held),
                ..*log
            };
            self.keep(log)?;
        }
        Ok(Ok(checkpoint))
    }

    /// On disk first, then in memory.
    fn keep(&mut self, log: Log) -> Result<()> {
        let origin = log.key.name().to_owned();
        let name = hex::encode(Hash::of(&[origin.as_bytes()]).as_bytes());
        let text = serde_json::to_string_pretty(&log.written())? + "\n";
        write_private(&self.folder.join(name + ".json"), &text)?;
        self.logs.insert(origin, log);
        Ok(())
    }
}

impl Log {
    /// Whether anybody may know how large it is.
    pub(crate) fn is_public(&self) -> bool {
        self.visibility == Visibility::Public
    }

    fn state(&self) -> WitnessState {
        match &self.held {
            None => WitnessState::genesis(self.key.name(), self.genesis),
            Some(Held { checkpoint, .. }) => WitnessState {
                origin: checkpoint.origin.clone(),
                size: checkpoint.size,
                root: checkpoint.root,
            },
        }
    }

    fn written(&self) -> Written {
        Written {
            log: self.key.to_string(),
            genesis: self.genesis.to_string(),
            public: self.is_public(),
            checkpoint: self.held.as_ref().map(|held| held.note.to_string()),
            since_ms: self.held.as_ref().map(|held| held.since_ms),
        }
    }

    /// Reads a log's file. The checkpoint is verified as if it came from outside.
    fn read(path: &Path) -> Result<Self> {
        let written: Written = serde_json::from_slice(&fs::read(path)?)?;
        let key: VerifierKey = written.log.parse()?;
        let held = match (written.checkpoint, written.since_ms) {
            (Some(note), Some(since_ms)) => {
                let (checkpoint, note) = Checkpoint::open(note.as_bytes(), &key)?;
                Some(Held {
                    checkpoint,
                    note,
                    since_ms,
                })
            }
            (None, None) => None,
            _ => return Err(anyhow!("a checkpoint and its time come together")),
        };
        Ok(Self {
            key,
            genesis: written.genesis.parse()?,
            visibility: if written.public {
                Visibility::Public
            } else {
                Visibility::Private
            },
            held,
        })
    }
}
