//! The national log: one leaf an epoch commits the registry's rows and the head of every ledger.
//!
//! An epoch is an act like any other, in ledger 0. Its leaf is public text; beside it, unhashed, stand the heads and
//! rows that changed, so that any epoch's slots can be computed again. They prove themselves: a wrong one doesn't have
//! the root that the leaf commits to.

pub(crate) mod awaited;
pub mod candidates;
pub mod evidence;
pub mod give_back;
pub(crate) mod mirrored;
pub mod policy;
pub mod quorum;
pub mod receipts;
pub(crate) mod shown;

use std::collections::VecDeque;
use std::ops::ControlFlow;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use amana_ledger::{Checkpoint, EpochLeaf, Hash, LedgerQuorum, RegistryRow, registry_root};
use amana_ledger::{slot_entry, slot_salt, slots_root};
use serde::{Deserialize, Serialize};

use crate::act::{Denied, Service, Target};
use crate::store::{Shared, lock_state};
use crate::{Act, At, CommitError, Error, Kind, LedgerId, LedgerInfo, Reader, Result, Row};
use crate::{Store, View, Visibility, Writer};

/// Name of the national log among the ledgers.
pub const NATIONAL: &str = "national";

/// The store's own views and acts: epochs, rows, quorums, erasures.
pub(crate) fn service() -> Service {
    const VIEWS: &[View] = &[
        View {
            table: "epoch_heads",
            columns: "ledger BIGINT NOT NULL, epoch BIGINT NOT NULL, size BIGINT NOT NULL, root BLOB NOT NULL,
                      PRIMARY KEY (ledger, epoch)",
            key: "ledger, epoch",
            clustered: true,
            indexes: &[],
        },
        View {
            table: "registry_rows",
            columns: "ledger BIGINT NOT NULL, epoch BIGINT NOT NULL, text TEXT NOT NULL, PRIMARY KEY (ledger, epoch)",
            key: "ledger, epoch",
            clustered: true,
            indexes: &[],
        },
        quorum::VIEW,
        crate::erase::VIEW,
    ];
    Service {
        name: "national",
        views: VIEWS,
        kinds: vec![
            Kind::of::<CloseEpoch>(),
            Kind::of::<quorum::SetQuorum>(),
            Kind::of::<crate::erase::Erase>(),
            Kind::of::<crate::scrub::RecordHealed>(),
            Kind::of::<crate::scrub::RecordScrub>(),
        ],
    }
}

/// A ledger's head at an epoch.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(crate) struct EpochHead {
    pub(crate) ledger: u32,
    pub(crate) size: u64,
    pub(crate) root: String,
}

/// A registry row that is new, or changed, at an epoch.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(crate) struct EpochRow {
    ledger: u32,
    text: String,
}

impl EpochRow {
    pub(crate) fn into_parts(self) -> (u32, String) {
        (self.ledger, self.text)
    }
}

/// What is kept beside an epoch's leaf.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub(crate) struct EpochBody {
    pub(crate) heads: Vec<EpochHead>,
    pub(crate) rows: Vec<EpochRow>,
}

/// Closes an epoch.
pub(crate) struct CloseEpoch {
    shared: Arc<Shared>,
    even_if_quiet: bool,
    text: String,
    body: EpochBody,
    slots: Vec<[u8; 32]>,
    epoch: u64,
}

/// Nothing happened since the last epoch.
#[derive(Debug)]
pub(crate) struct Quiet;

impl CloseEpoch {
    pub(crate) fn new(shared: Arc<Shared>, even_if_quiet: bool) -> Self {
        let body = EpochBody::default();
        Self {
            shared,
            even_if_quiet,
            text: String::new(),
            body,
            slots: Vec::new(),
            epoch: 0,
        }
    }
}

impl Act for CloseEpoch {
    const KIND: &'static str = "epoch.close";
    type Links = ();
    type Body = EpochBody;
    type Output = u64;
    type Refusal = Quiet;

