//! The operator searches everything that it has: its folder file by file, its rows value by value, its log.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::{BufWriter, Write as _};
use std::path::Path;
use std::process::Command;

use anyhow::{Context as _, Result, bail};
use rusqlite::types::ValueRef;

use super::country::{Country, said};
use super::dishonest::rows;
use super::documents::Documents;

/// What a search came to.
pub(super) struct Searched {
    /// Names and sentences that were looked for.
    pub(super) clues: usize,
    /// Of them, those that stand somewhere.
    pub(super) found: usize,
    /// Bytes that were looked through.
    pub(super) bytes: u64,
}

/// Searches with grep for every name and every first sentence.
///
/// # Errors
/// When grep isn't there, or something can't be read.
pub(super) fn search(country: &Country, documents: &Documents) -> Result<Searched> {
    let desk = country.folder.join("search");
    fs::create_dir_all(&desk)?;
    let clues: BTreeSet<&str> = documents
        .chosen
        .iter()
        .flat_map(|one| one.clues())
        .collect();
    let list: String = clues.iter().map(|clue| format!("{clue}\n")).collect();
    fs::write(desk.join("clues"), list)?;
    write_rows(&country.data(), &desk.join("rows"))?;
    let places = [
        country.data(),
        desk.join("rows"),
        country.folder.join("centre.log"),
    ];
    let mut grep = Command::new("grep");
    // Bytes as they are: a name in UTF-8 is found in any locale.
    grep.args(["-r", "-a", "-o", "-h", "-F", "-f"])
        .env("LC_ALL", "C");
    let done = grep.arg(desk.join("clues")).args(&places).output();
    let done = done.context("grep")?;
    // A file that a running server removed meanwhile holds nothing any more.
    if done.status.code() == Some(2) && !said(&done).contains("No such file") {
        bail!("grep: {}", said(&done));
    }
    let found: BTreeSet<&[u8]> = done.stdout.split(|byte| *byte == b'\n').collect();
    let mut bytes = 0;
    for place in &places {
        bytes += size_of(place)?;
    }
    Ok(Searched {
        clues: clues.len(),
        found: found.iter().filter(|clue| !clue.is_empty()).count(),
        bytes,
    })
}

/// Every value of every row, one after the other: a value that lies in pieces over the database's pages lies here whole.
fn write_rows(data: &Path, to: &Path) -> Result<()> {
    let rows = rows(data)?;
    let mut out = BufWriter::new(File::create(to)?);
    let mut names = rows.prepare("SELECT name FROM sqlite_schema WHERE type = 'table'")?;
    let names: Vec<String> = names
        .query_map([], |row| row.get(0))?
        .collect::<rusqlite::Result<_>>()?;
    for name in names {
        let mut all = rows.prepare(&format!("SELECT * FROM \"{name}\""))?;
        let columns = all.column_count();
        let mut rows = all.query([])?;
        while let Some(row) = rows.next()? {
            for column in 0..columns {
                if let ValueRef::Text(value) | ValueRef::Blob(value) = row.get_ref(column)? {
                    out.write_all(value)?;
                    out.write_all(b"\n")?;
                }
            }
        }
    }
    Ok(out.flush()?)
}

fn size_of(path: &Path) -> Result<u64> {
    let Ok(file) = fs::metadata(path) else {
        return Ok(0);
    };
    if !file.is_dir() {
        return Ok(file.len());
    }
    let mut bytes = 0;
    for entry in fs::read_dir(path)? {
        bytes += size_of(&entry?.path())?;
    }
    Ok(bytes)
}
