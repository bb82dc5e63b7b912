//! What a data folder is, apart from the check: which files changed, and whether the rows that they hold did.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use anyhow::{Context as _, Result};
use rusqlite::Connection;
use rusqlite::types::ValueRef;
use sha2::{Digest as _, Sha256};

use super::processes::copy_folder;

/// Each file's SHA-256, by its path in the folder; or each table's, by its name.
pub(super) type Digests = BTreeMap<String, [u8; 32]>;

/// Of every file that outlives a run: the index of SQLite's log is made anew by whoever opens the rows.
pub(super) fn files(folder: &Path) -> Result<Digests> {
    let mut files = Digests::new();
    add(folder, folder, &mut files)?;
    Ok(files)
}

fn add(top: &Path, folder: &Path, files: &mut Digests) -> Result<()> {
    for entry in fs::read_dir(folder).with_context(|| folder.display().to_string())? {
        let entry = entry?;
        let (path, kind) = (entry.path(), entry.file_type()?);
        if kind.is_dir() {
            add(top, &path, files)?;
        } else if kind.is_file() {
            let name = path.strip_prefix(top).unwrap_or(&path);
            let name = name.to_string_lossy().into_owned();
            let bytes = fs::read(&path).with_context(|| path.display().to_string())?;
            if !(name.ends_with("-shm") || name.ends_with("-wal") && bytes.is_empty()) {
                files.insert(name, Sha256::digest(&bytes).into());
            }
        }
    }
    Ok(())
}

/// Names that are in one and not, or otherwise, in the other.
pub(super) fn changed(before: &Digests, after: &Digests) -> Vec<String> {
    let names = before.keys().chain(after.keys());
    let mut names: Vec<String> = names
        .filter(|name| before.get(*name) != after.get(*name))
        .cloned()
        .collect();
    names.sort();
    names.dedup();
    names
}

/// The SHA-256 of each table's rows, read in a copy; an error where the engine itself can't read them.
pub(super) fn rows(data: &Path, scratch: &Path) -> Result<Digests> {
    copy_folder(data, scratch)?;
    let read = read_rows(&scratch.join("amana.db"));
    fs::remove_dir_all(scratch)?;
    read
}

fn read_rows(database: &Path) -> Result<Digests> {
    let rows = Connection::open(database)?;
    let sound: String = rows.query_row("PRAGMA integrity_check(1)", [], |row| row.get(0))?;
    let mut found = Digests::from([("its indexes".to_owned(), Sha256::digest(sound).into())]);
    let mut names =
        rows.prepare("SELECT name, sql FROM sqlite_schema WHERE type = 'table' ORDER BY name")?;
    let tables: Vec<(String, String)> = names
        .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?
        .collect::<rusqlite::Result<_>>()?;
    for (name, sql) in tables {
        let mut hash = Sha256::new_with_prefix(sql);
        let mut all = rows.prepare(&format!("SELECT * FROM \"{name}\""))?;
        let columns = all.column_count();
        let mut rows = all.query([])?;
        while let Some(row) = rows.next()? {
            for column in 0..columns {
                add_value(&mut hash, row.get_ref(column)?);
            }
        }
        found.insert(name, hash.finalize().into());
    }
    Ok(found)
}

/// Each value with its type and length, so that no two rows read alike.
fn add_value(hash: &mut Sha256, value: ValueRef<'_>) {
    let (kind, bytes): (u8, Vec<u8>) = match value {
        ValueRef::Null => (0, Vec::new()),
        ValueRef::Integer(int) => (1, int.to_be_bytes().to_vec()),
        ValueRef::Real(real) => (2, real.to_be_bytes().to_vec()),
        ValueRef::Text(text) => (3, text.to_vec()),
        ValueRef::Blob(blob) => (4, blob.to_vec()),
    };
    hash.update([kind]);
    hash.update((bytes.len() as u64).to_be_bytes());
    hash.update(bytes);
}
