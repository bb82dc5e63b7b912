//! Checkpoints of a data centre that others kept: what its history is held against.

use std::fs;
use std::path::{Path, PathBuf};

use amana_ledger::{MAX_NOTE_BYTES, Note};
use anyhow::{Context as _, Result, bail};
use serde_json::Value;

/// Files read from one folder at most: as many as a witness remembers logs.
const MAX_FILES: usize = 100_000;

/// The checkpoints at `path`: a signed note, a folder of them, or a witness's folder.
///
/// # Errors
/// When something there can't be read, or isn't a checkpoint.
pub(crate) fn checkpoints(path: &Path) -> Result<Vec<Note>> {
    let shown = || path.display().to_string();
    if path.is_file() {
        return Ok(checkpoint(path)?.into_iter().collect());
    }
    let logs = path.join("logs");
    let folder = if logs.is_dir() { &logs } else { path };
    let mut files = Vec::new();
    for file in fs::read_dir(folder).with_context(shown)? {
        let file: PathBuf = file.with_context(shown)?.path();
        // A crash may have left a `.new` that was never taken into use.
        if file.is_file() && file.extension().is_none_or(|end| end != "new") {
            files.push(file);
        }
        if files.len() > MAX_FILES {
            bail!("{}: more than {MAX_FILES} files", folder.display());
        }
    }
    files.sort();
    let mut notes = Vec::with_capacity(files.len());
    for file in files {
        notes.extend(checkpoint(&file)?);
    }
    Ok(notes)
}

/// One file: a note, or what a witness remembers of a log, which may be that it saw none yet.
fn checkpoint(file: &Path) -> Result<Option<Note>> {
    let wrong = || format!("{} is no checkpoint", file.display());
    let size = fs::metadata(file).with_context(|| file.display().to_string())?;
    // JSON escapes make a note longer, by less than this.
    if size.len() > 4 * MAX_NOTE_BYTES as u64 {
        bail!(wrong());
    }
    let bytes = fs::read(file).with_context(|| file.display().to_string())?;
    if file.extension().is_none_or(|end| end != "json") {
        return Ok(Some(Note::parse(&bytes).with_context(wrong)?));
    }
    let remembered: Value = serde_json::from_slice(&bytes).with_context(wrong)?;
    match &remembered["checkpoint"] {
        Value::Null => Ok(None),
        Value::String(note) => Ok(Some(Note::parse(note.as_bytes()).with_context(wrong)?)),
        _ => bail!(wrong()),
    }
}
