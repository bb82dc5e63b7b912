//! Several nodes on one database: ledgers are locked in one order, a group that met another node's is run again, and the
//! outcome of a commit whose answer was lost is looked up and never guessed.

use std::time::{Duration, Instant};

use amana_ledger::Hash;

use crate::group::{Changes, Group, Slot, State, fail_all};
use crate::ledgers::Head;
use crate::moving::mark::{self, Mark as Moving};
use crate::national::CloseEpoch;
use crate::national::shared_shown::ANY;
use crate::rows::{Connection, Isolation};
use crate::{Act as _, EntryId, Error, LedgerId, Reader, Result};

/// How often an act is tried that other nodes were in the way of.
const TRIES: u32 = 8;
/// For how long the database may be away before callers are told.
const PATIENCE: Duration = Duration::from_secs(30);
/// Between two tries to reach it.
const PAUSE: Duration = Duration::from_millis(250);

/// How often a group was tried, and in what way it is tried next.
pub(crate) struct Tries {
    began: Instant,
    conflicts: u32,
    /// One act a transaction, so that its failure is its own.
    pub(crate) alone: bool,
}

impl Tries {
    pub(crate) fn new() -> Self {
        Self {
            began: Instant::now(),
            conflicts: 0,
            alone: false,
        }
    }

    /// Whether a transaction that left no trace is worth another try; waits a while when it is.
    pub(crate) fn again(&mut self, error: &Error) -> bool {
        if error.is_unreachable() {
            let again = Instant::now() - self.began < PATIENCE;
            if again {
                std::thread::sleep(PAUSE);
            }
            return again;
        }
        if !error.is_conflict() || self.conflicts >= TRIES {
            return false;
        }
        std::thread::sleep(Duration::from_millis(1 << self.conflicts.min(6)));
        self.conflicts += 1;
        true
    }
}

/// The first entry of a group, by which the outcome of its commit is looked up: its salt, or its instant, is no other's.
#[derive(Clone)]
pub(crate) struct Mark {
    pub(crate) entry: EntryId,
    pub(crate) text: Vec<u8>,
    pub(crate) body_hash: Hash,
}

impl Mark {
    fn stands(&self, rows: &Reader<'_>) -> Result<bool> {
        let sql = "SELECT core, body_hash FROM entries WHERE id = $1";
        let found = rows.one(sql, &[self.entry.into()], |row| {
            Ok(row.blob(0)? == self.text && row.blob(1)? == self.body_hash.as_bytes())
        })?;
        Ok(found == Some(true))
    }
}

/// A name for this process among the nodes: the machine's, and a number that no other start has.
pub(crate) fn name() -> String {
    let machine = rustix::system::uname();
    let mut number = [0; 8];
    // Without it two starts of one process number would be one node, which the lease bears.
    let _ = getrandom::fill(&mut number);
    let machine = machine.nodename().to_string_lossy();
    format!("{machine}/{}/{}", std::process::id(), hex::encode(number))
}

/// What speaks against writing, as the transaction sees it.
#[derive(Default)]
pub(crate) struct Against {
    /// The rows are being moved away.
    pub(crate) moving: Option<Moving>,
    /// A witness showed some node that what we have isn't what we signed.
    pub(crate) shown: bool,
}

impl Group {
    /// Whether others write to the same rows.
    pub(crate) fn is_shared(&self) -> bool {
        self.shared.database.is_some()
    }

    /// Sees that the connection is one that can be used.
    pub(crate) fn connected(&mut self) -> Result<()> {
        if !self.connection.is_usable() {
            self.connection = self.shared.connect_to_write()?;
        }
        Ok(())
    }

