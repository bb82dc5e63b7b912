//! The ground of a house at the data centre: a store in a temporary folder.

use std::ops::ControlFlow;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use amana_access::{Access, Caller, InstitutionName};
use amana_store::check::{self, Depth, Found, Holding, Outside};
use amana_store::faults::Faults;
use amana_store::{
    Act, At, Catalog, Denied, Kind, LedgerId, Options, Reader, Service, Store, Target, Writer,
    clock,
};
use amana_vault::{Error, Vault};
use tempfile::TempDir;

use super::house::House;

/// Whether small content is kept in rows.
pub(crate) const SMALL_IN_ROWS: bool = true;

pub(crate) struct Ground {
    pub(crate) store: Arc<Store>,
    pub(crate) folder: TempDir,
    /// How far the clock is ahead of the system's.
    pub(crate) ahead_ms: Arc<AtomicI64>,
}

pub(crate) fn catalog() -> Catalog {
    let meddling = Service {
        name: "test",
        views: &[],
        kinds: vec![Kind::of::<Meddle>()],
    };
    Catalog::new([Access::service(), Vault::service(), meddling])
        .with_erasable(Vault::erasable)
        .with_held(Vault::is_held)
}

fn open(folder: &Path, faults: Faults, ahead_ms: &Arc<AtomicI64>) -> Arc<Store> {
    let ahead_ms = ahead_ms.clone();
    let options = Options {
        faults,
        clock: Arc::new(move || clock::system_ms() + ahead_ms.load(Ordering::Relaxed)),
        database: amana_test_engine::database(folder),
        ..Options::new("centre.test")
    };
    Arc::new(Store::open(folder, catalog(), options).unwrap())
}

impl Ground {
    pub(crate) async fn new() -> Self {
        Self::with_faults(Faults::default()).await
    }

    pub(crate) async fn with_faults(faults: Faults) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let ahead_ms = Arc::default();
        let store = open(folder.path(), faults, &ahead_ms);
        let access = Access::new(store.clone());
        for name in ["finances", "customs"] {
            let name: InstitutionName = name.parse().unwrap();
            access
                .add_institution(&name, "operator:test")
                .await
                .unwrap();
        }
        Self {
            store,
            folder,
            ahead_ms,
        }
    }

    pub(crate) fn vault(&self) -> Vault {
        Vault::new(self.store.clone())
    }

    pub(crate) fn caller(&self, name: &str) -> Caller {
        let name: InstitutionName = name.parse().unwrap();
        let access = Access::new(self.store.clone());
        access.on_behalf(&name, "operator:test").unwrap()
    }

    pub(crate) fn reopened(self) -> Self {
        let Self {
            store,
            folder,
            ahead_ms,
        } = self;
        drop(Arc::into_inner(store).expect("nobody else has the store"));
        let store = open(folder.path(), Faults::default(), &ahead_ms);
        Self {
            store,
            folder,
            ahead_ms,
        }
    }

    /// Everything agrees: rows, entries, tiles, a replay, all content, and no file too many.
    pub(crate) fn check_everything(&self) {
        let depth = Depth {
            replay: true,
            content: true,
        };
        let options = Options {
            database: amana_test_engine::database(self.folder.path()),
            ..Options::new("centre.test")
        };
        let report = check::check(
            self.folder.path(),
            &catalog(),
            options,
            &depth,
            &Outside::default(),
            &each_content,
        );
        assert_eq!(report.unwrap().faults, []);
        self.store
            .read(|rows| {
                Vault::check(rows, &mut |fault| panic!("{fault}"))?;
                let blobs = rows.one("SELECT COUNT(*) FROM blob_chunks", &[], |row| row.int(0))?;
                assert_eq!(blobs, Some(self.blob_files()), "files and rows of blobs");
                Ok::<_, Error>(())
            })
            .unwrap();
    }

    /// Blob files, those of unfinished deposits included, and not those set aside since no row names them.
    pub(crate) fn blob_files(&self) -> i64 {
        let shelves = std::fs::read_dir(self.folder.path().join("blobs")).unwrap();
        let shelves = shelves.map(|shelf| shelf.unwrap().path());
        let files = shelves
            .filter(|shelf| !shelf.ends_with("unnamed"))
            .map(|shelf| std::fs::read_dir(shelf).unwrap().count());
        i64::try_from(files.sum::<usize>()).unwrap()
    }
}

impl House {
    /// Runs a statement that no act of ours would.
    pub(crate) async fn meddle(&self, sql: &str) {
        let act = Meddle {
            ledger: self.finances.ledger,
            sql: sql.to_owned(),
        };
        assert!(self.ground.store.commit(act).await.is_ok());
    }
}

fn each_content(
    rows: &Reader<'_>,
    visit: &mut dyn FnMut(Found) -> amana_store::Result<()>,
) -> amana_store::Result<()> {
    let visited = Vault::each_content(rows, &mut |held| {
        visit(Found::Content(Holding {
            wanted: held.wanted(),
            object: held.object,
        }))?;
        Ok(ControlFlow::Continue(()))
    });
    visited.unwrap();
    Ok(())
}

/// The dishonest operator's hand in the rows.
struct Meddle {
    ledger: LedgerId,
    sql: String,
}

impl Act for Meddle {
    const KIND: &'static str = "test.meddle";
    type Links = ();
    type Body = String;
    type Output = ();
    type Refusal = ();

    fn actor(&self) -> &str {
        "operator:test"
    }

    fn target(&self) -> Target {
        Target::Ledger(self.ledger)
    }

    fn check(&mut self, _: &Reader<'_>, _: i64) -> Result<(), Denied<()>> {
        Ok(())
    }

    fn links(&self) -> &() {
        &()
    }

    fn body(&self) -> Option<&String> {
        Some(&self.sql)
    }

    fn apply((): &(), sql: Option<&String>, rows: &Writer<'_>, _: &At) -> amana_store::Result<()> {
        if let Some(sql) = sql {
            rows.execute(sql, &[])?;
        }
        Ok(())
    }
}
