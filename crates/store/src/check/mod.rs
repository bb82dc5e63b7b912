//! The fsck: rows against ledgers against blobs, read-only, beside a running server or without one.
//!
//! It trusts nothing but the operator's seed and the trust policy: leaves are hashed again from the entries, tiles from
//! the leaves, epochs from the heads, views from a replay, content from its digests. Each fault is named, with what to
//! do about it.

mod contents;
mod ledgers;
mod mirror;
mod national;
mod views;

use std::collections::{BTreeMap, HashMap};
use std::path::Path;

use amana_ledger::{Hash, Note};

use crate::keys::Keys;
use crate::moving::mark::Mark;
use crate::national::{NATIONAL, policy, row_at};
use crate::rows::{Connection, Isolation};
use crate::sqlite::{self, Use};
use crate::store::Shared;
use crate::{
    Blobs, Catalog, Database, EntryId, Error, LedgerId, LedgerInfo, Options, Reader, Result,
    Source, postgres, schema,
};

pub use contents::{Found, Holding};
pub use mirror::{Against, check_mirror};

/// Faults that a report holds at most; more are only counted.
pub const MAX_FAULTS: usize = 1000;

/// What to check beyond rows, entries, tiles and epochs.
pub struct Depth {
    /// Replay every entry into empty views and compare.
    pub replay: bool,
    /// Read all content.
    pub content: bool,
}

/// One thing that is wrong.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Fault {
    /// Stable name of the kind of fault.
    pub code: &'static str,
    /// What is wrong: an entry, a tile, a row, a blob.
    pub what: String,
    /// How it was noticed.
    pub why: String,
    /// What to do.
    pub advice: &'static str,
}

impl std::fmt::Display for Fault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "{}: {} [{}]. {}",
            self.what, self.why, self.code, self.advice
        )
    }
}

/// What was found, and how much was looked at.
#[derive(Debug, Default, serde::Serialize)]
pub struct Report {
    /// What is wrong, in the order in which it was found.
    pub faults: Vec<Fault>,
    /// Faults beyond [`MAX_FAULTS`].
    pub further_faults: u64,
    /// Ledgers, the national log included.
    pub ledgers: u64,
    /// Entries hashed.
    pub entries: u64,
    /// Full tiles compared.
    pub tiles: u64,
    /// Epochs computed again.
    pub epochs: u64,
    /// Cosignatures verified.
    pub cosignatures: u64,
    /// Pieces of content that objects hold.
    pub contents: u64,
    /// Bytes of content read and verified.
    pub content_bytes: u64,
    /// Parity files verified.
    pub parities: u64,
    /// Rows of views compared.
    pub view_rows: u64,
}

impl Report {
    /// Whether everything agrees.
    #[must_use]
    pub fn is_clean(&self) -> bool {
        self.faults.is_empty()
    }

    fn fault(&mut self, code: &'static str, what: impl Into<String>, why: impl Into<String>) {
        self.add(Fault {
            code,
            what: what.into(),
            why: why.into(),
            advice: advice(code),
        });
    }

    fn add(&mut self, fault: Fault) {
        if self.faults.len() == MAX_FAULTS {
            self.further_faults += 1;
            return;
        }
        self.faults.push(fault);
    }

    /// Turns a failure to read into a fault, so that the rest is still looked at.
    fn failed(&mut self, what: &str, error: &Error) {
        let what = if let Error::Damaged { what, .. } | Error::Missing { what } = error {
            what
        } else {
            what
        };
        self.fault("unreadable", what, error.to_string());
    }
}

