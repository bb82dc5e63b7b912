//! The tables in PostgreSQL: those of the embedded engine with other names of types, and the leases of nodes.

use std::collections::BTreeMap;

use super::session::Session;
use crate::rows::Value;
use crate::schema::{BASE, VERSION, refused_version};
use crate::{Catalog, Error, Reader, Result};

/// Held while tables are made, so that two nodes that start at once don't both make them.
const MAKING: i64 = 0x0061_6d61_6e61;

/// What only several nodes need.
const NODES: [(&str, &str); 4] = [
    (
        "leases",
        "name TEXT PRIMARY KEY, holder TEXT NOT NULL, until_ms BIGINT NOT NULL",
    ),
    ("shown", "name TEXT PRIMARY KEY, note TEXT NOT NULL"),
    (
        "candidates",
        "ledger BIGINT PRIMARY KEY, size BIGINT NOT NULL, since_ms BIGINT NOT NULL",
    ),
    (
        "memos",
        "kind TEXT NOT NULL, name TEXT NOT NULL, text TEXT NOT NULL, at_ms BIGINT NOT NULL, PRIMARY KEY (kind, name)",
    ),
];

/// Makes what is missing.
pub(crate) fn create(session: &Session, catalog: &Catalog) -> Result<()> {
    session.query("SELECT pg_advisory_lock($1)::text", &[MAKING.into()])?;
    let made = create_alone(session, catalog);
    session.query("SELECT pg_advisory_unlock($1)::text", &[MAKING.into()])?;
    made
}

fn create_alone(session: &Session, catalog: &Catalog) -> Result<()> {
    refuse_another_version(session)?;
    make(session, catalog, &VERSION.to_string())
}

/// Makes what is missing; `version` is noted of tables that are new.
pub(crate) fn make(session: &Session, catalog: &Catalog, version: &str) -> Result<()> {
    let tables = tables(catalog).map(|(table, columns)| {
        let columns = columns_of(columns);
        format!("CREATE TABLE IF NOT EXISTS {table} ({columns});")
    });
    let indexes = catalog.views.iter().flat_map(|view| view.indexes);
    let indexes = indexes.map(|index| format!("CREATE INDEX IF NOT EXISTS {index};"));
    session.batch(&tables.chain(indexes).collect::<String>())?;
    let note = "INSERT INTO meta (key, value) VALUES ('schema', $1) ON CONFLICT DO NOTHING";
    if session.execute(note, &[version.into()])? > 0 {
        // Ciphertext and images don't get smaller; heads are changed in place.
        session.batch(
            "ALTER TABLE contents ALTER COLUMN data SET STORAGE EXTERNAL;
             ALTER TABLE ledgers SET (fillfactor = 50)",
        )?;
    }
    Ok(())
}

fn refuse_another_version(session: &Session) -> Result<()> {
    if session
        .query("SELECT 1 WHERE to_regclass('meta') IS NOT NULL", &[])?
        .is_empty()
    {
        return Ok(());
    }
    let found = session.query("SELECT value FROM meta WHERE key = 'schema'", &[])?;
    let found = found.first().map(|row| super::cell(row, 0)).transpose()?;
    match found {
        Some(Value::Text(found)) if found != VERSION.to_string() => Err(Error::Folder {
            path: "the database".into(),
            why: refused_version(found),
        }),
        _ => Ok(()),
    }
}

/// Every table and its columns, as the embedded engine has them.
fn tables(catalog: &Catalog) -> impl Iterator<Item = (&str, &str)> {
    let views = catalog.views.iter().map(|view| (view.table, view.columns));
    BASE.iter().copied().chain(views).chain(NODES)
}

/// Columns in PostgreSQL's words. Text is compared byte by byte, whatever the database's language.
fn columns_of(columns: &str) -> String {
    columns
        .replace(" INTEGER PRIMARY KEY", " BIGINT PRIMARY KEY")
        .replace(" BLOB", " BYTEA")
        .replace(" TEXT", " TEXT COLLATE \"C\"")
}

