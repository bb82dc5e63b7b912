//! What had been recorded and not yet mirrored when a data centre was lost: witnesses hold its signed heads, and so say how
//! far each ledger had come. The store keeps what they showed, until it is there again.

use std::fs;
use std::path::Path;

use amana_ledger::{Checkpoint, Note};
use amana_store::{LedgerInfo, Reader};
use anyhow::{Context as _, Result};

/// Where the store keeps checkpoints that are ahead of it.
const FOLDER: &str = "behind";

/// The entries of a ledger that a witness vouches for and that aren't here.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Lost {
    /// `finances/vault`, or `national`.
    pub(crate) ledger: String,
    /// The first that is lost.
    pub(crate) from: u64,
    /// One past the last that a witness saw.
    pub(crate) until: u64,
}

/// What is lost, as far as witnesses have told.
///
/// # Errors
/// A note that can't be read, or a failure of the rows.
pub(crate) fn lost(data: &Path, centre: &str, rows: &Reader<'_>) -> Result<Vec<Lost>> {
    let folder = data.join(FOLDER);
    let mut all = Vec::new();
    let Ok(files) = fs::read_dir(&folder) else {
        return Ok(all);
    };
    for file in files {
        let path = file.context(FOLDER)?.path();
        if path.extension().is_some() {
            continue;
        }
        let shown = || path.display().to_string();
        let note = Note::parse(&fs::read(&path).with_context(shown)?).with_context(shown)?;
        let checkpoint = Checkpoint::parse(&note.text).with_context(shown)?;
        let below = |under: &str| checkpoint.origin.strip_prefix(&format!("{centre}/{under}"));
        let ledger = below("ledgers/").or_else(|| below(""));
        let ledger = ledger.unwrap_or(&checkpoint.origin).to_owned();
        let from = LedgerInfo::named(rows, &ledger)?.map_or(0, |info| info.size);
        if from < checkpoint.size {
            all.push(Lost {
                ledger,
                from,
                until: checkpoint.size,
            });
        }
    }
    all.sort_by(|one, other| one.ledger.cmp(&other.ledger));
    Ok(all)
}