    /// Locks the ledgers of a group, in the order of their numbers, for as long as the transaction lasts; forgets heads that
    /// another node moved. The national log's lock stands for whatever isn't in one ledger. Says what speaks against writing.
    pub(crate) fn lock(&mut self, slots: &[Slot]) -> Result<Against> {
        let Connection::Postgres(session) = &self.connection else {
            let rows = self.connection.reader();
            let moving = rows.one(mark::FROZEN, &[], |row| {
                Ok(Moving::Frozen(row.text(0)?.to_owned()))
            })?;
            let shown = false;
            return Ok(Against { moving, shown });
        };
        session.defer(mark::HELD, &[])?;
        let mut ledgers: Vec<i64> = slots.iter().flat_map(Slot::ledgers).collect();
        ledgers.sort_unstable();
        ledgers.dedup();
        let frozen = mark::FROZEN;
        let sql = format!(
            "SELECT id, size, root, ({frozen}), {ANY} FROM ledgers WHERE id = ANY($1) ORDER BY id FOR UPDATE"
        );
        let mut against = Against::default();
        for row in session.query_about(&sql, &ledgers)? {
            against.moving = row.get::<_, Option<String>>(3).map(Moving::Frozen);
            against.shown = row.get(4);
            let (id, size): (i64, i64) = (row.get(0), row.get(1));
            let root: &[u8] = row.get(2);
            let Ok(id) = u32::try_from(id).map(LedgerId) else {
                continue;
            };
            let is_current = |head: &Head| {
                head.size() == size.cast_unsigned() && head.frontier.root().as_bytes() == root
            };
            if self.heads.get(&id).is_some_and(|head| !is_current(head)) {
                self.heads.remove(&id);
            }
        }
        Ok(against)
    }

    /// How many of the acts go into the next transaction. Among nodes an epoch has one of its own: it reads all ledgers as of one
    /// instant, and acts beside it would fail whenever another node moved theirs since.
    pub(crate) fn together(&self, slots: &[Slot], tries: &Tries) -> usize {
        if tries.alone {
            return 1;
        }
        let first = || {
            slots
                .iter()
                .position(|slot| slot.job.kind() == CloseEpoch::KIND)
        };
        match self.is_shared().then(first).flatten() {
            Some(before) => before.max(1),
            None => slots.len(),
        }
    }

    /// Finds out what became of a commit whose answer was lost. What came through is acknowledged; what didn't waits again.
    pub(crate) fn settle(&mut self, slots: &mut [Slot], changes: &Changes, lost: &Error) -> bool {
        tracing::warn!(%lost, "the database was lost in a commit; its outcome is looked up");
        match self.came_through(slots, changes.mark.as_ref()) {
            Ok(true) => return true,
            Ok(false) => slots.iter_mut().for_each(Slot::wait_again),
            Err(error) => {
                let why = format!("it is unknown whether the act was recorded: {error}");
                fail_all(slots, &Error::Stopped { why });
            }
        }
        false
    }

    /// Whether a commit came through whose answer was lost. Its ledgers are locked first, so that it isn't under way any more.
    ///
    /// # Errors
    /// When the database stays away: the outcome is unknown then.
    fn came_through(&mut self, slots: &[Slot], mark: Option<&Mark>) -> Result<bool> {
        let Some(mark) = mark else {
            return Ok(false);
        };
        let mut tries = Tries::new();
        loop {
            match self.look_up(slots, mark) {
                Err(error) if tries.again(&error) => {}
                found => return found,
            }
        }
    }

    fn look_up(&mut self, slots: &[Slot], mark: &Mark) -> Result<bool> {
        self.connected()?;
        self.connection.begin(Isolation::Newest)?;
        let found = self
            .lock(slots)
            .and_then(|_| mark.stands(&self.connection.reader()))
            // To have taken locks is a change: its commit waits for the standby, which then has the one in question too.
            .and_then(|stands| self.connection.commit().map(|()| stands));
        if found.is_err() {
            self.connection.roll_back();
        }
        found
    }
}

impl Slot {
    /// The ledgers that it must have to itself.
    fn ledgers(&self) -> impl Iterator<Item = i64> {
        let own = match self.job.target() {
            crate::act::Target::Ledger(id) => Some(id),
            crate::act::Target::Open { .. } => None,
        };
        let national = (own.is_none() || self.job.looks_beyond()).then_some(LedgerId::NATIONAL);
        own.into_iter().chain(national).map(|id| id.0.into())
    }

    pub(crate) fn wait_again(&mut self) {
        self.state = State::Waiting;
    }
}
