//! The tables that are not views of a service, and how views are made.

use rusqlite::{Connection, OptionalExtension as _};

use crate::moving::mark::Mark;
use crate::{Catalog, Error, Result};

/// Version of the tables on disk. It grows when a table of an older version can't be read as it stands, and then this
/// file learns to bring the older one up; a view that is added, and empty, needs neither.
pub(crate) const VERSION: i64 = 1;

/// What isn't a fold over the entries: the entries themselves, their tiles, content, secrets, and others' evidence.
pub(crate) const BASE: &[(&str, &str)] = &[
    (
        "meta",
        "key TEXT PRIMARY KEY, value TEXT NOT NULL",
    ),
    (
        "ledgers",
        "
    id BIGINT PRIMARY KEY, name TEXT NOT NULL UNIQUE, visibility TEXT NOT NULL,
    size BIGINT NOT NULL, root BLOB NOT NULL, frontier BLOB NOT NULL, genesis BLOB NOT NULL",
    ),
    (
        "entries",
        "
    id INTEGER PRIMARY KEY, core BLOB NOT NULL, body_hash BLOB NOT NULL, salt BLOB, body BLOB",
    ),
    (
        "tiles",
        "
    ledger BIGINT NOT NULL, level BIGINT NOT NULL, number BIGINT NOT NULL, root BLOB NOT NULL, hashes BLOB NOT NULL,
    PRIMARY KEY (ledger, level, number)",
    ),
    (
        "contents",
        "id INTEGER PRIMARY KEY, data BLOB NOT NULL",
    ),
    (
        "blob_chunks",
        "blob BLOB PRIMARY KEY, digests BLOB NOT NULL",
    ),
    (
        "secrets",
        "name TEXT PRIMARY KEY, sealed BLOB NOT NULL",
    ),
    (
        "cosignatures",
        "
    ledger BIGINT NOT NULL, size BIGINT NOT NULL, witness BLOB NOT NULL, line TEXT NOT NULL,
    PRIMARY KEY (ledger, size, witness)",
    ),
];

pub(crate) fn create(connection: &Connection, catalog: &Catalog) -> Result<()> {
    refuse_another_version(connection)?;
    make(connection, catalog, &VERSION.to_string())
}

/// Makes what is missing; `version` is noted of tables that are new.
pub(crate) fn make(connection: &Connection, catalog: &Catalog, version: &str) -> Result<()> {
    for (table, columns) in BASE {
        connection.execute_batch(&format!("CREATE TABLE IF NOT EXISTS {table} ({columns});"))?;
    }
    create_views(connection, catalog)?;
    connection.execute(
        "INSERT INTO meta (key, value) VALUES ('schema', $1) ON CONFLICT DO NOTHING",
        [version],
    )?;
    Ok(())
}

/// Before anything is written: what a newer version keeps in its tables is nothing that this one can guess.
fn refuse_another_version(connection: &Connection) -> Result<()> {
    let meta = "SELECT COUNT(*) FROM sqlite_schema WHERE type = 'table' AND name = 'meta'";
    let tables: i64 = connection.query_row(meta, [], |row| row.get(0))?;
    if tables == 0 {
        return Ok(());
    }
    let version = "SELECT value FROM meta WHERE key = 'schema'";
    let found: Option<String> = connection
        .query_row(version, [], |row| row.get(0))
        .optional()?;
    match found {
        // A crash between the tables and the note of their version: this version's own, since no other makes less.
        None => Ok(()),
        Some(found) if found == VERSION.to_string() => Ok(()),
        Some(found) => Err(Error::Folder {
            path: connection.path().unwrap_or_default().into(),
            why: refused_version(&found),
        }),
    }
}

/// Why tables of that version can't be used: they are another binary's, or were moved.
pub(crate) fn refused_version(found: &str) -> String {
    Mark::of_version(found).map_or_else(|| format!(
            "its tables are of version {found}, this binary knows {VERSION}; use the version of amana that made it. \
             Nothing was changed"
        ), |mark| mark.why())
}

pub(crate) fn create_views(connection: &Connection, catalog: &Catalog) -> Result<()> {
    for view in &catalog.views {
        let tail = if view.clustered { " WITHOUT ROWID" } else { "" };
        connection.execute_batch(&format!(
            "CREATE TABLE IF NOT EXISTS {} ({}){tail};",
            view.table, view.columns
        ))?;
        for index in view.indexes {
            connection.execute_batch(&format!("CREATE INDEX IF NOT EXISTS {index};"))?;
        }
    }
    Ok(())
}