/// What the database should be made of: each column, key and index with its definition.
pub(crate) fn tables_made(catalog: &Catalog) -> BTreeMap<String, String> {
    let mut made = BTreeMap::new();
    for (table, columns) in tables(catalog) {
        let mut key: Vec<&str> = Vec::new();
        for part in parts(columns) {
            if let Some(listed) = part.strip_prefix("PRIMARY KEY (") {
                key = listed
                    .trim_end_matches(')')
                    .split(',')
                    .map(str::trim)
                    .collect();
            } else if part.contains("PRIMARY KEY") {
                key = part.split(' ').take(1).collect();
            }
        }
        for part in parts(columns).filter(|part| !part.starts_with("PRIMARY KEY")) {
            let mut words = part.split_whitespace();
            let (name, ty) = (words.next().unwrap_or_default(), words.next());
            let ty = match ty {
                Some("BLOB") => "bytea",
                Some("TEXT") => "text C",
                _ => "bigint",
            };
            if part.contains("UNIQUE") {
                let on = format!("{table} USING btree ({name})");
                made.insert(format!("index {table}_{name}_key"), on);
            }
            let full = part.contains("NOT NULL") || key.contains(&name);
            let full = if full { " NOT NULL" } else { "" };
            made.insert(format!("column {table}.{name}"), format!("{ty}{full}"));
        }
        let key = format!("PRIMARY KEY ({})", key.join(", "));
        made.insert(format!("key of {table}"), key);
    }
    for index in catalog.views.iter().flat_map(|view| view.indexes) {
        let (name, on) = index.split_once(" ON ").unwrap_or((index, ""));
        made.insert(
            format!("index {name}"),
            on.replacen(" (", " USING btree (", 1),
        );
    }
    made
}

/// The definitions between top-level commas.
fn parts(columns: &str) -> impl Iterator<Item = &str> {
    let mut depth = 0;
    columns
        .split(move |c: char| {
            match c {
                '(' => depth += 1,
                ')' => depth -= 1,
                _ => {}
            }
            c == ',' && depth == 0
        })
        .map(str::trim)
}

/// What the database is made of, in the same words; triggers, rules and views beside it too.
pub(crate) fn tables_found(rows: &Reader<'_>) -> Result<BTreeMap<String, String>> {
    const FOUND: &str = "
        SELECT 'column ' || c.relname || '.' || a.attname,
            format_type(a.atttypid, a.atttypmod) || CASE WHEN a.attcollation <> 0 THEN ' ' || o.collname ELSE '' END
                || CASE WHEN a.attnotnull THEN ' NOT NULL' ELSE '' END
        FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid LEFT JOIN pg_collation o ON o.oid = a.attcollation
        WHERE c.relnamespace = current_schema()::regnamespace AND c.relkind = 'r' AND a.attnum > 0 AND NOT a.attisdropped
      UNION ALL
        SELECT 'key of ' || c.relname, pg_get_constraintdef(k.oid)
        FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid
        WHERE c.relnamespace = current_schema()::regnamespace AND k.contype = 'p'
      UNION ALL
        SELECT 'index ' || x.relname, t.relname || ' ' || substring(pg_get_indexdef(i.indexrelid) FROM 'USING .*')
        FROM pg_index i JOIN pg_class x ON x.oid = i.indexrelid JOIN pg_class t ON t.oid = i.indrelid
        WHERE t.relnamespace = current_schema()::regnamespace AND NOT i.indisprimary
      UNION ALL
        SELECT 'trigger ' || g.tgname, c.relname
        FROM pg_trigger g JOIN pg_class c ON c.oid = g.tgrelid
        WHERE c.relnamespace = current_schema()::regnamespace AND NOT g.tgisinternal
      UNION ALL
        SELECT 'rule ' || r.rulename, c.relname
        FROM pg_rewrite r JOIN pg_class c ON c.oid = r.ev_class
        WHERE c.relnamespace = current_schema()::regnamespace
      UNION ALL
        SELECT 'policy ' || p.polname, c.relname
        FROM pg_policy p JOIN pg_class c ON c.oid = p.polrelid
        WHERE c.relnamespace = current_schema()::regnamespace";
    let found = rows.all(FOUND, &[], |row| {
        Ok((row.text(0)?.to_owned(), row.text(1)?.to_owned()))
    })?;
    Ok(found.into_iter().collect())
}
