//! The ground of a house at a gateway: a replica in a temporary folder, and a data centre in memory.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex};

use amana_access::{Caller, Grant, InstitutionId};
use amana_store::replica::{Replica, ReplicaKey, ReplicaOptions};
use amana_store::{Catalog, LedgerId, Reader, clock};
use amana_vault::Vault;
use amana_vault::remote::Followed;
use tempfile::TempDir;

use super::memory::{Held, MemoryRemote};

/// Whether small content is kept in rows.
pub(crate) const SMALL_IN_ROWS: bool = false;

pub(crate) struct Ground {
    pub(crate) replica: Arc<Replica>,
    pub(crate) remote: Arc<MemoryRemote>,
    pub(crate) centre: Arc<Mutex<Held>>,
    folder: TempDir,
    /// How far the clock is ahead of the system's.
    pub(crate) ahead_ms: Arc<AtomicI64>,
}

/// A gateway has one institution; here it has two, so that each story is the same.
fn open(path: &Path, ahead_ms: &Arc<AtomicI64>) -> Arc<Replica> {
    let catalog = Catalog::new([Vault::service(), Vault::replica_service()]);
    let mut options = ReplicaOptions::new(ReplicaKey::new([7; 32]), catalog, "finances/vault");
    let ahead_ms = ahead_ms.clone();
    options.clock = Arc::new(move || clock::system_ms() + ahead_ms.load(Ordering::Relaxed));
    options
        .ledgers
        .push((LedgerId(2), "customs/vault".to_owned()));
    Arc::new(Replica::open(path, options).unwrap())
}

impl Ground {
    pub(crate) async fn new() -> Self {
        Self::of(Arc::default())
    }

    /// One more gateway of that data centre.
    pub(crate) fn of(centre: Arc<Mutex<Held>>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let ahead_ms = Arc::default();
        let replica = open(&folder.path().join("index"), &ahead_ms);
        Self {
            replica,
            remote: MemoryRemote::new(centre.clone()),
            centre,
            folder,
            ahead_ms,
        }
    }

    pub(crate) fn vault(&self) -> Vault {
        let vault = Vault::on_replica(self.replica.clone(), self.remote.clone());
        self.remote.follow_for(Some(vault.clone()));
        vault
    }

    pub(crate) fn caller(&self, name: &str) -> Caller {
        let number = match name {
            "finances" => 1,
            "customs" => 2,
            other => panic!("there is no {other}"),
        };
        Caller {
            institution: InstitutionId(number.into()),
            name: name.into(),
            canonical_id: format!("{number:064x}").into(),
            ledger: LedgerId(number),
            actor: "key:AKTEST".into(),
            access_key_id: "AKTEST".into(),
            grant: Grant::everything(),
        }
    }

    pub(crate) fn reopened(self) -> Self {
        self.remote.follow_for(None);
        let Self {
            replica,
            remote,
            centre,
            folder,
            ahead_ms,
        } = self;
        drop(Arc::into_inner(replica).expect("nobody else has the replica"));
        let replica = open(&folder.path().join("index"), &ahead_ms);
        Self {
            replica,
            remote,
            centre,
            folder,
            ahead_ms,
        }
    }

    /// Pieces that a data centre's store would keep in files.
    pub(crate) fn blob_files(&self) -> i64 {
        let held = self.remote.held();
        let blobs = held.pieces.values().filter(|piece| piece.is_blob);
        i64::try_from(blobs.count()).unwrap()
    }

    pub(crate) fn check_everything(&self) {
        let here = tables(&self.replica);
        self.replica
            .read(|rows| Vault::check(rows, &mut |fault| panic!("{fault}")))
            .unwrap();
        self.agrees_with_the_centre();
        let mut entries = Vec::new();
        for ledger in [1, 2] {
            let held = self.remote.held();
            entries.extend(
                held.entries
                    .get(&LedgerId(ledger))
                    .cloned()
                    .into_iter()
                    .flatten(),
            );
        }
        self.replayed(&entries, &here);
        self.replayed(&disordered(entries), &here);
    }

