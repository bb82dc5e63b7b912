//! A replica: the views of one institution's acts on its own machine, in one encrypted file, fed by its ledger.
//!
//! What it promises: the same services, acts and views as a data centre's store, applied by the same code; each entry is
//! adopted once, in whatever order entries come; what is adopted is read at once, and is on disk at the next
//! [`Replica::flush`], all of it or none. After a crash the file holds the state of some earlier flush, with every table
//! as of that instant: whoever follows the ledger keeps its position in a table of the same file, and goes on from there.
//!
//! What it does not do: decide what is in the ledger. An act is planned here, recorded elsewhere, and then adopted.

mod adopt;
mod file;
mod plain;
mod plan;
mod redo;
mod sealing;
mod vfs;

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use rusqlite::Connection;
use rusqlite::config::DbConfig;
use sha2::{Digest as _, Sha256};

use crate::clock::{self, Clock};
use crate::faults::Faults;
use crate::store::lock_state;
use crate::{Catalog, Error, LedgerId, Reader, Result, Writer, schema};

pub use adopt::Adopted;
use file::PageFile;
pub use plain::PlainAct;
pub use plan::Planned;
pub use sealing::ReplicaKey;

/// The engine's own cache, KiB.
const CACHE_KIB: i64 = 64 * 1024;
/// Pages that wait to be saved before a write saves them by itself: 64 MiB.
const MAX_WAITING: usize = 16 * 1024;
/// Pages that wait for a disk without space before writes are refused: 256 MiB.
const MAX_STUCK: usize = 64 * 1024;
/// Adoptions between two flushes at most: what one transaction holds in memory.
const MAX_ADOPTED: usize = 4096;

/// How to open a replica.
pub struct ReplicaOptions {
    /// Opens the file.
    pub key: ReplicaKey,
    /// Services with their acts and views; a table that no act makes is a view of a service without kinds.
    pub catalog: Catalog,
    /// The ledgers that it replicates: their numbers here, and their names.
    pub ledgers: Vec<(LedgerId, String)>,
    /// Time.
    pub clock: Clock,
    /// Writes that fail, in tests.
    pub faults: Faults,
}

impl ReplicaOptions {
    /// Of one ledger, number 1.
    #[must_use]
    pub fn new(key: ReplicaKey, catalog: Catalog, ledger: &str) -> Self {
        Self {
            key,
            catalog,
            ledgers: vec![(LedgerId(1), ledger.to_owned())],
            clock: clock::system(),
            faults: Faults::default(),
        }
    }
}

/// A replica.
pub struct Replica {
    path: PathBuf,
    file: Arc<PageFile>,
    engine: Mutex<Engine>,
    catalog: Catalog,
    clock: Clock,
    ledgers: Vec<(LedgerId, Arc<str>)>,
}

/// The connection, in a transaction that [`Replica::flush`] ends and begins anew.
struct Engine {
    connection: Connection,
    adopted: usize,
}

impl Replica {
    /// Opens the replica at `path`, making what is missing. One whose views are of another version of this program is begun
    /// anew, so that an upgrade, or the way back, needs nobody: what follows the ledger fills it again. Blocking.
    ///
    /// # Errors
    /// [`Error::Replica`] when the file is of another key, or damaged; [`Error::Folder`] when another process has it
    /// open; [`Error::File`].
    pub fn open(path: &Path, options: ReplicaOptions) -> Result<Self> {
        let (file, connection) = match attempt(path, &options)? {
            Some(opened) => opened,
            None => {
                tracing::warn!(path = %path.display(), "the index is of another version, and is made again from the ledger");
                remove(path)?;
                attempt(path, &options)?.ok_or_else(|| Error::Replica {
                    path: path.to_owned(),
                    why: "its tables are those of another version".into(),
                })?
            }
        };
        let ledgers = options.ledgers.into_iter();
        let replica = Self {
            path: path.to_owned(),
            file,
            engine: Mutex::new(Engine {
                connection,
                adopted: 0,
            }),
            catalog: options.catalog,
            clock: options.clock,
            ledgers: ledgers.map(|(id, name)| (id, name.into())).collect(),
        };
        replica.file.save(|| Ok(()))?;
        Ok(replica)
    }