/// What a fault of each kind asks for. An operator can't mend a ledger, by design.
fn advice(code: &str) -> &'static str {
    match code {
        "view" => {
            "The ledger is right: stop the server, move amana.db's views aside by restoring a copy, or rebuild them"
        }
        "parity" => "The blob itself is whole: remove this file, and the scrub makes it again",
        "content" | "blob" | "chunks" => {
            "Restore this content from a copy; its digest will tell whether the copy is right"
        }
        "mirror" => {
            "Keep the place as it is if history differs; otherwise remove what is named, and `amana mirror` copies it again"
        }
        "policy" => {
            "Compare the policy's SHA-256 with the one that the institutions hold, and restore that file"
        }
        "behind" => {
            "This folder is older than what was acknowledged: bring back the newest copy of it"
        }
        "database" | "unreadable" => {
            "Keep the folder as it is, and restore the newest copy that this command accepts"
        }
        _ => {
            "History was changed after it was recorded: keep the folder as evidence, and restore the newest copy that \
              this command accepts"
        }
    }
}

/// What others know of this data centre.
#[derive(Default)]
pub struct Outside {
    /// Checkpoints that we signed and others kept.
    pub checkpoints: Vec<Note>,
}

/// What services tell of their own: every piece of content that an object holds, and faults that only they see.
pub type EachContent<'f> =
    &'f dyn Fn(&Reader<'_>, &mut dyn FnMut(Found) -> Result<()>) -> Result<()>;

/// Checks the data folder.
///
/// # Errors
/// Only when nothing can be looked at: no folder, no database, no seed.
pub fn check(
    folder: &Path,
    catalog: &Catalog,
    options: Options,
    depth: &Depth,
    outside: &Outside,
    each_content: EachContent<'_>,
) -> Result<Report> {
    let mut report = Report::default();
    let database = options.database.clone();
    refuse_a_folder_without_rows(folder, database.as_ref())?;
    let keys = Keys::load(&folder.join("keys"), &options.centre)?;
    let blobs = Blobs::of(folder, options.object_place.as_ref())?;
    let shared = Shared::new(folder, catalog.clone(), options, keys, blobs);
    if let Err(error) = policy::load(&shared) {
        report.fault(
            "policy",
            folder.join("policy").display().to_string(),
            error.to_string(),
        );
    }
    let connection = Connection::open(folder, database.as_ref(), Use::Read)?;
    if let Err(error) = connection.begin(Isolation::Snapshot) {
        report.fault("database", where_rows_are(&shared), error.to_string());
        return Ok(report);
    }
    let rows = connection.reader();
    let mut audit = Audit {
        shared: &shared,
        rows: &rows,
        report: &mut report,
        names: HashMap::new(),
        proves_slots: true,
    };
    audit.run(depth, outside, each_content);
    Ok(report)
}

/// Reads the rows of a data folder as of one instant, whether a server runs on it or not.
///
/// # Errors
/// [`Error::Folder`] when there are none, a failure of the rows, or what `read` returns.
pub fn read_folder<T>(
    folder: &Path,
    database: Option<&Database>,
    read: impl FnOnce(&Reader<'_>) -> Result<T>,
) -> Result<T> {
    refuse_a_folder_without_rows(folder, database)?;
    let connection = Connection::open(folder, database, Use::Read)?;
    connection.begin(Isolation::Snapshot)?;
    read(&connection.reader())
}

pub(crate) fn refuse_a_folder_without_rows(
    folder: &Path,
    database: Option<&Database>,
) -> Result<()> {
    let path = folder.join("amana.db");
    if database.is_some() || path.is_file() {
        return Ok(());
    }
    Err(Error::Folder {
        path,
        why: "there is no data centre in this folder".into(),
    })
}

/// What a fault of the whole database names.
fn where_rows_are(shared: &Shared) -> String {
    match &shared.database {
        Some(database) => database.shown(),
        None => shared.folder.join("amana.db").display().to_string(),
    }
}

/// A check under way.
struct Audit<'a> {
    shared: &'a Shared,
    rows: &'a Reader<'a>,
    report: &'a mut Report,
    names: HashMap<LedgerId, String>,
    /// Whether the operator's seed is at hand, from which slots are computed.
    proves_slots: bool,
}

