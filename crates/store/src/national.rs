//! The national log: one leaf an epoch commits the registry's rows and the head of every ledger.
//!
//! An epoch is an act like any other, in ledger 0. Its leaf is public text; beside it, unhashed, stand the heads and
//! rows that changed, so that any epoch's slots can be computed again. They prove themselves: a wrong one doesn't have
//! the root that the leaf commits to.

pub(crate) mod awaited;
pub mod candidates;
pub(crate) mod chosen;
pub mod evidence;
pub mod give_back;
pub(crate) mod mirrored;
mod past;
pub mod policy;
pub mod quorum;
pub mod receipts;
pub(crate) mod shared_shown;
pub(crate) mod shown;
pub(crate) mod signed_rows;
mod standing;
pub(crate) mod trees;
mod witnessed;

use std::sync::Arc;
use std::time::Duration;

use amana_ledger::{Checkpoint, EpochLeaf, Hash, LedgerQuorum, RegistryRow};
use amana_ledger::{slot_entry, slot_salt};
use serde::{Deserialize, Serialize};

use crate::act::{Denied, Service, Target};
use crate::postgres::Lease;
use crate::store::Shared;
use crate::{Act, At, CommitError, Error, Kind, LedgerId, LedgerInfo, Reader, Result, Row};
use crate::{Store, TRACES, View, Visibility, Writer};
use standing::Standing;
use trees::WholeTree;

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
    lease: Option<Arc<Lease>>,
    text: String,
    body: EpochBody,
    epoch: u64,
}

/// Nothing happened since the last epoch.
#[derive(Debug)]
pub(crate) struct Quiet;

impl CloseEpoch {
    pub(crate) fn new(shared: Arc<Shared>, even_if_quiet: bool) -> Self {
        let body = EpochBody::default();
        Self {
            lease: None,
            shared,
            even_if_quiet,
            text: String::new(),
            body,
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
        if let Some(lease) = &self.lease
            && !lease.holds(views)?
        {
            return Err(Denied::Refused(Quiet));
        }
        self.body = EpochBody::default();
        let ledgers = standing::for_epoch(views)?;
        self.epoch = ledgers.first().map_or(0, |national| national.info.size);
        // A ledger without entries was opened in this very group: it joins with its genesis, at the next epoch.
        let ledgers = ledgers.get(1..).unwrap_or_default();
        let opened = ledgers.iter().position(|ledger| ledger.info.size == 0);
        let ledgers = &ledgers[..opened.unwrap_or(ledgers.len())];
        let mut rows = Vec::with_capacity(ledgers.len());
        for Standing {
            info,
            committed,
            quorum,
            row,
            ..
        } in ledgers
        {
            if *committed != Some(info.size) {
                let (ledger, size, root) = (info.id.0, info.size, info.root.to_string());
                self.body.heads.push(EpochHead { ledger, size, root });
            }
            let text = self.shared.row_of(info, quorum.as_deref())?.to_string();
            if row.as_deref() != Some(&text) {
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
            .map(|Standing { info, .. }| (info.name.as_str(), info.id, info.size, info.root));
        let slots: Vec<_> = heads
            .map(|head| self.shared.slot(head, self.epoch))
            .collect();
        let registry = WholeTree::of(rows.iter().map(String::as_bytes));
        let slots = WholeTree::of(slots.iter().map(<[u8; 32]>::as_slice));
        let leaf = EpochLeaf {
            epoch: self.epoch,
            time_ms: now_ms.cast_unsigned(),
            ledgers: ledgers.len() as u64,
            registry_root: self.shared.registries.remember(registry),
            slots_root: self.shared.slots.remember(slots),
        };
        self.text = leaf.to_string();
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
        let _epoch =
            tracing::trace_span!(target: TRACES, "epoch", number = epoch.cast_signed()).entered();
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
    /// Closes an epoch, if anything happened since the last one or `even_if_quiet`; returns its number. Nothing is done
    /// while another node closes them.
    ///
    /// # Errors
    /// As [`Store::commit`].
    pub async fn close_epoch(&self, even_if_quiet: bool) -> Result<Option<u64>> {
        let _one = self.shared.closing.lock().await;
        let mut act = CloseEpoch::new(self.shared.clone(), even_if_quiet);
        if let Some(database) = self.shared.database.clone() {
            let lease = self.shared.lease.clone();
            act.lease = Some(lease.clone());
            if !apart(move || lease.take(&database)).await? {
                return Ok(None);
            }
        }
        match self.commit(act).await {
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
            self.follow_policy().await;
            self.follow_what_was_shown().await;
            self.follow_moving().await;
            match self.close_epoch(quiet >= idle).await {
                Ok(Some(_)) => quiet = Duration::ZERO,
                Ok(None) => {}
                Err(error) => tracing::warn!(%error, "no epoch was closed"),
            }
        }
    }
}

async fn apart<T: Send + 'static>(work: impl FnOnce() -> Result<T> + Send + 'static) -> Result<T> {
    let done = tokio::task::spawn_blocking(work).await;
    done.unwrap_or_else(|error| {
        Err(Error::Failed {
            why: format!("a thread ended: {error}"),
        })
    })
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

    /// The registry row of a ledger as it is now.
    pub(crate) fn registry_row(&self, rows: &Reader<'_>, info: &LedgerInfo) -> Result<RegistryRow> {
        self.row_of(info, quorum::lines(rows, info.id)?.as_deref())
    }

    /// The same from the lines of its own quorum.
    fn row_of(&self, info: &LedgerInfo, own_quorum: Option<&str>) -> Result<RegistryRow> {
        let quorum = match own_quorum {
            Some(lines) => LedgerQuorum::Own(amana_ledger::OwnQuorum::parse(lines)?),
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