    /// Reads rows, all as of one instant. Blocking, for as long as `read` takes; nothing else goes on meanwhile.
    ///
    /// # Errors
    /// A failure of the rows, or what `read` returns.
    pub fn read<T, E: From<Error>>(
        &self,
        read: impl FnOnce(&Reader<'_>) -> Result<T, E>,
    ) -> Result<T, E> {
        self.sound()?;
        let engine = lock_state(&self.engine);
        let found = read(&Reader::embedded(&engine.connection));
        self.named(found)
    }

    /// Writes rows of tables that no act makes; what fails leaves no trace.
    ///
    /// # Errors
    /// A failure of the rows, or what `write` returns; [`Error::Full`] when what was written before could not be saved
    /// for long.
    pub fn write<T, E: From<Error>>(
        &self,
        write: impl FnOnce(&Writer<'_>) -> Result<T, E>,
    ) -> Result<T, E> {
        self.sound()?;
        self.room()?;
        let mut engine = lock_state(&self.engine);
        let written = engine.in_savepoint(write, |written| written.is_ok());
        drop(engine);
        self.named(written)
    }

    /// Makes durable what was adopted and written. Reads and writes go on while the disk works.
    ///
    /// # Errors
    /// [`Error::File`]: when the disk is full nothing is lost, and the next flush tries again; after another failure
    /// the replica answers [`Error::Stopped`], and is mended when it is opened again.
    pub fn flush(&self) -> Result<()> {
        self.sound()?;
        self.file.save(|| {
            let mut engine = lock_state(&self.engine);
            engine.turn_over()?;
            Ok(engine)
        })
    }

    /// Name of a ledger.
    #[must_use]
    pub fn ledger_name(&self, ledger: LedgerId) -> Option<Arc<str>> {
        let found = self.ledgers.iter().find(|(id, _)| *id == ledger);
        found.map(|(_, name)| name.clone())
    }

    /// Now, by the replica's clock.
    #[must_use]
    pub fn now_ms(&self) -> i64 {
        (self.clock)()
    }

    /// Whether the file can still be used.
    fn sound(&self) -> Result<()> {
        match self.file.trouble() {
            Some(why) => Err(Error::Stopped {
                why: format!("{}: {why}", self.path.display()),
            }),
            None => Ok(()),
        }
    }

    /// Whether there is room in memory for more.
    fn room(&self) -> Result<()> {
        if self.file.waiting() > MAX_STUCK {
            return Err(Error::Full {
                path: self.path.clone(),
                free_bytes: 0,
                reserve_bytes: 0,
            });
        }
        Ok(())
    }

    /// Names the file in a failure that damage of it is the cause of: the engine says only that reading failed.
    fn named<T, E: From<Error>>(&self, found: Result<T, E>) -> Result<T, E> {
        match (found, self.file.trouble()) {
            (Err(_), Some(why)) => Err(E::from(Error::Replica {
                path: self.path.clone(),
                why,
            })),
            (found, _) => found,
        }
    }
}

impl Drop for Replica {
    fn drop(&mut self) {
        if let Err(error) = self.flush() {
            tracing::warn!(%error, "the index was not saved; what is missing is adopted again");
        }
    }
}

impl Engine {
    /// Ends the transaction in memory and begins the next one.
    fn turn_over(&mut self) -> Result<()> {
        self.adopted = 0;
        Ok(self.connection.execute_batch("COMMIT; BEGIN IMMEDIATE")?)
    }

    /// Runs work in a savepoint that stays when `keep` says so, and is rolled back otherwise.
    fn in_savepoint<T>(
        &mut self,
        work: impl FnOnce(&Writer<'_>) -> T,
        keep: impl FnOnce(&T) -> bool,
    ) -> T
    where
        T: FromFailure,
    {
        let run = |sql| -> Result<()> {
            self.connection.prepare_cached(sql)?.execute([])?;
            Ok(())
        };
        if let Err(error) = run("SAVEPOINT work") {
            return T::from_failure(error);
        }
        let done = work(&Writer::embedded(&self.connection));
        let ended = if keep(&done) {
            run("RELEASE work")
        } else {
            run("ROLLBACK TO work").and_then(|()| run("RELEASE work"))
        };
        match ended {
            Ok(()) => done,
            Err(error) => T::from_failure(error),
        }
    }
}

/// A result that can say that the savepoint around it failed.
trait FromFailure {
    fn from_failure(error: Error) -> Self;
}

impl<T, E: From<Error>> FromFailure for Result<T, E> {
    fn from_failure(error: Error) -> Self {
        Err(error.into())
    }
}

/// The file and its tables; nothing when another version filled them.
fn attempt(path: &Path, options: &ReplicaOptions) -> Result<Option<(Arc<PageFile>, Connection)>> {
    let file = Arc::new(PageFile::open(path, &options.key, options.faults.clone())?);
    let opened = open_tables(&file, &options.catalog, &options.ledgers);
    match (opened, file.trouble()) {
        (Ok(connection), _) => Ok(connection.map(|connection| (file, connection))),
        (Err(_), Some(why)) => Err(Error::Replica {
            path: path.to_owned(),
            why,
        }),
        (Err(error), None) => Err(error),
    }
}

/// Removes the file. Its log goes first: beside a new file it would be of no use, and the old one needs it no more once it
/// was opened.
fn remove(path: &Path) -> Result<()> {
    for file in [&path.with_extension("redo"), path] {
        std::fs::remove_file(file).map_err(Error::file("remove", file))?;
    }
    Ok(())
}

fn open_tables(
    file: &Arc<PageFile>,
    catalog: &Catalog,
    ledgers: &[(LedgerId, String)],
) -> Result<Option<Connection>> {
    let connection = vfs::connect(file)?;
    connection.set_prepared_statement_cache_capacity(256);
    // One plan a query, as in `sqlite::connect`: each `LIMIT $n` would be compiled anew at every act.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    connection.pragma_update(None, "cache_size", -CACHE_KIB)?;
    // A transaction lives until the next flush: what the cache can't hold waits in the file's own memory.
    connection.pragma_update(None, "cache_spill", false)?;
    schema::create(&connection, catalog)?;
    if !same_views(&connection, catalog)? {
        return Ok(None);
    }
    for (id, name) in ledgers {
        // Sizes, roots and tiles are evidence, which is its gateway's matter and not that of the views.
        connection.execute(
            "INSERT INTO ledgers (id, name, visibility, size, root, frontier, genesis) \
             VALUES ($1, $2, 'private', 0, zeroblob(32), x'', zeroblob(32)) \
             ON CONFLICT (id) DO UPDATE SET name = excluded.name WHERE name <> excluded.name",
            (id.0, name),
        )?;
    }
    connection.execute_batch("BEGIN IMMEDIATE")?;
    Ok(Some(connection))
}

/// Whether these are our views. Those that another version filled, by other columns, are of no use: the entries that this one would need are there,
/// and yet reading all of them is what making the file anew does.
fn same_views(connection: &Connection, catalog: &Catalog) -> Result<bool> {
    let mut digest = Sha256::new();
    for view in &catalog.views {
        digest.update(format!("{}\0{}\0", view.table, view.columns));
    }
    let views = hex::encode(digest.finalize());
    connection.execute(
        "INSERT INTO meta (key, value) VALUES ('views', $1) ON CONFLICT DO NOTHING",
        [&views],
    )?;
    let found: String =
        connection.query_row("SELECT value FROM meta WHERE key = 'views'", [], |row| {
            row.get(0)
        })?;
    Ok(found == views)
}