impl Audit<'_> {
    fn run(&mut self, depth: &Depth, outside: &Outside, each_content: EachContent<'_>) {
        self.pages();
        if let Err(error) = self.tables() {
            self.report.failed("the tables", &error);
        }
        match LedgerInfo::all(self.rows) {
            Ok(ledgers) => {
                self.names = ledgers
                    .iter()
                    .map(|info| (info.id, info.name.clone()))
                    .collect();
                self.ids(&ledgers);
                if let Err(error) = self.strays(&ledgers) {
                    self.report.failed("the entries", &error);
                }
                for info in &ledgers {
                    if let Err(error) = self
                        .registered(info)
                        .and_then(|()| self.ledger(info, outside))
                    {
                        self.report.failed(&format!("ledger {}", info.name), &error);
                    }
                }
                self.outside(&ledgers, outside);
                if let Err(error) = self.epochs(&ledgers) {
                    self.report.failed("the national log", &error);
                }
                if depth.replay
                    && let Err(error) = self.views(&ledgers)
                {
                    self.report.failed("the views", &error);
                }
            }
            Err(error) => self.report.failed("the list of ledgers", &error),
        }
        if let Err(error) = self.meta() {
            self.report.failed("the table meta", &error);
        }
        if let Err(error) = self.secrets() {
            self.report.failed("the secrets", &error);
        }
        if let Err(error) = self.contents(depth.content, each_content) {
            self.report.failed("the contents", &error);
        }
    }

    /// The engine's own check of its pages and indexes.
    fn pages(&mut self) {
        if self.shared.database.is_some() {
            // The server answers for its own pages (`pg_amcheck`).
            return;
        }
        let found = self.rows.all("PRAGMA integrity_check(20)", &[], |row| {
            Ok(row.text(0)?.to_owned())
        });
        let found = found.unwrap_or_else(|error| vec![error.to_string()]);
        for why in found.into_iter().filter(|line| line != "ok") {
            self.report
                .fault("database", where_rows_are(self.shared), why);
        }
    }

    /// The tables and indexes against those that this binary makes: no trigger, no partial index, nothing beside them.
    fn tables(&mut self) -> Result<()> {
        let (made, found) = match self.shared.database {
            Some(_) => (
                postgres::tables_made(&self.shared.catalog),
                postgres::tables_found(self.rows)?,
            ),
            None => {
                let scratch = sqlite::connect(Path::new(""), Use::Scratch)?;
                schema::create(&scratch, &self.shared.catalog)?;
                (tables(&Reader::embedded(&scratch))?, tables(self.rows)?)
            }
        };
        for (name, sql) in &made {
            let why = match found.get(name) {
                Some(found) if found == sql => continue,
                Some(_) => "it is not as this version makes it",
                None => "it is missing; what an older version left gets it at its first start",
            };
            self.report.fault("database", name, why);
        }
        for name in found.keys().filter(|name| !made.contains_key(*name)) {
            let why = "no version of amana made it";
            self.report.fault("database", name, why);
        }
        Ok(())
    }

    /// Entries of ledgers that aren't there.
    fn strays(&mut self, ledgers: &[LedgerInfo]) -> Result<()> {
        let Some(beyond) = ledgers
            .last()
            .and_then(|last| EntryId::new(LedgerId(last.id.0 + 1), 0))
        else {
            return Ok(());
        };
        let sql = "SELECT id FROM entries WHERE id < 0 OR id >= $1 ORDER BY id LIMIT 20";
        for id in self.rows.all(sql, &[beyond.into()], |row| row.int(0))? {
            let what = format!("entry {}", EntryId::from_i64(id));
            self.report.fault("entry", what, "there is no such ledger");
        }
        Ok(())
    }

    /// Every ledger owns the slot after the one before it, so a missing row is a ledger that was taken away.
    fn ids(&mut self, ledgers: &[LedgerInfo]) {
        self.report.ledgers = ledgers.len() as u64;
        let expected = (0..).map(LedgerId);
        if let Some((missing, _)) = expected.zip(ledgers).find(|(id, info)| *id != info.id) {
            self.report.fault(
                "ledger",
                format!("ledger {}", missing.0),
                "its row is missing from the list of ledgers",
            );
        }
        if ledgers.is_empty() {
            self.report
                .fault("ledger", "the national log", "it is missing");
        }
    }

    /// How a report names content.
    fn name_of(&self, ledger: LedgerId, source: Source) -> String {
        let unknown = || format!("ledger {}", ledger.0);
        match source {
            Source::Entry(index) => {
                let name = self.names.get(&ledger).cloned().unwrap_or_else(unknown);
                format!("the content of entry {index} of {name}")
            }
            Source::Blob(id) => format!("blob {id}"),
        }
    }

    /// What a ledger's row says of it against its last registry row, which an epoch committed to.
    fn registered(&mut self, info: &LedgerInfo) -> Result<()> {
        let what = format!("ledger {}", info.name);
        if info.id == LedgerId::NATIONAL {
            if info.name != NATIONAL {
                self.report.fault(
                    "ledger",
                    what,
                    "it is the national log, and its row names it otherwise",
                );
            }
            return Ok(());
        }
        let Some(text) = row_at(self.rows, info.id, u64::MAX)? else {
            return Ok(());
        };
        let held: amana_ledger::RegistryRow = text.parse()?;
        let now = self.shared.registry_row(self.rows, info)?;
        if (&held.name, held.visibility, held.genesis) != (&now.name, now.visibility, now.genesis) {
            let why =
                "its name, visibility or genesis is not the one that the registry committed to";
            self.report.fault("ledger", what, why);
        }
        Ok(())
    }

    /// The tables' own note of their version, and nothing beside it.
    fn meta(&mut self) -> Result<()> {
        let notes = self
            .rows
            .all("SELECT key, value FROM meta ORDER BY key", &[], |row| {
                Ok((row.text(0)?.to_owned(), row.text(1)?.to_owned()))
            })?;
        let notes: Vec<_> = notes
            .into_iter()
            // Nodes have the trust policy from here; whether it is the published one, its file tells.
            .filter(|(key, _)| self.shared.database.is_none() || key != "policy")
            // Rows that are being moved, or were, say so themselves.
            .filter(|(key, _)| key != "moving")
            .map(|(key, value)| match Mark::of_version(&value) {
                Some(_) => (key, schema::VERSION.to_string()),
                None => (key, value),
            })
            .collect();
        if notes != [("schema".to_owned(), schema::VERSION.to_string())] {
            let why = format!(
                "it should say that the tables are of version {}, and no more",
                schema::VERSION
            );
            self.report.fault("database", "the table meta", why);
        }
        Ok(())
    }

    fn secrets(&mut self) -> Result<()> {
        let secrets = self.rows.all(
            "SELECT name, sealed FROM secrets ORDER BY name",
            &[],
            |row| Ok((row.text(0)?.to_owned(), row.blob(1)?.to_vec())),
        )?;
        for (name, sealed) in secrets {
            if self.shared.keys.unseal(&name, &sealed).is_err() {
                self.report.fault(
                    "secret",
                    format!("the secret {name}"),
                    "it doesn't open with the operator's seed",
                );
            }
        }
        Ok(())
    }
}

/// What the database is made of: each table, index, trigger and view with the text that made it.
fn tables(rows: &Reader<'_>) -> Result<BTreeMap<String, String>> {
    let sql = "SELECT type || ' ' || name, COALESCE(sql, '') FROM sqlite_master ORDER BY 1";
    let found = rows.all(sql, &[], |row| {
        Ok((row.text(0)?.to_owned(), row.text(1)?.to_owned()))
    })?;
    Ok(found.into_iter().collect())
}

/// A short form of a hash for a person.
fn short(hash: &Hash) -> String {
    hash.to_string().chars().take(10).collect()
}