    fn actor(&self) -> &'static str {
        "operator"
    }

    fn target(&self) -> Target {
        if self.epoch == 0 {
            Target::Open {
                name: NATIONAL.to_owned(),
                visibility: Visibility::Public,
            }
        } else {
            Target::Ledger(LedgerId::NATIONAL)
        }
    }

    fn check(&mut self, views: &Reader<'_>, now_ms: i64) -> Result<(), Denied<Quiet>> {
        self.body = EpochBody::default();
        let ledgers = LedgerInfo::all(views)?;
        self.epoch = ledgers.first().map_or(0, |national| national.size);
        // A ledger without entries was opened in this very group: it joins with its genesis, at the next epoch.
        let ledgers = ledgers.get(1..).unwrap_or_default();
        let opened = ledgers.iter().position(|info| info.size == 0);
        let ledgers = &ledgers[..opened.unwrap_or(ledgers.len())];
        let mut rows = Vec::with_capacity(ledgers.len());
        for info in ledgers {
            if latest_head(views, info.id, u64::MAX)?.is_none_or(|(size, _)| size != info.size) {
                let (ledger, size, root) = (info.id.0, info.size, info.root.to_string());
                self.body.heads.push(EpochHead { ledger, size, root });
            }
            let text = self.shared.registry_row(views, info)?.to_string();
            if row_at(views, info.id, u64::MAX)?.as_deref() != Some(&text) {
                self.body.rows.push(EpochRow {
                    ledger: info.id.0,
                    text: text.clone(),
                });
            }
            rows.push(text);
        }
        if self.body == EpochBody::default() && !self.even_if_quiet {
            return Err(Denied::Refused(Quiet));
        }
        let heads = ledgers
            .iter()
            .map(|info| (info.name.as_str(), info.id, info.size, info.root));
        self.slots = heads
            .map(|head| self.shared.slot(head, self.epoch))
            .collect();
        let leaf = EpochLeaf {
            epoch: self.epoch,
            time_ms: now_ms.cast_unsigned(),
            ledgers: ledgers.len() as u64,
            registry_root: registry_root(rows.iter().map(String::as_str)),
            slots_root: slots_root(&self.slots),
        };
        self.text = leaf.to_string();
        self.shared
            .slots
            .remember(self.epoch, std::mem::take(&mut self.slots));
        Ok(())
    }

    fn links(&self) -> &() {
        &()
    }

    fn body(&self) -> Option<&EpochBody> {
        Some(&self.body)
    }

    fn text(&self) -> Option<&str> {
        Some(&self.text)
    }

    fn frees(&self) -> bool {
        true
    }

    fn apply((): &(), body: Option<&EpochBody>, rows: &Writer<'_>, at: &At) -> Result<u64> {
        let epoch = at.entry.index();
        let Some(body) = body else {
            return Err(Error::Missing {
                what: format!("what was kept beside epoch {epoch}"),
            });
        };
        for head in &body.heads {
            let root: Hash = head.root.parse()?;
            rows.execute(
                "INSERT INTO epoch_heads (ledger, epoch, size, root) VALUES ($1, $2, $3, $4)",
                &[
                    head.ledger.into(),
                    epoch.cast_signed().into(),
                    head.size.cast_signed().into(),
                    root.as_bytes().as_slice().into(),
                ],
            )?;
        }
        for row in &body.rows {
            rows.execute(
                "INSERT INTO registry_rows (ledger, epoch, text) VALUES ($1, $2, $3)",
                &[
                    row.ledger.into(),
                    epoch.cast_signed().into(),
                    row.text.as_str().into(),
                ],
            )?;
        }
        Ok(epoch)
    }
}

impl Store {
    /// Closes an epoch, if anything happened since the last one or `even_if_quiet`; returns its number.
    ///
    /// # Errors
    /// As [`Store::commit`].
    pub async fn close_epoch(&self, even_if_quiet: bool) -> Result<Option<u64>> {
        let _one = self.shared.closing.lock().await;
        match self
            .commit(CloseEpoch::new(self.shared.clone(), even_if_quiet))
            .await
        {
            Ok(committed) => Ok(Some(committed.output)),
            Err(CommitError::Refused(Quiet)) => Ok(None),
            Err(CommitError::Busy) => Err(Error::Failed {
                why: "the queue is full".into(),
            }),
            Err(CommitError::Store(error)) => Err(error),
        }
    }

    /// Closes epochs for ever: every `busy` while anything happens, every `idle` otherwise.
    pub async fn run_epochs(&self, busy: Duration, idle: Duration) {
        let mut quiet = Duration::ZERO;
        loop {
            tokio::time::sleep(busy).await;
            quiet += busy;
            match self.close_epoch(quiet >= idle).await {
                Ok(Some(_)) => quiet = Duration::ZERO,
                Ok(None) => {}
                Err(error) => tracing::warn!(%error, "no epoch was closed"),
            }
        }
    }
}