    /// Another gateway that follows the ledger has the same tables.
    fn replayed(&self, entries: &[Followed], here: &BTreeMap<String, Vec<String>>) {
        let other = Self::of(self.centre.clone());
        let vault = other.vault();
        for act in entries {
            vault.adopt(act, |_| Ok(())).unwrap();
        }
        for act in entries {
            vault.adopt(act, |_| Ok(())).unwrap();
        }
        for (name, rows) in tables(&other.replica) {
            assert_eq!(rows, here[&name], "{name}");
        }
        other.remote.follow_for(None);
    }

    /// Each head is the one that the data centre has, and so is each piece.
    fn agrees_with_the_centre(&self) {
        let held = self.remote.held();
        let heads = |sql: &str| -> BTreeSet<(String, i64)> {
            let read = |rows: &Reader<'_>| {
                rows.all(sql, &[], |row| Ok((row.text(0)?.to_owned(), row.int(1)?)))
            };
            let found: Result<Vec<_>, amana_store::Error> = self.replica.read(read);
            found.unwrap().into_iter().collect()
        };
        let head = |head: u64| i64::try_from(head).unwrap();
        let slots = held.slots.iter();
        let slots = slots.map(|((_, slot), moved)| (hex::encode(slot.0), head(moved.head)));
        assert_eq!(
            heads("SELECT lower(hex(slot)), head FROM slot_heads"),
            slots.collect()
        );
        let buckets = held.buckets.iter();
        let buckets = buckets.map(|(name, bucket)| (name.clone(), head(bucket.settings)));
        assert_eq!(
            heads("SELECT name, head FROM bucket_heads JOIN buckets ON bucket = id"),
            buckets.collect()
        );
        let pieces = held.pieces.iter().filter(|(_, piece)| piece.held.is_some());
        assert_eq!(
            heads(
                "SELECT lower(hex(blob)), 0 FROM blob_holders \
                 UNION SELECT lower(hex(piece)), 0 FROM loose_pieces WHERE due > 0"
            ),
            pieces.map(|(id, _)| (id.to_string(), 0)).collect()
        );
    }
}

/// The same acts, neighbours changed about where they move nothing in common.
fn disordered(mut entries: Vec<Followed>) -> Vec<Followed> {
    let free = |act: &Followed| !act.plain.kind.starts_with("bucket.");
    let mut at = 0;
    while at + 1 < entries.len() {
        let (one, other) = (&entries[at], &entries[at + 1]);
        let moved = |act: &Followed| -> BTreeSet<_> {
            act.touches.iter().chain(&act.retires).copied().collect()
        };
        if free(one) && free(other) && moved(one).is_disjoint(&moved(other)) {
            entries.swap(at, at + 1);
            at += 1;
        }
        at += 1;
    }
    entries
}

/// Every row of every table that acts make, as text.
pub(crate) fn tables(replica: &Replica) -> BTreeMap<String, Vec<String>> {
    let dump = |rows: &Reader<'_>| -> amana_store::Result<BTreeMap<String, Vec<String>>> {
        let names = rows.all(
            "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'",
            &[],
            |row| Ok(row.text(0)?.to_owned()),
        )?;
        let mut found = BTreeMap::new();
        for name in names {
            let columns = rows.all(
                &format!("SELECT 'quote(' || name || ')' FROM pragma_table_info('{name}')"),
                &[],
                |row| Ok(row.text(0)?.to_owned()),
            )?;
            let sql = format!(
                "SELECT {} FROM {name} ORDER BY 1",
                columns.join(" || '|' || ")
            );
            found.insert(
                name,
                rows.all(&sql, &[], |row| Ok(row.text(0)?.to_owned()))?,
            );
        }
        Ok(found)
    };
    replica.read(dump).unwrap()
}