/// The head of a ledger as of an epoch: its size and root.
pub(crate) fn latest_head(
    rows: &Reader<'_>,
    ledger: LedgerId,
    epoch: u64,
) -> Result<Option<(u64, Hash)>> {
    rows.one(
        "SELECT size, root FROM epoch_heads WHERE ledger = $1 AND epoch <= $2 ORDER BY epoch DESC LIMIT 1",
        &[ledger.0.into(), i64::try_from(epoch).unwrap_or(i64::MAX).into()],
        |row| Ok((row.int(0)?.cast_unsigned(), head_root(row, 1)?)),
    )
}

fn head_root(row: &Row<'_>, column: usize) -> Result<Hash> {
    let bytes = row.blob(column)?.try_into().map_err(|_| Error::Damaged {
        what: "the head of a ledger at an epoch".into(),
        why: "its root is not 32 bytes".into(),
    })?;
    Ok(Hash::from_bytes(bytes))
}

/// The registry row of a ledger as of an epoch.
pub(crate) fn row_at(rows: &Reader<'_>, ledger: LedgerId, epoch: u64) -> Result<Option<String>> {
    rows.one(
        "SELECT text FROM registry_rows WHERE ledger = $1 AND epoch <= $2 ORDER BY epoch DESC LIMIT 1",
        &[ledger.0.into(), i64::try_from(epoch).unwrap_or(i64::MAX).into()],
        |row| Ok(row.text(0)?.to_owned()),
    )
}

/// Slots of recent epochs, so that receipts don't compute them again.
#[derive(Default)]
pub(crate) struct RecentSlots(Mutex<VecDeque<(u64, Slots)>>);

/// The slots of one epoch.
type Slots = Arc<[[u8; 32]]>;

const MAX_RECENT_EPOCHS: usize = 32;

impl RecentSlots {
    fn remember(&self, epoch: u64, slots: Vec<[u8; 32]>) {
        let mut recent = lock_state(&self.0);
        recent.retain(|(known, _)| *known != epoch);
        if recent.len() == MAX_RECENT_EPOCHS {
            recent.pop_front();
        }
        recent.push_back((epoch, slots.into()));
    }

    fn recall(&self, epoch: u64) -> Option<Arc<[[u8; 32]]>> {
        lock_state(&self.0)
            .iter()
            .find(|(known, _)| *known == epoch)
            .map(|(_, slots)| slots.clone())
    }
}

impl Shared {
    /// What fills a ledger's slot in an epoch.
    fn slot(&self, (name, id, size, root): (&str, LedgerId, u64, Hash), epoch: u64) -> [u8; 32] {
        let salt = slot_salt(&self.keys.slot_secret(id), epoch);
        slot_entry(
            &salt,
            &Checkpoint {
                origin: self.keys.origin(name),
                size,
                root,
            }
            .body(),
        )
    }

    /// All slots of an epoch, from memory or computed again from what was kept beside it.
    pub(crate) fn slots(
        &self,
        rows: &Reader<'_>,
        epoch: u64,
        ledgers: u64,
    ) -> Result<Arc<[[u8; 32]]>> {
        if let Some(slots) = self.slots.recall(epoch) {
            return Ok(slots);
        }
        let mut slots = Vec::new();
        rows.each(
            "SELECT id, name FROM ledgers WHERE id > 0 AND id <= $1 ORDER BY id",
            &[ledgers.cast_signed().into()],
            |row| {
                let id = LedgerId(u32::try_from(row.int(0)?).unwrap_or(u32::MAX));
                let (size, root) = latest_head(rows, id, epoch)?.ok_or_else(|| Error::Missing {
                    what: format!("the head of ledger {} at epoch {epoch}", id.0),
                })?;
                slots.push(self.slot((row.text(1)?, id, size, root), epoch));
                Ok(ControlFlow::Continue(()))
            },
        )?;
        self.slots.remember(epoch, slots.clone());
        Ok(slots.into())
    }

    /// The registry row of a ledger as it is now.
    pub(crate) fn registry_row(&self, rows: &Reader<'_>, info: &LedgerInfo) -> Result<RegistryRow> {
        let quorum = match quorum::lines(rows, info.id)? {
            Some(lines) => LedgerQuorum::Own(amana_ledger::OwnQuorum::parse(&lines)?),
            None => LedgerQuorum::National,
        };
        Ok(RegistryRow {
            name: info.name.clone(),
            slot: u64::from(info.id.0) - 1,
            visibility: match info.visibility {
                Visibility::Private => amana_ledger::Visibility::Private,
                Visibility::Public => amana_ledger::Visibility::Public,
            },
            genesis: info.genesis,
            log: self.verifier(info),
            quorum,
        })
    }
}
